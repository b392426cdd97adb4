//! Takes back the user's reaction to a group message.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::GroupReaction;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(GroupReaction);

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.group_reaction_del")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing, Code::MessageMissing, Code::NotReacted, Code::ReactionMissing])
        .example(r#"{"GroupId":"hikers-01","MsgSeq":1,"Reaction":"like"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        self.0.change(&cx, false).await
    }
}
