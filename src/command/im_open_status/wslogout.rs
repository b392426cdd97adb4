//! Ends the session; the connection stays open for another sign-in.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec, Who};

#[derive(Deserialize)]
pub(crate) struct Request {}

impl Command for Request {
    // Kicked clients sign out too, and wait for the answer before they tell the app.
    const SPEC: Spec = Spec::new("im_open_status.wslogout").doors(Doors::SOCKET).by(Who::Anybody);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        match cx.session() {
            Some(session) => cx.services.end_session(session, None).await,
            None => Ok(()),
        }
    }
}
