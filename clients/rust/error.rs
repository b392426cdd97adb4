//! What can go wrong between a caller and the server.

/// A failure of a connection, a frame or a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is not one this client can reach.
    #[error("cannot use the address {0}: {1}")]
    Address(String, &'static str),
    /// The socket could not be opened or broke.
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
    /// The WebSocket layer failed: handshake, framing, or a broken socket.
    #[error("web socket failed: {0}")]
    Socket(#[source] Box<tokio_tungstenite::tungstenite::Error>),
    /// The connection is gone; a resumed session gets its pending answers later.
    #[error("connection is closed")]
    Closed,
    /// A frame or a body is not of the documented shape.
    #[error("unexpected shape of {0}: {1}")]
    Shape(&'static str, #[source] serde_json::Error),
    /// The server refused the request.
    #[error("{servcmd} refused with {code}: {info}")]
    Refused {
        /// Command that was refused.
        servcmd: String,
        /// `ErrorCode` of the reply.
        code: i64,
        /// `ErrorInfo` of the reply.
        info: String,
    },
    /// The operation needs a session that has signed in before.
    #[error("not signed in")]
    NotSignedIn,
}

impl From<tokio_tungstenite::tungstenite::Error> for Error {
    fn from(error: tokio_tungstenite::tungstenite::Error) -> Self {
        use tokio_tungstenite::tungstenite::Error as Socket;
        match error {
            Socket::ConnectionClosed | Socket::AlreadyClosed => Self::Closed,
            other => Self::Socket(Box::new(other)),
        }
    }
}
