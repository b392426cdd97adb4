//! When some members have read some messages.

use std::sync::Arc;

use model::{
    Code, Error,
    group::{limit, rule::Action},
};
use serde::{Deserialize, Serialize};

use super::shared::{by, place};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    member_read_msg_list: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    msg_seq: i64,
    #[serde(rename = "MemberList_Account", default)]
    accounts: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    msg_read_list: Vec<Readers>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Readers {
    msg_seq: i64,
    read_list: Vec<Read>,
}

#[derive(Serialize)]
struct Read {
    #[serde(rename = "Read_Account")]
    account: String,
    /// Seconds since 1970.
    #[serde(rename = "Read_Time")]
    time: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_msg_receipts_by_users")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing, Code::GroupNoPermission, Code::ReceiptMissing])
        .example(r#"{"GroupId":"hikers-01","MemberReadMsgList":[{"MsgSeq":1,"MemberList_Account":["bob"]}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.member_read_msg_list.len() > limit::ASKED {
            return Err(Error::new(Self::SPEC.malformed).detail("at most 50 messages are asked for"));
        }
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        place.group.check(&by, Action::ReadHistory)?;
        let mut msg_read_list = Vec::with_capacity(self.member_read_msg_list.len());
        for wanted in self.member_read_msg_list {
            let (read, _) = cx.services.receipt_detail(&place, wanted.msg_seq).await?;
            let asked = read.into_iter().filter(|(account, _)| wanted.accounts.contains(account));
            let read_list = asked.map(|(account, time)| Read { account, time: time / 1000 }).collect();
            msg_read_list.push(Readers { msg_seq: wanted.msg_seq, read_list });
        }
        Ok(Reply { msg_read_list })
    }
}
