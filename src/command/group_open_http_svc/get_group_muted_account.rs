//! Who is muted in a group or in one of its topics (REST v4 `get_group_muted_account`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::muted;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    group_id: String,
    muted_account_list: Vec<Muted>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Muted {
    #[serde(rename = "Member_Account")]
    account: String,
    muted_until: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_muted_account")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing])
        .example(r#"{"GroupId":"hikers-01"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let muted = muted(&cx, &self.group_id, self.topic_id.as_deref()).await?.into_iter();
        let list = muted.map(|(account, until)| Muted { account: account.to_string(), muted_until: until }).collect();
        Ok(Reply { group_id: self.group_id, muted_account_list: list })
    }
}
