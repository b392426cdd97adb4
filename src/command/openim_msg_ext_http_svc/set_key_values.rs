//! Sets, deletes or clears the extensions of a message (REST v4 `set_key_values`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::{Outcome, Target, Wanted, key, outcomes, wanted_change};
use crate::{Command, Context, Spec};

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

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    extension_list: Vec<Outcome>,
    seq: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.set_key_values")
        .fails(&[Code::ExtensionMessageMissing, Code::ExtensionUnsupported, Code::ExtensionConflict])
        .example(
            r#"{"From_Account":"alice","To_Account":"bob","MsgKey":"7_90210_1700000000","OperateType":1,"ExtensionList":[{"Key":"k","Value":"v","Seq":0}]}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let change = wanted_change(&cx, self.operate_type, self.extension_list)?;
        let (from, to) = self.target.accounts(&cx, &Self::SPEC).await?;
        let key = key(&self.msg_key)?;
        let (results, seq) = cx.services.change_extensions(&from, &to, key, change, cx.origin_of_change()).await?;
        Ok(Reply { extension_list: outcomes(results), seq })
    }
}
