//! Sets an app's callbacks; what is left out stays, and an empty text takes away.

use std::{collections::BTreeMap, sync::Arc};

use model::{Code, Error, SdkAppId};
use serde::Deserialize;

use super::shared::{ShownCallbacks, need};
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    sdk_app_id: SdkAppId,
    /// By the names and in the words of `feihong app set`: `callback_url`, `callbacks`, ...
    settings: BTreeMap<String, String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.callback.set").body(256 << 10, Code::Invalid).fails(&[Code::NotFound]).example(
        r#"{"sdkAppId":1400000001,"settings":{"callback_url":"https://hooks.example.com/im","callbacks":"State.StateChange"}}"#,
    );
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = ShownCallbacks;

    async fn run(self, cx: Arc<Context>) -> Result<ShownCallbacks, Error> {
        need(&cx, self.sdk_app_id)?;
        let invalid = |why: String| Error::new(Code::Invalid).detail(why);
        let change = |app: &mut model::App| {
            self.settings.iter().try_for_each(|(name, value)| {
                if !name.starts_with("callback") {
                    return Err(invalid(format!("{name} is not a setting of callbacks")));
                }
                app.settings.set(name, value).map_err(invalid)
            })
        };
        let app = cx.services.apps.change(self.sdk_app_id, change).await?;
        ShownCallbacks::new(&cx, &app).await
    }
}
