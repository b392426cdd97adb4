//! Which of some accounts are in a live room (REST v4 `check_members`).

use std::sync::Arc;

use model::{Code, Error, GroupKind, group::limit::ACCOUNTS};
use serde::{Deserialize, Serialize};

use crate::{
    Command, Context, Doors, Spec,
    group_open_http_svc::shared::{check_count, group},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "Member_Account")]
    members: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "Member_Account")]
    members: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_avchatroom_http_svc.check_members")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupTooManyAccounts])
        .example(r#"{"GroupId":"live-01","Member_Account":["bob","carol"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check_count(self.members.len(), ACCOUNTS)?;
        let group = group(&cx, &self.group_id).await?;
        if group.kind != GroupKind::AvChatRoom {
            return Err(Error::new(Code::GroupNoPermission).detail("only live rooms are asked about"));
        }
        let mut members = Vec::new();
        for name in self.members {
            if cx.find(&name).await?.is_some_and(|account| group.listens(account.number)) {
                members.push(name);
            }
        }
        Ok(Reply { members })
    }
}
