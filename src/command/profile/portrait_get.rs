//! Named fields of profiles (REST v4 `portrait_get`).

use std::sync::Arc;

use model::{Code, Error, profile::check_readable};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::portrait_get_all::USERS;
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "To_Account", default)]
    users: Vec<String>,
    #[serde(rename = "TagList")]
    tags: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "UserProfileItem")]
    profiles: Vec<serde_json::Value>,
    #[serde(rename = "Fail_Account", skip_serializing_if = "Vec::is_empty")]
    failed: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::profile("profile.portrait_get")
        .fails(&[Code::ProfileAccountsEmpty, Code::ProfileTagUnreadable, Code::ProfileTagMissing])
        .example(r#"{"To_Account":["bob"],"TagList":["Tag_Profile_IM_Nick"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.users.is_empty() {
            return Err(Code::ProfileAccountsEmpty.into());
        }
        if self.users.len() > USERS {
            return Err(Error::new(Self::SPEC.malformed).detail("up to 100 profiles are read at once"));
        }
        for tag in &self.tags {
            check_readable(tag, &cx.app()?.settings, cx.is_admin())?;
        }
        let mut reply = Reply { profiles: Vec::new(), failed: Vec::new() };
        for user in self.users {
            let Some(account) = cx.find(&user).await? else {
                let code = Code::ProfileAccountMissing;
                reply
                    .profiles
                    .push(json!({"To_Account": user, "ResultCode": code.number(), "ResultInfo": code.text()}));
                reply.failed.push(user);
                continue;
            };
            let of = |tag: &String| account.profile.get(tag).map(|value| json!({"Tag": tag, "Value": value}));
            let items: Vec<_> = self.tags.iter().filter_map(of).collect();
            reply.profiles.push(json!({"To_Account": user, "ProfileItem": items, "ResultCode": 0, "ResultInfo": ""}));
        }
        Ok(reply)
    }
}
