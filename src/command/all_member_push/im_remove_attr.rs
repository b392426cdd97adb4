//! Removes attributes of users (REST v4 `im_remove_attr`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use service::ValueChange;

use super::shared::{BODY_BYTES, listed};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    user_attrs: Option<Vec<Item>>,
    #[serde(flatten)]
    only: Option<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    /// Names.
    attrs: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("all_member_push.im_remove_attr")
        .doors(Doors::REST)
        .rate(100)
        .body(BODY_BYTES, Code::BodyTooLong)
        .fails(&[Code::TooManyPushAccounts, Code::PushAttributeUndefined])
        .example(r#"{"UserAttrs":[{"To_Account":"alice","Attrs":[]}]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let changes: Vec<_> = listed(self.user_attrs, self.only)?
            .into_iter()
            .map(|item| ValueChange {
                user: item.user,
                values: item.attrs.into_iter().map(|name| (name, None)).collect(),
            })
            .collect();
        cx.services.set_push_values(cx.app()?.sdkappid, &changes).await
    }
}
