//! The status of users.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{Code, Error};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

/// The most users asked for.
const USERS: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "To_Account")]
    users: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    user_status_list: Vec<UserStatus>,
    error_list: Vec<Unknown>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UserStatus {
    #[serde(rename = "To_Account")]
    user: String,
    status: u8,
    custom_status: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Unknown {
    #[serde(rename = "To_Account")]
    user: String,
    #[serde(rename = "Invalid_Account")]
    invalid: String,
    error_code: i32,
    error_info: &'static str,
}

impl Unknown {
    pub(super) fn new(user: String) -> Self {
        let code = Code::AccountMissing;
        Self { invalid: user.clone(), user, error_code: code.number(), error_info: code.text() }
    }
}

/// Checks what the three status commands share.
pub(super) fn check(cx: &Context, users: &[String], most: usize) -> Result<(), Error> {
    if !cx.app()?.settings.user_status {
        return Err(Code::UserStatusDisabled.into());
    }
    if users.is_empty() || users.len() > most {
        return Err(Error::new(Code::AccountParameterInvalid).detail(format!("1 to {most} users are asked for")));
    }
    Ok(())
}

impl Command for Request {
    const SPEC: Spec = Spec::account("im_open_status.ws_get_user_status")
        .doors(Doors::SOCKET)
        .fails(&[Code::UserStatusDisabled])
        .example(r#"{"To_Account":["bob"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check(&cx, &self.users, USERS)?;
        let mut reply = Reply { user_status_list: Vec::new(), error_list: Vec::new() };
        for user in self.users {
            match cx.find(&user).await? {
                Some(account) => reply.user_status_list.push(UserStatus {
                    user,
                    status: cx.services.status(account.number).await? as u8,
                    custom_status: STANDARD.encode(&account.preferences.custom_status),
                }),
                None => reply.error_list.push(Unknown::new(user)),
            }
        }
        Ok(reply)
    }
}
