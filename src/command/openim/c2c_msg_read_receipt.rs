//! Confirms single messages as read (REST v4 `c2c_msg_read_receipt`; clients name messages by their parts).

use std::sync::Arc;

use model::{Code, Error, MessageKey};
use serde::Deserialize;

use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "Operator_Account")]
    operator: Option<String>,
    #[serde(rename = "Peer_Account")]
    peer: String,
    #[serde(rename = "C2CMsgInfo")]
    messages: Vec<Info>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(rename = "From_Account")]
    from: Option<String>,
    msg_key: Option<String>,
    msg_seq: Option<u32>,
    msg_random: Option<u32>,
    msg_time: Option<i64>,
}

impl Info {
    fn key(&self) -> Result<MessageKey, Error> {
        let parts = self.msg_seq.zip(self.msg_random).zip(self.msg_time);
        let key = match (&self.msg_key, parts) {
            (Some(text), _) => MessageKey::parse(text),
            (None, Some(((client_sequence, random), second))) => Some(MessageKey { client_sequence, random, second }),
            (None, None) => None,
        };
        key.ok_or_else(|| Code::MsgKeyInvalid.into())
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.c2c_msg_read_receipt")
        .fails(&[Code::FromAccountInvalid, Code::ToAccountInvalid, Code::MsgKeyInvalid])
        .example(
            r#"{"Operator_Account":"bob","Peer_Account":"alice","C2CMsgInfo":[{"From_Account":"alice","To_Account":"bob","MsgKey":"7_90210_1700000000"}]}"#,
        );
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let me = cx.act_as(self.operator.as_deref(), &Self::SPEC, Code::FromAccountInvalid).await?;
        let peer = cx.account(&self.peer, Code::ToAccountInvalid).await?;
        let mut keys = Vec::with_capacity(self.messages.len());
        for message in &self.messages {
            if message.from.as_ref().is_some_and(|from| *from != self.peer) {
                return Err(Error::new(Code::FromAccountInvalid).detail("receipts are for messages of the peer"));
            }
            keys.push(message.key()?);
        }
        cx.services.confirm(&me, &peer, &keys).await
    }
}
