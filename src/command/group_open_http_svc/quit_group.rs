//! A member leaves a group.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use service::group::By;

use super::shared::{by, group};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.quit_group")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing, Code::GroupNoPermission, Code::OwnerCannotQuit])
        .example(r#"{"GroupId":"hikers-01"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        // Whoever leaves does so as a member, also an administrator of the app.
        let by = By { app: false, ..by };
        cx.services.quit_group(&group, &by, cx.session()).await
    }
}
