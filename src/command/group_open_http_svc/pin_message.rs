//! Pins a message in a group or a topic.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{by, place};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    msg_seq: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.pin_message")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing, Code::GroupNoPermission, Code::GroupMessageNotFound, Code::TooManyPinnedMessages])
        .example(r#"{"GroupId":"hikers-01","MsgSeq":1}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        cx.services.pin(&place, &by, self.msg_seq, true).await
    }
}
