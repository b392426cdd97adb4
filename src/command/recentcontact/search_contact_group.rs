//! Marks and groups of some conversations (REST v4 `search_contact_group`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::{Contact, Group, Marked};
use crate::{Command, Context, Spec};

/// The most conversations of one request.
const CONTACTS: usize = 300;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "ContactItem")]
    contacts: Vec<Contact>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    contact_result_item: Vec<Marked>,
    group_item: Vec<Group>,
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.search_contact_group")
        .fails(&[Code::ContactCountInvalid, Code::ContactAccountMissing])
        .example(r#"{"From_Account":"alice","ContactItem":[{"Type":1,"To_Account":"bob"}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.contacts.len() > CONTACTS {
            return Err(Code::ContactCountInvalid.into());
        }
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::ContactAccountMissing).await?;
        let mut peers = Vec::with_capacity(self.contacts.len());
        for contact in self.contacts {
            if let Ok(peer) = contact.peer(&cx).await {
                peers.push(peer);
            }
        }
        let groups = cx.services.contact_groups(&me).await?;
        let mut members = cx.services.contact_group_members(&me).await?;
        let rows = cx.services.contact_rows(&me, &peers).await?;
        Ok(Reply {
            contact_result_item: rows
                .into_iter()
                .map(|row| {
                    let groups = members.remove(&row.conversation).unwrap_or_default();
                    Marked::new(row, groups)
                })
                .collect(),
            group_item: groups.into_iter().map(|(group_id, group_name)| Group { group_id, group_name }).collect(),
        })
    }
}
