//! A user has read everything.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "C2CReadAllMsg", default)]
    all: i64,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "C2CReadAllMsg")]
    all: i64,
    #[serde(rename = "GroupReadInfoArray")]
    groups: [(); 0],
}

impl Command for Request {
    const SPEC: Spec =
        Spec::openim("openim.read_all_unread_msg").doors(Doors::SOCKET).example(r#"{"C2CReadAllMsg":1}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.all == 1 {
            cx.services.mark_all_read(cx.app()?, cx.me()?, cx.instance()).await?;
        }
        Ok(Reply { all: self.all, groups: [] })
    }
}
