//! Sets, deletes or clears the extensions of a group message (REST v4 `group_set_key_values`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::{GroupTarget, Outcome, Wanted, outcomes, wanted_change};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    target: GroupTarget,
    msg_seq: i64,
    /// 1 set, 2 delete, 3 clear.
    operate_type: i64,
    #[serde(default)]
    extension_list: Vec<Wanted>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    extension_list: Vec<Outcome>,
    seq: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.group_set_key_values")
        .fails(&[
            Code::GroupMissing,
            Code::ExtensionMessageMissing,
            Code::ExtensionUnsupported,
            Code::ExtensionConflict,
        ])
        .example(
            r#"{"GroupId":"hikers-01","MsgSeq":1,"OperateType":1,"ExtensionList":[{"Key":"k","Value":"v","Seq":0}]}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let change = wanted_change(&cx, self.operate_type, self.extension_list)?;
        let (place, by) = self.target.place(&cx).await?;
        let (results, seq) = cx.services.change_group_extensions(&place, &by, self.msg_seq, change).await?;
        Ok(Reply { extension_list: outcomes(results), seq })
    }
}
