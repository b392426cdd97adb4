//! Takes a push back (REST v4 `timpush/revoke`): the rest of it is not delivered, and clients forget what was.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Command, Context, Doors, Spec, openim::parts::check_push_info};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    task_id: String,
    offline_push_info: Option<Box<RawValue>>,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("timpush.revoke")
        .doors(Doors::REST)
        .fails(&[Code::PushTaskMissing, Code::PushTaskWithdrawn, Code::PushWithdrawalTooFrequent])
        .example(r#"{"TaskId":"1400000001_1_77"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        check_push_info(self.offline_push_info.as_deref())?;
        cx.services.withdraw_push(cx.app()?.sdkappid, &self.task_id).await
    }
}
