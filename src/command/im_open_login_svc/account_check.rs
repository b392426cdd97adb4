//! Which names have accounts (REST v4 `account_check`).

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use super::{ItemResult, check_count};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "CheckItem")]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "UserID")]
    user: String,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    /// One for each name of the request, in its order.
    #[serde(rename = "ResultItem")]
    results: Vec<ItemResult>,
}

impl Command for Request {
    const SPEC: Spec = Spec::account("im_open_login_svc.account_check")
        .doors(Doors::REST)
        .rate(100)
        .example(r#"{"CheckItem":[{"UserID":"u1001"}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check_count(self.items.len())?;
        let mut results = Vec::with_capacity(self.items.len());
        for Item { user } in self.items {
            let known = cx.find(&user).await?.is_some();
            let account_status = Some(if known { "Imported" } else { "NotImported" });
            results.push(ItemResult { user, result_code: 0, result_info: "".into(), account_status });
        }
        Ok(Reply { results })
    }
}
