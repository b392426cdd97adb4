//! A browser at the console's door.

use serde_json::Value;

use crate::{Answer, Wire};

/// What a browser presents.
#[derive(Clone, Debug)]
pub struct Console {
    pub(crate) wire: Wire,
    /// The cookie's token, if there is one.
    pub token: Option<String>,
}

impl Console {
    /// Asks a command by its full name.
    pub async fn ask(&self, command: &str, body: &Value) -> Answer {
        let cookie = self.token.as_ref().map(|token| format!("feihong_session={token}"));
        let mut headers = vec![("content-type", "application/json"), ("x-feihong-console", "1")];
        headers.extend(cookie.as_ref().map(|cookie| ("cookie", cookie.as_str())));
        self.wire.ask("POST", &format!("/api/{command}"), &headers, body.to_string().as_bytes()).await
    }

    /// Signs in and keeps the cookie.
    #[must_use]
    pub async fn signed_in(self, name: &str, password: &str) -> Self {
        let body = serde_json::json!({"name": name, "password": password});
        let answer = self.ask("console.session.create", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        let cookie = answer.header("set-cookie").expect("a sign-in sets a cookie");
        let token = cookie.split(['=', ';']).nth(1).map(str::to_owned);
        Self { token, ..self }
    }
}
