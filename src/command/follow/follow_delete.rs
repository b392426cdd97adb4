//! Ends following users (REST v4 `follow_delete`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared;
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    users: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "ResultItem")]
    items: Vec<shared::Item>,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("follow.follow_delete")
        .fails(&[Code::RelationAccountMissing])
        .example(r#"{"From_Account":"alice","To_Account":["bob"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let users = self.users;
        Ok(Reply { items: shared::change(&cx, &me, users, false).await? })
    }
}
