//! Says who is signed in.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use super::shared::SignedIn;
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.session.get");
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = SignedIn;

    async fn run(self, cx: Arc<Context>) -> Result<SignedIn, Error> {
        Ok(cx.operator()?.clone().into())
    }
}
