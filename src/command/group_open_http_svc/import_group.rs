//! Imports a group of an older system (REST v4 `import_group`); nobody is told.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use service::group::NewGroup;

use super::shared::{Draft, by};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    draft: Draft,
    #[serde(rename = "Owner_Account")]
    owner: Option<String>,
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
        let new = NewGroup { owner, imported: Some(created), ..self.draft.into_group()? };
        let (group, _) = cx.services.create_group(cx.app()?, &by, new).await?;
        Ok(Reply { group_id: group.id.to_string() })
    }
}
