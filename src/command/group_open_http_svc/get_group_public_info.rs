//! What anybody may know of groups; each has its own result.

use std::sync::Arc;

use model::{
    Code, Error, Kind,
    group::{
        limit::ASKED,
        rule::{self, Action, Actor},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::group::By;

use super::shared::{base, by, failed, group};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id_list: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    group_info: Vec<Value>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_public_info")
        .doors(Doors::SOCKET)
        .example(r#"{"GroupIdList":["hikers-01"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.group_id_list.is_empty() || self.group_id_list.len() > ASKED {
            return Err(Error::new(Code::GroupParameterInvalid).detail("GroupIdList names 1 to 50 groups"));
        }
        let by = by(&cx, None).await?;
        let mut group_info = Vec::with_capacity(self.group_id_list.len());
        for id in &self.group_id_list {
            group_info.push(match public(&cx, &by, id).await {
                Ok(object) => object,
                Err(error) if error.kind() == Kind::Ours => return Err(error),
                Err(error) => failed(id, &error),
            });
        }
        Ok(Reply { group_info })
    }
}

async fn public(cx: &Context, by: &By, id: &str) -> Result<Value, Error> {
    let group = group(cx, id).await?;
    // Groups that people may apply to show themselves to anybody.
    if !rule::allows(group.kind, Action::Apply, Actor::Stranger) {
        group.check(by, Action::ReadInfo)?;
    }
    let newest = cx.services.newest(&[group.number]).await?;
    let mut object = base(&group, newest.get(&group.number).copied());
    object.insert("ErrorCode".into(), json!(0));
    object.insert("ErrorInfo".into(), json!(""));
    Ok(Value::Object(object))
}
