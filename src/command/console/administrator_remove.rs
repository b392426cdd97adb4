//! Takes a user's right to call REST; one administrator stays.

use std::sync::Arc;

use model::{Code, Error, SdkAppId};
use serde::Deserialize;

use super::shared::{Shown, need};
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    sdk_app_id: SdkAppId,
    user_id: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.administrator.remove")
        .fails(&[Code::NotFound])
        .example(r#"{"sdkAppId":1400000001,"userId":"backend"}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Shown;

    async fn run(self, cx: Arc<Context>) -> Result<Shown, Error> {
        let mut app = need(&cx, self.sdk_app_id)?;
        if app.is_administrator(&self.user_id) {
            let change = |app: &mut model::App| {
                app.administrators.retain(|name| *name != self.user_id);
                Ok(())
            };
            app = cx.services.apps.change(self.sdk_app_id, change).await?;
        }
        Ok(Shown::new(&app, cx.services.world.now()))
    }
}
