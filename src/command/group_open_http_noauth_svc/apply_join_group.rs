//! Somebody without an account listens to a live room.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use crate::group_open_http_svc::shared::group;
use crate::{Command, Context, Doors, Spec, Who};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    joined_status: &'static str,
    huge_group_flag: u8,
    #[serde(rename = "AVChatRoomKey")]
    room_key: String,
    /// What to fetch with.
    long_polling_key: String,
    start_seq: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_noauth_svc.apply_join_group")
        .doors(Doors::SOCKET)
        .by(Who::Anybody)
        .fails(&[Code::GroupMissing, Code::GroupNoPermission])
        .example(r#"{"GroupId":"concert"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let group = group(&cx, &self.group_id).await?;
        let (long_polling_key, start_seq) = cx.services.visit_room(&group)?;
        let room_key = group.id.to_string();
        Ok(Reply { joined_status: "JoinedSuccess", huge_group_flag: 1, room_key, long_polling_key, start_seq })
    }
}
