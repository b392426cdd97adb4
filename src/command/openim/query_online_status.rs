//! Who is online (REST v4 `query_online_status`). No push reaches those who are not, so nobody is `PushOnline`.

use std::sync::Arc;

use model::{Code, Error, Platform, UserId};
use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;

use crate::{Command, Context, Doors, Spec, entry::first_wrong};

/// The most users asked for.
const USERS: usize = 500;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "To_Account")]
    users: Vec<String>,
    #[serde(rename = "IsNeedDetail", default)]
    detailed: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    query_result: Vec<Presence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    error_list: Vec<Unknown>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Presence {
    #[serde(rename = "To_Account")]
    user: String,
    status: &'static str,
    /// The same under its older name.
    state: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    detail: Vec<Device>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Device {
    platform: &'static str,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unknown {
    #[serde(rename = "To_Account")]
    user: String,
    error_code: i32,
}

impl Presence {
    fn new(user: String, platforms: &[Platform], detailed: bool) -> Self {
        let status = if platforms.is_empty() { "Offline" } else { "Online" };
        let mut names: Vec<&str> = platforms.iter().map(|platform| platform.name()).collect();
        names.sort_unstable();
        names.dedup();
        let names = if detailed { names } else { Vec::new() };
        let detail = names.into_iter().map(|platform| Device { platform, status }).collect();
        Self { user, status, state: status, detail }
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.query_online_status")
        .doors(Doors::REST)
        .fails(&[Code::AccountMissing, Code::ToAccountInvalid, Code::TooManyReceivers])
        .example(r#"{"To_Account":["alice","bob"],"IsNeedDetail":1}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.users.is_empty() {
            return Err(Error::new(Code::OpenimBodyNotJson).detail("To_Account names nobody"));
        }
        if self.users.len() > USERS {
            return Err(Code::TooManyReceivers.into());
        }
        let app = cx.app()?.sdkappid;
        let mut reply = Reply { query_result: Vec::new(), error_list: Vec::new() };
        for user in self.users {
            let found = match UserId::new(&user) {
                Some(name) => cx.services.presence(app, &name).await?,
                None => None,
            };
            match found {
                Some((_, platforms)) => {
                    reply.query_result.push(Presence::new(user, &platforms, self.detailed == 1));
                }
                None => reply.error_list.push(Unknown { user, error_code: Code::AccountMissing.number() }),
            }
        }
        if reply.query_result.is_empty() {
            let error = Error::new(Code::AccountMissing).detail("no account in To_Account exists");
            return Err(match to_raw_value(&reply) {
                Ok(fields) => error.fields(fields),
                Err(_) => error,
            });
        }
        Ok(reply)
    }

    fn malformed(body: &serde_json::Value) -> Option<Error> {
        let is_names = |value: &serde_json::Value| {
            value.as_array().is_some_and(|names| names.iter().all(serde_json::Value::is_string))
        };
        first_wrong(body, &[("To_Account", is_names, true, Code::ToAccountInvalid)])
    }
}

#[cfg(test)]
mod tests {
    use model::Platform;
    use serde_json::json;

    use super::Presence;

    #[test]
    fn each_platform_is_listed_once() {
        let shown = |platforms: &[Platform], detailed| {
            serde_json::to_value(Presence::new("ann".into(), platforms, detailed)).unwrap()
        };
        assert_eq!(
            shown(&[Platform::Web, Platform::Web], true),
            json!({"To_Account": "ann", "Status": "Online", "State": "Online",
                "Detail": [{"Platform": "Web", "Status": "Online"}]})
        );
        assert_eq!(shown(&[], true), json!({"To_Account": "ann", "Status": "Offline", "State": "Offline"}));
        assert_eq!(shown(&[Platform::Mac], false).get("Detail"), None);
    }
}
