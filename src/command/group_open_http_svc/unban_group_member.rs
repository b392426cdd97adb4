//! Lets accounts into a live room again (REST v4 `unban_group_member`).

use std::sync::Arc;

use model::{
    Code, Error,
    group::{limit::BANNED, rule::Action},
};
use serde::Deserialize;

use super::shared::{accounts, by, check_count, group};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "Members_Account")]
    members: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.unban_group_member")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupAccountMissing, Code::GroupTooManyAccounts])
        .example(r#"{"GroupId":"live-01","Members_Account":["bob"]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        check_count(self.members.len(), BANNED)?;
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::Ban)?;
        let accounts = accounts(&cx, self.members.iter().map(String::as_str)).await?;
        cx.services.unban(&group, &by, &accounts).await
    }
}
