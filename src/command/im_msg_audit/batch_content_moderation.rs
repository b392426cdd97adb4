//! Audits up to ten texts (REST v4 `batch_content_moderation`).

use std::{collections::HashSet, sync::Arc};

use model::{Error, Kind};
use serde::{Deserialize, Serialize};

use super::shared::{Audited, Verdict, check_name};
use crate::{Command, Context, Doors, Spec};

/// The most texts of one request.
const TEXTS: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    audit_name: String,
    contents: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    content_id: i64,
    #[serde(flatten)]
    audited: Audited,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    audit_results: Vec<Outcome>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    content_id: i64,
    error_code: i32,
    error_info: String,
    #[serde(flatten)]
    found: Option<Found>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    #[serde(flatten)]
    verdict: Verdict,
    /// A list of words knows no finer labels.
    sub_label: &'static str,
}

impl Command for Request {
    const SPEC: Spec = Spec::audit("im_msg_audit.batch_content_moderation")
        .doors(Doors::REST)
        .body(128 * 1024, model::Code::BodyTooLong)
        .example(r#"{"AuditName":"C2C","Contents":[{"ContentId":1,"ContentType":"Text","Content":"hello"}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check_name(&self.audit_name)?;
        let ids: HashSet<i64> = self.contents.iter().map(|item| item.content_id).collect();
        if ids.is_empty() || self.contents.len() > TEXTS || ids.len() < self.contents.len() {
            return Err(Error::new(Self::SPEC.malformed).detail("Contents has 1 to 10 items with ids of their own"));
        }
        let mut audit_results = Vec::with_capacity(self.contents.len());
        for Item { content_id, audited } in &self.contents {
            let (error_code, error_info, found) = match audited.verdict(&cx) {
                Ok(verdict) => (0, String::new(), Some(Found { verdict, sub_label: "" })),
                Err(error) if error.kind() == Kind::Ours => return Err(error),
                Err(error) => (error.number(), error.code.text().to_owned(), None),
            };
            audit_results.push(Outcome { content_id: *content_id, error_code, error_info, found });
        }
        Ok(Reply { audit_results })
    }
}
