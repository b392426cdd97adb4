//! Removes all friends of a user (REST v4 `friend_delete_all`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::friend_delete::Kind;
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "DeleteType", default)]
    kind: Kind,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.friend_delete_all")
        .fails(&[Code::RelationAccountMissing, Code::RelationCollision])
        .example(r#"{"From_Account":"alice","DeleteType":"Delete_Type_Single"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        cx.services.delete_all_friends(cx.app()?, &me, self.kind.into()).await
    }
}
