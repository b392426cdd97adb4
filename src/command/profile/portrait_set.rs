//! Changes a profile (REST v4 `portrait_set`).

use std::sync::Arc;

use model::{Code, Error, profile::Item};
use serde::Deserialize;

use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "ProfileItem")]
    items: Vec<Item>,
}

impl Command for Request {
    const SPEC: Spec = Spec::profile("profile.portrait_set")
        .fails(&[
            Code::ProfileAccountMissing,
            Code::ProfileTagUnwritable,
            Code::ProfileTagMissing,
            Code::ProfileValueTooLong,
            Code::ProfileValueInvalid,
            Code::ProfileValueTypeWrong,
        ])
        .example(r#"{"From_Account":"alice","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"Ann"}]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::ProfileAccountMissing).await?;
        if self.items.is_empty() {
            return Err(Error::new(Self::SPEC.malformed).detail("ProfileItem names at least one field"));
        }
        let operator = cx.administrator().unwrap_or(&me.user);
        let rights = (cx.is_admin(), operator);
        cx.services.set_profile(cx.app()?, &me, &self.items, rights, cx.instance()).await
    }
}
