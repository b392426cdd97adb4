//! What anybody may know of groups; each has its own result.

use std::sync::Arc;

use model::{
    Error,
    group::rule::{self, Action, Actor},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use service::group::By;

use super::shared::{GroupInfos, asker, base, by, group};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id_list: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_public_info")
        .doors(Doors::SOCKET)
        .example(r#"{"GroupIdList":["hikers-01"]}"#);
    type Reply = GroupInfos;

    async fn run(self, cx: Arc<Context>) -> Result<GroupInfos, Error> {
        let mut infos = GroupInfos::of(&self.group_id_list)?;
        let by = by(&cx, None).await?;
        for id in &self.group_id_list {
            infos.add(id, public(&cx, &by, id).await)?;
        }
        Ok(infos)
    }
}

async fn public(cx: &Context, by: &By, id: &str) -> Result<Map<String, Value>, Error> {
    let group = group(cx, id).await?;
    // Groups that people may apply to show themselves to anybody.
    if !rule::allows(group.kind, Action::Apply, Actor::Stranger) {
        group.check(by, Action::ReadInfo)?;
    }
    let newest = cx.services.newest(&[group.number]).await?;
    Ok(base(&asker(cx, &group, by)?, &group, newest.get(&group.number).copied()))
}
