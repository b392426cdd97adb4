//! An address nearer to the client: there is none.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

#[derive(Serialize)]
pub(crate) struct Reply {
    str_final_ip: &'static str,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("im_cos_msg.get_final_ip").doors(Doors::SOCKET);
    type Reply = Reply;

    async fn run(self, _: Arc<Context>) -> Result<Reply, Error> {
        Ok(Reply { str_final_ip: "" })
    }
}
