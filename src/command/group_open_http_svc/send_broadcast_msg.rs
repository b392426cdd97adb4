//! Says something in all live rooms of the app at once (REST v4 `send_broadcast_msg`); nothing is stored.

use std::sync::Arc;

use model::{
    Code, Error, GroupKind, Kind,
    group::{Priority, limit::MESSAGE_BYTES},
    message::check_body,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::group::{Content, Place};

use super::shared::by;
use crate::{Command, Context, Doors, Spec};

/// How many rooms are looked up at once.
const ROOMS: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: Option<String>,
    random: u32,
    msg_body: Box<RawValue>,
    #[serde(default)]
    cloud_custom_data: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    msg_seq: i64,
}

impl Request {
    fn content(&self, second: i64) -> Content {
        Content {
            client_sequence: self.random >> 1,
            random: self.random,
            client_time: second as u32,
            body: self.msg_body.clone(),
            custom_data: self.cloud_custom_data.clone(),
            priority: Priority::High,
            flags: 0,
            online_only: false,
            mentions: Vec::new(),
            directed: Vec::new(),
            origin: None,
            order: None,
            forbidden: service::callback::Forbidden { before: true, after: true },
        }
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.send_broadcast_msg")
        .doors(Doors::REST)
        .rate(1)
        .body(MESSAGE_BYTES, Code::MessageTooLong)
        .fails(&[Code::GroupAccountMissing, Code::TextRejected])
        .example(r#"{"Random":7,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"the show begins"}}]}"#);
    type Reply = Reply;

    async fn run(mut self, cx: Arc<Context>) -> Result<Reply, Error> {
        // The codes of one-to-one messages are none of a group's.
        check_body(&self.msg_body).map_err(|error| Error::new(Code::GroupParameterInvalid).detail(error.detail))?;
        cx.services.screen(cx.app()?, &mut self.msg_body)?;
        let by = by(&cx, self.from.as_deref()).await?;
        let (app, second) = (cx.app()?, cx.services.world.second());
        let (mut after, mut msg_seq) = (0, 0);
        loop {
            let ids = cx.services.group_ids(app.sdkappid, Some(GroupKind::AvChatRoom), after, ROOMS).await?;
            let Some((last, _)) = ids.last() else { return Ok(Reply { msg_seq }) };
            after = *last;
            for (number, _) in ids {
                let Some(group) = cx.services.group_numbered(number).await? else { continue };
                match cx.services.say(app, &Place::of(&group), &by, self.content(second)).await {
                    Ok(sent) => msg_seq = msg_seq.max(sent.sequence),
                    Err(error) if error.kind() == Kind::Ours => return Err(error),
                    // A room in which the sender is muted does not hear it.
                    Err(_) => {}
                }
            }
        }
    }
}
