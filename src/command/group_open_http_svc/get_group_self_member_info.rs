//! Groups with what the user is to them; each has its own result.

use std::{collections::HashMap, sync::Arc};

use model::{Code, Error, Kind, group::limit::ASKED};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service::Account;

use super::shared::{base, failed, group, member};
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
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_self_member_info")
        .doors(Doors::SOCKET)
        .example(r#"{"GroupIdList":["hikers-01"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.group_id_list.is_empty() || self.group_id_list.len() > ASKED {
            return Err(Error::new(Code::GroupParameterInvalid).detail("GroupIdList names 1 to 50 groups"));
        }
        let me = cx.me()?;
        let rows = cx.services.all_contact_rows(me).await?;
        let read: HashMap<i64, i64> = rows.into_iter().map(|row| (row.conversation, row.read_sequence)).collect();
        let mut group_info = Vec::with_capacity(self.group_id_list.len());
        for id in &self.group_id_list {
            group_info.push(match one(&cx, me, id, &read).await {
                Ok(object) => object,
                Err(error) if error.kind() == Kind::Ours => return Err(error),
                Err(error) => failed(id, &error),
            });
        }
        Ok(Reply { group_info })
    }
}

async fn one(cx: &Context, me: &Account, id: &str, read: &HashMap<i64, i64>) -> Result<Value, Error> {
    let group = group(cx, id).await?;
    let Some(role) = group.role(me.number) else {
        return Err(Error::new(Code::GroupNoPermission).detail("the user is not in the group"));
    };
    let newest = cx.services.newest(&[group.number]).await?;
    let mut object = base(&group, newest.get(&group.number).copied());
    let now = cx.services.world.second();
    let own = match group.member(me.number) {
        Some(one) => member(&group, &one, now, read.get(&group.number).copied()),
        None => Map::from_iter([
            ("Member_Account".to_owned(), json!(me.user)),
            ("Role".to_owned(), json!(role.name())),
            ("JoinTime".to_owned(), json!(0)),
            ("ShutUpUntil".to_owned(), json!(group.read().muted_until(me.number, now))),
        ]),
    };
    object.insert("MemberList".into(), json!([own]));
    object.insert("SelfInfo".into(), Value::Object(own));
    object.insert("ErrorCode".into(), json!(0));
    object.insert("ErrorInfo".into(), json!(""));
    Ok(Value::Object(object))
}
