//! `feihong usersig`.

use model::{Code, Error, SdkAppId, UserId, usersig};
use service::Services;

use super::{Reply, Verified, app::find};

pub(super) fn sign(services: &Services, sdkappid: SdkAppId, user: &str, lifetime: i64) -> Result<Reply, Error> {
    let app = find(services, sdkappid)?;
    if UserId::new(user).is_none() {
        return Err(Error::new(Code::Invalid).detail("a user's name has 1 to 32 bytes and no control characters"));
    }
    if lifetime < 1 {
        return Err(Error::new(Code::Invalid).detail("a UserSig is valid for at least one second"));
    }
    let usersig = usersig::sign(sdkappid, user, &app.key, services.world.second(), lifetime, None);
    Ok(Reply::UserSig { usersig })
}

pub(super) fn verify(services: &Services, sdkappid: SdkAppId, user: &str, sig: &str) -> Result<Reply, Error> {
    let app = find(services, sdkappid)?;
    let verified = usersig::verify(sig, sdkappid, user, app.keys(), services.world.second())
        .map_err(|failure| Error::new(failure.code()).detail(failure.to_string()))?;
    Ok(Reply::Verified(Verified {
        user: verified.identifier,
        issued_at: verified.issued_at,
        expires_at: verified.expires_at,
    }))
}
