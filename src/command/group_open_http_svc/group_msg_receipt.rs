//! A member confirms messages as read (REST v4 `group_msg_receipt`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{Named, by, place};
use crate::{Command, Context, Spec};

/// The most messages of one request.
const MESSAGES: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    #[serde(rename = "From_Account")]
    from: Option<String>,
    msg_seq_list: Vec<Named>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.group_msg_receipt")
        .fails(&[Code::GroupMissing, Code::GroupNoPermission, Code::GroupTooLargeForReceipts])
        .example(r#"{"GroupId":"hikers-01","From_Account":"bob","MsgSeqList":[{"MsgSeq":1}]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        if self.msg_seq_list.is_empty() || self.msg_seq_list.len() > MESSAGES {
            return Err(Error::new(Code::GroupParameterInvalid).detail("1 to 50 messages are confirmed at once"));
        }
        let by = by(&cx, self.from.as_deref()).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        if place.group.kind.is_stored() && place.group.member(by.account.number).is_none() {
            return Err(Error::new(Code::GroupNoPermission).detail("only members confirm messages"));
        }
        let sequences: Vec<i64> = self.msg_seq_list.iter().map(|named| named.msg_seq).collect();
        let reader = by.account.clone();
        cx.services.confirm_in_group(&place, &by, &reader, &sequences).await
    }
}
