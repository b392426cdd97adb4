//! Older web clients ask for a key for media addresses; ours need none.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.authkey").doors(Doors::SOCKET);
    type Reply = ();

    async fn run(self, _: Arc<Context>) -> Result<(), Error> {
        Ok(())
    }
}
