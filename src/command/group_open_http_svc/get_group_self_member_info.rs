//! Groups with what the user is to them; each has its own result.

use std::{collections::HashMap, sync::Arc};

use model::{Code, Error};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use service::group::By;

use super::shared::{GroupInfos, asker, base, by, group, member};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id_list: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_self_member_info")
        .doors(Doors::SOCKET)
        .example(r#"{"GroupIdList":["hikers-01"]}"#);
    type Reply = GroupInfos;

    async fn run(self, cx: Arc<Context>) -> Result<GroupInfos, Error> {
        let mut infos = GroupInfos::of(&self.group_id_list)?;
        let by = by(&cx, None).await?;
        let rows = cx.services.all_contact_rows(&by.account).await?;
        let read: HashMap<i64, i64> = rows.into_iter().map(|row| (row.conversation, row.read_sequence)).collect();
        for id in &self.group_id_list {
            infos.add(id, one(&cx, &by, id, &read).await)?;
        }
        Ok(infos)
    }
}

async fn one(cx: &Context, by: &By, id: &str, read: &HashMap<i64, i64>) -> Result<Map<String, Value>, Error> {
    let me = &by.account;
    let group = group(cx, id).await?;
    let Some(role) = group.role(me.number) else {
        return Err(Error::new(Code::GroupNoPermission).detail("the user is not in the group"));
    };
    let newest = cx.services.newest(&[group.number]).await?;
    let asker = asker(cx, &group, by)?;
    let mut object = base(&asker, &group, newest.get(&group.number).copied());
    let now = cx.services.world.second();
    let own = match group.member(me.number) {
        Some(one) => member(&asker, &group, &one, now, read.get(&group.number).copied()),
        None => Map::from_iter([
            ("Member_Account".to_owned(), json!(me.user)),
            ("Role".to_owned(), json!(role.name())),
            ("JoinTime".to_owned(), json!(0)),
            ("ShutUpUntil".to_owned(), json!(group.read().muted_until(me.number, now))),
        ]),
    };
    object.insert("MemberList".into(), json!([own]));
    object.insert("SelfInfo".into(), Value::Object(own));
    Ok(object)
}
