//! Who follows whom between the user and others (REST v4 `follow_check`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Spec};

/// The most users of one request.
const USERS: usize = 100;

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
    items: Vec<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    /// 0 none, 1 follows the user, 2 is followed, 3 both.
    follow_type: u8,
    result_code: i32,
    result_info: &'static str,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("follow.follow_check")
        .fails(&[Code::RelationAccountMissing])
        .example(r#"{"From_Account":"alice","To_Account":["bob"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        if self.users.is_empty() || self.users.len() > USERS {
            return Err(Error::new(Self::SPEC.malformed).detail("1 to 100 users are named"));
        }
        let accounts = &cx.services.accounts;
        let mut items = Vec::with_capacity(self.users.len());
        for user in self.users {
            let (code, follow_type) = match cx.find(&user).await? {
                Some(peer) => {
                    let follows_me = accounts.does_follow(&peer, &me).await?;
                    let followed = accounts.does_follow(&me, &peer).await?;
                    (None, u8::from(follows_me) + 2 * u8::from(followed))
                }
                None => (Some(Code::RelationAccountMissing), 0),
            };
            items.push(Item {
                user,
                follow_type,
                result_code: code.map_or(0, Code::number),
                result_info: code.map_or("", Code::text),
            });
        }
        Ok(Reply { items })
    }
}
