//! Makes conversation groups (REST v4 `create_contact_group`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::shared::{Contact, Group, Outcome, check_count, pushed, tell};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "GroupContactItem")]
    groups: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    group_name: String,
    #[serde(default)]
    contact_item: Vec<Contact>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "GroupResultItem")]
    groups: Vec<Made>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Made {
    group_item: Group,
    result_item: Vec<Outcome>,
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.create_contact_group")
        .fails(&[Code::TooManyContactGroups, Code::TooManyGroupedContacts, Code::ContactGroupNameTooLong, Code::ContactCountInvalid])
        .example(
            r#"{"From_Account":"alice","GroupContactItem":[{"GroupName":"work","ContactItem":[{"Type":1,"To_Account":"bob"}]}]}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::ContactAccountMissing).await?;
        if self.groups.len() != 1 {
            return Err(Error::new(Self::SPEC.malformed).detail("one conversation group is made at a time"));
        }
        let mut groups = Vec::with_capacity(self.groups.len());
        for wanted in self.groups {
            check_count(wanted.contact_item.len())?;
            let group_id = cx.services.add_contact_group(&me, &wanted.group_name).await?;
            let (mut peers, mut result_item) = (Vec::new(), Vec::new());
            for contact in wanted.contact_item {
                let failed = match contact.own_peer(&cx, &me).await {
                    Ok(peer) => {
                        peers.push(peer);
                        None
                    }
                    Err(error) => Some(error),
                };
                result_item.push(Outcome::new(contact, failed.as_ref()));
            }
            if let Err(error) = cx.services.change_contact_group(&me, group_id, &peers, &[]).await {
                cx.services.remove_contact_group(&me, group_id).await?;
                return Err(error);
            }
            let group_item = Group { group_id, group_name: wanted.group_name };
            let members: Vec<_> = peers.iter().map(pushed).collect();
            let content =
                json!({"MsgContactGroupContactItem": [{"MsgGroupItem": group_item, "MsgRecentContactItem": members}]});
            tell(&cx, &me, 5, "RecentContactCreateContactGroup", &content);
            groups.push(Made { group_item, result_item });
        }
        Ok(Reply { groups })
    }
}
