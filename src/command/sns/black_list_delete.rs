//! Ends the blocking of users (REST v4 `black_list_delete`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::blocking;
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
    #[serde(flatten)]
    results: blocking::Results,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.black_list_delete")
        .fails(&[Code::RelationAccountMissing, Code::BlockListFull])
        .example(r#"{"From_Account":"alice","To_Account":["bob"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        Ok(Reply { results: blocking::change(&cx, &me, self.users, false).await? })
    }
}
