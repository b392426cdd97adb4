//! Removes all attributes of a group (REST v4 `clear_group_attr`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use service::group::AttributeChange;

use super::shared::{Changed, Known};
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
        .fails(&[
            Code::GroupMissing,
            Code::GroupNoPermission,
            Code::AttributeKeyTooLong,
            Code::AttributeValueTooLong,
            Code::TooManyAttributes,
            Code::AttributesTooLarge,
            Code::AttributesTooFrequent,
            Code::AttributeMissing,
            Code::AttributeConflict,
        ])
        .example(r#"{"GroupId":"hikers-01"}"#);
    type Reply = Changed;

    async fn run(self, cx: Arc<Context>) -> Result<Changed, Error> {
        let change = AttributeChange::Clear;
        self.known.change(&cx, &self.group_id, change).await
    }
}
