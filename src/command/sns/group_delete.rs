//! Removes friend groups; who was in them stays a friend (REST v4 `group_delete`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "GroupName")]
    names: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "CurrentSequence")]
    sequence: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.group_delete")
        .fails(&[Code::RelationAccountMissing, Code::RelationCollision])
        .example(r#"{"From_Account":"alice","GroupName":["work"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        if self.names.is_empty() {
            return Err(Error::new(Self::SPEC.malformed).detail("GroupName names at least one group"));
        }
        cx.services.delete_friend_groups(cx.app()?, &me, &self.names).await?;
        Ok(Reply { sequence: cx.services.friend_group_sequence(&me).await? })
    }
}
