//! An app's own server, which callbacks go to: over HTTP, HTTPS or mutual TLS, well or badly behaved.

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::eventually;

/// What the server answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Status 200 with this.
    Json(Value),
    /// Another status.
    Status(u16),
    /// Status 200 with what is no JSON.
    Garbage,
    /// Nothing, while the connection stays.
    Hang,
    /// The end of the connection.
    Close,
    /// A redirect to this address.
    Redirect(String),
}

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Call {
    /// The path without the query.
    pub path: String,
    /// The query's parameters.
    pub query: HashMap<String, String>,
    /// The names and values of the head.
    pub head: String,
    /// The body.
    pub body: Value,
}

impl Call {
    /// The command.
    pub fn command(&self) -> &str {
        self.body["CallbackCommand"].as_str().unwrap_or_default()
    }
}

#[derive(Default)]
struct State {
    heard: Vec<Call>,
    replies: HashMap<String, Reply>,
    fallback: Option<Reply>,
    connections: usize,
}

/// An app's own server.
#[derive(Clone)]
pub struct Hook {
    /// Its address.
    pub url: String,
    state: Arc<Mutex<State>>,
}

/// The answer of a server that has nothing against anything.
pub fn fine() -> Value {
    json!({"ActionStatus": "OK", "ErrorInfo": "", "ErrorCode": 0})
}

impl Hook {
    /// Starts one over HTTP.
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// Starts one over TLS.
    pub async fn start_with(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let port = listener.local_addr().expect("a listener has an address").port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let host = if tls.is_some() { "localhost" } else { "127.0.0.1" };
        let hook = Self { url: format!("{scheme}://{host}:{port}/im/hook"), state: Arc::default() };
        let serving = hook.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.state().connections += 1;
                let (hook, tls) = (serving.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => hook.talk(stream).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                hook.talk(stream).await;
                            }
                        }
                    }
                });
            }
        });
        hook
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn talk(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut bytes = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                    break end + 4;
                }
                if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                    return;
                }
            };
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
            let length: usize = length.unwrap_or(0);
            while bytes.len() < end + length {
                if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let body = serde_json::from_slice(&bytes[end..end + length]).unwrap_or(Value::Null);
            bytes.drain(..end + length);
            let reply = self.hear(&head, body);
            let (status, headers, body) = match reply {
                Reply::Json(body) => (200, String::new(), body.to_string()),
                Reply::Status(status) => (status, String::new(), fine().to_string()),
                Reply::Garbage => (200, String::new(), "<html>fine</html>".into()),
                Reply::Redirect(to) => (307, format!("location: {to}\r\n"), String::new()),
                Reply::Hang => std::future::pending().await,
                Reply::Close => return,
            };
            let length = body.len();
            let answer = format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\n\r\n{body}");
            if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
    }

    fn hear(&self, head: &str, body: Value) -> Reply {
        let target = head.split(' ').nth(1).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let call = Call { path: path.to_owned(), query, head: head.to_owned(), body };
        let mut state = self.state();
        let reply = state.replies.get(call.command()).or(state.fallback.as_ref()).cloned();
        state.heard.push(call);
        reply.unwrap_or_else(|| Reply::Json(fine()))
    }

    /// Sets what a command is answered with.
    pub fn answer(&self, command: &str, reply: Reply) {
        self.state().replies.insert(command.to_owned(), reply);
    }

    /// Sets what all other commands are answered with.
    pub fn answer_all(&self, reply: Option<Reply>) {
        self.state().fallback = reply;
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// What came of a command so far.
    pub fn heard(&self, command: &str) -> Vec<Call> {
        self.state().heard.iter().filter(|call| call.command() == command).cloned().collect()
    }

    /// Waits until a command came so many times.
    pub async fn expects(&self, command: &str, count: usize) -> Vec<Call> {
        eventually(command, || self.heard(command).len() >= count).await;
        self.heard(command)
    }

    /// Waits for the first request of a command that has a member with a value.
    pub async fn expects_with(&self, command: &str, member: &str, value: &str) -> Call {
        let find = || self.heard(command).into_iter().find(|call| call.body[member] == value);
        eventually(command, || find().is_some()).await;
        find().expect("it was there a moment ago")
    }
}
