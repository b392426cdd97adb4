//! A client has received a push; the one request that is not answered.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;
use service::{Services, presence::Session};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    session_data: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.ws_msg_push_ack").doors(Doors::SOCKET).example(r#"{"SessionData":"42"}"#);
    const NOTE: Option<fn(Self, &Services, &Session)> = Some(Self::note);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        if let Some(session) = cx.session() {
            self.note(&cx.services, session);
        }
        Ok(())
    }
}

impl Request {
    fn note(self, services: &Services, session: &Session) {
        if let Ok(position) = self.session_data.parse::<i64>()
            && position > 0
            && position <= services.store().log.handing()
        {
            session.acknowledge(position);
        }
    }
}
