//! Replaces the elements or the custom data of a group message (REST v4 `modify_group_msg`).

use std::sync::Arc;

use model::{Code, Error, message::check_body};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Command, Context, Spec,
    group_open_http_svc::shared::{by, place},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    msg_seq: i64,
    msg_version: Option<u32>,
    msg_body: Option<Box<RawValue>>,
    cloud_custom_data: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    msg_version: u32,
    msg_body: Box<RawValue>,
    cloud_custom_data: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.modify_group_msg")
        .fails(&[
            Code::GroupMissing,
            Code::GroupNoPermission,
            Code::MessageMissing,
            Code::AlreadyRecalled,
            Code::ModifyConflict,
            Code::MsgBodyMalformed,
            Code::TextRejected,
        ])
        .example(r#"{"GroupId":"hikers-01","MsgSeq":1,"CloudCustomData":"seen"}"#);
    type Reply = Reply;

    async fn run(mut self, cx: Arc<Context>) -> Result<Reply, Error> {
        if let Some(body) = &self.msg_body {
            check_body(body)?;
        } else if self.cloud_custom_data.is_none() {
            return Err(Error::new(Self::SPEC.malformed).detail("MsgBody or CloudCustomData is given"));
        }
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        // Only users take part in the optimistic locking.
        let known = self.msg_version.filter(|_| !cx.is_admin());
        if let Some(body) = &mut self.msg_body {
            cx.services.screen(cx.app()?, body)?;
        }
        let content = (self.msg_body.as_deref(), self.cloud_custom_data.as_deref());
        let found = cx.services.modify_in_group(&place, &by, self.msg_seq, content, known).await?;
        Ok(Reply { msg_version: found.version, msg_body: found.body, cloud_custom_data: found.custom_data })
    }
}
