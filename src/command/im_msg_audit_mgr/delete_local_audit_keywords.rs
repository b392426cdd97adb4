//! Takes back words that are refused or replaced (REST v4 `delete_local_audit_keywords`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{Done, List};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(flatten)]
    list: List,
}

impl Command for Request {
    const SPEC: Spec = Spec::audit("im_msg_audit_mgr.delete_local_audit_keywords")
        .doors(Doors::REST)
        .fails(&[Code::TooManyAuditWords])
        .example(r#"{"LocalAuditWords":[{"Keyword":"spam","WordType":1}]}"#);
    type Reply = Done;

    async fn run(self, cx: Arc<Context>) -> Result<Done, Error> {
        let words = self.list.named(&cx)?;
        cx.services.remove_words(cx.app()?.sdkappid, &words).await?;
        Ok(Done::new(&cx))
    }
}
