//! The reactions to several messages, each with the first who reacted.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::{KEYS, ReactionStat, Target, key, reaction_stats};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    target: Target,
    msg_key_list: Vec<String>,
    #[serde(default)]
    count: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    results: Vec<Results>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Results {
    msg_key: String,
    reaction_list: Vec<ReactionStat>,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.reaction_multi_stat")
        .doors(Doors::SOCKET)
        .fails(&[Code::MessageMissing])
        .example(r#"{"From_Account":"alice","To_Account":"bob","MsgKeyList":["7_90210_1700000000"],"Count":10}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.msg_key_list.len() > KEYS {
            return Err(Error::new(Self::SPEC.malformed).detail("up to 20 messages are asked for"));
        }
        let (from, to) = self.target.accounts(&cx, &Self::SPEC).await?;
        let me = cx.me()?;
        let most = self.count.clamp(0, 100) as usize;
        let mut results = Vec::with_capacity(self.msg_key_list.len());
        for msg_key in self.msg_key_list {
            let reactions = cx.services.reactions(&from, &to, key(&msg_key)?).await?;
            let reaction_list = reaction_stats(reactions, me, most);
            results.push(Results { msg_key, reaction_list });
        }
        Ok(Reply { results })
    }
}
