//! The variants of an uploaded picture, with their sizes.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};
use service::file::Smaller;

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

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        // Clients that are refused measure the picture themselves, and so may know formats that the server does not.
        let refused =
            || Error::new(Self::SPEC.malformed).detail("str_image_url is not a picture that was uploaded here");
        let file = cx.services.file_at(cx.me()?.app, &self.str_image_url).await?;
        let file = file.filter(|file| !file.withheld).ok_or_else(refused)?;
        let size = cx.services.measure(&file).await?.ok_or_else(refused)?;
        let path = cx.services.path_of(&file).ok_or_else(refused)?;
        let url = format!("{}{path}", cx.origin);
        let mut variants = Vec::with_capacity(3);
        for (uint32_image_type, smaller) in [(1, Some(Smaller::Small)), (2, Some(Smaller::Large)), (3, None)] {
            let served = match smaller {
                Some(smaller) => cx.services.served_size(&file, size, smaller).await?,
                None => size,
            };
            let str_url = match smaller {
                Some(smaller) if served != size => format!("{url}?{}", smaller.query()),
                _ => url.clone(),
            };
            let (uint32_width, uint32_height) = served;
            variants.push(Variant { uint32_image_type, str_url, uint32_width, uint32_height });
        }
        Ok(Reply { rpt_msg_image_info: variants })
    }
}
