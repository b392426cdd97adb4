//! Messages between two: none lost, none twice, in order, and the same for both.

mod away;
mod change;
mod history;
mod order;
mod unread;

use support::Received;

/// The texts of messages, in order.
fn texts(messages: &[Received]) -> Vec<&str> {
    messages.iter().map(|message| message.text.as_str()).collect()
}

/// What recalls, modifications and deletions name a message by.
fn key(message: &Received) -> String {
    format!("{}_{}_{}", message.sequence, message.random, message.second)
}

/// The members that name a message, as clients write them.
fn named(message: &Received) -> serde_json::Value {
    serde_json::json!({"From_Account": message.from, "To_Account": message.to, "MsgTimeStamp": message.second,
        "MsgTime": message.second, "MsgSeq": message.sequence, "MsgRandom": message.random})
}
