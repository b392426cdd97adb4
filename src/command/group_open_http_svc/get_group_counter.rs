//! The counters of a group (REST v4 `get_group_counter`).

use std::sync::Arc;

use model::{Code, Error, group::rule::Action};
use serde::{Deserialize, Serialize};

use super::shared::{Counter, by, group};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(default)]
    group_counter_keys: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    group_counter_seq: i64,
    group_counter: Vec<Counter>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_counter")
        .fails(&[Code::GroupMissing, Code::GroupNoPermission])
        .example(r#"{"GroupId":"hikers-01"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::ChangeCounters)?;
        let counters = cx.services.counters(&group).await?;
        let wanted = self.group_counter_keys;
        let group_counter = counters
            .values
            .into_iter()
            .filter(|(key, _)| wanted.is_empty() || wanted.contains(key))
            .map(|(key, value)| Counter { key, value })
            .collect();
        Ok(Reply { group_counter_seq: counters.latest, group_counter })
    }
}
