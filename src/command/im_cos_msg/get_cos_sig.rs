//! Addresses that read files for 15 minutes, also those taken from users' sight (REST v4 `get_cos_sig`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

/// The most files of one request.
const FILES: usize = 100;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "RawURLs")]
    files: Vec<Asked>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "ResourceID")]
    id: i64,
    #[serde(rename = "RawURL")]
    url: String,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "PreSigURLs")]
    files: Vec<Signed>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Signed {
    code: i32,
    desc: &'static str,
    #[serde(rename = "ResourceID")]
    id: i64,
    #[serde(rename = "PreSigURL")]
    url: String,
    /// 0 shown, 1 withheld, 2 missing.
    status: u8,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("im_cos_msg.get_cos_sig")
        .doors(Doors::REST)
        .example(r#"{"RawURLs":[{"ResourceID":1,"RawURL":"http://127.0.0.1:7400/files/1/a/b.png"}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.files.is_empty() || self.files.len() > FILES {
            return Err(Error::new(Self::SPEC.malformed).detail("RawURLs has 1 to 100 files"));
        }
        let mut files = Vec::with_capacity(self.files.len());
        for Asked { id, url } in self.files {
            let file = cx.services.file_at(cx.app()?.sdkappid, &url).await?;
            let found = file.and_then(|file| Some((cx.services.path_of(&file)?, file)));
            files.push(match found {
                Some((path, file)) => Signed {
                    code: 0,
                    desc: "",
                    id,
                    url: format!("{}{path}?{}", cx.origin, cx.services.pass_for(&file)),
                    status: file.withheld.into(),
                },
                None => Signed {
                    code: Code::GroupParameterInvalid.number(),
                    desc: "there is no such file",
                    id,
                    url: String::new(),
                    status: 2,
                },
            });
        }
        Ok(Reply { files })
    }
}
