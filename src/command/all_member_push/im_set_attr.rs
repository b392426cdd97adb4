//! Sets attributes of users (REST v4 `im_set_attr`).

use std::{collections::BTreeMap, sync::Arc};

use model::{Code, Error};
use serde::Deserialize;
use service::ValueChange;

use super::shared::{BODY_BYTES, listed};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    user_attrs: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    attrs: BTreeMap<String, String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("all_member_push.im_set_attr")
        .doors(Doors::REST)
        .rate(100)
        .body(BODY_BYTES, Code::BodyTooLong)
        .fails(&[Code::TooManyPushAccounts, Code::PushAttributeUndefined, Code::SyncFromOldSystemInvalid])
        .example(r#"{"UserAttrs":[{"To_Account":"alice","Attrs":{}}]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let changes: Vec<_> = listed(Some(self.user_attrs), None)?
            .into_iter()
            .map(|item| ValueChange {
                user: item.user,
                values: item.attrs.into_iter().map(|(name, value)| (name, Some(value))).collect(),
            })
            .collect();
        cx.services.set_push_values(cx.app()?.sdkappid, &changes).await
    }
}
