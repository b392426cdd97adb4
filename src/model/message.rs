//! One-to-one messages: their names, and what their bodies must look like.

use std::{borrow::Cow, fmt};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Code, Error};

/// The longest message request, in bytes (REST v4; 93000 beyond).
pub const MESSAGE_BYTES: usize = 12 * 1024;
/// The longest retention of offline messages, in seconds.
pub const LIFE_SECONDS: i64 = 604_800;
/// How many unread messages of one conversation are counted.
pub const UNREAD_COUNTED: u32 = 250;

/// What a message is recalled, modified and deleted by: `<MsgSeq>_<MsgRandom>_<seconds>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageKey {
    /// Chosen by the sender.
    pub client_sequence: u32,
    /// Chosen by the sender.
    pub random: u32,
    /// The server's time of the message, in seconds since 1970.
    pub second: i64,
}

impl MessageKey {
    /// Reads a key; `None` when it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('_');
        let key = Self {
            client_sequence: parts.next()?.parse().ok()?,
            random: parts.next()?.parse().ok()?,
            second: parts.next()?.parse().ok().filter(|second| *second >= 0)?,
        };
        parts.next().is_none().then_some(key)
    }
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}", self.client_sequence, self.random, self.second)
    }
}

/// One element of a message.
#[derive(Deserialize)]
pub struct Element<'a> {
    /// The element's type, such as `TIMTextElem`.
    #[serde(rename = "MsgType", borrow)]
    pub kind: Cow<'a, str>,
    /// Its fields, kept as they were written.
    #[serde(rename = "MsgContent", borrow)]
    pub content: &'a RawValue,
}

/// The types of elements a sender may use.
pub const ELEMENT_TYPES: [&str; 10] = [
    "TIMTextElem",
    "TIMCustomElem",
    "TIMFaceElem",
    "TIMLocationElem",
    "TIMImageElem",
    "TIMSoundElem",
    "TIMFileElem",
    "TIMVideoFileElem",
    "TIMRelayElem",
    "TIMStreamElem",
];

/// Checks a message body: an array of one or more known elements, whose contents are objects, at most one of them
/// custom. Everything in it is passed through unchanged.
pub fn check_body(body: &RawValue) -> Result<Vec<Element<'_>>, Error> {
    if !body.get().trim_start().starts_with('[') {
        return Err(Code::MsgBodyNotArray.into());
    }
    let elements: Vec<Element<'_>> = serde_json::from_str(body.get()).map_err(|_| {
        Error::new(Code::MsgBodyMalformed).detail("each element of MsgBody has a MsgType and a MsgContent")
    })?;
    if elements.is_empty() {
        return Err(Error::new(Code::MsgBodyMalformed).detail("MsgBody has at least one element"));
    }
    for element in &elements {
        if !ELEMENT_TYPES.contains(&element.kind.as_ref()) {
            return Err(Error::new(Code::MsgBodyMalformed).detail(format!("there is no MsgType {}", element.kind)));
        }
        if !element.content.get().starts_with('{') {
            return Err(Error::new(Code::MessageMalformed).detail("MsgContent is an object"));
        }
        if element.kind == "TIMTextElem" && !has_text(element.content) {
            return Err(Error::new(Code::MessageMalformed).detail("a TIMTextElem has a Text"));
        }
    }
    if elements.iter().filter(|element| element.kind == "TIMCustomElem").count() > 1 {
        return Err(Error::new(Code::MessageMalformed).detail("a message has at most one TIMCustomElem"));
    }
    Ok(elements)
}

fn has_text(content: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Text<'a> {
        #[serde(rename = "Text", borrow)]
        _text: Cow<'a, str>,
    }
    serde_json::from_str::<Text<'_>>(content.get()).is_ok()
}

/// The words of a message that a search looks at.
pub fn searchable(body: &RawValue) -> String {
    let Ok(elements) = serde_json::from_str::<Vec<Element<'_>>>(body.get()) else { return String::new() };
    let mut words = String::new();
    for element in elements {
        let Ok(content) = serde_json::from_str::<serde_json::Value>(element.content.get()) else { continue };
        for field in ["Text", "Desc", "Data", "FileName", "Title"] {
            if let Some(text) = content.get(field).and_then(serde_json::Value::as_str) {
                words.push_str(text);
                words.push('\n');
            }
        }
    }
    words
}

/// Whether a message has an element of one of these types.
pub fn has_type(body: &RawValue, types: &[String]) -> bool {
    let Ok(elements) = serde_json::from_str::<Vec<Element<'_>>>(body.get()) else { return false };
    elements.iter().any(|element| types.iter().any(|one| *one == element.kind))
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::{MessageKey, check_body};
    use crate::Code;

    #[test]
    fn keys_are_read_back() {
        let key = MessageKey { client_sequence: 7, random: 90_210, second: 1_700_000_000 };
        assert_eq!(key.to_string(), "7_90210_1700000000");
        assert_eq!(MessageKey::parse(&key.to_string()), Some(key));
        for bad in ["", "7", "7_1", "7_1_2_3", "a_b_c", "7_-1_2", "4294967296_1_2", "1_1_-1"] {
            assert_eq!(MessageKey::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn bodies_are_checked() {
        let check = |text: &str| {
            let raw = RawValue::from_string(text.to_owned()).unwrap();
            check_body(&raw).map(|elements| elements.len()).map_err(|error| error.code)
        };
        let text = r#"{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}"#;
        let custom = r#"{"MsgType":"TIMCustomElem","MsgContent":{"Data":"d"}}"#;
        assert_eq!(check(&format!("[{text},{custom}]")), Ok(2));
        assert_eq!(check(&format!("[{custom},{custom}]")), Err(Code::MessageMalformed));
        assert_eq!(check("[]"), Err(Code::MsgBodyMalformed));
        assert_eq!(check("{}"), Err(Code::MsgBodyNotArray));
        assert_eq!(check(r#"[{"MsgType":"TIMOtherElem","MsgContent":{}}]"#), Err(Code::MsgBodyMalformed));
        assert_eq!(check(r#"[{"MsgType":"TIMTextElem"}]"#), Err(Code::MsgBodyMalformed));
        assert_eq!(check(r#"[{"MsgType":"TIMTextElem","MsgContent":{}}]"#), Err(Code::MessageMalformed));
        assert_eq!(check(r#"[{"MsgType":"TIMFaceElem","MsgContent":"x"}]"#), Err(Code::MessageMalformed));
    }
}
