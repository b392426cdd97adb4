//! The extensions of a message (REST v4 `get_key_values`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::{Pair, Target, key};
use crate::{Command, Context, Spec};

/// The most pairs of a page.
const PAGE: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    target: Target,
    msg_key: String,
    #[serde(alias = "startSeq", default)]
    start_seq: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    extension_list: Vec<Pair>,
    complete_flag: u8,
    latest_seq: i64,
    clear_seq: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.get_key_values")
        .fails(&[Code::ExtensionMessageMissing])
        .example(r#"{"From_Account":"alice","To_Account":"bob","MsgKey":"7_90210_1700000000"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let (from, to) = self.target.accounts(&cx, &Self::SPEC).await?;
        let key = key(&self.msg_key)?;
        let (rows, latest_seq, clear_seq) = cx.services.extensions(&from, &to, key, self.start_seq).await?;
        // Pairs set together share a number, so a page ends only between numbers.
        let end = match rows.get(PAGE) {
            Some(next) => rows.iter().take_while(|row| row.version < next.version).count(),
            None => rows.len(),
        };
        let end = if end == 0 { rows.len() } else { end };
        Ok(Reply {
            complete_flag: (end == rows.len()).into(),
            extension_list: rows
                .into_iter()
                .take(end)
                .map(|row| Pair { key: row.name, value: row.value, seq: row.version })
                .collect(),
            latest_seq,
            clear_seq,
        })
    }
}
