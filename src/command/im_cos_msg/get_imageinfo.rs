//! The variants of an uploaded picture: the original serves for all three.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    str_image_url: String,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    rpt_msg_image_info: Vec<Variant>,
}

#[derive(Serialize)]
struct Variant {
    /// 1 small, 2 large, 3 original.
    uint32_image_type: u8,
    str_url: String,
    uint32_width: u32,
    uint32_height: u32,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("im_cos_msg.get_imageinfo")
        .doors(Doors::SOCKET)
        .example(r#"{"str_image_url":"http://127.0.0.1:7400/files/1/a/b.png"}"#);
    type Reply = Reply;

    async fn run(self, _: Arc<Context>) -> Result<Reply, Error> {
        let variant = |kind| Variant {
            uint32_image_type: kind,
            str_url: self.str_image_url.clone(),
            uint32_width: 0,
            uint32_height: 0,
        };
        Ok(Reply { rpt_msg_image_info: vec![variant(1), variant(2), variant(3)] })
    }
}
