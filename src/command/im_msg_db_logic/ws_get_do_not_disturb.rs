//! When and how messages of all conversations arrive.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use super::ws_set_do_not_disturb;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

impl Command for Request {
    const SPEC: Spec = Spec::openim("im_msg_db_logic.ws_get_do_not_disturb").doors(Doors::SOCKET);
    type Reply = ws_set_do_not_disturb::Request;

    async fn run(self, cx: Arc<Context>) -> Result<Self::Reply, Error> {
        Ok(cx.me()?.preferences.quiet.into())
    }
}
