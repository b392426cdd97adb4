//! Recalls messages of a group, each with its own result (REST v4 `group_msg_recall`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::{Named, by, place};
use crate::{Command, Context, Spec};

/// The most messages of one request.
const MESSAGES: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    msg_seq_list: Vec<Named>,
    #[serde(default)]
    reason: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    recall_ret_list: Vec<Recalled>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Recalled {
    msg_seq: i64,
    ret_code: i32,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.group_msg_recall")
        .fails(&[Code::GroupMissing, Code::GroupTypeCannotRecall])
        .example(r#"{"GroupId":"hikers-01","MsgSeqList":[{"MsgSeq":1}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.msg_seq_list.is_empty() || self.msg_seq_list.len() > MESSAGES {
            return Err(Error::new(Code::GroupParameterInvalid).detail("1 to 10 messages are recalled at once"));
        }
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        let sequences: Vec<i64> = self.msg_seq_list.iter().map(|named| named.msg_seq).collect();
        let results = cx.services.recall_in_group(cx.app()?, &place, &by, &sequences, &self.reason).await?;
        let recalled = |(msg_seq, ret_code)| Recalled { msg_seq, ret_code };
        Ok(Reply { recall_ret_list: results.into_iter().map(recalled).collect() })
    }
}
