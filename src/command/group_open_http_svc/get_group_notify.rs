//! What was recalled in one group while a client was away.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{Notifies, NotifyRequest, by, recalled};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(NotifyRequest);

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_notify")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing, Code::GroupNoPermission])
        .example(r#"{"NotifyType":1,"Limit":20,"GroupId":"hikers-01","BeginTime":0,"EndTime":4000000000000000}"#);
    type Reply = Notifies;

    async fn run(self, cx: Arc<Context>) -> Result<Notifies, Error> {
        let by = by(&cx, None).await?;
        recalled(&cx, &by, &self.0).await
    }
}
