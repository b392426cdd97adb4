//! Allows the upload of one file: an address to put it to, and the one its readers get it from.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    /// 1 image, 2 video, 3 audio, 255 file.
    file_type: i64,
    file_name: String,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    upload_url: String,
    download_url: String,
    /// Seconds since 1970.
    expired_time: i64,
    request_id: String,
    snapshot_url: &'static str,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("im_cos_msg.pre_sig")
        .doors(Doors::SOCKET)
        .example(r#"{"file_type":1,"file_name":"a.png","upload_method":0,"Duration":900}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let address = cx.services.allow_upload(cx.me()?, self.file_type, &self.file_name)?;
        Ok(Reply {
            upload_url: format!("{}{}", cx.origin, address.upload),
            download_url: format!("{}{}", cx.origin, address.download),
            expired_time: address.expires / 1000,
            request_id: cx.services.world.hex(8),
            snapshot_url: "",
        })
    }
}
