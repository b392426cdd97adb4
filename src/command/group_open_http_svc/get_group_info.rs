//! Groups with all that is said of them and their members (REST v4 `get_group_info`). Each has its own result.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::shared::{Filter, GroupInfos, base, group, keep, know_who_spoke, member};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id_list: Vec<String>,
    #[serde(default)]
    response_filter: Filter,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_info")
        .doors(Doors::REST)
        .example(r#"{"GroupIdList":["hikers-01"]}"#);
    type Reply = GroupInfos;

    async fn run(self, cx: Arc<Context>) -> Result<GroupInfos, Error> {
        let mut infos = GroupInfos::of(&self.group_id_list)?;
        for id in &self.group_id_list {
            infos.add(id, whole(&cx, id, &self.response_filter).await)?;
        }
        Ok(infos)
    }
}

async fn whole(cx: &Context, id: &str, filter: &Filter) -> Result<Map<String, Value>, Error> {
    let group = group(cx, id).await?;
    let newest = cx.services.newest(&[group.number]).await?;
    let mut object = base(&group, newest.get(&group.number).copied());
    keep(&mut object, filter.base.as_deref(), &["GroupId", "AppDefinedData"]);
    if let (Some(names), Some(Value::Array(fields))) = (&filter.fields, object.get_mut("AppDefinedData")) {
        fields.retain(|field| names.iter().any(|name| field["Key"] == name.as_str()));
    }
    if filter.base.is_none() {
        object.insert("Appid".into(), json!(group.app));
    }
    let wants_members = filter.member.is_some() || filter.base.is_none();
    if wants_members && group.kind.is_stored() {
        know_who_spoke(cx, &group, filter.member.as_deref()).await?;
        let now = cx.services.world.second();
        let members: Vec<_> = group.read().members().cloned().collect();
        let list: Vec<Value> = members
            .iter()
            .map(|one| {
                let mut object = member(&group, one, now, None);
                keep(&mut object, filter.member.as_deref(), &["Member_Account"]);
                Value::Object(object)
            })
            .collect();
        object.insert("MemberList".into(), Value::Array(list));
    }
    Ok(object)
}
