//! What was said in a live room from a place on; waits a little for something to be said.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Command, Context, Doors, Spec, Who};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    key: String,
    #[serde(default)]
    start_seq: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    key: String,
    next_seq: i64,
    rsp_msg_list: Vec<Box<RawValue>>,
    next_broadcast_seq: i64,
    rsp_broadcast_msg_list: [(); 0],
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_long_polling_http_noauth_svc.get_msg")
        .doors(Doors::SOCKET)
        .by(Who::Anybody)
        .fails(&[Code::GroupMissing])
        .example(r#"{"Key":"1-0","StartSeq":1}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let poll = cx.services.poll_room(cx.app()?, &self.key, self.start_seq).await?;
        Ok(Reply {
            key: self.key,
            next_seq: poll.next,
            rsp_msg_list: poll.items,
            next_broadcast_seq: 0,
            rsp_broadcast_msg_list: [],
        })
    }
}
