//! Takes one conversation out of a user's list, with or without its history (REST v4 `delete`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use serde_json::json;

use super::shared::{Contact, tell};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(flatten)]
    contact: Contact,
    #[serde(rename = "ClearRamble", default)]
    clear: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.delete")
        .fails(&[Code::ContactAccountMissing])
        .example(r#"{"From_Account":"alice","Type":1,"To_Account":"bob","ClearRamble":1}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::ContactAccountMissing).await?;
        let (peer, left) = self.contact.former_peer(&cx).await?;
        if let Some(peer) = peer {
            cx.services.leave_contact(&me, &peer, self.clear == 1).await?;
        }
        tell(&cx, &me, 1, "RecentContactDeleteItem", &json!({"RecentContactList": [left]}));
        Ok(())
    }
}
