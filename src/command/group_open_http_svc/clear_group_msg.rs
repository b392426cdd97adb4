//! Deletes a group's history for everybody (REST v4 `clear_group_msg`): up to a message, or all of it.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::place;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    msg_seq: Option<i64>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.clear_group_msg")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing])
        .example(r#"{"GroupId":"hikers-01","MsgSeq":1}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        cx.services.clear_group(&place, self.msg_seq).await
    }
}
