//! A user applies to join a group, or joins a live room.

use std::sync::Arc;

use model::{Code, Error, GroupKind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::group::Joined;

use super::shared::{by, group};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(default)]
    apply_msg: String,
    #[serde(default)]
    huge_group_history_msg_flag: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    joined_status: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    room: Option<Room>,
}

/// Without a key to poll with, what is said in the room is pushed.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Room {
    huge_group_flag: u8,
    #[serde(rename = "AVChatRoomKey")]
    key: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rsp_msg_list: Vec<Box<RawValue>>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.apply_join_group")
        .doors(Doors::SOCKET)
        .fails(&[
            Code::GroupMissing,
            Code::GroupNoPermission,
            Code::AlreadyMember,
            Code::GroupFull,
            Code::UserGroupQuotaUsedUp,
        ])
        .example(r#"{"GroupId":"hikers-01","ApplyMsg":"please"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let by = by(&cx, None).await?;
        let Some(session) = cx.session() else { return Err(Self::SPEC.forbidden.into()) };
        let group = group(&cx, &self.group_id).await?;
        let wishes = (self.apply_msg.as_str(), self.huge_group_history_msg_flag == 1);
        let joined = cx.services.apply(cx.app()?, &group, &by, session, wishes).await?;
        let Joined::In { history } = joined else {
            return Ok(Reply { joined_status: "WaitAdminApproval", room: None });
        };
        let live = group.kind == GroupKind::AvChatRoom;
        let room = live.then(|| Room { huge_group_flag: 1, key: group.id.to_string(), rsp_msg_list: history });
        Ok(Reply { joined_status: "JoinedSuccess", room })
    }
}
