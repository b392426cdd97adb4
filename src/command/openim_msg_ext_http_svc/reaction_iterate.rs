//! Who reacted to a message in one way, page by page.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::{Target, key};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    target: Target,
    msg_key: String,
    reaction: String,
    #[serde(default)]
    count: i64,
    #[serde(default)]
    next_seq: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    #[serde(rename = "Reaction_Account")]
    accounts: Vec<String>,
    /// 0 on the last page.
    next_seq: usize,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.reaction_iterate")
        .doors(Doors::SOCKET)
        .fails(&[Code::MessageMissing])
        .example(
            r#"{"From_Account":"alice","To_Account":"bob","MsgKey":"7_90210_1700000000","Reaction":"like","Count":10}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let (from, to) = self.target.accounts(&cx, &Self::SPEC).await?;
        let mut reactions = cx.services.reactions(&from, &to, key(&self.msg_key)?).await?;
        let all = reactions.remove(&self.reaction).unwrap_or_default();
        let limit = self.count.clamp(1, 100) as usize;
        let next = self.next_seq.saturating_add(limit);
        let page = all.iter().skip(self.next_seq).take(limit);
        Ok(Reply {
            accounts: page.map(|account| account.user.to_string()).collect(),
            next_seq: if next < all.len() { next } else { 0 },
        })
    }
}
