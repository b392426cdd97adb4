//! Custom fields of profiles and of friends as an app declares them: a keyword, a type, and of profiles who may read and
//! write.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::profile::Value;

/// The longest keyword, in bytes (page 资料自定义字段).
const KEYWORD_BYTES: usize = 8;

/// Whether a word can be the keyword of a custom field: 1 to 8 letters.
pub fn is_keyword(word: &str) -> bool {
    (1..=KEYWORD_BYTES).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// What values a field has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldType {
    /// Texts and numbers, as they come.
    #[default]
    Any,
    /// Texts; the protocol's strings and bytes.
    Text,
    /// Whole numbers that are not negative, also written as texts.
    Number,
}

impl FieldType {
    const ALL: [Self; 3] = [Self::Any, Self::Text, Self::Number];

    /// The name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Text => "text",
            Self::Number => "number",
        }
    }

    /// What its values are, in words.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Any => "text or number",
            Self::Text => "text",
            Self::Number => "number",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// Reads a value of the type. Typed clients can write numbers only as texts.
    pub fn read(self, value: &serde_json::Value) -> Option<Value> {
        match (self, value) {
            (Self::Any | Self::Text, serde_json::Value::String(text)) => Some(Value::Text(text.clone())),
            (Self::Any, serde_json::Value::Number(number)) => {
                Some(number.as_u64().map_or_else(|| Value::Text(number.to_string()), Value::Number))
            }
            (Self::Number, serde_json::Value::Number(number)) => number.as_u64().map(Value::Number),
            (Self::Number, serde_json::Value::String(text)) => text.parse().ok().map(Value::Number),
            _ => None,
        }
    }
}

/// Who may do what; one for clients and one for the app's backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The field may be read.
    pub read: bool,
    /// The field may be written.
    pub write: bool,
}

impl Rights {
    /// Both.
    pub const ALL: Self = Self { read: true, write: true };

    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "rw" => Self::ALL,
            "r" => Self { read: true, write: false },
            "w" => Self { read: false, write: true },
            "-" => Self { read: false, write: false },
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match (self.read, self.write) {
            (true, true) => "rw",
            (true, false) => "r",
            (false, true) => "w",
            (false, false) => "-",
        }
    }
}

/// A declared field, written `Keyword`, or `Keyword:type:clients:backend` with as many parts as are not usual.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProfileField {
    /// What follows the prefix of custom tags.
    pub keyword: String,
    /// What values it has.
    pub kind: FieldType,
    /// What clients may do.
    pub clients: Rights,
    /// What the app's backend may do.
    pub backend: Rights,
}

impl ProfileField {
    /// Reads a declaration.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':').map(str::trim);
        let keyword = parts.next().filter(|word| is_keyword(word))?.to_owned();
        let kind = parts.next().map_or(Some(FieldType::Any), FieldType::parse)?;
        let clients = parts.next().map_or(Some(Rights::ALL), Rights::parse)?;
        let backend = parts.next().map_or(Some(Rights::ALL), Rights::parse)?;
        parts.next().is_none().then_some(Self { keyword, kind, clients, backend })
    }

    /// What a side may do.
    pub fn rights(&self, admin: bool) -> Rights {
        if admin { self.backend } else { self.clients }
    }
}

impl fmt::Display for ProfileField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_usual = self.kind == FieldType::Any && (self.clients, self.backend) == (Rights::ALL, Rights::ALL);
        if is_usual {
            return f.write_str(&self.keyword);
        }
        write!(f, "{}:{}:{}:{}", self.keyword, self.kind.name(), self.clients.name(), self.backend.name())
    }
}

impl TryFrom<String> for ProfileField {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not the declaration of a profile field")
    }
}

impl From<ProfileField> for String {
    fn from(field: ProfileField) -> Self {
        field.to_string()
    }
}

/// A declared field of friends, written `Keyword` or `Keyword:type`. It is the user's own; nobody else has rights on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FriendField {
    /// What follows the prefix of custom tags.
    pub keyword: String,
    /// What values it has.
    pub kind: FieldType,
}

impl FriendField {
    /// Reads a declaration.
    pub fn parse(text: &str) -> Option<Self> {
        let (keyword, kind) = match text.split_once(':') {
            Some((keyword, kind)) => (keyword.trim(), FieldType::parse(kind.trim())?),
            None => (text, FieldType::Any),
        };
        is_keyword(keyword).then(|| Self { keyword: keyword.to_owned(), kind })
    }
}

impl fmt::Display for FriendField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            FieldType::Any => f.write_str(&self.keyword),
            kind => write!(f, "{}:{}", self.keyword, kind.name()),
        }
    }
}

impl TryFrom<String> for FriendField {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not the declaration of a friend field")
    }
}

impl From<FriendField> for String {
    fn from(field: FriendField) -> Self {
        field.to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{FieldType, FriendField, ProfileField, Rights, Value};

    #[test]
    fn declarations_are_read_back() {
        for text in ["Team", "Rank:number:r:rw", "Note:text:-:w", "Mood:any:w:r"] {
            assert_eq!(ProfileField::parse(text).unwrap().to_string(), text);
        }
        let short = ProfileField::parse("Rank:number").unwrap();
        assert_eq!((short.kind, short.clients, short.backend), (FieldType::Number, Rights::ALL, Rights::ALL));
        for text in ["", "ninechars", "a1", "Team:", "Team:date", "Team:text:x", "Team:text:rw:rw:rw"] {
            assert_eq!(ProfileField::parse(text), None, "{text}");
        }
    }

    #[test]
    fn fields_of_friends_have_types_alone() {
        for text in ["Team", "Rank:number", "Note:text"] {
            assert_eq!(FriendField::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(FriendField::parse("Team:any").unwrap().to_string(), "Team");
        for text in ["", "ninechars", "Team:", "Team:date", "Team:text:rw"] {
            assert_eq!(FriendField::parse(text), None, "{text}");
        }
    }

    #[test]
    fn values_are_of_their_type() {
        let text = |text: &str| Some(Value::Text(text.into()));
        assert_eq!(FieldType::Number.read(&json!("7")), Some(Value::Number(7)));
        assert_eq!(FieldType::Number.read(&json!(-7)), None);
        assert_eq!(FieldType::Text.read(&json!(7)), None);
        assert_eq!((FieldType::Text.read(&json!("7")), FieldType::Any.read(&json!(-7))), (text("7"), text("-7")));
        assert_eq!((FieldType::Any.read(&json!(7)), FieldType::Any.read(&json!([]))), (Some(Value::Number(7)), None));
    }
}
