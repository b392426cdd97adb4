//! Allows the upload of several files (clients that have file proxies).

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

/// The most files of one request.
const FILES: usize = 20;

#[derive(Deserialize)]
pub(crate) struct Request {
    rpt_upload_object: Vec<Object>,
}

#[derive(Deserialize)]
struct Object {
    uint32_file_id: i64,
    uint32_file_type: i64,
    str_file_name: String,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    str_final_ip: &'static str,
    rpt_pre_sig: Vec<Signed>,
}

#[derive(Serialize)]
struct Signed {
    uint32_file_id: i64,
    uint32_exist_flag: i64,
    str_upload_url: String,
    str_download_url: String,
    str_file_key: String,
    str_snapshot_url: &'static str,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("im_cos_msg.simple_sig")
        .doors(Doors::SOCKET)
        .example(r#"{"rpt_upload_object":[{"uint32_file_id":1,"uint32_file_type":1,"str_file_name":"a.png"}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.rpt_upload_object.len() > FILES {
            return Err(Error::new(Self::SPEC.malformed).detail("up to 20 files are uploaded at once"));
        }
        let me = cx.me()?;
        let mut rpt_pre_sig = Vec::with_capacity(self.rpt_upload_object.len());
        for object in self.rpt_upload_object {
            let address = cx.services.allow_upload(me, object.uint32_file_type, &object.str_file_name)?;
            rpt_pre_sig.push(Signed {
                uint32_file_id: object.uint32_file_id,
                uint32_exist_flag: 0,
                str_upload_url: format!("{}{}", cx.origin, address.upload),
                str_download_url: format!("{}{}", cx.origin, address.download),
                str_file_key: address.download,
                str_snapshot_url: "",
            });
        }
        Ok(Reply { str_final_ip: "", rpt_pre_sig })
    }
}
