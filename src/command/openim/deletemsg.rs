//! A client forgets system notices of groups that it has handled; one-to-one history has a command of its own.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.deletemsg").doors(Doors::SOCKET);
    type Reply = ();

    async fn run(self, _: Arc<Context>) -> Result<(), Error> {
        Ok(())
    }
}
