//! The ids of all groups of the app, page by page (REST v4 `get_appid_group_list`).

use std::sync::Arc;

use model::{Code, Error, GroupKind};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

/// The most ids of one page.
const PAGE: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    limit: Option<usize>,
    #[serde(default)]
    next: i64,
    group_type: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    total_count: i64,
    group_id_list: Vec<Item>,
    next: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    group_id: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_appid_group_list")
        .doors(Doors::REST)
        .rate(1)
        .example(r#"{"Limit":1000,"Next":0,"GroupType":"Public"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let invalid = |detail| Error::new(Code::GroupParameterInvalid).detail(detail);
        let limit = self.limit.unwrap_or(PAGE);
        if limit == 0 || limit > PAGE || self.next < 0 {
            return Err(invalid("Limit is 1 to 10000, Next is 0 or what was returned"));
        }
        let kind = match self.group_type.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => Some(GroupKind::from_name(name).ok_or_else(|| invalid("there is no such GroupType"))?),
            None => None,
        };
        let app = cx.app()?.sdkappid;
        let mut found = cx.services.group_ids(app, kind, self.next, limit + 1).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map_or(0, |(number, _)| *number);
        Ok(Reply {
            total_count: cx.services.group_count(app, kind).await?,
            group_id_list: found.into_iter().map(|(_, group_id)| Item { group_id }).collect(),
            next,
        })
    }
}
