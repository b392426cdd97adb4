//! A client forgets system notices and mentions that it has handled; one-to-one history has a command of its own.

use std::sync::Arc;

use model::{Error, group::SYSTEM_USER};
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec};

/// The most of one request.
const MESSAGES: usize = 100;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "DelMsgList", default)]
    list: Vec<Named>,
}

/// A notice is named by its author and its number. What else clients name here goes once it is read.
#[derive(Deserialize)]
struct Named {
    #[serde(rename = "From_Account", default)]
    from: String,
    #[serde(rename = "MsgSeq", default)]
    sequence: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.deletemsg")
        .doors(Doors::SOCKET)
        .example(r#"{"DelMsgList":[{"From_Account":"@TIM#SYSTEM","MsgSeq":1,"MsgRandom":7}]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        if self.list.len() > MESSAGES {
            return Err(Error::new(Self::SPEC.malformed).detail("at most 100 notices are forgotten at once"));
        }
        let notices = self.list.iter().filter(|named| named.from == SYSTEM_USER);
        let sequences: Vec<i64> = notices.map(|named| named.sequence).collect();
        if sequences.is_empty() {
            return Ok(());
        }
        cx.services.forget_notices(cx.me()?, sequences).await
    }
}
