//! HTTP/1.1 as far as the tests need it: one request a connection.

use std::{fmt::Write, net::SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::DEADLINE;

/// Where HTTP requests go.
#[derive(Clone, Copy, Debug)]
pub struct Wire(pub SocketAddr);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case, values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The body, which is JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("status {}: {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let answer = Self { status, headers, body: bytes[end + 4..].to_vec() };
        let length: usize = answer.header("content-length").map_or(Some(0), |length| length.parse().ok())?;
        (answer.body.len() == length).then_some(answer)
    }
}

impl Wire {
    /// Asks, and panics when there is no answer.
    pub async fn ask(self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let asked = format!("{method} {target}");
        self.try_ask(method, target, headers, body).await.unwrap_or_else(|error| panic!("{asked}: {error}"))
    }

    /// Asks; the error of a connection that ended without an answer.
    pub async fn try_ask(
        self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.0);
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "content-length: {}\r\n\r\n", body.len());
        let exchange = async {
            let mut stream = TcpStream::connect(self.0).await?;
            let mut request = head.into_bytes();
            request.extend_from_slice(body);
            stream.write_all(&request).await?;
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).await?;
            Answer::read(&bytes).ok_or_else(|| std::io::Error::other("the answer was cut off"))
        };
        timeout(DEADLINE, exchange).await.map_err(|_| std::io::Error::other("no answer in time"))?
    }
}
