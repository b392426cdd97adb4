//! Renames a conversation group, or changes which conversations are in it (REST v4 `update_contact_group`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::shared::{Contact, Outcome, check_count, pushed, tell};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    update_type: i64,
    update_group: Update,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    /// 1 rename, 2 members.
    update_group_type: i64,
    old_group_name: String,
    #[serde(default)]
    new_group_name: String,
    #[serde(default)]
    contact_update_item: Vec<Member>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Member {
    /// 1 add, 2 remove.
    contact_opt_type: i64,
    contact_item: Contact,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    update_type: i64,
    update_group_result: Updated,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Updated {
    update_group_type: i64,
    group_name: String,
    old_group_name: String,
    group_id: i64,
    contact_result_item: Vec<Outcome>,
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.update_contact_group")
        .fails(&[Code::ContactGroupMissing, Code::TooManyGroupedContacts, Code::ContactGroupNameTooLong, Code::ContactCountInvalid])
        .example(
            r#"{"From_Account":"alice","UpdateType":1,"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"work","NewGroupName":"home"}}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::ContactAccountMissing).await?;
        let update = self.update_group;
        if self.update_type != 1 {
            return Err(Error::new(Self::SPEC.malformed).detail("UpdateType is 1"));
        }
        if update.update_group_type == 2 {
            check_count(update.contact_update_item.len())?;
        }
        let group_id = cx.services.contact_group(&me, &update.old_group_name).await?;
        let (mut outcomes, group_name, content) = match update.update_group_type {
            1 => {
                cx.services.rename_contact_group(&me, group_id, &update.new_group_name).await?;
                (Vec::new(), update.new_group_name, json!([]))
            }
            2 => {
                let (outcomes, members) = members(&cx, &me, group_id, update.contact_update_item).await?;
                (outcomes, update.old_group_name.clone(), members)
            }
            _ => return Err(Error::new(Self::SPEC.malformed).detail("UpdateGroupType is 1 or 2")),
        };
        let content = json!({"UpdateType": 1, "MsgUpdateGroup": {
            "UpdateGroupType": update.update_group_type,
            "GroupId": group_id,
            "GroupName": group_name,
            "OldGroupName": update.old_group_name,
            "RecentContactUpdateGroupItem": content,
        }});
        tell(&cx, &me, 7, "RecentContactUpdateContactGroup", &content);
        Ok(Reply {
            update_type: self.update_type,
            update_group_result: Updated {
                update_group_type: update.update_group_type,
                group_name,
                old_group_name: update.old_group_name,
                group_id,
                contact_result_item: std::mem::take(&mut outcomes),
            },
        })
    }
}

async fn members(
    cx: &Context,
    me: &service::Account,
    group: i64,
    wanted: Vec<Member>,
) -> Result<(Vec<Outcome>, serde_json::Value), Error> {
    let (mut outcomes, mut told, mut added, mut removed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for member in wanted {
        let peer = match member.contact_opt_type {
            1 => member.contact_item.own_peer(cx, me).await,
            2 => member.contact_item.peer(cx).await,
            _ => Err(Error::new(Code::ContactParameterInvalid).detail("ContactOptType is 1 or 2")),
        };
        let failed = match peer {
            Ok(peer) => {
                told.push(json!({"ContactOptType": member.contact_opt_type, "RecentContactItem": pushed(&peer)}));
                if member.contact_opt_type == 2 {
                    removed.push(peer);
                } else {
                    added.push(peer);
                }
                None
            }
            Err(error) => Some(error),
        };
        let mut outcome = Outcome::new(member.contact_item, failed.as_ref());
        outcome.contact_opt_type = Some(member.contact_opt_type);
        outcomes.push(outcome);
    }
    cx.services.change_contact_group(me, group, &added, &removed).await?;
    Ok((outcomes, told.into()))
}
