//! Groups with all that is said of them and their members (REST v4 `get_group_info`). Each has its own result.

use std::sync::Arc;

use model::{Code, Error, group::limit::ASKED};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::group::LiveGroup;

use super::shared::{Filter, base, group, keep, member};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id_list: Vec<String>,
    #[serde(default)]
    response_filter: Filter,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    group_info: Vec<Value>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_info")
        .doors(Doors::REST)
        .example(r#"{"GroupIdList":["hikers-01"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.group_id_list.is_empty() || self.group_id_list.len() > ASKED {
            return Err(Error::new(Code::GroupParameterInvalid).detail("GroupIdList names 1 to 50 groups"));
        }
        let mut group_info = Vec::with_capacity(self.group_id_list.len());
        for id in &self.group_id_list {
            group_info.push(match group(&cx, id).await {
                Ok(group) => whole(&cx, &group, &self.response_filter).await?,
                Err(error) => json!({"GroupId": id, "ErrorCode": error.number(), "ErrorInfo": error.detail}),
            });
        }
        Ok(Reply { group_info })
    }
}

async fn whole(cx: &Context, group: &Arc<LiveGroup>, filter: &Filter) -> Result<Value, Error> {
    let newest = cx.services.newest(&[group.number]).await?;
    let mut object = base(group, newest.get(&group.number).copied());
    keep(&mut object, filter.base.as_deref(), &["GroupId", "AppDefinedData"]);
    if let (Some(names), Some(Value::Array(fields))) = (&filter.fields, object.get_mut("AppDefinedData")) {
        fields.retain(|field| names.iter().any(|name| field["Key"] == name.as_str()));
    }
    if filter.base.is_none() {
        object.insert("Appid".into(), json!(group.app));
    }
    object.insert("ErrorCode".into(), json!(0));
    object.insert("ErrorInfo".into(), json!(""));
    let wants_members = filter.member.is_some() || filter.base.is_none();
    if wants_members && group.kind.is_stored() {
        let now = cx.services.world.second();
        let members: Vec<_> = group.read().members().cloned().collect();
        let list: Vec<Value> = members
            .iter()
            .map(|one| {
                let mut object = member(group, one, now, None);
                keep(&mut object, filter.member.as_deref(), &["Member_Account"]);
                Value::Object(object)
            })
            .collect();
        object.insert("MemberList".into(), Value::Array(list));
    }
    Ok(Value::Object(object))
}
