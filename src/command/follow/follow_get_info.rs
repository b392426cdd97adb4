//! How many follow users, and are followed (REST v4 `follow_get_info`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::USERS;
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "To_Account")]
    users: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    follow_info: Vec<Info>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(rename = "To_Account")]
    user: String,
    result_code: i32,
    result_info: &'static str,
    follower_count: i64,
    following_count: i64,
    mutual_following_count: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("follow.follow_get_info")
        .fails(&[Code::RelationAccountMissing])
        .example(r#"{"To_Account":["alice"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.users.is_empty() || self.users.len() > USERS {
            return Err(Error::new(Self::SPEC.malformed).detail("1 to 20 users are named"));
        }
        let mut follow_info = Vec::with_capacity(self.users.len());
        for user in self.users {
            let (code, counts) = match cx.find(&user).await? {
                Some(account) => (None, cx.services.accounts.follow_counts(&account).await?),
                None => (Some(Code::RelationAccountMissing), (0, 0, 0)),
            };
            follow_info.push(Info {
                user,
                result_code: code.map_or(0, Code::number),
                result_info: code.map_or("", Code::text),
                follower_count: counts.0,
                following_count: counts.1,
                mutual_following_count: counts.2,
            });
        }
        Ok(Reply { follow_info })
    }
}
