//! Shows users a file again that was taken from their sight (REST v4 `allow_banned_object`).

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "RawURL")]
    url: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("im_cos_msg.allow_banned_object")
        .doors(Doors::REST)
        .example(r#"{"RawURL":"http://127.0.0.1:7400/files/1/a/b.png"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let missing = || Error::new(Self::SPEC.malformed).detail("RawURL is not a file that was uploaded here");
        let file = cx.services.file_at(cx.app()?.sdkappid, &self.url).await?.ok_or_else(missing)?;
        cx.services.withhold_file(&file, false).await
    }
}
