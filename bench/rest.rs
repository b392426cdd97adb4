//! REST v4, as an application's backend asks it: one request a connection.

use anyhow::{Context, ensure};
use client::UserSig;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The administrator every application begins with.
const ADMINISTRATOR: &str = "administrator";

/// An application's backend.
#[derive(Debug, Clone)]
pub struct Backend {
    /// `host:port`.
    host: String,
    /// Application.
    sdkappid: u32,
    /// What the administrator signs in with.
    usersig: String,
}

impl Backend {
    /// The backend of an application of a server at `ws://host:port`, with the application's secret.
    pub fn new(url: &str, sdkappid: u32, key: &str) -> anyhow::Result<Self> {
        let host = url.strip_prefix("ws://").context("not a ws:// address")?.to_owned();
        Ok(Self { host, sdkappid, usersig: UserSig::now(sdkappid, ADMINISTRATOR).sign(key) })
    }

    /// Asks one command, `service/name`, and gives the body of its answer. A refusal is an error.
    pub async fn ask(&self, command: &str, body: &Value) -> anyhow::Result<Value> {
        let Self { host, sdkappid, usersig } = self;
        let body = body.to_string();
        let request = format!(
            "POST /v4/{command}?sdkappid={sdkappid}&identifier={ADMINISTRATOR}&usersig={usersig}&random=1&contenttype=json \
             HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(host).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        accepted(&answer).with_context(|| format!("{command} failed"))
    }
}

/// The body of an HTTP answer that is no refusal.
fn accepted(answer: &[u8]) -> anyhow::Result<Value> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").context("the answer has no end of its head")?;
    ensure!(answer.starts_with(b"HTTP/1.1 200"), "the answer is no 200");
    let body: Value = serde_json::from_slice(&answer[end + 4..])?;
    ensure!(body["ErrorCode"] == 0, "refused with {}: {}", body["ErrorCode"], body["ErrorInfo"]);
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_without_error_is_accepted() {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(accepted(format!("{head}{{\"ErrorCode\":0,\"A\":7}}").as_bytes()).unwrap()["A"], 7);
        assert!(accepted(format!("{head}{{\"ErrorCode\":10010,\"ErrorInfo\":\"no group\"}}").as_bytes()).is_err());
        assert!(accepted(b"HTTP/1.1 502 Bad Gateway\r\n\r\n{\"ErrorCode\":0}").is_err());
        assert!(accepted(head.as_bytes()).is_err());
    }
}
