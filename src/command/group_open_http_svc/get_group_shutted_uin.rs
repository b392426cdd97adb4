//! Who is muted in a group or in one of its topics, under the names of 2019 (REST v4 `get_group_shutted_uin`).

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
    shutted_uin_list: Vec<Shutted>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shutted {
    #[serde(rename = "Member_Account")]
    account: String,
    shutted_until: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_shutted_uin")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing])
        .example(r#"{"GroupId":"hikers-01"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let muted = muted(&cx, &self.group_id, self.topic_id.as_deref()).await?.into_iter();
        let list =
            muted.map(|(account, until)| Shutted { account: account.to_string(), shutted_until: until }).collect();
        Ok(Reply { group_id: self.group_id, shutted_uin_list: list })
    }
}
