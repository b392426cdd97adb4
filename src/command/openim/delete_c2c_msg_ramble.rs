//! Deletes messages from one side's history only (REST v4 `delete_c2c_msg_ramble`).

use std::sync::Arc;

use model::{Code, Error, MessageKey};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Spec};

/// The most messages of one request.
const KEYS: usize = 30;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "Operator_Account", alias = "From_Account")]
    operator: Option<String>,
    #[serde(rename = "Peer_Account", alias = "To_Account")]
    peer: String,
    msg_key_list: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    invalid_msg_key_list: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.delete_c2c_msg_ramble")
        .fails(&[Code::FromAccountInvalid, Code::ToAccountInvalid, Code::MsgKeyInvalid])
        .example(r#"{"Operator_Account":"alice","Peer_Account":"bob","MsgKeyList":["7_90210_1700000000"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.msg_key_list.is_empty() || self.msg_key_list.len() > KEYS {
            return Err(Error::new(Code::MsgKeyInvalid).detail("1 to 30 messages are deleted at once"));
        }
        // Clients name the message's sender and receiver; the other of the two is the peer.
        let named = self.operator.as_deref();
        let me = match cx.me() {
            Ok(me) => me.clone(),
            Err(_) => cx.act_as(named, &Self::SPEC, Code::FromAccountInvalid).await?,
        };
        let from_peer = self.peer == me.user.as_str();
        let peer = if from_peer { named.unwrap_or(&self.peer) } else { &self.peer };
        let peer = cx.account(peer, Code::ToAccountInvalid).await?;
        let (mut keys, mut invalid) = (Vec::new(), Vec::new());
        for text in self.msg_key_list {
            match MessageKey::parse(&text) {
                Some(key) => keys.push(key),
                None => invalid.push(text),
            }
        }
        let sender = if from_peer { &peer } else { &me };
        cx.services.hide(&me, &peer, sender, &keys).await?;
        Ok(Reply { invalid_msg_key_list: invalid })
    }
}
