//! Imports members of a group of an older system (REST v4 `import_group_member`). Each has its own result; nobody is
//! told.

use std::sync::Arc;

use model::{
    Code, Error, Role,
    group::{
        limit::ACCOUNTS,
        rule::{self, Action, Actor},
    },
};
use serde::{Deserialize, Serialize};

use super::shared::{Outcome, check_count, group};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    member_list: Vec<Imported>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Imported {
    #[serde(rename = "Member_Account")]
    account: String,
    role: Option<String>,
    join_time: Option<u32>,
    #[serde(default)]
    unread_msg_num: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    member_list: Vec<Outcome>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.import_group_member")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupTooManyAccounts, Code::GroupFull])
        .example(r#"{"GroupId":"hikers-02","MemberList":[{"Member_Account":"bob","UnreadMsgNum":1}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check_count(self.member_list.len(), ACCOUNTS)?;
        let group = group(&cx, &self.group_id).await?;
        let has_admins = rule::allows(group.kind, Action::SetAdmin, Actor::App);
        let (mut known, mut places) = (Vec::new(), Vec::new());
        for (place, one) in self.member_list.iter().enumerate() {
            let role = match one.role.as_deref() {
                None | Some("" | "Member") => Role::Member,
                Some("Admin") if has_admins => Role::Admin,
                Some(_) => {
                    return Err(Error::new(Code::GroupParameterInvalid)
                        .detail("an imported member's Role is Admin, where the type of group has administrators"));
                }
            };
            if let Some(account) = cx.find(&one.account).await? {
                known.push((account, role, one.join_time.map(i64::from), one.unread_msg_num));
                places.push(place);
            }
        }
        let results = cx.services.import_members(cx.app()?, &group, &known).await?;
        let mut member_list: Vec<Outcome> =
            self.member_list.into_iter().map(|one| Outcome { account: one.account, result: 0 }).collect();
        for (place, added) in places.into_iter().zip(results) {
            member_list[place].result = added as u8;
        }
        Ok(Reply { member_list })
    }
}
