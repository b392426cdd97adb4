//! Changes an app's name, kind and introduction.

use std::sync::Arc;

use model::{Code, Error, SdkAppId};
use serde::Deserialize;

use super::shared::{Draft, Shown};
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    sdk_app_id: SdkAppId,
    #[serde(flatten)]
    draft: Draft,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.app.update")
        .fails(&[Code::NotFound])
        .example(r#"{"sdkAppId":1400000001,"name":"chat","type":"social","introduction":"talks"}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Shown;

    async fn run(self, cx: Arc<Context>) -> Result<Shown, Error> {
        let change = |app: &mut model::App| {
            [app.name, app.kind, app.introduction] = self.draft.parts();
            Ok(())
        };
        let app = cx.services.apps.change(self.sdk_app_id, change).await?;
        Ok(Shown::new(&app, cx.services.world.now()))
    }
}
