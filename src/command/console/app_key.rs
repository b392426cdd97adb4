//! Shows the key that an app's `UserSig`s are signed with.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::{Named, need};
use crate::{Command, Context, Envelope, Spec};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(Named);

#[derive(Serialize)]
pub(crate) struct Reply {
    key: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.app.key").fails(&[Code::NotFound]).example(r#"{"sdkAppId":1400000001}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        Ok(Reply { key: need(&cx, self.0.sdk_app_id)?.key.clone() })
    }
}
