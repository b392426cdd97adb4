//! Replaces the elements or the custom data of a message (REST v4 `modify_c2c_msg`; clients name the message by its
//! parts and send the version they know).

use std::sync::Arc;

use model::{Code, Error, MessageKey, message::MESSAGE_BYTES, message::check_body};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    to: String,
    msg_key: Option<String>,
    msg_seq: Option<u32>,
    msg_random: Option<u32>,
    msg_time: Option<i64>,
    msg_version: Option<u32>,
    msg_body: Option<Box<RawValue>>,
    cloud_custom_data: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    msg_version: u32,
    msg_body: Box<RawValue>,
    cloud_custom_data: String,
}

impl Request {
    fn key(&self) -> Result<MessageKey, Error> {
        let parts = self.msg_seq.zip(self.msg_random).zip(self.msg_time);
        match (&self.msg_key, parts) {
            (Some(key), _) => MessageKey::parse(key).ok_or_else(|| Code::MsgKeyInvalid.into()),
            (None, Some(((client_sequence, random), second))) => Ok(MessageKey { client_sequence, random, second }),
            (None, None) => Err(Error::new(Code::MsgKeyInvalid).detail("the message is named by its MsgKey")),
        }
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.modify_c2c_msg")
        .body(MESSAGE_BYTES, Code::BodyTooLong)
        .fails(&[
            Code::MessageMissing,
            Code::AlreadyRecalled,
            Code::ModifyConflict,
            Code::MsgKeyInvalid,
            Code::TextRejected,
        ])
        .example(r#"{"From_Account":"alice","To_Account":"bob","MsgKey":"7_90210_1700000000","CloudCustomData":"x"}"#);
    type Reply = Reply;

    async fn run(mut self, cx: Arc<Context>) -> Result<Reply, Error> {
        let key = self.key()?;
        let from = cx.account(&self.from, Code::FromAccountInvalid).await?;
        let to = cx.account(&self.to, Code::ReceiverUnknown).await?;
        // Both sides may modify, nobody else.
        if let Ok(me) = cx.me()
            && me.number != from.number
            && me.number != to.number
        {
            return Err(Error::new(Self::SPEC.forbidden).detail("only the two users of a conversation modify in it"));
        }
        if self.msg_body.is_none() && self.cloud_custom_data.is_none() {
            return Err(Error::new(Code::MessageMalformed).detail("MsgBody or CloudCustomData is given"));
        }
        if let Some(body) = &self.msg_body {
            check_body(body)?;
        }
        if let Some(body) = &mut self.msg_body {
            cx.services.screen(cx.app()?, body)?;
        }
        let content = (self.msg_body.as_deref(), self.cloud_custom_data.as_deref());
        let known = if cx.is_admin() { None } else { self.msg_version };
        let found = cx.services.modify(&from, &to, key, content, known, cx.instance()).await?;
        Ok(Reply { msg_version: found.version, msg_body: found.body, cloud_custom_data: found.custom_data })
    }
}
