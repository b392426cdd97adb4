//! The administrators of a live room (REST v4 `get_admin_list`).

use std::sync::Arc;

use model::{Code, Error, GroupKind};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec, group_open_http_svc::shared::group};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "Admin_List")]
    admins: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_avchatroom_http_svc.get_admin_list")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing])
        .example(r#"{"GroupId":"live-01"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let group = group(&cx, &self.group_id).await?;
        if group.kind != GroupKind::AvChatRoom {
            return Err(Error::new(Code::GroupNoPermission).detail("only live rooms have administrators of this kind"));
        }
        let admins = group.read().members().map(|member| member.user.to_string()).collect();
        Ok(Reply { admins })
    }
}
