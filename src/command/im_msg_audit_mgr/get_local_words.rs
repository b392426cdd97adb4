//! The words that a plugin of the SDK would look for before it sends. It gets none: the server looks for them.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

/// Seconds after which the plugin asks again.
const KEPT: u32 = 86_400;

#[derive(Deserialize)]
pub(crate) struct Request {}

#[derive(Serialize)]
pub(crate) struct Reply {
    msg_cmd_error_code: Outcome,
    msg_scene_ctl_config: Scenes,
    rpt_msg_dirty_word: [(); 0],
    /// 1: these are all.
    uint64_complete_flag: u8,
    uint64_next_start_index: u64,
    uint64_version: u64,
    uint64_expired_time: u32,
}

#[derive(Serialize)]
struct Outcome {
    uint32_code: u32,
    str_err_msg: &'static str,
}

/// What the plugin looks through: nothing.
#[derive(Serialize)]
struct Scenes {
    uint64_c2c_text_msg_flag: u8,
    uint64_group_text_msg_flag: u8,
}

impl Command for Request {
    const SPEC: Spec = Spec::audit("im_msg_audit_mgr.get_local_words").doors(Doors::SOCKET);
    type Reply = Reply;

    async fn run(self, _: Arc<Context>) -> Result<Reply, Error> {
        Ok(Reply {
            msg_cmd_error_code: Outcome { uint32_code: 0, str_err_msg: "" },
            msg_scene_ctl_config: Scenes { uint64_c2c_text_msg_flag: 0, uint64_group_text_msg_flag: 0 },
            rpt_msg_dirty_word: [],
            uint64_complete_flag: 1,
            uint64_next_start_index: 0,
            uint64_version: 0,
            uint64_expired_time: KEPT,
        })
    }
}
