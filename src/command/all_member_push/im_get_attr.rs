//! The attributes of users (REST v4 `im_get_attr`).

use std::{collections::BTreeMap, sync::Arc};

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::listed;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "To_Account")]
    users: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    user_attrs: Vec<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    attrs: BTreeMap<String, String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("all_member_push.im_get_attr")
        .doors(Doors::REST)
        .rate(100)
        .fails(&[Code::TooManyPushAccounts])
        .example(r#"{"To_Account":["alice","bob"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let users = listed(Some(self.users), None)?;
        let found = cx.services.push_values(cx.app()?.sdkappid, users).await?;
        Ok(Reply { user_attrs: found.into_iter().map(|(user, attrs)| Item { user, attrs }).collect() })
    }
}
