//! Imports one account, or refreshes its nickname and avatar (REST v4 `account_import`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use service::Import;

use super::named;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "UserID")]
    user: Option<String>,
    identifier: Option<String>,
    nick: Option<String>,
    face_url: Option<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::account("im_open_login_svc.account_import")
        .doors(Doors::REST)
        .fails(&[Code::ProfileValueTooLong, Code::AccountQuotaUsedUp])
        .example(r#"{"UserID":"u1001","Nick":"Ann","FaceUrl":"https://example.org/ann.png"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let user = named(self.user, self.identifier)?;
        let import = Import { user, nick: self.nick, image: self.face_url };
        let refused = cx.services.import_accounts(cx.app()?, vec![import]).await?;
        match refused.first() {
            None => Ok(()),
            Some(user) => Err(Error::new(Code::AccountParameterInvalid).detail(format!("the name {user} is reserved"))),
        }
    }
}
