//! Who is connected where, and what is sent to them.

mod hub;
mod link;
mod outbox;
mod push;
mod session;
mod signin;
mod watch;

pub use hub::Hub;
pub use link::Link;
use outbox::Outbox;
pub use outbox::{Outgoing, Queue};
pub use push::{Push, notice};
pub use session::{End, Kick, Session};
pub(crate) use signin::check_alive;
pub use signin::{SignIn, SignedIn};
pub use watch::Status;
