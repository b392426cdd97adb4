//! Removes friends (REST v4 `friend_delete`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use service::relation::Deletion;

use super::shared::{Asked, Report};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    users: Vec<String>,
    #[serde(rename = "DeleteType", default)]
    kind: Kind,
}

/// Out of whose lists.
#[derive(Clone, Copy, Default, Deserialize)]
pub(super) enum Kind {
    #[default]
    #[serde(rename = "Delete_Type_Single")]
    Single,
    #[serde(rename = "Delete_Type_Both")]
    Both,
}

impl From<Kind> for Deletion {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Single => Self::Single,
            Kind::Both => Self::Both,
        }
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.friend_delete")
        .fails(&[Code::RelationAccountMissing, Code::RelationCollision, Code::FriendToDeleteMissing])
        .example(r#"{"From_Account":"alice","To_Account":["bob"],"DeleteType":"Delete_Type_Both"}"#);
    type Reply = Report;

    async fn run(self, cx: Arc<Context>) -> Result<Report, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let (asked, users) = Asked::accounts(&cx, self.users).await?;
        Ok(asked.report(cx.services.delete_friends(cx.app()?, &me, &users, self.kind.into()).await?))
    }
}
