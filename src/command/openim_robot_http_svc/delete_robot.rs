//! Removes a robot (REST v4 `delete_robot`). Its name stays one that only a robot can have.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use super::robot;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "Robot_Account")]
    robot: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_robot_http_svc.delete_robot")
        .doors(Doors::REST)
        .example(r#"{"Robot_Account":"@RBT#helper"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let robot = robot(&cx, &self.robot).await?;
        cx.services.remove_account(&robot).await
    }
}
