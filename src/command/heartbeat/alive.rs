//! A client asks whether the connection works, signed in or not.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec, Who};

#[derive(Deserialize)]
pub(crate) struct Request {}

impl Command for Request {
    const SPEC: Spec = Spec::new("heartbeat.alive").doors(Doors::SOCKET).by(Who::Anybody);
    type Reply = ();

    async fn run(self, _: Arc<Context>) -> Result<(), Error> {
        Ok(())
    }
}
