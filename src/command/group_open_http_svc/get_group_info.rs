//! Groups with all that is said of them and their members (REST v4 `get_group_info`). Each has its own result.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use service::group::By;

use super::shared::{
    Filter, GroupInfos, asker, base, by, check_filters, group, keep, keep_fields, know_who_spoke, listed_member,
    read_marks,
};
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
        let filter = &self.response_filter;
        check_filters(&cx, filter.fields.as_deref(), filter.member_fields.as_deref())?;
        let by = by(&cx, None).await?;
        for id in &self.group_id_list {
            infos.add(id, whole(&cx, &by, id, filter).await)?;
        }
        Ok(infos)
    }
}

async fn whole(cx: &Context, by: &By, id: &str, filter: &Filter) -> Result<Map<String, Value>, Error> {
    let group = group(cx, id).await?;
    let newest = cx.services.newest(&[group.number]).await?;
    let asker = asker(cx, &group, by)?;
    let mut object = base(&asker, &group, newest.get(&group.number).copied());
    keep(&mut object, filter.base.as_deref(), &["GroupId", "AppDefinedData"]);
    keep_fields(object.get_mut("AppDefinedData"), filter.fields.as_deref());
    if filter.base.is_none() {
        object.insert("Appid".into(), json!(group.app));
    }
    let wants_members = filter.member.is_some() || filter.base.is_none();
    if wants_members && group.kind.is_stored() {
        know_who_spoke(cx, &group, filter.member.as_deref()).await?;
        let read = read_marks(cx, &group, filter.member.as_deref()).await?;
        let members: Vec<_> = group.read().members().cloned().collect();
        let (names, custom) = (filter.member.as_deref(), filter.member_fields.as_deref());
        let listed = members.iter().map(|one| listed_member(cx, (&asker, &group), (one, &read), names, custom));
        object.insert("MemberList".into(), listed.collect());
    }
    Ok(object)
}
