//! The reactions to several group messages, each with the first who reacted.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::{GroupTarget, KEYS, ReactionStat, reaction_stats};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    target: GroupTarget,
    msg_seq_list: Vec<i64>,
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
    msg_seq: i64,
    reaction_list: Vec<ReactionStat>,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_msg_ext_http_svc.group_reaction_multi_stat")
        .doors(Doors::SOCKET)
        .fails(&[Code::GroupMissing])
        .example(r#"{"GroupId":"hikers-01","MsgSeqList":[1],"Count":10}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.msg_seq_list.len() > KEYS {
            return Err(Error::new(Self::SPEC.malformed).detail("up to 20 messages are asked for"));
        }
        let (place, by) = self.target.place(&cx).await?;
        let most = self.count.clamp(0, 100) as usize;
        let mut results = Vec::with_capacity(self.msg_seq_list.len());
        for msg_seq in self.msg_seq_list {
            let reactions = cx.services.group_reactions(&place, &by, msg_seq).await?;
            results.push(Results { msg_seq, reaction_list: reaction_stats(reactions, &by.account, most) });
        }
        Ok(Reply { results })
    }
}
