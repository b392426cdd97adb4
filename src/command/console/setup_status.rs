//! Whether the server was set up, and which version it is.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Envelope, Spec, Who};

#[derive(Deserialize)]
pub(crate) struct Request {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reply {
    set_up: bool,
    version: &'static str,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.setup.status").by(Who::Anybody);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let set_up = cx.services.operators.count().await? > 0;
        Ok(Reply { set_up, version: env!("CARGO_PKG_VERSION") })
    }
}
