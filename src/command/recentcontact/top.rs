//! Pins conversations or unpins them.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use serde_json::json;

use super::shared::{CONTACTS, Contact, pushed, tell};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// 1 pin, 2 unpin.
    operation_type: i64,
    recent_contact_item: Vec<Contact>,
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.top")
        .doors(Doors::SOCKET)
        .fails(&[Code::TooManyPinnedContacts])
        .example(r#"{"From_Account":"alice","OperationType":1,"RecentContactItem":[{"Type":1,"To_Account":"bob"}]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        if !(1..=2).contains(&self.operation_type) || self.recent_contact_item.len() > CONTACTS {
            return Err(Self::SPEC.malformed.into());
        }
        let (me, pin) = (cx.me()?, self.operation_type == 1);
        let mut peers = Vec::with_capacity(self.recent_contact_item.len());
        for contact in self.recent_contact_item {
            peers.push(contact.peer(&cx).await?);
        }
        cx.services.pin_contacts(me, &peers, pin).await?;
        let changed: Vec<_> = peers.iter().map(pushed).collect();
        let push_type = if pin { 2 } else { 3 };
        tell(&cx, me, push_type, "RecentContactTopItem", &json!({"RecentContactList": changed}));
        Ok(())
    }
}
