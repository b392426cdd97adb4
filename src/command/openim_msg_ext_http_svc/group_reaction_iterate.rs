//! Who reacted to a group message in one way, by page.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{GroupTarget, Reactors};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    target: GroupTarget,
    msg_seq: i64,
    reaction: String,
    #[serde(default)]
    count: i64,
    #[serde(default)]
    next_seq: usize,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.group_reaction_iterate")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing])
        .example(r#"{"GroupId":"hikers-01","MsgSeq":1,"Reaction":"like","Count":10}"#);
    type Reply = Reactors;

    async fn run(self, cx: Arc<Context>) -> Result<Reactors, Error> {
        let (place, by) = self.target.place(&cx).await?;
        let mut reactions = cx.services.group_reactions(&place, &by, self.msg_seq).await?;
        let all = reactions.remove(&self.reaction).unwrap_or_default();
        Ok(Reactors::page(&all, self.next_seq, self.count))
    }
}
