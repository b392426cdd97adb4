//! Keeps a list of messages and names it.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    msg_list: Box<RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    json_msg_key: String,
    pb_msg_key: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("im_long_msg.save_relay_json_msg")
        .doors(Doors::SOCKET)
        .body(4 << 20, Code::BodyTooLong)
        .example(r#"{"MsgList":[]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if !self.msg_list.get().starts_with('[') {
            return Err(Error::new(Code::MessageMalformed).detail("MsgList is an array"));
        }
        let name = cx.services.keep_long_message(cx.me()?, self.msg_list.get()).await?;
        Ok(Reply { pb_msg_key: name.clone(), json_msg_key: name })
    }
}
