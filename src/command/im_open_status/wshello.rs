//! A signed-in client shows that it is still there.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

impl Command for Request {
    const SPEC: Spec = Spec::new("im_open_status.wshello").doors(Doors::SOCKET);
    type Reply = ();

    async fn run(self, _: Arc<Context>) -> Result<(), Error> {
        Ok(())
    }
}
