//! Where a file with all messages of one hour can be had (REST v4 `get_history`).

use std::sync::Arc;

use model::{Code, Error, calendar};
use serde::{Deserialize, Serialize};
use service::HistoryKind;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// `C2C` or `Group`.
    chat_type: String,
    /// `yyyymmddhh`.
    msg_time: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    file: [File; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct File {
    #[serde(rename = "URL")]
    url: String,
    expire_time: String,
    file_size: u64,
    #[serde(rename = "FileMD5")]
    file_md5: String,
    gzip_size: u64,
    #[serde(rename = "GzipMD5")]
    gzip_md5: String,
}

impl Command for Request {
    const SPEC: Spec = Spec { malformed: Code::HistoryRequestMalformed, ..Spec::new("open_msg_svc.get_history") }
        .doors(Doors::REST)
        .rate(10)
        .fails(&[Code::HistoryNotReady, Code::HistoryExpired, Code::KickedOut])
        .example(r#"{"ChatType":"C2C","MsgTime":"2023111422"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        // The number is shared with kicks, whose text it has.
        let wrong = |detail| Error::new(Code::KickedOut).detail(detail);
        let kind = HistoryKind::from_name(&self.chat_type).ok_or_else(|| wrong("ChatType is C2C or Group"))?;
        if calendar::hour(&self.msg_time).is_none() {
            return Err(wrong("MsgTime is an hour, yyyymmddhh"));
        }
        let found = cx.services.history_file(cx.app()?.sdkappid, kind, &self.msg_time).await?;
        let file = File {
            url: format!("{}{}", cx.origin, found.path),
            expire_time: calendar::written(found.expires),
            file_size: found.sizes.text_bytes,
            file_md5: found.sizes.text_md5,
            gzip_size: found.sizes.bytes,
            gzip_md5: found.sizes.md5,
        };
        Ok(Reply { file: [file] })
    }
}
