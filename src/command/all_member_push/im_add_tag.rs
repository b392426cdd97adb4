//! Gives users tags (REST v4 `im_add_tag`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use service::TagChange;

use super::shared::{BODY_BYTES, listed};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    user_tags: Option<Vec<Item>>,
    #[serde(flatten)]
    only: Option<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    tags: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("all_member_push.im_add_tag")
        .doors(Doors::REST)
        .rate(100)
        .body(BODY_BYTES, Code::BodyTooLong)
        .fails(&[Code::TooManyPushAccounts, Code::TooManyPushTags, Code::TooManyUserTags, Code::TagTooLong])
        .example(r#"{"UserTags":[{"To_Account":"alice","Tags":["vip"]}]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let listed = listed(self.user_tags, self.only)?.into_iter();
        let changes: Vec<_> = listed.map(|item| TagChange { user: item.user, tags: item.tags }).collect();
        cx.services.add_push_tags(cx.app()?.sdkappid, &changes).await
    }
}
