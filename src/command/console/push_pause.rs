//! Holds a push to all users.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use service::PushControl;

use super::shared::{NamedPush, ShownPush};
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(NamedPush);

impl Command for Request {
    const SPEC: Spec = Spec::console("console.push.pause")
        .fails(&[Code::NotFound])
        .example(r#"{"sdkAppId":1400000001,"taskId":"1400000001_1_77"}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = ShownPush;

    async fn run(self, cx: Arc<Context>) -> Result<ShownPush, Error> {
        self.0.control(&cx, PushControl::Pause).await
    }
}
