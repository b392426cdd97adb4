//! Pins a message in a group or a topic.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::Pin;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(Pin);

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.pin_message")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing, Code::GroupNoPermission, Code::GroupMessageNotFound, Code::TooManyPinnedMessages])
        .example(r#"{"GroupId":"hikers-01","MsgSeq":1}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        self.0.change(&cx, true).await
    }
}
