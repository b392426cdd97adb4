//! Lists an app's callbacks, newest first: the last requests, what waits in the book, or what was given up.

use std::sync::Arc;

use model::{Code, Error, Millis, SdkAppId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::{
    CallbackRow,
    callback::{Attempt, Failure},
};

use super::shared::need;
use crate::{Command, Context, Envelope, Spec};

/// How many a page has.
const PAGE: usize = 50;

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Was requested lately, whatever came of it.
    Recent,
    /// Waits for the server.
    Waiting,
    /// Was given up.
    #[default]
    Dead,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    sdk_app_id: SdkAppId,
    /// `recent`, `waiting` or `dead`, which it is by default.
    #[serde(default)]
    state: State,
    /// What the command, the body or the failure has in it, in letters of either case.
    #[serde(default)]
    search: String,
    /// The `next` of the page before; nothing for the first.
    before: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    callbacks: Vec<Shown>,
    /// Where the next page begins, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    number: i64,
    command: String,
    /// When it was requested; of what is in the book, when the event was.
    at: Millis,
    /// Milliseconds, where it was requested lately.
    #[serde(skip_serializing_if = "Option::is_none")]
    took: Option<u64>,
    /// Why it was not taken; nothing where it was, or waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// What kind of failure that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// Nothing where it is too long to be remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
}

fn json(body: &[u8]) -> Option<Box<RawValue>> {
    serde_json::from_slice(body).ok()
}

impl From<Attempt> for Shown {
    fn from(attempt: Attempt) -> Self {
        Self {
            number: attempt.number,
            command: attempt.callback.name().into(),
            at: attempt.at,
            took: Some(attempt.took.as_millis() as u64),
            failure: attempt.failure.as_ref().map(ToString::to_string),
            kind: attempt.failure.as_ref().map(Failure::kind),
            body: json(&attempt.body),
        }
    }
}

impl From<CallbackRow> for Shown {
    fn from(row: CallbackRow) -> Self {
        let failed = !row.failure.is_empty();
        Self {
            number: row.number,
            command: row.command,
            at: row.created,
            took: None,
            kind: failed.then(|| Failure::kind_of(&row.failure)),
            failure: failed.then_some(row.failure),
            body: json(&row.body),
        }
    }
}

/// Whether what is searched for, in small letters, is in one of these.
fn has(search: &str, command: &str, failure: &str, body: &[u8]) -> bool {
    search.is_empty()
        || [command, failure, &String::from_utf8_lossy(body)].iter().any(|text| text.to_lowercase().contains(search))
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.callback.list")
        .fails(&[Code::NotFound])
        .example(r#"{"sdkAppId":1400000001,"state":"dead","search":"amy"}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        need(&cx, self.sdk_app_id)?;
        let before = self.before.unwrap_or(i64::MAX);
        let search = self.search.trim().to_lowercase();
        let dead = match self.state {
            State::Recent => {
                let wanted = |one: &Attempt| {
                    let failure = one.failure.as_ref().map(ToString::to_string).unwrap_or_default();
                    has(&search, one.callback.name(), &failure, &one.body)
                };
                let mut found = cx.services.recent_callbacks(self.sdk_app_id, before, PAGE + 1, wanted);
                let more = found.len() > PAGE;
                found.truncate(PAGE);
                let next = found.last().filter(|_| more).map(|last| last.number);
                return Ok(Reply { callbacks: found.into_iter().map(Shown::from).collect(), next });
            }
            State::Waiting => false,
            State::Dead => true,
        };
        let wanted = |row: &CallbackRow| has(&search, &row.command, &row.failure, &row.body);
        let (rows, next) = cx.services.kept_callbacks(self.sdk_app_id, dead, before, PAGE, wanted).await?;
        Ok(Reply { callbacks: rows.into_iter().map(Shown::from).collect(), next })
    }
}
