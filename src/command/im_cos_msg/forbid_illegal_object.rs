//! Takes a file from users' sight; it stays and is read through signed addresses (REST v4 `forbid_illegal_object`).

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use super::shared::Named;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(flatten)]
    file: Named,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("im_cos_msg.forbid_illegal_object")
        .doors(Doors::REST)
        .example(r#"{"RawURL":"http://127.0.0.1:7400/files/1/a/b.png"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        self.file.withhold(&cx, true).await
    }
}
