//! Adds the user's reaction to a message.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::Reaction;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(Reaction);

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.reaction_add")
        .doors(Doors::SOCKET)
        .fails(&[Code::MessageMissing, Code::AlreadyReacted, Code::TooManyReactions])
        .example(
            r#"{"From_Account":"alice","To_Account":"bob","MsgKey":"7_90210_1700000000","Reaction":"like","Add_Account":["bob"]}"#,
        );
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        self.0.change(&cx, &Self::SPEC, true).await
    }
}
