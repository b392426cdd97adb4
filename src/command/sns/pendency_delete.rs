//! Takes applications out of the user's list; the other side keeps them in its own.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::{
    pendency_get::Kind,
    shared::{Asked, Report},
};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "PendencyType")]
    kind: Kind,
    #[serde(rename = "To_Account")]
    users: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.pendency_delete")
        .doors(Doors::SOCKET)
        .fails(&[Code::RelationAccountMissing, Code::RelationCollision, Code::FriendRequestMissing])
        .example(r#"{"From_Account":"alice","PendencyType":"Pendency_Type_ComeIn","To_Account":["bob"]}"#);
    type Reply = Report;

    async fn run(self, cx: Arc<Context>) -> Result<Report, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let (asked, users) = Asked::accounts(&cx, self.users).await?;
        let done = cx.services.delete_applications(cx.app()?, &me, &users, self.kind.sent()).await?;
        Ok(asked.report(done))
    }
}
