//! Lists an app's pushes to all users, newest first, with how far they have come.

use std::sync::Arc;

use model::{Error, SdkAppId};
use serde::{Deserialize, Serialize};

use super::shared::{ShownPush, need};
use crate::{Command, Context, Envelope, Spec};

/// How many pushes a page has.
const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    sdk_app_id: SdkAppId,
    /// The `next` of the page before; nothing for the first.
    before: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    pushes: Vec<ShownPush>,
    /// Where the next page begins, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.push.list").example(r#"{"sdkAppId":1400000001}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        need(&cx, self.sdk_app_id)?;
        let before = self.before.unwrap_or(i64::MAX);
        let mut rows = cx.services.pushes(self.sdk_app_id, before, PAGE as i64 + 1).await?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = rows.last().filter(|_| more).map(|row| row.number);
        Ok(Reply { pushes: rows.iter().map(ShownPush::new).collect::<Result<_, _>>()?, next })
    }
}
