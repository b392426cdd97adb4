//! Changes settings of an app, all that are named or none; they are in effect when the answer is there.

use std::{collections::BTreeMap, sync::Arc};

use model::{App, Code, Error, SdkAppId};
use serde::Deserialize;

use super::shared::ShownSettings;
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    sdk_app_id: SdkAppId,
    /// Names of settings and their new values as texts.
    changes: BTreeMap<String, String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.settings.set")
        .fails(&[Code::NotFound])
        .example(r#"{"sdkAppId":1400000001,"changes":{"recall_seconds":"300","relation_check":"true"}}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = ShownSettings;

    async fn run(self, cx: Arc<Context>) -> Result<ShownSettings, Error> {
        let app = cx.services.apps.change(self.sdk_app_id, |app| self.apply(app)).await?;
        Ok(ShownSettings::new(&app.settings))
    }
}

impl Request {
    /// Tries every change, so that the operator reads of all mistakes at once.
    fn apply(&self, app: &mut App) -> Result<(), Error> {
        let was = app.settings.clone();
        let mut wrong: Vec<_> =
            self.changes.iter().filter_map(|(name, value)| app.settings.set(name, value).err()).collect();
        if wrong.is_empty() {
            wrong.extend(was.check_change(&app.settings).err());
        }
        if wrong.is_empty() { Ok(()) } else { Err(Error::new(Code::Invalid).detail(wrong.join("; "))) }
    }
}
