//! Whom the user blocks (REST v4 `black_list_get`).

use std::sync::Arc;

use model::{Code, Error, quota::BLOCKED};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(default)]
    start_index: u32,
    max_limited: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    black_list_item: Vec<Item>,
    /// 0 on the last page; clients go on asking until then.
    start_index: i64,
    /// Spelled so on the wire.
    curruent_sequence: i64,
    /// The same, as some clients read it.
    current_sequence: i64,
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
        .example(r#"{"From_Account":"alice","StartIndex":0,"MaxLimited":1000,"LastSequence":0}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let most = BLOCKED as i64;
        let limit = self.max_limited.unwrap_or(most).clamp(1, most);
        let start = i64::from(self.start_index);
        let (mut page, sequence) = cx.services.blocked(&me, start, limit + 1).await?;
        let more = page.len() as i64 > limit;
        page.truncate(limit as usize);
        Ok(Reply {
            black_list_item: page
                .into_iter()
                .map(|(user, since)| Item { user, add_black_time_stamp: since / 1000 })
                .collect(),
            start_index: if more { start + limit } else { 0 },
            curruent_sequence: sequence,
            current_sequence: sequence,
        })
    }
}
