//! Gives marks to listeners of a live room or takes them (REST v4 `modify_user_info`); they last while the listener
//! stays.

use std::sync::Arc;

use model::{
    Code, Error,
    group::{limit::ACCOUNTS, rule::Action},
};
use serde::{Deserialize, Serialize};

use super::shared::is_set;
use crate::{
    Command, Context, Spec,
    group_open_http_svc::shared::{by, check_count, group},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    command_type: i64,
    member_list: Vec<Marked>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Marked {
    #[serde(rename = "Member_Account")]
    account: String,
    #[serde(default)]
    marks: Vec<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    command_type: i64,
    member_list: Vec<Changed>,
}

#[derive(Serialize)]
struct Changed {
    #[serde(rename = "Member_Account")]
    account: String,
    #[serde(rename = "Marks")]
    marks: Vec<i64>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_avchatroom_http_svc.modify_user_info")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupTooManyAccounts])
        .example(r#"{"GroupId":"live-01","CommandType":1,"MemberList":[{"Member_Account":"bob","Marks":[1001]}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let set = is_set(self.command_type)?;
        check_count(self.member_list.len(), ACCOUNTS)?;
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::Ban)?;
        let mut wanted = Vec::with_capacity(self.member_list.len());
        for one in self.member_list {
            wanted.extend(cx.find(&one.account).await?.map(|account| (account, one.marks)));
        }
        let changed = cx.services.mark_listeners(&group, set, &wanted)?;
        let changed = changed.into_iter().map(|(user, marks)| Changed { account: user.to_string(), marks });
        Ok(Reply { command_type: self.command_type, member_list: changed.collect() })
    }
}
