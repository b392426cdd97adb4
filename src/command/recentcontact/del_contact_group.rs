//! Removes conversation groups; the conversations stay (REST v4 `del_contact_group`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::shared::{Group, tell};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "GroupName")]
    names: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    group_item: Vec<Group>,
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.del_contact_group")
        .fails(&[Code::ContactGroupMissing])
        .example(r#"{"From_Account":"alice","GroupName":["work"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::ContactAccountMissing).await?;
        let mut group_item = Vec::with_capacity(self.names.len());
        for group_name in self.names {
            let group_id = cx.services.contact_group(&me, &group_name).await?;
            group_item.push(Group { group_id, group_name });
        }
        for group in &group_item {
            cx.services.remove_contact_group(&me, group.group_id).await?;
        }
        tell(&cx, &me, 6, "RecentContactDelContactGroup", &json!({"MsgGroupItem": group_item}));
        Ok(Reply { group_item })
    }
}
