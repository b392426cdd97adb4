//! Who listens to a live room, those who came last first (REST v4 `get_members`).

use std::sync::Arc;

use model::{Code, Error, GroupKind};
use serde::{Deserialize, Serialize};

use crate::{
    Command, Context, Spec,
    group_open_http_svc::shared::{by, group},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(default)]
    timestamp: i64,
    mark: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    member_list: Vec<Listener>,
    next_timestamp: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listener {
    #[serde(rename = "Member_Account")]
    account: String,
    nick_name: String,
    avatar: String,
    join_time: i64,
    marks: Vec<i64>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_avchatroom_http_svc.get_members")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing])
        .example(r#"{"GroupId":"live-01","Timestamp":0}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        if group.kind != GroupKind::AvChatRoom || !(by.app || group.role(by.account.number).is_some()) {
            return Err(Error::new(Code::GroupNoPermission).detail("who is in a live room sees who listens to it"));
        }
        let (entries, next_timestamp) = cx.services.room_members(&group, self.timestamp, self.mark);
        let mut member_list = Vec::with_capacity(entries.len());
        for entry in entries {
            let account = cx.services.accounts.by_number(group.app, entry.account).await?;
            let profile = account.as_ref().map(|account| &account.profile);
            member_list.push(Listener {
                account: entry.user.to_string(),
                nick_name: profile.map_or_else(String::new, |profile| profile.nick().to_owned()),
                avatar: profile.map_or_else(String::new, |profile| profile.image().to_owned()),
                join_time: entry.joined,
                marks: entry.marks,
            });
        }
        Ok(Reply { member_list, next_timestamp })
    }
}
