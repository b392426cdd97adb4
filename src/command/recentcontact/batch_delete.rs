//! Takes conversations out of the user's list, with or without their history.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::shared::{CONTACTS, Contact, tell};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    contact_item: Vec<Contact>,
    #[serde(default)]
    clear_ramble: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    result_item: Vec<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(flatten)]
    contact: Contact,
    result_code: i32,
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.batch_delete")
        .doors(Doors::SOCKET)
        .fails(&[Code::ContactCountInvalid])
        .example(r#"{"From_Account":"alice","ContactItem":[{"Type":1,"To_Account":"bob"}],"ClearRamble":1}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.contact_item.is_empty() || self.contact_item.len() > CONTACTS {
            return Err(Code::ContactCountInvalid.into());
        }
        let me = cx.me()?;
        let (mut result_item, mut left) = (Vec::new(), Vec::new());
        for contact in self.contact_item {
            let result_code = match contact.former_peer(&cx).await {
                Ok((peer, name)) => {
                    if let Some(peer) = peer {
                        cx.services.leave_contact(me, &peer, self.clear_ramble == 1).await?;
                    }
                    left.push(name);
                    0
                }
                Err(error) => error.number(),
            };
            result_item.push(Item { contact, result_code });
        }
        if !left.is_empty() {
            tell(&cx, me, 1, "RecentContactDeleteItem", &json!({"RecentContactList": left}));
        }
        Ok(Reply { result_item })
    }
}
