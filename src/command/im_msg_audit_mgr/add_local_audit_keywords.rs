//! Adds words that are refused or replaced in what the app's users say (REST v4 `add_local_audit_keywords`).

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
    const SPEC: Spec = Spec::audit("im_msg_audit_mgr.add_local_audit_keywords")
        .doors(Doors::REST)
        .fails(&[Code::TooManyAuditWords])
        .example(r#"{"LocalAuditWords":[{"Keyword":"spam","WordType":1,"FilterType":1,"ReplacedContent":"***"}]}"#);
    type Reply = Done;

    async fn run(self, cx: Arc<Context>) -> Result<Done, Error> {
        let words = self.list.words(&cx)?;
        cx.services.add_words(cx.app()?.sdkappid, &words, Self::SPEC.malformed).await?;
        Ok(Done::new(&cx))
    }
}
