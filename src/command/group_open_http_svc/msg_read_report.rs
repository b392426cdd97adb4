//! A member has read a group up to a message.

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
    msg_readed_seq: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.msg_read_report")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing, Code::GroupNoPermission])
        .example(r#"{"GroupId":"hikers-01","MsgReadedSeq":1}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        cx.services.read_group(&place, &by, self.msg_readed_seq).await
    }
}
