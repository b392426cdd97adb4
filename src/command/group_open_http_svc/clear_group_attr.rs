//! Removes all attributes of a group (REST v4 `clear_group_attr`).

use std::sync::Arc;

use model::Error;
use serde::Deserialize;
use service::group::AttributeChange;

use super::shared::{ATTRIBUTE_FAILS, Changed, Known};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(flatten)]
    known: Known,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.clear_group_attr")
        .fails(ATTRIBUTE_FAILS)
        .example(r#"{"GroupId":"hikers-01"}"#);
    type Reply = Changed;

    async fn run(self, cx: Arc<Context>) -> Result<Changed, Error> {
        let change = AttributeChange::Clear;
        self.known.change(&cx, &self.group_id, change).await
    }
}
