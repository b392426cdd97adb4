//! Changes what a user keeps about friends: remark, groups, custom fields (REST v4 `friend_update`).

use std::sync::Arc;

use model::{Code, Error, friend::Item};
use serde::Deserialize;

use super::shared::{Asked, LONG_BODY, Report};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "UpdateItem")]
    items: Vec<Update>,
}

#[derive(Deserialize)]
struct Update {
    #[serde(rename = "To_Account")]
    user: String,
    #[serde(rename = "SnsItem")]
    fields: Vec<Item>,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.friend_update")
        .body(LONG_BODY, Code::BodyTooLong)
        .fails(&[Code::RelationAccountMissing, Code::RelationCollision, Code::TooManyFriendGroups])
        .example(
            r#"{"From_Account":"alice","UpdateItem":[{"To_Account":"bob","SnsItem":[{"Tag":"Tag_SNS_IM_Remark","Value":"Bob"}]}]}"#,
        );
    type Reply = Report;

    async fn run(self, cx: Arc<Context>) -> Result<Report, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        Asked::check(self.items.len())?;
        let (mut asked, mut items) = (Asked::default(), Vec::with_capacity(self.items.len()));
        for Update { user, fields } in self.items {
            let fields = if fields.is_empty() {
                Err(Error::new(Code::RelationParameterInvalid).detail("SnsItem names at least one field"))
            } else {
                Ok(fields)
            };
            items.extend(asked.add(&cx, user, fields).await?);
        }
        Ok(asked.report(cx.services.update_friends(cx.app()?, &me, &items).await?))
    }
}
