//! What goes into the log and what comes out of it.

use bytes::Bytes;
use model::flags;

use crate::StoreError;

/// A message to be put at the end of a conversation.
pub struct Append {
    /// The conversation's number.
    pub conversation: i64,
    /// The sender's account number.
    pub sender: i64,
    /// With `random`, the sender's own name for this message: what a repeat is recognised by.
    pub client_sequence: u32,
    /// See `client_sequence`.
    pub random: u32,
    /// Milliseconds since 1970. Raised to the time of the conversation's last entry, unless `dated`.
    pub time: i64,
    /// An import: the time is kept as given, the entry gets the flag `IMPORTED`, and it repeats any entry of
    /// the conversation, however old and whoever sent it, with the same `client_sequence`, `random` and second.
    pub dated: bool,
    /// The sender's clock, in seconds since 1970.
    pub client_time: u32,
    /// See `model::flags`.
    pub flags: u32,
    /// What it counts for, see `model::statistic::Tally`; the log never looks inside.
    pub tally: i64,
    /// What is kept; the log never looks inside. At most [`MAX_BODY`] bytes.
    pub body: Bytes,
    /// Is told the outcome once it is durable.
    pub done: Done,
}

/// A message without those who wait for it.
pub(super) struct Message {
    pub conversation: i64,
    pub sender: i64,
    pub client_sequence: u32,
    pub random: u32,
    pub time: i64,
    pub dated: bool,
    pub client_time: u32,
    pub flags: u32,
    pub tally: i64,
    pub body: Bytes,
}

impl Append {
    pub(super) fn split(self) -> (Message, Done) {
        let flags = if self.dated { self.flags | flags::IMPORTED } else { self.flags };
        let message = Message {
            conversation: self.conversation,
            sender: self.sender,
            client_sequence: self.client_sequence,
            random: self.random,
            time: self.time.max(0),
            dated: self.dated,
            client_time: self.client_time,
            flags,
            tally: self.tally,
            body: self.body,
        };
        (message, self.done)
    }
}

impl Message {
    pub fn name(&self) -> Name {
        Name {
            conversation: self.conversation,
            sender: self.sender,
            client_sequence: self.client_sequence,
            random: self.random,
        }
    }
}

/// The largest body, in bytes.
pub const MAX_BODY: usize = 16 << 20;

/// Entries without `dated` are repeats of entries at most so many milliseconds older.
pub const REPEAT_WINDOW: i64 = 15 * 60 * 1000;

/// Runs once the message is on disk, or has failed. Runs on one task for the whole log, in the order of
/// commits, so it must be short. Dropped without being run only when the log's committer has died.
pub type Done = Box<dyn FnOnce(Result<Appended, StoreError>) + Send>;

/// Where a message was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Place in the whole log; grows in the order of commits, may skip numbers.
    pub position: i64,
    /// Place in the conversation: 1, 2, 3 … without gaps.
    pub sequence: i64,
    /// The time it carries, in milliseconds since 1970.
    pub time: i64,
    /// The message was here before; this is the first answer again.
    pub repeated: bool,
}

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Place in the whole log.
    pub position: i64,
    /// The conversation's number.
    pub conversation: i64,
    /// Place in the conversation, from 1.
    pub sequence: i64,
    /// Milliseconds since 1970.
    pub time: i64,
    /// The sender's account number.
    pub sender: i64,
    /// The sender's name for the message.
    pub client_sequence: u32,
    /// The sender's name for the message.
    pub random: u32,
    /// The sender's clock, in seconds since 1970.
    pub client_time: u32,
    /// See `model::flags`.
    pub flags: u32,
    /// 0 at first, one more for each amendment that asked for it.
    pub version: u32,
    /// What was kept.
    pub body: Bytes,
}

/// A stored message as statistics see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Place in the whole log.
    pub position: i64,
    /// The conversation's number.
    pub conversation: i64,
    /// Milliseconds since 1970.
    pub time: i64,
    /// The sender's account number.
    pub sender: i64,
    /// What it counts for.
    pub tally: i64,
}

/// The newest entry of a conversation, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The conversation's number.
    pub conversation: i64,
    /// The greatest sequence ever given, also when that entry was purged.
    pub sequence: i64,
    /// Its time, in milliseconds since 1970.
    pub time: i64,
    /// Its position.
    pub position: i64,
}

/// How one user sees one conversation.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The conversation's number.
    pub conversation: i64,
    /// The user's account number.
    pub user: i64,
    /// Greatest sequence the user has read.
    pub read: i64,
    /// Only greater sequences are visible.
    pub above: i64,
    /// Only positions up to this one are visible.
    pub until: i64,
    /// Sequences the user has deleted.
    pub hidden: Vec<i64>,
    /// Where counting unread entries stops.
    pub count_limit: u32,
    /// Entries the user sent that carry one of these flags are not visible to the user.
    pub hide_own: u32,
}

/// What a conversation list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// The newest visible entry that is neither `NO_LAST` nor `NOTICE`.
    pub last: Option<Entry>,
    /// Entries of others that the user has not read and that are not `NO_UNREAD`, `RECALLED` or `NOTICE`.
    pub unread: u32,
}

/// A change of a stored message.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Flags to set.
    pub set_flags: u32,
    /// Flags to clear.
    pub clear_flags: u32,
    /// The new content.
    pub body: Option<Bytes>,
    /// Adds one to the version.
    pub bump_version: bool,
    /// A conflict when the version is another.
    pub expect_version: Option<u32>,
    /// A conflict when any of these is set.
    pub unless_flags: u32,
}

impl Change {
    /// Applies the change to the flags and version of an entry.
    pub(super) fn apply(&self, flags: u32, version: u32) -> Result<(u32, u32), StoreError> {
        if flags & self.unless_flags != 0 || self.expect_version.is_some_and(|wanted| wanted != version) {
            return Err(StoreError::Conflict { step: 0 });
        }
        Ok((flags & !self.clear_flags | self.set_flags, version.wrapping_add(u32::from(self.bump_version))))
    }
}

/// What to read of a conversation: a window of sequences, without its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub conversation: i64,
    pub above: i64,
    pub below: i64,
    pub newest_first: bool,
    pub limit: usize,
    pub without_flags: u32,
}

/// The same by time and, within the same time, by sequence.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeWindow {
    pub conversation: i64,
    pub from: (i64, i64),
    pub to: (i64, i64),
    pub newest_first: bool,
    pub limit: usize,
    pub without_flags: u32,
}

/// A sender's own name for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub conversation: i64,
    pub sender: i64,
    pub client_sequence: u32,
    pub random: u32,
}

impl Name {
    /// What an import with this name and time repeats.
    pub fn key(&self, time: i64) -> Key {
        Key {
            conversation: self.conversation,
            client_sequence: self.client_sequence,
            random: self.random,
            second: time.div_euclid(1000),
        }
    }
}

/// A message named by its sender and the second it was sent in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub conversation: i64,
    pub client_sequence: u32,
    pub random: u32,
    pub second: i64,
}
