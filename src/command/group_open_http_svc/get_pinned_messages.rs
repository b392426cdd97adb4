//! The pinned messages of a group or a topic, those pinned last first.

use std::sync::Arc;

use model::{Code, Error, group::rule::Action};
use serde::{Deserialize, Serialize};

use super::shared::{by, place};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    pinned_msg_list: Vec<Pinned>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pinned {
    msg_seq: i64,
    #[serde(rename = "Pinner_Account")]
    by: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_pinned_messages")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing, Code::GroupNoPermission])
        .example(r#"{"GroupId":"hikers-01"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        place.group.check(&by, Action::ReadHistory)?;
        let pins = cx.services.pinned(&place).await?;
        let pinned_msg_list = pins.into_iter().map(|pin| Pinned { msg_seq: pin.sequence, by: pin.by }).collect();
        Ok(Reply { pinned_msg_list })
    }
}
