//! A client of the chat WebSocket protocol the official web SDKs speak.
//!
//! Two layers, for two kinds of user:
//!
//! - [`Client`] is for bots and tests: a background task owns the connection, requests are pipelined and matched to
//!   their replies, pushes are acknowledged and come out of [`Events`], and [`Client::resume`] carries a session over a
//!   lost connection the way the SDKs do.
//! - [`Session`] is one connection without a task: frames are queued, flushed and read by its owner. The load generator
//!   uses it, because a channel hop per frame costs more than the frame.
//!
//! ```no_run
//! # async fn run(key: &str) -> Result<(), feihong_client::Error> {
//! use feihong_client::{Client, Event, Framing, UserSig};
//!
//! let (client, mut events) = Client::connect("ws://127.0.0.1:8080", 1_400_000_001, Framing::Binary).await?;
//! client.login("alice", &UserSig::now(1_400_000_001, "alice").sign(key)).await?;
//! let sent = client.send_text("bob", "hello").await?;
//! println!("accepted at {}", sent.time);
//! while let Some(event) = events.next().await {
//!     if let Event::Push(frame) = event {
//!         for message in frame.pushed()?.messages() {
//!             println!("{} says {:?}", message.from, message.text());
//!         }
//!     }
//! }
//! # Ok(()) }
//! ```

mod client;
mod driver;
mod error;
mod frame;
mod message;
mod session;
mod usersig;

pub use client::{Client, Event, Events, Pending, Sent};
pub use error::Error;
pub use frame::{Encoder, Frame, Identity};
pub use message::{C2cMessage, LOGIN_BODY, Login, Outgoing, PushEvent, Pushed, Reply, SyncPage, sync_body};
pub use session::{Framing, Options, Session};
pub use usersig::UserSig;

/// Wire names of the commands this crate itself speaks.
pub mod servcmd {
    /// Keeps a connection alive; answered before login too.
    pub const ALIVE: &str = "heartbeat.alive";
    /// Signs a session in, with a `UserSig` or with the ticket of an earlier sign-in.
    pub const LOGIN: &str = "im_open_status.wslogin";
    /// Ends a session; the connection stays.
    pub const LOGOUT: &str = "im_open_status.wslogout";
    /// Says that a session is still there, every `HelloInterval` seconds.
    pub const HELLO: &str = "im_open_status.wshello";
    /// Sends one C2C message.
    pub const SEND: &str = "openim.sendmsg";
    /// Fetches what was missed since a cookie.
    pub const SYNC: &str = "openim.getmsg";
    /// Fetches a page of a C2C conversation's history.
    pub const ROAMING: &str = "openim.getroammsg";
    /// Acknowledges a push; the only request without an answer.
    pub const PUSH_ACK: &str = "openim.ws_msg_push_ack";
}
