//! Sets counters of a group, or moves them up or down (REST v4 `update_group_counter`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use service::group::{CounterMode, Place};

use super::shared::{Counter, by, group};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    group_counter: Vec<Counter>,
    mode: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    group_counter: Vec<Counter>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.update_group_counter")
        .fails(&[Code::GroupMissing, Code::GroupNoPermission, Code::TooManyCounters])
        .example(r#"{"GroupId":"hikers-01","GroupCounter":[{"Key":"gifts","Value":1}],"Mode":"Increase"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let mode = match self.mode.as_str() {
            "Set" => CounterMode::Set,
            "Increase" => CounterMode::Increase,
            "Decrease" => CounterMode::Decrease,
            _ => return Err(Error::new(Self::SPEC.malformed).detail("Mode is Set, Increase or Decrease")),
        };
        let by = by(&cx, None).await?;
        let place = Place::of(&group(&cx, &self.group_id).await?);
        let wanted: Vec<_> = self.group_counter.into_iter().map(|one| (one.key, one.value)).collect();
        let values = cx.services.change_counters(&place, &by, mode, &wanted).await?;
        Ok(Reply { group_counter: values.into_iter().map(|(key, value)| Counter { key, value }).collect() })
    }
}
