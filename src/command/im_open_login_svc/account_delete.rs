//! Removes accounts with their profiles and relations (REST v4 `account_delete`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::{ItemResult, check_count};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "DeleteItem")]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "UserID")]
    user: String,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    /// One for each account of the request, in its order.
    #[serde(rename = "ResultItem")]
    results: Vec<ItemResult>,
}

async fn delete(cx: &Context, user: &str) -> Result<(), Error> {
    let account = cx.account(user, Code::AccountMissing).await?;
    cx.services.remove_account(&account).await
}

impl Command for Request {
    const SPEC: Spec = Spec::account("im_open_login_svc.account_delete")
        .doors(Doors::REST)
        .rate(100)
        .fails(&[Code::AccountMissing])
        .example(r#"{"DeleteItem":[{"UserID":"u1001"}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check_count(self.items.len())?;
        let mut results = Vec::with_capacity(self.items.len());
        for Item { user } in self.items {
            let (result_code, result_info) = match delete(&cx, &user).await {
                Ok(()) => (0, "".into()),
                Err(error) if error.code == Code::AccountMissing => {
                    (error.number(), "Err_TLS_PT_Open_Login_Account_Not_Exist".into())
                }
                Err(error) => return Err(error),
            };
            results.push(ItemResult { user, result_code, result_info, account_status: None });
        }
        Ok(Reply { results })
    }
}
