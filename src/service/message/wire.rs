//! Messages as JSON: what is stored of them, and what clients get.

use model::{Code, Error, flags};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::Entry;

use super::history::key_of;
use crate::{Account, fault};

/// What is stored of a message's content: the members of a JSON object, without its braces.
#[derive(Clone, Debug, Default)]
pub struct Members(Vec<u8>);

impl Members {
    /// The content of a message as its sender wrote it; empty texts are left out.
    pub fn new(body: &RawValue, custom_data: &str, sender: &Account) -> Self {
        let mut members = Self::unsigned(body, custom_data);
        let (nick, image) = (sender.profile.nick(), sender.profile.image());
        // Clients take the two only together.
        if !(nick.is_empty() && image.is_empty()) {
            for (name, text) in [("From_AccountNick", nick), ("From_AccountHeadurl", image)] {
                members.raw(name, &serde_json::Value::from(text).to_string());
            }
        }
        members
    }

    /// The content of a message of a sender of whom nothing is known.
    pub fn unsigned(body: &RawValue, custom_data: &str) -> Self {
        let mut members = Self(Vec::with_capacity(body.get().len() + custom_data.len() + 64));
        members.raw("MsgBody", body.get());
        members.text("CloudCustomData", custom_data);
        members
    }

    /// Adds a member that is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
        self.0.extend_from_slice(json.as_bytes());
    }

    /// Adds a text, unless it is empty.
    pub fn text(&mut self, name: &str, text: &str) {
        if let (false, Ok(quoted)) = (text.is_empty(), serde_json::to_string(text)) {
            self.raw(name, &quoted);
        }
    }

    /// The members with their braces.
    pub fn into_object(self) -> Vec<u8> {
        let mut object = Vec::with_capacity(self.0.len() + 2);
        object.push(b'{');
        object.extend_from_slice(&self.0);
        object.push(b'}');
        object
    }

    /// The bytes to store.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// The members of a stored message, apart. Group messages have more of them; tips only a body, which is an object.
#[derive(Deserialize)]
pub(crate) struct Parts<'a> {
    #[serde(rename = "MsgBody", borrow)]
    pub body: &'a RawValue,
    #[serde(rename = "CloudCustomData", borrow, default)]
    pub custom_data: Option<&'a RawValue>,
    #[serde(rename = "From_Account", borrow, default)]
    pub from: Option<&'a RawValue>,
    #[serde(rename = "From_AccountNick", borrow, default)]
    pub nick: Option<&'a RawValue>,
    #[serde(rename = "From_AccountHeadurl", borrow, default)]
    pub image: Option<&'a RawValue>,
    #[serde(rename = "NameCard", borrow, default)]
    pub card: Option<&'a RawValue>,
    #[serde(rename = "GroupAtInfo", borrow, default)]
    pub mentions: Option<&'a RawValue>,
    #[serde(rename = "To_Account", borrow, default)]
    pub directed: Option<&'a RawValue>,
    #[serde(rename = "RevokerInfo", borrow, default)]
    pub revoker: Option<&'a RawValue>,
}

/// Calls with the parts of stored members.
pub(crate) fn with_parts<T>(members: &[u8], use_it: impl FnOnce(Parts<'_>) -> T) -> Result<T, Error> {
    let mut object = Vec::with_capacity(members.len() + 2);
    object.push(b'{');
    object.extend_from_slice(members);
    object.push(b'}');
    serde_json::from_slice(&object).map(use_it).map_err(fault)
}

impl Parts<'_> {
    /// The members again, with another body or custom data.
    pub fn replaced(&self, body: Option<&str>, custom_data: Option<&str>) -> Members {
        let mut members = Members::default();
        members.raw("MsgBody", body.unwrap_or(self.body.get()));
        match (custom_data, self.custom_data) {
            (Some(text), _) => members.text("CloudCustomData", text),
            (None, Some(kept)) => members.raw("CloudCustomData", kept.get()),
            (None, None) => {}
        }
        for (name, kept) in [
            ("From_Account", self.from),
            ("From_AccountNick", self.nick),
            ("From_AccountHeadurl", self.image),
            ("NameCard", self.card),
            ("GroupAtInfo", self.mentions),
            ("To_Account", self.directed),
            ("RevokerInfo", self.revoker),
        ] {
            if let Some(kept) = kept {
                members.raw(name, kept.get());
            }
        }
        members
    }

    /// What a conversation list shows of it as the last message.
    pub fn shown_last(&self) -> Result<Box<RawValue>, Error> {
        let mut out = Members::default();
        out.raw("MsgBody", self.body.get());
        out.raw("CloudCustomData", self.custom_data.map_or("\"\"", RawValue::get));
        if let Some(revoker) = self.revoker {
            out.raw("RevokerInfo", revoker.get());
        }
        raw(out.into_object())
    }
}

/// How a reader gets a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// A copy for the sender's other devices: the names are swapped.
    pub copy: bool,
    /// Not stored.
    pub online_only: bool,
}

pub(crate) fn number(out: &mut Vec<u8>, name: &str, value: i64) {
    out.extend_from_slice(name.as_bytes());
    let mut buffer = itoa::Buffer::new();
    out.extend_from_slice(buffer.format(value).as_bytes());
}

/// Writes a message as a JSON object.
pub(crate) fn write_message(out: &mut Vec<u8>, entry: &Entry, from: &Account, to: &Account, reading: Reading) {
    let (first, second) = if reading.copy { (to, from) } else { (from, to) };
    write_named(out, entry, (&first.quoted, &second.quoted), from.tiny_id(), reading);
}

/// The same between two names, which are JSON.
pub(crate) fn write_named(
    out: &mut Vec<u8>,
    entry: &Entry,
    (first, second): (&str, &str),
    tiny_id: i64,
    reading: Reading,
) {
    out.extend_from_slice(b"{\"From_Account\":");
    out.extend_from_slice(first.as_bytes());
    out.extend_from_slice(b",\"To_Account\":");
    out.extend_from_slice(second.as_bytes());
    number(out, ",\"MsgSeq\":", entry.client_sequence.into());
    number(out, ",\"MsgRandom\":", entry.random.into());
    number(out, ",\"MsgTimeStamp\":", entry.time / 1000);
    number(out, ",\"MsgClientTime\":", entry.client_time.into());
    number(out, ",\"TinyId\":\"", tiny_id);
    out.extend_from_slice(b"\",");
    out.extend_from_slice(&entry.body);
    let has = |flag: u32| i64::from(entry.flags & flag != 0);
    number(out, ",\"IsNeedReadReceipt\":", has(flags::NEED_RECEIPT));
    number(out, ",\"SupportMessageExtension\":", has(flags::SUPPORTS_EXTENSION));
    if entry.flags & flags::NEED_RECEIPT != 0 {
        number(out, ",\"IsPeerRead\":", has(flags::PEER_READ));
    }
    if entry.version > 0 {
        number(out, ",\"MsgVersion\":", entry.version.into());
    }
    if entry.flags & flags::RECALLED != 0 {
        out.extend_from_slice(b",\"MsgFlagBits\":8");
    }
    if entry.flags & (flags::NO_UNREAD | flags::NO_LAST) != 0 && entry.flags & flags::IMPORTED == 0 {
        number(out, ",\"SendMsgControl\":{\"NoUnread\":", has(flags::NO_UNREAD));
        number(out, ",\"NoLastMsg\":", has(flags::NO_LAST));
        out.push(b'}');
    }
    if reading.online_only {
        out.extend_from_slice(b",\"MsgLifeTime\":0");
    }
    if reading.copy {
        out.extend_from_slice(b",\"IsSyncMsg\":1");
    }
    out.push(b'}');
}

/// A message as raw JSON, for the lists in replies.
pub(crate) fn message_of(entry: &Entry, from: &Account, to: &Account) -> Result<Box<RawValue>, Error> {
    message_read(entry, from, to, Reading::default())
}

/// The same for a given reader.
pub(crate) fn message_read(
    entry: &Entry,
    from: &Account,
    to: &Account,
    reading: Reading,
) -> Result<Box<RawValue>, Error> {
    let mut out = Vec::with_capacity(entry.body.len() + 320);
    write_message(&mut out, entry, from, to, reading);
    raw(out)
}

/// A message as administrators read it.
pub(crate) fn record_of(entry: &Entry, from: &Account, to: &Account) -> Result<Box<RawValue>, Error> {
    with_parts(&entry.body, |parts| {
        let mut out = Vec::with_capacity(entry.body.len() + 320);
        out.extend_from_slice(b"{\"From_Account\":");
        out.extend_from_slice(from.quoted.as_bytes());
        out.extend_from_slice(b",\"To_Account\":");
        out.extend_from_slice(to.quoted.as_bytes());
        number(&mut out, ",\"MsgSeq\":", entry.client_sequence.into());
        number(&mut out, ",\"MsgRandom\":", entry.random.into());
        number(&mut out, ",\"MsgTimeStamp\":", entry.time / 1000);
        number(&mut out, ",\"MsgClientTime\":", entry.client_time.into());
        number(&mut out, ",\"MsgFlagBits\":", if entry.flags & flags::RECALLED == 0 { 0 } else { 8 });
        number(&mut out, ",\"IsPeerRead\":", i64::from(entry.flags & flags::PEER_READ != 0));
        out.extend_from_slice(format!(",\"MsgKey\":\"{}\",\"MsgBody\":", key_of(entry)).as_bytes());
        out.extend_from_slice(parts.body.get().as_bytes());
        out.extend_from_slice(b",\"CloudCustomData\":");
        out.extend_from_slice(parts.custom_data.map_or("\"\"", RawValue::get).as_bytes());
        out.push(b'}');
        raw(out)
    })?
}

/// Bytes that are JSON, as raw JSON.
pub(crate) fn raw(json: Vec<u8>) -> Result<Box<RawValue>, Error> {
    let text = String::from_utf8(json).map_err(|error| Error::new(Code::Broken).source(error))?;
    RawValue::from_string(text).map_err(fault)
}
