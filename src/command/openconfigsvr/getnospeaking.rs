//! For how long a user may not speak (REST v4 `getnospeaking`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use service::Silence;

use super::named;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "Get_Account")]
    user: Option<serde_json::Value>,
}

/// Seconds that are left; 0 is not at all, 4294967295 is for ever.
#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "C2CmsgNospeakingTime")]
    pairs: u32,
    #[serde(rename = "GroupmsgNospeakingTime")]
    groups: u32,
}

impl Command for Request {
    const SPEC: Spec = Spec::config("openconfigsvr.getnospeaking")
        .doors(Doors::REST)
        .fails(&[Code::GetAccountMissing, Code::GetAccountInvalid])
        .example(r#"{"Get_Account":"bob"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let account = named(&cx, self.user.as_ref(), (Code::GetAccountMissing, Code::GetAccountInvalid)).await?;
        let (silence, now) = (account.preferences.silence, cx.services.world.second());
        Ok(Reply { pairs: Silence::left(silence.pairs, now), groups: Silence::left(silence.groups, now) })
    }
}
