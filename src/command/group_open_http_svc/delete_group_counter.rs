//! Removes counters of a group, all when none is named (REST v4 `delete_group_counter`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use service::group::Place;

use super::shared::{by, group};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(default)]
    group_counter_keys: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.delete_group_counter")
        .fails(&[Code::GroupMissing, Code::GroupNoPermission])
        .example(r#"{"GroupId":"hikers-01"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let by = by(&cx, None).await?;
        let place = Place::of(&group(&cx, &self.group_id).await?);
        cx.services.delete_counters(&place, &by, &self.group_counter_keys).await
    }
}
