//! Throws callbacks away that were given up; without numbers all of the app's.

use std::sync::Arc;

use model::{Code, Error, SdkAppId};
use serde::Deserialize;

use super::shared::{ShownCallbacks, need};
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    sdk_app_id: SdkAppId,
    numbers: Option<Vec<i64>>,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.callback.discard")
        .fails(&[Code::NotFound])
        .example(r#"{"sdkAppId":1400000001,"numbers":[7]}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = ShownCallbacks;

    async fn run(self, cx: Arc<Context>) -> Result<ShownCallbacks, Error> {
        let app = need(&cx, self.sdk_app_id)?;
        cx.services.discard_callbacks(self.sdk_app_id, self.numbers.as_deref()).await?;
        ShownCallbacks::new(&cx, &app).await
    }
}
