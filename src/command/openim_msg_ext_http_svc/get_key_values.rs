//! The extensions of a message (REST v4 `get_key_values`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{Pairs, Target, key};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    target: Target,
    msg_key: String,
    #[serde(alias = "startSeq", default)]
    start_seq: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.get_key_values")
        .fails(&[Code::ExtensionMessageMissing])
        .example(r#"{"From_Account":"alice","To_Account":"bob","MsgKey":"7_90210_1700000000"}"#);
    type Reply = Pairs;

    async fn run(self, cx: Arc<Context>) -> Result<Pairs, Error> {
        let (from, to) = self.target.accounts(&cx, &Self::SPEC).await?;
        let key = key(&self.msg_key)?;
        let (rows, latest_seq, clear_seq) = cx.services.extensions(&from, &to, key, self.start_seq).await?;
        Ok(Pairs::of(rows, latest_seq, clear_seq))
    }
}
