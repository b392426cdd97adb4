//! Shuts accounts out of a live room for some time (REST v4 `ban_group_member`).

use std::sync::Arc;

use model::{
    Code, Error,
    group::{check_length, limit::BANNED, rule::Action},
};
use serde::Deserialize;

use super::shared::{accounts, by, check_count, group};
use crate::{Command, Context, Spec};

/// The longest reason, in bytes.
const DESCRIPTION_BYTES: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "Members_Account")]
    members: Vec<String>,
    duration: u32,
    #[serde(default)]
    description: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.ban_group_member")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupAccountMissing, Code::GroupTooManyAccounts])
        .example(r#"{"GroupId":"live-01","Members_Account":["bob"],"Duration":60,"Description":"spam"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        check_count(self.members.len(), BANNED)?;
        check_length("Description", &self.description, DESCRIPTION_BYTES)?;
        if self.duration == 0 {
            return Err(Error::new(Code::GroupParameterInvalid).detail("Duration is 1 second or more"));
        }
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::Ban)?;
        let accounts = accounts(&cx, self.members.iter().map(String::as_str)).await?;
        cx.services.ban(&group, &by, &accounts, self.duration.into(), &self.description).await
    }
}
