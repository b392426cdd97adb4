//! What the suites stand on: the real server in this process behind a real port, and those who talk to it.
//!
//! Everything waits on conditions with a deadline. What goes wrong here panics: that is how a test fails.
#![expect(clippy::missing_panics_doc, reason = "a harness fails a test by panicking")]

mod admin;
mod chance;
mod hook;
mod http;
mod operator;
mod raw;
mod server;
mod user;
mod wait;

pub use admin::Admin;
pub use chance::Chance;
pub use hook::{Call, Hook, Reply, fine};
pub use http::{Answer, Wire};
pub use operator::Console;
pub use raw::{Raw, head};
pub use server::{App, Server};
pub use user::{Heard, Online, Received, User, received};
pub use wait::{DEADLINE, eventually, within};

use model::Code;
use serde_json::{Value, json};

/// `ErrorCode` of a reply; 0 is success.
pub fn code(reply: &Value) -> i64 {
    reply["ErrorCode"].as_i64().unwrap_or_else(|| panic!("no ErrorCode in {reply}"))
}

/// Checks that a reply is a success or a refusal with a documented code, and never a fault of the server's own.
pub fn check_documented(reply: &Value, asked: &dyn std::fmt::Display) {
    let number = code(reply);
    let status = reply["ActionStatus"].as_str().unwrap_or_default();
    if number == 0 {
        // A batch that reached some of its receivers says so.
        assert!(matches!(status, "OK" | "SomeError"), "{asked} was answered {reply}");
        return;
    }
    assert_eq!(status, "FAIL", "{asked} was answered {reply}");
    let known = i32::try_from(number).ok().and_then(Code::from_number);
    let Some(known) = known else { panic!("{asked} was answered with the unknown code {number}: {reply}") };
    assert_ne!(known.kind(), model::Kind::Ours, "{asked} broke the server: {reply}");
}

/// The elements of a message with one text.
pub fn text(words: &str) -> Value {
    json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}])
}
