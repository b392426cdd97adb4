//! Shows one app.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{Named, Shown, need};
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(Named);

impl Command for Request {
    const SPEC: Spec = Spec::console("console.app.get").fails(&[Code::NotFound]).example(r#"{"sdkAppId":1400000001}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Shown;

    async fn run(self, cx: Arc<Context>) -> Result<Shown, Error> {
        let app = need(&cx, self.0.sdk_app_id)?;
        let online = cx.services.hub.online().get(&app.sdkappid).copied().unwrap_or_default();
        Ok(Shown::new(&app, cx.services.world.now()).with_online(online))
    }
}
