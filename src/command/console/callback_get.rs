//! Shows an app's callbacks: how they are set, what they have come to, and which there are.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{Named, ShownCallbacks, need};
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(Named);

impl Command for Request {
    const SPEC: Spec =
        Spec::console("console.callback.get").fails(&[Code::NotFound]).example(r#"{"sdkAppId":1400000001}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = ShownCallbacks;

    async fn run(self, cx: Arc<Context>) -> Result<ShownCallbacks, Error> {
        let app = need(&cx, self.0.sdk_app_id)?;
        ShownCallbacks::new(&cx, &app).await
    }
}
