//! The extensions of a group message (REST v4 `group_get_key_values`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{GroupTarget, Pairs};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    target: GroupTarget,
    msg_seq: i64,
    #[serde(alias = "startSeq", default)]
    start_seq: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.group_get_key_values")
        .fails(&[Code::GroupMissing, Code::ExtensionMessageMissing])
        .example(r#"{"GroupId":"hikers-01","MsgSeq":1}"#);
    type Reply = Pairs;

    async fn run(self, cx: Arc<Context>) -> Result<Pairs, Error> {
        let (place, by) = self.target.place(&cx).await?;
        let (rows, latest, cleared) = cx.services.group_extensions(&place, &by, self.msg_seq, self.start_seq).await?;
        Ok(Pairs::of(rows, latest, cleared))
    }
}
