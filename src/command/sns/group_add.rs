//! Makes friend groups and puts friends into them (REST v4 `group_add`).

use std::sync::Arc;

use model::{Code, Error, friend::check_group_name};
use serde::{Deserialize, Serialize};

use super::shared::{Asked, Report};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "GroupName")]
    names: Vec<String>,
    #[serde(rename = "To_Account", default)]
    users: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(flatten)]
    report: Report,
    #[serde(rename = "CurrentSequence")]
    sequence: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.group_add")
        .fails(&[
            Code::RelationAccountMissing,
            Code::RelationCollision,
            Code::TooManyFriendGroups,
            Code::FriendGroupAccountNotFriend,
        ])
        .example(r#"{"From_Account":"alice","GroupName":["work"],"To_Account":["bob"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        if self.names.is_empty() {
            return Err(Error::new(Self::SPEC.malformed).detail("GroupName names at least one group"));
        }
        for name in &self.names {
            check_group_name(name)?;
        }
        let (asked, users) = if self.users.is_empty() {
            (Asked::default(), Vec::new())
        } else {
            Asked::accounts(&cx, self.users).await?
        };
        let done = cx.services.add_friend_groups(cx.app()?, &me, &self.names, &users).await?;
        Ok(Reply { report: asked.report(done), sequence: cx.services.friend_group_sequence(&me).await? })
    }
}
