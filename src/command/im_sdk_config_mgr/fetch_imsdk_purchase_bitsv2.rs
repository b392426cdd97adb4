//! The features that clients open, one bit each: all of them.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use super::fetch_config::KEPT;
use crate::{Command, Context, Doors, Spec, Who, im_open_status::FEATURES};

#[derive(Deserialize)]
pub(crate) struct Request {}

#[derive(Serialize)]
pub(crate) struct Reply {
    int32_error_code: i32,
    str_purchase_bits: &'static str,
    uint32_expired_time: u32,
}

impl Command for Request {
    const SPEC: Spec = Spec::new("im_sdk_config_mgr.fetch_imsdk_purchase_bitsv2").doors(Doors::SOCKET).by(Who::Anybody);
    type Reply = Reply;

    async fn run(self, _: Arc<Context>) -> Result<Reply, Error> {
        Ok(Reply { int32_error_code: 0, str_purchase_bits: FEATURES, uint32_expired_time: KEPT })
    }
}
