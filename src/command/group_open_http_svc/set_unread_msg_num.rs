//! Sets how many messages a member has not read (REST v4 `set_unread_msg_num`); without effect in types of groups that
//! do not count them.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::group;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "Member_Account")]
    account: String,
    unread_msg_num: u32,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.set_unread_msg_num")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupAccountMissing])
        .example(r#"{"GroupId":"hikers-01","Member_Account":"bob","UnreadMsgNum":1}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let group = group(&cx, &self.group_id).await?;
        if !group.kind.counts_unread() {
            return Ok(());
        }
        let account = cx.account(&self.account, Code::GroupAccountMissing).await?;
        cx.services.set_unread(&group, &account, self.unread_msg_num.into()).await
    }
}
