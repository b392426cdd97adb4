//! Recalls, without a word, what one account said of late in a group (REST v4 `delete_group_msg_by_sender`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{by, place};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    #[serde(rename = "Sender_Account")]
    sender: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.delete_group_msg_by_sender")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupAccountMissing])
        .example(r#"{"GroupId":"hikers-01","Sender_Account":"bob"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        let sender = cx.account(&self.sender, Code::GroupAccountMissing).await?;
        cx.services.recall_sender(&place, &by, &sender).await
    }
}
