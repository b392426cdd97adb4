//! Ends hearing of the status of users: of some, or of all.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

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
    unknown: [(); 0],
}

impl Command for Request {
    const SPEC: Spec =
        Spec::account("im_open_status.ws_status_unsubscribe").doors(Doors::SOCKET).example(r#"{"UnsubscribeAll":1}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if let Some(session) = cx.session() {
            if self.all == 1 {
                cx.services.unwatch_all(session);
            }
            for user in self.users {
                if let Some(account) = cx.find(&user).await? {
                    cx.services.unwatch(session, account.number);
                }
            }
        }
        Ok(Reply { unknown: [] })
    }
}
