//! Imports a group of an older system (REST v4 `import_group`); nobody is told.

use std::sync::Arc;

use model::{Code, Error, GroupKind};
use serde::{Deserialize, Serialize};
use service::group::NewGroup;

use super::shared::{Field, by, fields, invite_option, join_option};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "Type")]
    kind: String,
    name: String,
    group_id: Option<String>,
    #[serde(rename = "Owner_Account")]
    owner: Option<String>,
    #[serde(default)]
    introduction: String,
    #[serde(default)]
    notification: String,
    #[serde(default)]
    face_url: String,
    #[serde(alias = "MaxMemberNum")]
    max_member_count: Option<u64>,
    apply_join_option: Option<String>,
    invite_join_option: Option<String>,
    #[serde(default)]
    app_defined_data: Vec<Field>,
    #[serde(default)]
    support_topic: i64,
    create_time: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    group_id: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.import_group")
        .doors(Doors::REST)
        .fails(&[
            Code::GroupIdInvalid,
            Code::GroupIdTaken,
            Code::GroupIdTakenByOwner,
            Code::GroupAccountMissing,
            Code::CommunityDisabled,
        ])
        .example(r#"{"Type":"Public","Name":"Hikers","GroupId":"hikers-02","CreateTime":1700000000}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let now = cx.services.world.now();
        let created = self.create_time.map_or(now, |second| i64::from(second) * 1000);
        if created > now {
            return Err(Error::new(Code::GroupParameterInvalid).detail("CreateTime lies in the future"));
        }
        let by = by(&cx, None).await?;
        let owner = match self.owner.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => Some(cx.account(name, Code::GroupAccountMissing).await?),
            None => None,
        };
        let new = NewGroup {
            kind: GroupKind::from_name(&self.kind),
            id: self.group_id,
            name: self.name,
            introduction: self.introduction,
            notification: self.notification,
            face: self.face_url,
            most_members: self.max_member_count,
            join: join_option(self.apply_join_option.as_deref())?,
            invite: invite_option(self.invite_join_option.as_deref())?,
            fields: fields(self.app_defined_data),
            topics: self.support_topic == 1,
            owner,
            members: Vec::new(),
            imported: Some(created),
        };
        let (group, _) = cx.services.create_group(cx.app()?, &by, new).await?;
        Ok(Reply { group_id: group.id.to_string() })
    }
}
