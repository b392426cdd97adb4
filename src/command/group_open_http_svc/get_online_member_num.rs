//! How many members of a group are connected (REST v4 `get_online_member_num`); the app asks only about live rooms.

use std::sync::Arc;

use model::{Code, Error, GroupKind, group::rule::Action};
use serde::{Deserialize, Serialize};

use super::shared::{by, group};
use crate::{Command, Context, Door, Spec};

/// How long clients may keep the number, in seconds: in live rooms it changes fast.
const LIVE_SECONDS: u32 = 10;
const STORED_SECONDS: u32 = 60;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    online_member_num: usize,
    expire_time: u32,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_online_member_num")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing])
        .example(r#"{"GroupId":"live-01"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        let live = group.kind == GroupKind::AvChatRoom;
        if cx.door == Door::Rest && !live {
            return Err(Error::new(Code::GroupNoPermission).detail("only live rooms are counted"));
        }
        group.check(&by, Action::ReadInfo)?;
        Ok(Reply {
            online_member_num: cx.services.online_count(&group),
            expire_time: if live { LIVE_SECONDS } else { STORED_SECONDS },
        })
    }
}
