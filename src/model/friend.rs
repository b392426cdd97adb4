//! Friends: what a user keeps about one, and what the names and values may be (REST v4 `sns`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Code, Error, Settings,
    field::{FieldType, is_keyword},
    profile::Value,
};

/// The tag of the groups a friend is in; its value is a list of names.
pub const GROUP: &str = "Tag_SNS_IM_Group";
/// The tag of the remark.
pub const REMARK: &str = "Tag_SNS_IM_Remark";
/// The tag of where the friend came from.
pub const SOURCE: &str = "Tag_SNS_IM_AddSource";
/// The tag of what was said when the friend was added.
pub const WORDING: &str = "Tag_SNS_IM_AddWording";
/// The tag of when the friend was added, in seconds since 1970.
pub const TIME: &str = "Tag_SNS_IM_AddTime";
/// Custom tags begin so.
pub const CUSTOM_PREFIX: &str = "Tag_SNS_Custom_";
/// The standard tags.
pub const STANDARD: [&str; 5] = [GROUP, REMARK, SOURCE, WORDING, TIME];

/// Sources begin so; a keyword of letters follows.
const SOURCE_PREFIX: &str = "AddSource_Type_";
/// The longest remark, in bytes (page 关系链字段).
const REMARK_BYTES: usize = 96;
/// The longest wording, in bytes (page 关系链字段).
const WORDING_BYTES: usize = 256;
/// The longest custom value, in bytes (page 关系链自定义字段).
const CUSTOM_BYTES: usize = 500;
/// The longest name of a friend group, in bytes (page 添加分组).
const GROUP_NAME_BYTES: usize = 30;

/// Who may add a user as a friend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AllowType {
    /// Anybody, at once.
    #[default]
    Any,
    /// Whom the user agrees to.
    Confirm,
    /// Nobody.
    Deny,
}

impl AllowType {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Any, Self::Confirm, Self::Deny];

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Confirm => "confirm",
            Self::Deny => "deny",
        }
    }

    /// The value of the profile's tag.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Any => "AllowType_Type_AllowAny",
            Self::Confirm => "AllowType_Type_NeedConfirm",
            Self::Deny => "AllowType_Type_DenyAny",
        }
    }
}

/// What a user keeps about a friend, beside the groups and the time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Friend {
    /// The user's own name for the friend.
    pub remark: String,
    /// Where the friend came from.
    pub source: String,
    /// What was said when the friend was added.
    pub wording: String,
    /// Values of custom tags.
    pub custom: BTreeMap<String, Value>,
}

/// What is asked for or imported: a friend, and the groups it is put into.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// What the user keeps about the friend.
    pub friend: Friend,
    /// The names of the groups; those that are missing are made.
    pub groups: Vec<String>,
}

/// A friend's tag with its value, as the protocol carries it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Item {
    /// The tag's name.
    #[serde(rename = "Tag", alias = "tag")]
    pub tag: String,
    /// The tag's value.
    #[serde(rename = "Value", alias = "value")]
    pub value: serde_json::Value,
}

fn invalid(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Code::RelationParameterInvalid).detail(why)
}

/// Whether a tag is one of friends, standard or custom.
pub fn is_tag(tag: &str, settings: &Settings) -> bool {
    STANDARD.contains(&tag) || custom(tag, settings).is_some()
}

/// The type of a custom tag; `None` when there is no such tag.
fn custom(tag: &str, settings: &Settings) -> Option<FieldType> {
    let keyword = tag.strip_prefix(CUSTOM_PREFIX)?;
    let declared = &settings.custom_friend_fields;
    if declared.is_empty() {
        return is_keyword(keyword).then_some(FieldType::Any);
    }
    declared.iter().find(|field| field.keyword == keyword).map(|field| field.kind)
}

/// Checks the name of a friend group: 1 to 30 bytes.
pub fn check_group_name(name: &str) -> Result<(), Error> {
    let fits = (1..=GROUP_NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control);
    fits.then_some(()).ok_or_else(|| invalid("a friend group's name has 1 to 30 bytes and no control characters"))
}

/// Checks the value of the tag of groups, a list of names.
pub fn group_names(value: &serde_json::Value) -> Result<Vec<String>, Error> {
    let list = value.as_array().ok_or_else(|| invalid(format!("the value of {GROUP} is a list of names")))?;
    let mut names: Vec<String> = Vec::with_capacity(list.len());
    for name in list {
        let name = name.as_str().ok_or_else(|| invalid("a friend group's name is a text"))?;
        check_group_name(name)?;
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

impl Friend {
    /// Makes one of what is said at the start; an empty source is none.
    pub fn new(source: &str, wording: &str, remark: &str) -> Result<Self, Error> {
        if !source.is_empty() && !source.strip_prefix(SOURCE_PREFIX).is_some_and(is_keyword) {
            return Err(invalid("AddSource is AddSource_Type_ and 1 to 8 letters"));
        }
        if wording.len() > WORDING_BYTES {
            return Err(invalid("AddWording has at most 256 bytes"));
        }
        let mut friend = Self { source: source.into(), wording: wording.into(), ..Self::default() };
        friend.set_remark(remark)?;
        Ok(friend)
    }

    /// Sets the remark.
    pub fn set_remark(&mut self, remark: &str) -> Result<(), Error> {
        if remark.len() > REMARK_BYTES {
            return Err(invalid("a remark has at most 96 bytes"));
        }
        remark.clone_into(&mut self.remark);
        Ok(())
    }

    /// Sets what may be changed later: the remark and custom tags. An empty custom text takes the tag away.
    pub fn set(&mut self, item: &Item, settings: &Settings) -> Result<(), Error> {
        let Item { tag, value } = item;
        if tag == REMARK {
            let remark = value.as_str().ok_or_else(|| invalid(format!("the value of {REMARK} is a text")))?;
            return self.set_remark(remark);
        }
        let Some(kind) = custom(tag, settings) else {
            return Err(invalid(format!("{tag} is no field of friends that can be changed")));
        };
        match value.as_str() {
            Some("") => {
                self.custom.remove(tag);
                return Ok(());
            }
            Some(text) if text.len() > CUSTOM_BYTES => {
                return Err(invalid(format!("the value of {tag} has at most {CUSTOM_BYTES} bytes")));
            }
            _ => {}
        }
        let value = kind.read(value).ok_or_else(|| invalid(format!("the value of {tag} is no {}", kind.value())))?;
        self.custom.insert(tag.clone(), value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Friend, GROUP, Item, REMARK, Value, check_group_name, group_names};
    use crate::{Code, Settings};

    fn set(friend: &mut Friend, tag: &str, value: serde_json::Value, settings: &Settings) -> Result<(), Code> {
        friend.set(&Item { tag: tag.into(), value }, settings).map_err(|error| error.code)
    }

    #[test]
    fn what_is_said_at_the_start_is_checked() {
        assert!(Friend::new("AddSource_Type_Web", &"w".repeat(256), &"r".repeat(96)).is_ok());
        assert!(Friend::new("", "", "").is_ok());
        for (source, wording, remark) in [
            ("Web", 0, 0),
            ("AddSource_Type_", 0, 0),
            ("AddSource_Type_TooLonger", 0, 0),
            ("AddSource_Type_a1", 0, 0),
            ("AddSource_Type_Web", 257, 0),
            ("AddSource_Type_Web", 0, 97),
        ] {
            let made = Friend::new(source, &"w".repeat(wording), &"r".repeat(remark));
            assert_eq!(made.unwrap_err().code, Code::RelationParameterInvalid, "{source} {wording} {remark}");
        }
    }

    #[test]
    fn only_the_remark_and_custom_tags_change() {
        let mut settings = Settings::default();
        let mut friend = Friend::default();
        assert_eq!(set(&mut friend, REMARK, json!("Bee"), &settings), Ok(()));
        assert_eq!(set(&mut friend, "Tag_SNS_Custom_Rank", json!(7), &settings), Ok(()));
        settings.set("custom_friend_fields", "Team,Age:number,Note:text").unwrap();
        assert_eq!(set(&mut friend, "Tag_SNS_Custom_Age", json!("7"), &settings), Ok(()));
        assert_eq!(friend.custom["Tag_SNS_Custom_Age"], Value::Number(7));
        assert_eq!(set(&mut friend, "Tag_SNS_Custom_Team", json!("red"), &settings), Ok(()));
        for (tag, value) in [
            ("Tag_SNS_Custom_Rank", json!("x")),
            ("Tag_SNS_Custom_Team", json!("x".repeat(501))),
            ("Tag_SNS_Custom_Team", json!({})),
            ("Tag_SNS_Custom_Age", json!("seven")),
            ("Tag_SNS_Custom_Age", json!(-7)),
            ("Tag_SNS_Custom_Note", json!(7)),
            ("Tag_SNS_IM_AddSource", json!("AddSource_Type_Web")),
            (GROUP, json!([])),
            (REMARK, json!(5)),
        ] {
            assert_eq!(set(&mut friend, tag, value, &settings), Err(Code::RelationParameterInvalid), "{tag}");
        }
        assert_eq!(friend.custom.len(), 3);
        set(&mut friend, "Tag_SNS_Custom_Team", json!(""), &settings).unwrap();
        assert_eq!((friend.remark.as_str(), friend.custom.len()), ("Bee", 2));
    }

    #[test]
    fn group_names_have_1_to_30_bytes() {
        assert!(check_group_name(&"g".repeat(30)).is_ok());
        assert!(check_group_name("").is_err() && check_group_name(&"g".repeat(31)).is_err());
        assert_eq!(group_names(&json!(["a", "b", "a"])).unwrap(), ["a", "b"]);
        assert!(group_names(&json!("a")).is_err() && group_names(&json!([1])).is_err());
    }
}
