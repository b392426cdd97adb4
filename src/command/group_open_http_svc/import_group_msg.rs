//! Imports messages of a group of an older system with the times they had there (REST v4 `import_group_msg`). Each has
//! its own result; nobody is told.

use std::sync::Arc;

use model::{Code, Error, Kind, group::limit::MESSAGE_BYTES, message::check_body};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::group::Place;

use super::shared::place;
use crate::{Command, Context, Doors, Spec};

/// The most messages of one request.
const MESSAGES: usize = 20;
const BODY_BYTES: usize = 256 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    msg_list: Vec<Item>,
    #[serde(default)]
    recent_contact_flag: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "From_Account")]
    from: String,
    send_time: u32,
    random: Option<u32>,
    msg_body: Box<RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    import_msg_result: Vec<Imported>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Imported {
    msg_seq: i64,
    msg_time: u32,
    result: i32,
}

async fn import(cx: &Context, place: &Place, item: &Item, listed: bool) -> Result<i64, Error> {
    if item.msg_body.get().len() > MESSAGE_BYTES {
        return Err(Code::MessageTooLong.into());
    }
    // The codes of one-to-one messages are none of a group's.
    check_body(&item.msg_body).map_err(|error| Error::new(Code::GroupParameterInvalid).detail(error.detail))?;
    let from = cx.account(&item.from, Code::GroupAccountMissing).await?;
    let random = item.random.unwrap_or(cx.services.world.number() as u32);
    let time = i64::from(item.send_time) * 1000;
    let mut body = item.msg_body.clone();
    cx.services.screen(cx.app()?, &mut body)?;
    cx.services.import_in_group(place, &from, time, random, (&body, listed)).await
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.import_group_msg")
        .doors(Doors::REST)
        .body(BODY_BYTES, Code::ImportedMessageTooLong)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::MessageTooLong, Code::GroupAccountMissing])
        .example(
            r#"{"GroupId":"hikers-02","MsgList":[{"From_Account":"alice","SendTime":1700000001,"Random":7,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]}]}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.msg_list.is_empty() || self.msg_list.len() > MESSAGES {
            return Err(Error::new(Code::GroupParameterInvalid).detail("MsgList has 1 to 20 messages"));
        }
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        if !place.group.kind.is_stored() {
            return Err(Error::new(Code::GroupNoPermission).detail("messages of this type of group are not stored"));
        }
        let mut import_msg_result = Vec::with_capacity(self.msg_list.len());
        for item in &self.msg_list {
            let (msg_seq, result) = match import(&cx, &place, item, self.recent_contact_flag == 1).await {
                Ok(sequence) => (sequence, 0),
                Err(error) if error.kind() == Kind::Ours => return Err(error),
                Err(error) => (0, error.number()),
            };
            import_msg_result.push(Imported { msg_seq, msg_time: item.send_time, result });
        }
        if import_msg_result.iter().any(|imported| imported.result == 0) {
            cx.services.end_import(&place).await?;
        }
        Ok(Reply { import_msg_result })
    }
}
