//! Signs the operator out.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use super::shared::Nothing;
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.session.delete");
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Nothing;

    async fn run(self, cx: Arc<Context>) -> Result<Nothing, Error> {
        cx.end_session().await?;
        Ok(Nothing {})
    }
}
