//! Shows every setting of an app.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{Named, ShownSettings, need};
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(Named);

impl Command for Request {
    const SPEC: Spec =
        Spec::console("console.settings.get").fails(&[Code::NotFound]).example(r#"{"sdkAppId":1400000001}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = ShownSettings;

    async fn run(self, cx: Arc<Context>) -> Result<ShownSettings, Error> {
        Ok(ShownSettings::new(&need(&cx, self.0.sdk_app_id)?.settings))
    }
}
