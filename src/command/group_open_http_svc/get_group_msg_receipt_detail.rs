//! Who has read a message, and who has not, by page (REST v4 `get_group_msg_receipt_detail`).

use std::sync::Arc;

use model::{Code, Error, group::rule::Action};
use serde::{Deserialize, Serialize};

use super::shared::{by, place};
use crate::{Command, Context, Spec};

/// The most members of a page.
const PAGE: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    msg_seq: i64,
    /// 0 who has read it, 1 who has not.
    #[serde(alias = "Flag", default)]
    filter: i64,
    #[serde(default)]
    cursor: String,
    #[serde(alias = "Num")]
    count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    cursor: String,
    is_finish: u8,
    read_list: Vec<Read>,
    unread_list: Vec<Unread>,
}

#[derive(Serialize)]
struct Read {
    #[serde(rename = "Read_Account")]
    account: String,
}

#[derive(Serialize)]
struct Unread {
    #[serde(rename = "Unread_Account")]
    account: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_msg_receipt_detail")
        .fails(&[Code::GroupMissing, Code::GroupNoPermission, Code::ReceiptMissing, Code::GroupTooLargeForReceipts])
        .example(r#"{"GroupId":"hikers-01","MsgSeq":1,"Filter":0,"Cursor":"","Count":100}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let start: usize = if self.cursor.is_empty() {
            0
        } else {
            self.cursor.parse().map_err(|_| Error::new(Self::SPEC.malformed).detail("the Cursor is malformed"))?
        };
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        place.group.check(&by, Action::ReadHistory)?;
        let (read, unread) = cx.services.receipt_detail(&place, self.msg_seq).await?;
        let limit = self.count.clamp(1, PAGE);
        let end = start.saturating_add(limit);
        let wants_read = self.filter == 0;
        let total = if wants_read { read.len() } else { unread.len() };
        let read = read.into_iter().map(|(account, _)| Read { account });
        let unread = unread.into_iter().map(|account| Unread { account });
        let read_list = if wants_read { read.skip(start).take(limit).collect() } else { Vec::new() };
        let unread_list = if wants_read { Vec::new() } else { unread.skip(start).take(limit).collect() };
        let more = end < total;
        Ok(Reply {
            cursor: if more { end.to_string() } else { String::new() },
            is_finish: (!more).into(),
            read_list,
            unread_list,
        })
    }
}
