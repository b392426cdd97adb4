//! Takes tags away from users (REST v4 `im_remove_tag`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use super::shared::{BODY_BYTES, TagList};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(TagList);

impl Command for Request {
    const SPEC: Spec = Spec::openim("all_member_push.im_remove_tag")
        .doors(Doors::REST)
        .rate(100)
        .body(BODY_BYTES, Code::BodyTooLong)
        .fails(&[Code::TooManyPushAccounts, Code::TagTooLong])
        .example(r#"{"UserTags":[{"To_Account":"alice","Tags":["vip"]}]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        cx.services.remove_push_tags(cx.app()?.sdkappid, &self.0.changes()?).await
    }
}
