//! Answers an invitation that waits for the invited one. There are none: who is invited is in, or waits for an administrator.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::group;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.handle_invite_join_group")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing, Code::ApplicationHandled])
        .example(r#"{"GroupId":"hikers-01","Inviter_Account":"alice","HandleMsg":"Agree"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        group(&cx, &self.group_id).await?;
        Err(Code::ApplicationHandled.into())
    }
}
