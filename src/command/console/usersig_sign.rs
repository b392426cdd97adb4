//! Makes a `UserSig` with an app's key, for trying things.

use std::sync::Arc;

use model::{Code, Error, Millis, SdkAppId, UserId, usersig};
use serde::{Deserialize, Serialize};

use super::shared::need;
use crate::{Command, Context, Envelope, Spec};

/// Ten years: the longest lifetime, in seconds.
const LONGEST: i64 = 3650 * 86_400;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    sdk_app_id: SdkAppId,
    user_id: String,
    expire_seconds: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reply {
    user_sig: String,
    issued_at: Millis,
    expires_at: Millis,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.usersig.sign")
        .fails(&[Code::NotFound])
        .example(r#"{"sdkAppId":1400000001,"userId":"alice","expireSeconds":86400}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let app = need(&cx, self.sdk_app_id)?;
        let Some(user) = UserId::new(&self.user_id) else {
            return Err(Error::new(Code::Invalid).detail("a user name has 1 to 32 bytes and no control characters"));
        };
        let lifetime = self.expire_seconds.unwrap_or(usersig::DEFAULT_LIFETIME);
        if !(1..=LONGEST).contains(&lifetime) {
            return Err(Error::new(Code::Invalid).detail("a UserSig is valid for 1 second to 3650 days"));
        }
        let now = cx.services.world.second();
        Ok(Reply {
            user_sig: usersig::sign(app.sdkappid, user.as_str(), &app.key, now, lifetime, None),
            issued_at: now * 1000,
            expires_at: (now + lifetime) * 1000,
        })
    }
}
