//! Hands a group over to one of its members (REST v4 `change_group_owner`).

use std::sync::Arc;

use model::{Code, Error, group::rule::Action};
use serde::Deserialize;

use super::shared::{by, group};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "NewOwner_Account")]
    owner: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.change_group_owner")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupAccountMissing])
        .example(r#"{"GroupId":"hikers-01","NewOwner_Account":"bob"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::HandOver)?;
        let owner = cx.account(&self.owner, Code::GroupAccountMissing).await?;
        cx.services.hand_over(&group, &by, &owner).await
    }
}
