//! A user has read what some peers wrote up to a time.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "C2CMsgReaded")]
    read: Read,
}

#[derive(Deserialize)]
struct Read {
    #[serde(rename = "C2CMsgReadedItem")]
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    peer: String,
    lasted_msg_time: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.msgreaded").doors(Doors::SOCKET).example(
        r#"{"C2CMsgReaded":{"Cookie":"","C2CMsgReadedItem":[{"To_Account":"bob","LastedMsgTime":1700000000}]}}"#,
    );
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        for item in self.read.items {
            if let Some(peer) = cx.find(&item.peer).await? {
                cx.services.mark_read(cx.me()?, &peer, item.lasted_msg_time.max(0), cx.instance()).await?;
            }
        }
        Ok(())
    }
}
