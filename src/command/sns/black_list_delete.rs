//! Ends the blocking of users (REST v4 `black_list_delete`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{Asked, Report};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    users: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.black_list_delete")
        .fails(&[Code::RelationAccountMissing, Code::RelationCollision])
        .example(r#"{"From_Account":"alice","To_Account":["bob"]}"#);
    type Reply = Report;

    async fn run(self, cx: Arc<Context>) -> Result<Report, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let (asked, users) = Asked::accounts(&cx, self.users).await?;
        Ok(asked.report(cx.services.unblock(cx.app()?, &me, &users).await?))
    }
}
