//! The whole profiles of users, as clients ask for them.

use std::sync::Arc;

use model::{
    Code, Error, Profile, Settings,
    profile::{ALLOW_TYPE, IMAGE, NICK, Value, check_readable},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Command, Context, Doors, Spec};

/// The most users of one request.
pub(super) const USERS: usize = 100;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "UserItem")]
    users: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    #[serde(rename = "To_Account")]
    name: String,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "UserProfileItem")]
    profiles: Vec<UserProfile>,
}

#[derive(Serialize)]
struct UserProfile {
    #[serde(rename = "To_Account")]
    user: String,
    #[serde(rename = "ProfileItem")]
    items: Vec<serde_json::Value>,
}

/// What a client, or the app's backend, may read of a profile; it is never empty, or clients would take it for
/// nobody's.
pub(crate) fn items(profile: &Profile, settings: &Settings, admin: bool) -> Vec<serde_json::Value> {
    let text = |tag: &str, default: &str| match profile.get(tag) {
        Some(Value::Text(text)) => json!({"Tag": tag, "Value": text}),
        _ => json!({"Tag": tag, "Value": default}),
    };
    let always = [text(NICK, ""), text(IMAGE, ""), text(ALLOW_TYPE, settings.allow_type.wire())];
    let is_shown =
        |tag: &str| ![NICK, IMAGE, ALLOW_TYPE].contains(&tag) && check_readable(tag, settings, admin).is_ok();
    let others = profile.iter().filter(|(tag, _)| is_shown(tag));
    always.into_iter().chain(others.map(|(tag, value)| json!({"Tag": tag, "Value": value}))).collect()
}

impl Command for Request {
    const SPEC: Spec = Spec::profile("profile.portrait_get_all")
        .doors(Doors::SOCKET)
        .fails(&[Code::ProfileParameterInvalid])
        .example(r#"{"UserItem":[{"To_Account":"bob","StandardSequence":0,"CustomSequence":0}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.users.len() > USERS {
            return Err(Error::new(Self::SPEC.malformed).detail("up to 100 profiles are read at once"));
        }
        let mut profiles = Vec::with_capacity(self.users.len());
        for user in self.users {
            if let Some(account) = cx.find(&user.name).await? {
                profiles.push(UserProfile {
                    user: user.name,
                    items: items(&account.profile, &cx.app()?.settings, cx.is_admin()),
                });
            }
        }
        Ok(Reply { profiles })
    }
}
