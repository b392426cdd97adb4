//! The address of a video's cover: the one the client names already.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(default)]
    snapshot_url: String,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    download_url: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("im_cos_msg.video_cover").doors(Doors::SOCKET);
    type Reply = Reply;

    async fn run(self, _: Arc<Context>) -> Result<Reply, Error> {
        Ok(Reply { download_url: self.snapshot_url })
    }
}
