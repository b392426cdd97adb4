//! Signs an operator in.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::SignedIn;
use crate::{Command, Context, Envelope, Spec, Who};

#[derive(Deserialize)]
pub(crate) struct Request {
    name: String,
    password: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.session.create")
        .by(Who::Anybody)
        .fails(&[Code::SignInFailed, Code::TooManyAttempts])
        .example(r#"{"name":"owner","password":"correct horse"}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = SignedIn;

    async fn run(self, cx: Arc<Context>) -> Result<SignedIn, Error> {
        let (operator, token) = cx.services.operators.sign_in(self.name.trim(), &self.password).await?;
        cx.replace_session(token).await?;
        Ok(operator.into())
    }
}
