//! Ends hearing of the status of users: of some, or of all.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use super::ws_get_user_status::Unknown;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "To_Account", default)]
    users: Vec<String>,
    #[serde(rename = "UnsubscribeAll", default)]
    all: i64,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "ErrorList")]
    unknown: Vec<Unknown>,
}

impl Command for Request {
    const SPEC: Spec =
        Spec::account("im_open_status.ws_status_unsubscribe").doors(Doors::SOCKET).example(r#"{"UnsubscribeAll":1}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let mut unknown = Vec::new();
        let Some(session) = cx.session() else { return Ok(Reply { unknown }) };
        if self.all == 1 {
            cx.services.unwatch_all(session);
        }
        for user in self.users {
            match cx.find(&user).await? {
                Some(account) => cx.services.unwatch(session, account.number),
                None => unknown.push(Unknown::new(user)),
            }
        }
        Ok(Reply { unknown })
    }
}
