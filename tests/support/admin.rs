//! The app's backend, at REST.

use serde_json::Value;

use crate::{Answer, Wire, code};

/// Asks REST with one identity, which need not be an administrator's.
#[derive(Clone, Debug)]
pub struct Admin {
    pub(crate) wire: Wire,
    /// The query of the URL.
    pub query: String,
}

impl Admin {
    /// Whoever asks at an address with this query.
    pub fn new(wire: Wire, query: String) -> Self {
        Self { wire, query }
    }

    /// Asks `service/command` and returns the body of the reply, whatever it says.
    pub async fn ask(&self, command: &str, body: &Value) -> Value {
        self.send(command, body.to_string().as_bytes()).await.json()
    }

    /// Asks with a body of any bytes; the service answers every one with status 200.
    pub async fn send(&self, command: &str, body: &[u8]) -> Answer {
        let headers = [("content-type", "application/json")];
        let answer = self.wire.ask("POST", &format!("/v4/{command}?{}", self.query), &headers, body).await;
        assert_eq!(answer.status, 200, "{command}");
        answer
    }

    /// Asks what must succeed.
    pub async fn ok(&self, command: &str, body: Value) -> Value {
        let reply = self.ask(command, &body).await;
        assert_eq!(code(&reply), 0, "{command} {body} was answered {reply}");
        reply
    }

    /// Asks and returns the code.
    pub async fn code(&self, command: &str, body: Value) -> i64 {
        code(&self.ask(command, &body).await)
    }
}
