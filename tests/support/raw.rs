//! A WebSocket with no client around it: sends any bytes, hears everything.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::{App, within};

/// A connection.
pub struct Raw {
    socket: WebSocketStream<TcpStream>,
    next: u64,
}

/// The head of a request with the members that matter.
pub fn head(command: &str, sequence: u64, ticket: &str) -> Value {
    json!({"ver": "v4", "platform": 7, "a2": ticket, "tinyid": "144115000000000001", "status_instid": 1,
        "contenttype": "json", "reqtime": 1_700_000_000, "cs": 0, "servcmd": command, "seq": sequence})
}

impl Raw {
    /// Connects to an app with the binary framing.
    pub async fn open(app: &App) -> Self {
        let address = app.server.wire().0;
        Self::open_at(address, &format!("/binfo?sdkappid={}&instanceid=ab&platform=7", app.sdkappid)).await
    }

    /// Connects to a path.
    pub async fn open_at(address: SocketAddr, target: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a fresh socket takes options");
        let connecting = client_async(format!("ws://{address}{target}"), stream);
        let (socket, _) = within("connecting", connecting).await.expect("the handshake succeeds");
        Self { socket, next: 1_000_000 }
    }

    /// Sends a frame; false when the connection has ended.
    pub async fn send(&mut self, frame: Message) -> bool {
        within("sending", self.socket.send(frame)).await.is_ok()
    }

    /// Queues a frame without waiting for the network; false when the connection has ended.
    pub async fn feed(&mut self, frame: Message) -> bool {
        within("sending", self.socket.feed(frame)).await.is_ok()
    }

    /// The next frame as JSON; `None` when the connection has ended.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let frame = within("a frame", self.socket.next()).await?;
            let bytes = match frame {
                Ok(Message::Binary(bytes)) => bytes,
                Ok(Message::Text(text)) => text.into(),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => continue,
            };
            return Some(serde_json::from_slice(&bytes).expect("the server's frames are JSON"));
        }
    }

    /// Sends a request that is well-formed and waits for its reply; what comes before it is left out.
    pub async fn ask(&mut self, command: &str, ticket: &str, body: &Value) -> Value {
        self.next += 1;
        let sequence = self.next;
        let frame = json!({"head": head(command, sequence, ticket), "body": body}).to_string();
        assert!(self.send(Message::Binary(frame.into_bytes().into())).await, "{command}: the connection has ended");
        loop {
            let reply = self.next().await.unwrap_or_else(|| panic!("{command}: the connection has ended"));
            if reply["head"]["seq"] == sequence && reply["head"]["servcmd"] == command {
                return reply["body"].clone();
            }
        }
    }
}
