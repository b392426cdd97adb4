//! Who blocks whom (REST v4 `black_list_check`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use service::relation::Check;

use super::shared::{Asked, Checked};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    users: Vec<String>,
    #[serde(rename = "CheckType")]
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum Kind {
    /// Only the user's own list.
    #[serde(rename = "BlackCheckResult_Type_Single")]
    Single,
    #[serde(rename = "BlackCheckResult_Type_Both")]
    Both,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "BlackListCheckItem")]
    items: Vec<Checked>,
    #[serde(rename = "Fail_Account", skip_serializing_if = "Vec::is_empty")]
    failed: Vec<String>,
}

const NONE: &str = "BlackCheckResult_Type_NO";

fn relation(check: Check, kind: Kind) -> &'static str {
    match (check.forward, check.backward && kind == Kind::Both) {
        (true, true) => "BlackCheckResult_Type_BothWay",
        (true, false) => "BlackCheckResult_Type_AWithB",
        (false, true) => "BlackCheckResult_Type_BWithA",
        (false, false) => NONE,
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.black_list_check")
        .fails(&[Code::RelationAccountMissing])
        .example(r#"{"From_Account":"alice","To_Account":["bob"],"CheckType":"BlackCheckResult_Type_Both"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let (asked, users) = Asked::accounts(&cx, self.users).await?;
        let mut relations = Vec::with_capacity(users.len());
        for user in &users {
            relations.push(relation(cx.services.check_blocked(&me, user).await?, self.kind));
        }
        let (items, failed) = asked.checked(relations, NONE);
        Ok(Reply { items, failed })
    }
}
