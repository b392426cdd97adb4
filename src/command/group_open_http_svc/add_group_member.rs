//! Brings accounts into a group (REST v4 `add_group_member`); a member's invitation where the group's type allows it.

use std::sync::Arc;

use model::{
    Code, Error,
    group::{limit::ACCOUNTS, rule::Action},
};
use serde::{Deserialize, Serialize};

use super::shared::{Outcome, accounts, by, check_count, group};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    member_list: Vec<Candidate>,
    #[serde(default)]
    silence: i64,
}

#[derive(Deserialize)]
struct Candidate {
    #[serde(rename = "Member_Account")]
    account: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    member_list: Vec<Outcome>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.add_group_member")
        .fails(&[
            Code::GroupIdInvalid,
            Code::GroupMissing,
            Code::GroupAccountMissing,
            Code::GroupTooManyAccounts,
            Code::GroupFull,
        ])
        .example(r#"{"GroupId":"hikers-01","MemberList":[{"Member_Account":"carol"}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check_count(self.member_list.len(), ACCOUNTS)?;
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::Invite)?;
        let names: Vec<String> = self.member_list.into_iter().map(|one| one.account).collect();
        let coming = accounts(&cx, names.iter().map(String::as_str)).await?;
        let silent = self.silence == 1;
        let results = cx.services.add_to_group(cx.app()?, &group, &by, &coming, silent).await?;
        let outcome = |(account, added)| Outcome { account, result: added as u8 };
        Ok(Reply { member_list: names.into_iter().zip(results).map(outcome).collect() })
    }
}
