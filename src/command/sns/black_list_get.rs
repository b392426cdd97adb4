//! Whom the user blocks (REST v4 `black_list_get`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Spec};

/// The most entries of a page.
const PAGE: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(default)]
    start_index: usize,
    max_limited: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    black_list_item: Vec<Item>,
    /// 0 on the last page; clients go on asking until then.
    start_index: usize,
    /// Spelled so on the wire.
    curruent_sequence: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    add_black_time_stamp: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.black_list_get")
        .fails(&[Code::RelationAccountMissing])
        .example(r#"{"From_Account":"alice","StartIndex":0,"MaxLimited":1000}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let all = cx.services.accounts.blocked(&me).await?;
        let limit = self.max_limited.unwrap_or(PAGE).clamp(1, PAGE);
        let next = self.start_index.saturating_add(limit);
        let page = all.iter().skip(self.start_index).take(limit);
        Ok(Reply {
            black_list_item: page
                .map(|(user, since)| Item { user: user.clone(), add_black_time_stamp: since / 1000 })
                .collect(),
            start_index: if next < all.len() { next } else { 0 },
            curruent_sequence: 0,
        })
    }
}
