//! A page of what was said in a group, as clients read it, newest first.

use std::sync::Arc;

use model::{Code, Error, group::limit};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::group::GroupSlice;

use super::shared::{by, place};
use crate::{Command, Context, Doors, Spec};

/// The whole page was looked at; clients stop at 2.
const MORE: u8 = 1;
const NOTHING_OLDER: u8 = 2;
/// `GetType` of requests that name sequences.
const NAMED: i64 = 3;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    #[serde(default)]
    req_msg_number: usize,
    req_msg_seq: Option<i64>,
    #[serde(default)]
    get_type: i64,
    #[serde(default)]
    req_msg_seq_list: Vec<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    group_id: String,
    is_finished: u8,
    rsp_msg_list: Vec<Box<RawValue>>,
    next_req_msg_seq: i64,
    invisible_msg_seq: Vec<i64>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.group_msg_get")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing, Code::GroupNoPermission])
        .example(r#"{"GroupId":"hikers-01","ReqMsgNumber":21}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        let slice = if self.get_type == NAMED {
            if self.req_msg_seq_list.len() > limit::HISTORY {
                return Err(Error::new(Code::GroupParameterInvalid).detail("at most 100 messages are asked for"));
            }
            GroupSlice::Named(self.req_msg_seq_list)
        } else {
            let from = self.req_msg_seq.filter(|sequence| *sequence > 0);
            GroupSlice::Down { from, limit: self.req_msg_number.clamp(1, limit::HISTORY) }
        };
        let page = cx.services.group_history(cx.app()?, &place, &by, slice).await?;
        Ok(Reply {
            group_id: place.group.id.to_string(),
            is_finished: if page.complete { NOTHING_OLDER } else { MORE },
            rsp_msg_list: page.messages(&place)?,
            next_req_msg_seq: page.next,
            invisible_msg_seq: page.invisible,
        })
    }
}
