//! Removes members from a group (REST v4 `delete_group_member`). Names that are no members' are passed over.

use std::sync::Arc;

use model::{
    Code, Error,
    group::{limit::ACCOUNTS, rule::Action},
};
use serde::Deserialize;

use super::shared::{by, check_count, group};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "MemberToDel_Account")]
    members: Vec<String>,
    #[serde(default)]
    silence: i64,
    #[serde(default)]
    reason: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.delete_group_member")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupTooManyAccounts])
        .example(r#"{"GroupId":"hikers-01","MemberToDel_Account":["carol"],"Reason":"spam"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        check_count(self.members.len(), ACCOUNTS)?;
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::KickMember)?;
        let mut going = Vec::with_capacity(self.members.len());
        for name in &self.members {
            going.extend(cx.find(name).await?);
        }
        cx.services.kick_members(&group, &by, &going, (&self.reason, self.silence == 1)).await
    }
}
