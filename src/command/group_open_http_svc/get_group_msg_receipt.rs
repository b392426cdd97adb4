//! How many members have read messages, and how many have not (REST v4 `get_group_msg_receipt`).

use std::sync::Arc;

use model::{Code, Error, group::rule::Action};
use serde::{Deserialize, Serialize};
use service::group::Receipts;

use super::shared::{Named, by, place};
use crate::{Command, Context, Spec};

/// The most messages of one request.
const MESSAGES: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    msg_seq_list: Vec<Named>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    group_msg_receipt_list: Vec<Receipt>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Receipt {
    msg_seq: i64,
    code: i32,
    read_num: i64,
    unread_num: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_msg_receipt")
        .fails(&[Code::GroupMissing, Code::GroupNoPermission, Code::GroupTooLargeForReceipts])
        .example(r#"{"GroupId":"hikers-01","MsgSeqList":[{"MsgSeq":1}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.msg_seq_list.is_empty() || self.msg_seq_list.len() > MESSAGES {
            return Err(Error::new(Code::GroupParameterInvalid).detail("1 to 50 messages are asked for"));
        }
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        place.group.check(&by, Action::ReadHistory)?;
        let sequences: Vec<i64> = self.msg_seq_list.iter().map(|named| named.msg_seq).collect();
        let receipts = cx.services.receipts(&place, &sequences).await?;
        let receipt = |one: Receipts| Receipt {
            msg_seq: one.sequence,
            code: one.code,
            read_num: one.read,
            unread_num: one.unread,
        };
        Ok(Reply { group_msg_receipt_list: receipts.into_iter().map(receipt).collect() })
    }
}
