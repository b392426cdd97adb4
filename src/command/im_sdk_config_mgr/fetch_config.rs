//! The configuration of clients: a JSON text, applied when its version is another than the client's.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Command, Context, Doors, Spec, Who};

/// How long clients keep it, in seconds.
pub(super) const KEPT: u32 = 7200;

#[derive(Deserialize)]
pub(crate) struct Request {}

#[derive(Serialize)]
pub(crate) struct Reply {
    int32_error_code: i32,
    str_error_message: &'static str,
    str_json_config: String,
    uint32_expired_time: u32,
    uint64_version: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::new("im_sdk_config_mgr.fetch_config").doors(Doors::SOCKET).by(Who::Anybody);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let app = cx.app()?;
        let (files, images) = (app.settings.upload_megabytes.to_string(), app.settings.image_megabytes.to_string());
        let limits = json!({"a": images, "i": images, "f": files, "v": files}).to_string();
        let id = app.sdkappid.to_string();
        // Clients ask for each new group by itself, and refuse themselves beyond eight a second.
        let frequencies = json!([{"cmd": "get_group_self_member_info", "interval": 1, "count": 200}]).to_string();
        let config = json!({
            "upload_size_limit": limits,
            "cmd_frequency_limit": frequencies,
            // Clients send no reports about themselves anywhere.
            "evt_rpt_sdkappid_bl": id,
            "q_rpt_sdkappid_bl": id,
        });
        Ok(Reply {
            int32_error_code: 0,
            str_error_message: "",
            str_json_config: config.to_string(),
            uint32_expired_time: KEPT,
            uint64_version: app.updated,
        })
    }
}
