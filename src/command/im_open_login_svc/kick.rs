//! Ends all sign-ins of a user and revokes its signatures made until now (REST v4 `kick`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::named;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "UserID")]
    user: Option<String>,
    #[serde(rename = "Identifier")]
    identifier: Option<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::account("im_open_login_svc.kick")
        .doors(Doors::REST)
        .fails(&[Code::AccountMissing])
        .example(r#"{"UserID":"u1001"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let user = named(self.user, self.identifier)?;
        let account = cx.account(user.as_str(), Code::AccountMissing).await?;
        cx.services.kick_account(&account).await
    }
}
