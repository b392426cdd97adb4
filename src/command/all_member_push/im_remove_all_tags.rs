//! Takes all tags away from users (REST v4 `im_remove_all_tags`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::listed;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "To_Account")]
    users: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("all_member_push.im_remove_all_tags")
        .doors(Doors::REST)
        .rate(100)
        .fails(&[Code::TooManyPushAccounts])
        .example(r#"{"To_Account":["alice"]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let users = listed(Some(self.users), None)?;
        cx.services.clear_push_tags(cx.app()?.sdkappid, &users).await
    }
}
