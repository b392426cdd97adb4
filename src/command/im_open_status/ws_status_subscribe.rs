//! Asks to hear of the status changes of users, on this connection and on those with which the session goes on.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::ws_get_user_status::{Unknown, check};
use crate::{Command, Context, Doors, Spec};

/// The most users of one request.
pub(super) const USERS: usize = 100;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "To_Account")]
    users: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "ErrorList")]
    unknown: Vec<Unknown>,
}

impl Command for Request {
    const SPEC: Spec = Spec::account("im_open_status.ws_status_subscribe")
        .doors(Doors::SOCKET)
        .fails(&[Code::UserStatusDisabled])
        .example(r#"{"To_Account":["bob"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check(&cx, &self.users, USERS)?;
        let mut unknown = Vec::new();
        for user in self.users {
            match (cx.find(&user).await?, cx.session()) {
                (Some(account), Some(session)) => cx.services.watch(session, account.number),
                _ => unknown.push(Unknown::new(user)),
            }
        }
        Ok(Reply { unknown })
    }
}
