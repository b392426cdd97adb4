//! Says what a `UserSig` holds and whether a sign-in with it would succeed, without counting a failure.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use model::{
    Code, Error, Millis, SdkAppId, UserId,
    usersig::{self, Contents, Generation, Verified},
};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    sdk_app_id: SdkAppId,
    user_id: String,
    user_sig: String,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reply {
    valid: bool,
    #[serde(flatten)]
    refusal: Option<Refusal>,
    #[serde(flatten)]
    held: Option<Held>,
}

/// What a client would be told.
#[derive(Serialize)]
struct Refusal {
    code: i32,
    message: &'static str,
}

/// What the `UserSig` says of itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    identifier: String,
    sdk_app_id: i64,
    issued_at: Millis,
    expires_at: Millis,
    generation: &'static str,
    /// Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    userbuf: Option<String>,
}

impl Command for Request {
    const SPEC: Spec =
        Spec::console("console.usersig.verify").example(r#"{"sdkAppId":1400000001,"userId":"alice","userSig":"eJw"}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let contents = match usersig::decode(&self.user_sig) {
            Ok(contents) => contents,
            Err(failure) => return Ok(Reply { refusal: Some(failure.code().into()), ..Reply::default() }),
        };
        let held = Some(Held::new(&contents));
        let refusal = self.refusal(&cx, contents).await?.map(Refusal::from);
        Ok(Reply { valid: refusal.is_none(), refusal, held })
    }
}

impl Request {
    async fn refusal(&self, cx: &Context, contents: Contents) -> Result<Option<Code>, Error> {
        let services = &cx.services;
        let Some(app) = services.apps.get(self.sdk_app_id) else { return Ok(Some(Code::AppMissing)) };
        match contents.verify(app.sdkappid, &self.user_id, app.keys(), services.world.second()) {
            Ok(verified) => self.revoked(cx, &verified).await,
            Err(failure) => Ok(Some(failure.code())),
        }
    }

    async fn revoked(&self, cx: &Context, verified: &Verified) -> Result<Option<Code>, Error> {
        let Some(user) = UserId::new(&self.user_id) else { return Ok(Some(Code::UserSigIdentifierMismatch)) };
        let account = cx.services.accounts.find(self.sdk_app_id, &user).await?;
        let revoked = account.is_some_and(|account| verified.issued_at <= account.signed_after);
        Ok(revoked.then_some(Code::UserSigRevoked))
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code: code.number(), message: code.text() }
    }
}

impl Held {
    fn new(contents: &Contents) -> Self {
        Self {
            identifier: contents.identifier.clone(),
            sdk_app_id: contents.sdkappid,
            issued_at: contents.issued_at.saturating_mul(1000),
            expires_at: contents.expires_at().saturating_mul(1000),
            generation: match contents.generation {
                Generation::V1 => "v1",
                Generation::V2 => "v2",
            },
            userbuf: contents.userbuf.as_deref().map(|buffer| STANDARD.encode(buffer)),
        }
    }
}
