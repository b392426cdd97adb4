//! Sets some attributes of a group (REST v4 `modify_group_attr`).

use std::sync::Arc;

use model::Error;
use serde::Deserialize;
use service::group::AttributeChange;

use super::shared::{ATTRIBUTE_FAILS, Attribute, Changed, Known};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    group_attr: Vec<Attribute>,
    #[serde(flatten)]
    known: Known,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.modify_group_attr")
        .fails(ATTRIBUTE_FAILS)
        .example(r#"{"GroupId":"hikers-01","GroupAttr":[{"key":"k","value":"v"}]}"#);
    type Reply = Changed;

    async fn run(self, cx: Arc<Context>) -> Result<Changed, Error> {
        let known = self.known.counts(&cx);
        let values = self.group_attr.into_iter();
        let change = AttributeChange::Set(values.map(|one| (one.key, one.value, one.seq.filter(|_| known))).collect());
        self.known.change(&cx, &self.group_id, change).await
    }
}
