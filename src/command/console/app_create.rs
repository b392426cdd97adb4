//! Makes an app of the trial edition, which its default administrator may call.

use std::sync::Arc;

use model::{Edition, Error};
use serde::Deserialize;
use service::NewApp;

use super::shared::{Draft, Shown};
use crate::{Command, Context, Envelope, Spec};

/// The administrator every app begins with (console guide, 帐号管理员).
const ADMINISTRATOR: &str = "administrator";

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(flatten)]
    draft: Draft,
}

impl Command for Request {
    const SPEC: Spec =
        Spec::console("console.app.create").example(r#"{"name":"chat","type":"social","introduction":"talks"}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Shown;

    async fn run(self, cx: Arc<Context>) -> Result<Shown, Error> {
        let [name, kind, introduction] = self.draft.parts();
        let administrators = vec![ADMINISTRATOR.to_owned()];
        let new = NewApp { name, kind, introduction, edition: Edition::Trial, administrators };
        let app = cx.services.apps.create(new).await?;
        Ok(Shown::new(&app, cx.services.world.now()))
    }
}
