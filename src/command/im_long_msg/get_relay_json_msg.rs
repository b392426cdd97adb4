//! A list of messages by its name.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    json_msg_key: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    msg_list: Box<RawValue>,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("im_long_msg.get_relay_json_msg")
        .doors(Doors::SOCKET)
        .fails(&[Code::MessageMissing])
        .example(r#"{"JsonMsgKey":"00112233445566778899"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let list = cx.services.long_message(cx.me()?, &self.json_msg_key).await?.ok_or(Code::MessageMissing)?;
        let text = String::from_utf8(list).map_err(|error| Error::new(Code::Broken).source(error))?;
        let msg_list = RawValue::from_string(text).map_err(|error| Error::new(Code::Broken).source(error))?;
        Ok(Reply { msg_list })
    }
}
