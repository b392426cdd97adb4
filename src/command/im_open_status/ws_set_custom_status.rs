//! Sets the user's own status text.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec};

/// The longest status text, in bytes.
const STATUS_BYTES: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(default)]
    custom_status: String,
}

impl Command for Request {
    const SPEC: Spec =
        Spec::account("im_open_status.ws_set_custom_status").doors(Doors::SOCKET).example(r#"{"CustomStatus":"busy"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        if self.custom_status.len() > STATUS_BYTES {
            return Err(Error::new(Self::SPEC.malformed).detail("a status has at most 100 bytes"));
        }
        cx.services.set_custom_status(cx.me()?, &self.custom_status).await
    }
}
