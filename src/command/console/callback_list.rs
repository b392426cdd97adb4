//! Lists an app's callbacks that were given up, newest first.

use std::sync::Arc;

use model::{Code, Error, Millis, SdkAppId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::shared::need;
use crate::{Command, Context, Envelope, Spec};

/// How many a page has.
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
    callbacks: Vec<Shown>,
    /// Where the next page begins, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    number: i64,
    command: String,
    created_at: Millis,
    failure: String,
    body: Box<RawValue>,
}

impl Command for Request {
    const SPEC: Spec =
        Spec::console("console.callback.list").fails(&[Code::NotFound]).example(r#"{"sdkAppId":1400000001}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        need(&cx, self.sdk_app_id)?;
        let before = self.before.unwrap_or(i64::MAX);
        let mut rows = cx.services.dead_callbacks(self.sdk_app_id, before, PAGE as i64 + 1).await?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = rows.last().filter(|_| more).map(|row| row.number);
        let mut callbacks = Vec::with_capacity(rows.len());
        for row in rows {
            callbacks.push(Shown {
                number: row.number,
                command: row.command,
                created_at: row.created,
                failure: row.failure,
                body: serde_json::from_slice(&row.body).map_err(|error| Error::new(Code::Broken).source(error))?,
            });
        }
        Ok(Reply { callbacks, next })
    }
}
