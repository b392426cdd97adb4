//! What accounts are to a group (REST v4 `get_role_in_group`), in the order asked.

use std::sync::Arc;

use model::{
    Code, Error, Role,
    group::{limit::ACCOUNTS, rule::Action},
};
use serde::{Deserialize, Serialize};

use super::shared::{by, check_count, group};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "User_Account")]
    users: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    user_id_list: Vec<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "Member_Account")]
    account: String,
    role: &'static str,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_role_in_group")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupTooManyAccounts])
        .example(r#"{"GroupId":"hikers-01","User_Account":["bob","carol"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check_count(self.users.len(), ACCOUNTS)?;
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::ReadMembers)?;
        let mut user_id_list = Vec::with_capacity(self.users.len());
        for account in self.users {
            let role = cx.find(&account).await?.and_then(|account| group.role(account.number));
            user_id_list.push(Item { account, role: role.map_or("NotMember", Role::name) });
        }
        Ok(Reply { user_id_list })
    }
}
