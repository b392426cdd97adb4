//! Dismisses a group with all that is in it (REST v4 `destroy_group`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{by, group};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.destroy_group")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing])
        .example(r#"{"GroupId":"hikers-01"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        cx.services.dismiss_group(&group, &by).await
    }
}
