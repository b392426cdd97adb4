//! A client has received a push; the one request that is not answered.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    session_data: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.ws_msg_push_ack").doors(Doors::SOCKET).example(r#"{"SessionData":"42"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        if let (Some(session), Ok(position)) = (cx.session(), self.session_data.parse::<i64>())
            && position > 0
            && position <= cx.services.store().log.handing()
        {
            session.acknowledge(position);
        }
        Ok(())
    }
}
