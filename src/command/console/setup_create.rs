//! Makes the first operator, for whoever knows the token the server printed, and signs in.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::SignedIn;
use crate::{Command, Context, Envelope, Spec, Who};

#[derive(Deserialize)]
pub(crate) struct Request {
    token: String,
    name: String,
    password: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.setup.create")
        .by(Who::Anybody)
        .fails(&[Code::SetupTokenWrong, Code::AlreadySetUp])
        .example(r#"{"token":"00112233445566778899aabbccddeeff","name":"owner","password":"correct horse"}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = SignedIn;

    async fn run(self, cx: Arc<Context>) -> Result<SignedIn, Error> {
        let operator = cx.services.operators.set_up(self.token.trim(), &self.name, &self.password).await?;
        cx.begin_session(&operator.name).await?;
        Ok(operator.into())
    }
}
