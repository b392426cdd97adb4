//! Forbids a user to speak to others or in groups, for a time or for ever (REST v4 `setnospeaking`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use service::Silence;

use super::named;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "Set_Account")]
    user: Option<serde_json::Value>,
    /// Seconds; 0 lifts, 4294967295 is for ever.
    #[serde(rename = "C2CmsgNospeakingTime")]
    pairs: Option<u32>,
    #[serde(rename = "GroupmsgNospeakingTime")]
    groups: Option<u32>,
}

impl Command for Request {
    const SPEC: Spec = Spec::config("openconfigsvr.setnospeaking")
        .doors(Doors::REST)
        .fails(&[Code::SetAccountMissing, Code::SetAccountInvalid, Code::MuteTimeMissing])
        .example(r#"{"Set_Account":"bob","C2CmsgNospeakingTime":0,"GroupmsgNospeakingTime":0}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let account = named(&cx, self.user.as_ref(), (Code::SetAccountMissing, Code::SetAccountInvalid)).await?;
        if self.pairs.is_none() && self.groups.is_none() {
            return Err(Code::MuteTimeMissing.into());
        }
        let now = cx.services.world.second();
        let change = |silence: &mut Silence| {
            if let Some(seconds) = self.pairs {
                silence.pairs = Silence::end(seconds, now);
            }
            if let Some(seconds) = self.groups {
                silence.groups = Silence::end(seconds, now);
            }
        };
        cx.services.accounts.set_preferences(&account, |preferences| change(&mut preferences.silence)).await
    }
}
