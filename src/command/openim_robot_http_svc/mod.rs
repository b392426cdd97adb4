//! `openim_robot_http_svc`: robots, which talk only through REST.

use std::sync::Arc;

use model::{Code, Error};
use service::Account;

use crate::Context;

commands! { create_robot delete_robot get_all_robots send_stream_msg }

/// The robot of that name; 10004 when there is none.
async fn robot(cx: &Context, name: &str) -> Result<Arc<Account>, Error> {
    cx.find(name)
        .await?
        .filter(|account| account.robot)
        .ok_or_else(|| Error::new(Code::GroupParameterInvalid).detail("there is no robot of that name"))
}
