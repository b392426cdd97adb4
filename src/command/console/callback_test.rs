//! Sends a sample to an app's own server, and shows what was sent and what came back.

use std::sync::Arc;

use model::{Callback, Code, Error, SdkAppId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::callback::Failure;

use super::shared::need;
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    sdk_app_id: SdkAppId,
    /// Which one; it need not be switched on.
    command: String,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    url: String,
    body: Box<RawValue>,
    /// Milliseconds.
    took: u64,
    /// Of the answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// Why the answer is not usable, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// What kind of failure that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.callback.test")
        .fails(&[Code::NotFound])
        .example(r#"{"sdkAppId":1400000001,"command":"C2C.CallbackBeforeSendMsg"}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let app = need(&cx, self.sdk_app_id)?;
        let callback = Callback::from_name(&self.command)
            .ok_or_else(|| Error::new(Code::Invalid).detail(format!("there is no callback {}", self.command)))?;
        let trial = cx.services.try_callback(&app, callback).await;
        let body = serde_json::from_slice(&trial.body).map_err(|error| Error::new(Code::Broken).source(error))?;
        let (status, answer) = trial.answer.unzip();
        Ok(Reply {
            url: trial.url,
            body,
            took: trial.took.as_millis() as u64,
            status,
            answer,
            failure: trial.failure.as_ref().map(ToString::to_string),
            kind: trial.failure.as_ref().map(Failure::kind),
        })
    }
}
