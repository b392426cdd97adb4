//! The names of the app's robots (REST v4 `get_all_robots`).

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "Robot_Account")]
    robots: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_robot_http_svc.get_all_robots").doors(Doors::REST);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        Ok(Reply { robots: cx.services.accounts.robots(cx.app()?.sdkappid).await? })
    }
}
