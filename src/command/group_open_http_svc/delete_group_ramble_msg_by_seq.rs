//! A member deletes messages of a group for itself alone.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{by, place};
use crate::{Command, Context, Doors, Spec};

/// The most messages of one request.
const MESSAGES: usize = 30;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    /// Numbers, which clients write as texts.
    seqs: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.delete_group_ramble_msg_by_seq")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing, Code::GroupNoPermission])
        .example(r#"{"GroupId":"hikers-01","Deleter_Account":"alice","Seqs":["1"]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let sequences: Option<Vec<i64>> = self.seqs.iter().map(|text| text.parse().ok()).collect();
        let Some(sequences) = sequences.filter(|list| list.len() <= MESSAGES) else {
            return Err(Error::new(Code::GroupParameterInvalid).detail("Seqs has up to 30 numbers"));
        };
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        cx.services.hide_in_group(&place, &by, sequences).await
    }
}
