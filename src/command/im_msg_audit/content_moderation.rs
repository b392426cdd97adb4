//! Audits one text (REST v4 `content_moderation`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{Audited, Verdict, check_name};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    audit_name: String,
    #[serde(flatten)]
    audited: Audited,
}

impl Command for Request {
    const SPEC: Spec = Spec::audit("im_msg_audit.content_moderation")
        .doors(Doors::REST)
        .fails(&[Code::AuditDisabled])
        .example(r#"{"AuditName":"C2C","ContentType":"Text","Content":"hello"}"#);
    type Reply = Verdict;

    async fn run(self, cx: Arc<Context>) -> Result<Verdict, Error> {
        check_name(&self.audit_name)?;
        self.audited.verdict(&cx)
    }
}
