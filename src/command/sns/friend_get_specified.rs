//! Some friends with all their fields, as clients ask after they are told of them.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::friend_get_list::{self, answer};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    users: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.friend_get_specified")
        .doors(Doors::SOCKET)
        .fails(&[Code::RelationAccountMissing])
        .example(r#"{"From_Account":"alice","To_Account":["bob"]}"#);
    type Reply = friend_get_list::Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Self::Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        answer(&cx, &me, self.users, &[]).await
    }
}
