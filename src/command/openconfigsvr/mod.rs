//! `openconfigsvr`: who may not speak anywhere (全局禁言), and what was counted.

commands! { getappinfo getnospeaking setnospeaking }

use std::sync::Arc;

use model::{Code, Error};
use service::Account;

use crate::Context;

/// The account of a name, which may be of any type as it comes.
async fn named(
    cx: &Context,
    name: Option<&serde_json::Value>,
    (missing, invalid): (Code, Code),
) -> Result<Arc<Account>, Error> {
    match name {
        None | Some(serde_json::Value::Null) => Err(missing.into()),
        Some(serde_json::Value::String(name)) if name.is_empty() => Err(missing.into()),
        Some(serde_json::Value::String(name)) => cx.account(name, invalid).await,
        Some(_) => Err(invalid.into()),
    }
}
