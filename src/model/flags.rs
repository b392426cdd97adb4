//! What is remembered of a stored message beside its content, one bit each.

/// The message does not count as unread (`SendMsgControl: NoUnread`, or imported history).
pub const NO_UNREAD: u32 = 1;
/// The message is not shown as the last one of its conversation (`SendMsgControl: NoLastMsg`).
pub const NO_LAST: u32 = 2;
/// The message was recalled.
pub const RECALLED: u32 = 4;
/// The sender asked for a read receipt.
pub const NEED_RECEIPT: u32 = 8;
/// The receiver sent a read receipt.
pub const PEER_READ: u32 = 16;
/// Key-value extensions may be attached.
pub const SUPPORTS_EXTENSION: u32 = 32;
/// A control entry, such as the notice of a recall: in the sequence, never in the history.
pub const NOTICE: u32 = 64;
/// The sender has no copy (`SyncOtherMachine: 2`).
pub const NO_SENDER_COPY: u32 = 128;
/// Imported with a time of its own.
pub const IMPORTED: u32 = 256;
/// A merged message, which older clients show as text.
pub const RELAY: u32 = 512;
/// A group tip: who did what to the group, as a message of the system.
pub const TIP: u32 = 1024;
/// Where the priority of a group message stands, two bits wide: its number less one.
pub const PRIORITY_SHIFT: u32 = 11;
/// A group message for some members only (定向消息); their names are in the content.
pub const DIRECTED: u32 = 8192;
/// A push to all users: the content is the number of the push, which has the message.
pub const PUSHED: u32 = 16_384;
/// The app's server is to be told of it, until the book says that it was.
pub const CALLBACK: u32 = 32_768;
/// Where it stands what such a message came from, four bits wide: the number of `callback::OptPlatform`.
pub const CAUSE_SHIFT: u32 = 16;
