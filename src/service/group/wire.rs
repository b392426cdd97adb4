//! Group messages, tips and notices as JSON: what is stored of them, and what clients get.

use model::{
    Error, GroupKind, flags,
    group::{Priority, SYSTEM_TINY_ID, SYSTEM_USER},
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use store::Entry;

use super::{LiveGroup, Place};
use crate::{
    account::tiny_id,
    message::{Parts, number, raw, with_parts},
};

/// What a community with topics is marked with; the mark of plain groups is 0.
const WITH_TOPICS: i64 = 2;

impl Parts<'_> {
    /// The sender's name.
    pub fn sender(&self) -> String {
        self.from.and_then(|from| serde_json::from_str(from.get()).ok()).unwrap_or_default()
    }

    /// How an account is mentioned: 1 by name, 2 with everybody.
    pub fn mentions_of(&self, user: &str) -> Vec<u8> {
        #[derive(Deserialize)]
        struct Mentioned<'a> {
            #[serde(rename = "GroupAtAllFlag")]
            all: u8,
            #[serde(rename = "GroupAt_Account", borrow, default)]
            user: Option<std::borrow::Cow<'a, str>>,
        }
        let list = self.mentions.map_or("[]", RawValue::get);
        let list: Vec<Mentioned<'_>> = serde_json::from_str(list).unwrap_or_default();
        let mut kinds = Vec::new();
        if list.iter().any(|one| one.user.as_deref() == Some(user)) {
            kinds.push(1);
        }
        if list.iter().any(|one| one.all == 1) {
            kinds.push(2);
        }
        kinds
    }

    /// Whether a directed message is for an account.
    pub fn is_for(&self, user: &str) -> bool {
        self.directed.is_none_or(|names| {
            serde_json::from_str::<Vec<std::borrow::Cow<'_, str>>>(names.get())
                .is_ok_and(|names| names.iter().any(|name| name == user))
        })
    }
}

fn text(part: Option<&RawValue>) -> &str {
    part.map_or("\"\"", RawValue::get)
}

/// Whether clients are told not to count an item: they count by themselves what is pushed.
fn is_uncounted(place: &Place) -> bool {
    place.group.kind.is_stored() && !place.group.kind.counts_unread()
}

/// Writes `,"GroupInfo":{…}` with what is said of the sender.
fn write_group_info(out: &mut Vec<u8>, place: &Place, parts: Option<&Parts<'_>>) {
    let group = &place.group;
    out.extend_from_slice(b",\"GroupInfo\":{\"GroupId\":");
    out.extend_from_slice(group.quoted.as_bytes());
    out.extend_from_slice(b",\"GroupName\":");
    let info = group.info();
    if serde_json::to_writer(&mut *out, &info.name).is_err() {
        out.extend_from_slice(b"\"\"");
    }
    out.extend_from_slice(b",\"GroupType\":\"");
    out.extend_from_slice(group.kind.name().as_bytes());
    number(out, "\",\"MillionGroupFlag\":", if info.topics { WITH_TOPICS } else { 0 });
    if let Some(topic) = &place.topic {
        out.extend_from_slice(b",\"TopicId\":");
        out.extend_from_slice(topic.quoted.as_bytes());
    }
    if let Some(parts) = parts {
        for (name, part) in [
            (",\"From_AccountNick\":", parts.nick),
            (",\"From_AccountHeadurl\":", parts.image),
            (",\"MsgFrom_AccountExtraInfo\":{\"NameCard\":", parts.card),
        ] {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(text(part).as_bytes());
        }
        out.push(b'}');
    }
    out.push(b'}');
}

/// Writes a message or a tip as clients get it, pushed or in the history. `sequence` is its place in the group.
pub(super) fn write_item(out: &mut Vec<u8>, place: &Place, entry: &Entry, online_only: bool) -> Result<(), Error> {
    with_parts(&entry.body, |parts| write_parts(out, place, entry, &parts, online_only))
}

fn write_parts(out: &mut Vec<u8>, place: &Place, entry: &Entry, parts: &Parts<'_>, online_only: bool) {
    let tip = entry.flags & flags::TIP != 0;
    out.extend_from_slice(b"{\"From_Account\":");
    if tip {
        out.extend_from_slice(format!("\"{SYSTEM_USER}\"").as_bytes());
    } else {
        out.extend_from_slice(text(parts.from).as_bytes());
    }
    out.extend_from_slice(b",\"ToGroupId\":");
    out.extend_from_slice(place.group.quoted.as_bytes());
    if let Some(topic) = &place.topic {
        out.extend_from_slice(b",\"ToTopicId\":");
        out.extend_from_slice(topic.quoted.as_bytes());
    }
    number(out, ",\"MsgSeq\":", entry.sequence);
    number(out, ",\"MsgRandom\":", entry.random.into());
    number(out, ",\"MsgTimeStamp\":", entry.time / 1000);
    number(out, ",\"MsgClientTime\":", entry.client_time.into());
    number(out, ",\"ClientSeq\":", entry.client_sequence.into());
    if tip {
        out.extend_from_slice(format!(",\"TinyId\":\"{SYSTEM_TINY_ID}\"").as_bytes());
    } else {
        number(out, ",\"TinyId\":\"", tiny_id(entry.sender));
        out.push(b'"');
    }
    let priority = Priority::from_number((entry.flags >> flags::PRIORITY_SHIFT & 3) + 1);
    number(out, ",\"MsgPriority\":", priority as i64);
    out.extend_from_slice(b",\"MsgBody\":");
    out.extend_from_slice(parts.body.get().as_bytes());
    if tip {
        out.extend_from_slice(b",\"Event\":4,\"IsSystemMsg\":1");
        if is_uncounted(place) {
            out.extend_from_slice(b",\"SendMsgControl\":{\"NoUnread\":1,\"NoLastMsg\":0}");
        }
        write_group_info(out, place, None);
        out.push(b'}');
        return;
    }
    out.extend_from_slice(b",\"CloudCustomData\":");
    out.extend_from_slice(text(parts.custom_data).as_bytes());
    let has = |flag: u32| i64::from(entry.flags & flag != 0);
    number(out, ",\"OnlineOnlyFlag\":", online_only.into());
    number(out, ",\"NeedReadReceipt\":", has(flags::NEED_RECEIPT));
    number(out, ",\"SupportMessageExtension\":", has(flags::SUPPORTS_EXTENSION));
    number(out, ",\"MsgVersion\":", entry.version.into());
    number(out, ",\"IsRelayMsg\":", has(flags::RELAY));
    if let Some(mentions) = parts.mentions {
        out.extend_from_slice(b",\"GroupAtInfo\":");
        out.extend_from_slice(mentions.get().as_bytes());
    }
    let no_unread = i64::from(entry.flags & flags::NO_UNREAD != 0 || is_uncounted(place));
    number(out, ",\"SendMsgControl\":{\"NoUnread\":", no_unread);
    number(out, ",\"NoLastMsg\":", has(flags::NO_LAST));
    out.extend_from_slice(b"},\"From_AccountNick\":");
    out.extend_from_slice(text(parts.nick).as_bytes());
    out.extend_from_slice(b",\"From_AccountHeadurl\":");
    out.extend_from_slice(text(parts.image).as_bytes());
    if entry.flags & flags::RECALLED != 0 {
        out.extend_from_slice(b",\"IsPlaceMsg\":2,\"RevokerInfo\":");
        out.extend_from_slice(parts.revoker.map_or("{}", RawValue::get).as_bytes());
    }
    write_group_info(out, place, Some(parts));
    out.push(b'}');
}

/// The members of the push of a message or a tip.
pub(super) fn event_of(place: &Place, entry: &Entry, online_only: bool) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(entry.body.len() + 640);
    let tip = entry.flags & flags::TIP != 0;
    out.extend_from_slice(match (tip, online_only) {
        (false, _) => b"\"Event\":3,\"GroupMsgArray\":[".as_slice(),
        (true, false) => b"\"Event\":4,\"GroupTips\":[",
        (true, true) => b"\"Event\":6,\"GroupTips\":[",
    });
    write_item(&mut out, place, entry, online_only)?;
    out.push(b']');
    Ok(out)
}

/// A message or a tip as raw JSON, for the lists in replies.
pub(super) fn item_of(place: &Place, entry: &Entry) -> Result<Box<RawValue>, Error> {
    let mut out = Vec::with_capacity(entry.body.len() + 640);
    write_item(&mut out, place, entry, false)?;
    raw(out)
}

/// A message as administrators read it (REST v4 `group_msg_get_simple`).
pub(super) fn record_of(entry: &Entry) -> Result<Box<RawValue>, Error> {
    let priority = Priority::from_number((entry.flags >> flags::PRIORITY_SHIFT & 3) + 1);
    let recalled = entry.flags & flags::RECALLED != 0;
    let tip = entry.flags & flags::TIP != 0;
    with_parts(&entry.body, |parts| {
        let mut out = Vec::with_capacity(entry.body.len() + 320);
        out.extend_from_slice(b"{\"From_Account\":");
        match parts.from {
            Some(from) if !tip => out.extend_from_slice(from.get().as_bytes()),
            _ => out.extend_from_slice(format!("\"{SYSTEM_USER}\"").as_bytes()),
        }
        number(&mut out, ",\"IsPlaceMsg\":", if recalled { 2 } else { 0 });
        number(&mut out, ",\"MsgPriority\":", priority as i64);
        number(&mut out, ",\"MsgRandom\":", entry.random.into());
        number(&mut out, ",\"MsgSeq\":", entry.sequence);
        number(&mut out, ",\"MsgTimeStamp\":", entry.time / 1000);
        number(&mut out, ",\"IsSystemMsg\":", tip.into());
        out.extend_from_slice(b",\"MsgBody\":");
        if tip {
            out.push(b'[');
            out.extend_from_slice(parts.body.get().as_bytes());
            out.push(b']');
        } else {
            out.extend_from_slice(parts.body.get().as_bytes());
        }
        if let Some(custom_data) = parts.custom_data {
            out.extend_from_slice(b",\"CloudCustomData\":");
            out.extend_from_slice(custom_data.get().as_bytes());
        }
        out.push(b'}');
        raw(out)
    })?
}

/// What a conversation list shows of a group's last message, and who sent it: name, nick, name card as JSON.
pub(crate) struct GroupLast {
    pub message: Box<RawValue>,
    pub from: String,
    pub nick: String,
    pub card: String,
}

/// What a conversation list shows of a group's last message or tip.
pub(crate) fn group_last_message(place: &Place, entry: &Entry) -> Result<GroupLast, Error> {
    if entry.flags & flags::TIP != 0 {
        let tip = item_of(place, entry)?;
        let message = raw(format!("{{\"Event\":4,\"GroupTips\":[{}],\"MsgBody\":[]}}", tip.get()).into_bytes())?;
        return Ok(GroupLast { message, from: SYSTEM_USER.into(), nick: String::new(), card: String::new() });
    }
    let read =
        |part: Option<&RawValue>| part.and_then(|text| serde_json::from_str(text.get()).ok()).unwrap_or_default();
    with_parts(&entry.body, |parts| {
        Ok(GroupLast {
            message: parts.shown_last()?,
            from: read(parts.from),
            nick: read(parts.nick),
            card: read(parts.card),
        })
    })?
}

/// The members of the push of something that is only told, such as an attribute's change: a tip that is not stored.
pub(super) fn told(place: &Place, now: i64, random: u32, sequence: i64, body: &Value) -> String {
    let info = info_of(place);
    let item = json!({
        "From_Account": SYSTEM_USER, "TinyId": SYSTEM_TINY_ID, "ToGroupId": place.group.id,
        "MsgSeq": sequence, "MsgRandom": random, "MsgTimeStamp": now, "MsgClientTime": now, "ClientSeq": sequence,
        "GroupInfo": info, "MsgBody": body, "Event": 6, "GroupId": place.group.id,
    });
    format!("\"Event\":6,\"GroupTips\":[{item}]")
}

/// The members of the push of what only clients take note of: recalls, read marks, receipts. `more` goes beside the body.
pub(super) fn signal(place: &Place, body: &Value, more: Value) -> String {
    let item = json!({
        "From_Account": SYSTEM_USER, "ToGroupId": place.group.id, "GroupInfo": info_of(place), "MsgBody": body,
    });
    format!("\"Event\":5,\"GroupTips\":[{}]", merged(item, more))
}

/// An object with the members of another one.
pub(super) fn merged(mut object: Value, more: Value) -> Value {
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

/// `GroupInfo` of tips and notices.
pub(super) fn info_of(place: &Place) -> Value {
    let group: &LiveGroup = &place.group;
    let info = group.info();
    let object = json!({
        "GroupId": group.id, "GroupName": info.name, "GroupType": group.kind.name(),
        "MillionGroupFlag": if info.topics && group.kind == GroupKind::Community { WITH_TOPICS } else { 0 },
    });
    match &place.topic {
        Some(topic) => merged(object, json!({"TopicId": topic.id})),
        None => object,
    }
}
