//! What was said in a group, newest first (REST v4 `group_msg_get_simple`).

use std::sync::Arc;

use model::{Code, Error, flags};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use service::group::{GroupPage, GroupSlice};

use super::shared::{by, place};
use crate::{Command, Context, Doors, Spec};

/// The most messages of one page.
const PAGE: usize = 20;
/// `IsFinished`: all of the page is here, and all of it is gone.
const WHOLE: u8 = 1;
const EXPIRED: u8 = 2;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    req_msg_number: usize,
    req_msg_seq: Option<i64>,
    #[serde(default)]
    with_recalled_msg: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    group_id: String,
    is_finished: u8,
    rsp_msg_list: Vec<Box<RawValue>>,
}

/// A record without its content. Whoever pages goes on below the smallest sequence, so none may be left out.
fn emptied(record: &RawValue) -> Result<Box<RawValue>, serde_json::Error> {
    let mut record: Value = serde_json::from_str(record.get())?;
    if let Some(object) = record.as_object_mut() {
        object.remove("CloudCustomData");
        object.insert("IsPlaceMsg".into(), json!(1));
        object.insert("MsgBody".into(), json!([]));
    }
    serde_json::value::to_raw_value(&record)
}

fn records(page: &GroupPage, with_recalled: bool) -> Result<Vec<Box<RawValue>>, Error> {
    let mut records = page.records()?;
    if with_recalled {
        return Ok(records);
    }
    for (record, entry) in records.iter_mut().zip(&page.entries) {
        if entry.flags & flags::RECALLED != 0 {
            *record = emptied(record).map_err(|error| Error::new(Code::Broken).source(error))?;
        }
    }
    Ok(records)
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.group_msg_get_simple")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing])
        .example(r#"{"GroupId":"hikers-01","ReqMsgNumber":20}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if !(1..=PAGE).contains(&self.req_msg_number) {
            return Err(Error::new(Code::GroupParameterInvalid).detail("ReqMsgNumber is 1 to 20"));
        }
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        let slice = GroupSlice::Down { from: self.req_msg_seq, limit: self.req_msg_number };
        let page = cx.services.group_history(cx.app()?, &place, &by, slice).await?;
        let rsp_msg_list = records(&page, self.with_recalled_msg == 1)?;
        let is_finished = if rsp_msg_list.is_empty() {
            let newest = cx.services.newest(&[place.number()]).await?;
            let newest = newest.get(&place.number()).map_or(0, |(sequence, _)| *sequence);
            if newest.min(self.req_msg_seq.unwrap_or(newest)) > 0 { EXPIRED } else { WHOLE }
        } else {
            WHOLE
        };
        Ok(Reply { group_id: self.group_id, is_finished, rsp_msg_list })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json, value::RawValue};

    use super::emptied;

    #[test]
    fn a_placeholder_says_nothing_but_its_place() {
        let record = json!({"From_Account": "bob", "IsPlaceMsg": 2, "MsgSeq": 7, "MsgBody": [{"MsgType": "TIMTextElem",
            "MsgContent": {"Text": "secret"}}], "CloudCustomData": "secret"});
        let raw = RawValue::from_string(record.to_string()).unwrap();
        let left: Value = serde_json::from_str(emptied(&raw).unwrap().get()).unwrap();
        assert_eq!(left, json!({"From_Account": "bob", "IsPlaceMsg": 1, "MsgSeq": 7, "MsgBody": []}));
    }
}
