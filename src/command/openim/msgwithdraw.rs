//! A user recalls a message.

use std::sync::Arc;

use model::{Code, Error, MessageKey};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    msg_info: Info,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    to: String,
    msg_time_stamp: i64,
    msg_seq: u32,
    msg_random: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    recall_ret_list: [Recalled; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Recalled {
    ret_code: i32,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.msgwithdraw")
        .doors(Doors::SOCKET)
        .fails(&[Code::MessageMissing, Code::AlreadyRecalled, Code::RecallTooLate])
        .example(
            r#"{"MsgInfo":{"From_Account":"alice","To_Account":"bob","MsgTimeStamp":1700000000,"MsgSeq":7,"MsgRandom":90210}}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let info = self.msg_info;
        let me = cx.act_as(Some(&info.from), &Self::SPEC, Code::FromAccountInvalid).await?;
        let peer = cx.account(&info.to, Code::PeerUnknown).await?;
        let key = MessageKey { client_sequence: info.msg_seq, random: info.msg_random, second: info.msg_time_stamp };
        let within = cx.app()?.settings.recall_seconds;
        cx.services.recall(&me, &peer, key, Some(within), &me).await?;
        Ok(Reply { recall_ret_list: [Recalled { ret_code: 0 }] })
    }
}
