//! Who reacted to a message in one way, page by page.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{Reactors, Target, key};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    target: Target,
    msg_key: String,
    reaction: String,
    #[serde(default)]
    count: i64,
    #[serde(default)]
    next_seq: usize,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.reaction_iterate")
        .doors(Doors::SOCKET)
        .fails(&[Code::MessageMissing])
        .example(
            r#"{"From_Account":"alice","To_Account":"bob","MsgKey":"7_90210_1700000000","Reaction":"like","Count":10}"#,
        );
    type Reply = Reactors;

    async fn run(self, cx: Arc<Context>) -> Result<Reactors, Error> {
        let (from, to) = self.target.accounts(&cx, &Self::SPEC).await?;
        let mut reactions = cx.services.reactions(&from, &to, key(&self.msg_key)?).await?;
        let all = reactions.remove(&self.reaction).unwrap_or_default();
        Ok(Reactors::page(&all, self.next_seq, self.count))
    }
}
