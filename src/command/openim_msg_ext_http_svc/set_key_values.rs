//! Sets, deletes or clears the extensions of a message (REST v4 `set_key_values`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use service::ExtensionChange;

use super::shared::{Pair, Target, key};
use crate::{Command, Context, Spec};

/// The most pairs of one request.
const PAIRS: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    target: Target,
    msg_key: String,
    /// 1 set, 2 delete, 3 clear.
    operate_type: i64,
    #[serde(default)]
    extension_list: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    key: String,
    #[serde(default)]
    value: String,
    seq: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    extension_list: Vec<Outcome>,
    seq: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    error_code: i32,
    extension: Pair,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.set_key_values")
        .fails(&[Code::ExtensionMessageMissing, Code::ExtensionUnsupported, Code::ExtensionConflict])
        .example(
            r#"{"From_Account":"alice","To_Account":"bob","MsgKey":"7_90210_1700000000","OperateType":1,"ExtensionList":[{"Key":"k","Value":"v","Seq":0}]}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.extension_list.len() > PAIRS || (self.operate_type != 3 && self.extension_list.is_empty()) {
            return Err(Error::new(Self::SPEC.malformed).detail("1 to 20 pairs are changed at once"));
        }
        let (from, to) = self.target.accounts(&cx, &Self::SPEC).await?;
        let key = key(&self.msg_key)?;
        // Only users take part in the optimistic locking.
        let admin = cx.is_admin();
        let known = |seq: Option<i64>| if admin { None } else { Some(seq.unwrap_or(0)) };
        let wanted = self.extension_list.into_iter();
        let change = match self.operate_type {
            1 => ExtensionChange::Set(wanted.map(|pair| (pair.key, pair.value, known(pair.seq))).collect()),
            2 => ExtensionChange::Delete(wanted.map(|pair| (pair.key, known(pair.seq))).collect()),
            3 => ExtensionChange::Clear,
            _ => return Err(Error::new(Self::SPEC.malformed).detail("OperateType is 1, 2 or 3")),
        };
        let (results, seq) = cx.services.change_extensions(&from, &to, key, change, cx.instance()).await?;
        let extension_list = results
            .into_iter()
            .map(|(error_code, row)| Outcome {
                error_code,
                extension: Pair { key: row.name, value: row.value, seq: row.version },
            })
            .collect();
        Ok(Reply { extension_list, seq })
    }
}
