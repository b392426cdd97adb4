//! A user's profile: tags and values (REST v4 `portrait_set`, `portrait_get`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    AllowType, Code, Error, ProfileField, Settings,
    field::{FieldType, Rights, is_keyword},
};

/// The tag of the nickname.
pub const NICK: &str = "Tag_Profile_IM_Nick";
/// The tag of the avatar's address.
pub const IMAGE: &str = "Tag_Profile_IM_Image";
/// The tag of the permission to be added as a friend.
pub const ALLOW_TYPE: &str = "Tag_Profile_IM_AllowType";
/// The tag only an administrator writes.
pub const ADMIN_FORBID_TYPE: &str = "Tag_Profile_IM_AdminForbidType";
/// Custom tags begin so.
pub const CUSTOM_PREFIX: &str = "Tag_Profile_Custom_";
/// The longest text, in bytes.
pub const TEXT_BYTES: usize = 500;

/// What a tag's value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Texts up to so many bytes.
    Text(usize),
    /// Numbers up to 2^32 - 1.
    Number,
    /// Whatever a declared field has: texts up to the usual length, numbers up to 2^64 - 1.
    Custom(FieldType),
    OneOf(&'static [&'static str]),
}

/// The standard tags with their rules.
const STANDARD: [(&str, Rule); 12] = [
    (NICK, Rule::Text(TEXT_BYTES)),
    ("Tag_Profile_IM_Gender", Rule::OneOf(&["Gender_Type_Unknown", "Gender_Type_Female", "Gender_Type_Male"])),
    ("Tag_Profile_IM_BirthDay", Rule::Number),
    ("Tag_Profile_IM_Location", Rule::Text(16)),
    ("Tag_Profile_IM_SelfSignature", Rule::Text(TEXT_BYTES)),
    (ALLOW_TYPE, Rule::OneOf(&["AllowType_Type_NeedConfirm", "AllowType_Type_AllowAny", "AllowType_Type_DenyAny"])),
    ("Tag_Profile_IM_Language", Rule::Number),
    (IMAGE, Rule::Text(TEXT_BYTES)),
    ("Tag_Profile_IM_MsgSettings", Rule::Number),
    (ADMIN_FORBID_TYPE, Rule::OneOf(&["AdminForbid_Type_None", "AdminForbid_Type_SendOut"])),
    ("Tag_Profile_IM_Level", Rule::Number),
    ("Tag_Profile_IM_Role", Rule::Number),
];

/// The value of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number, at most 2^32 - 1 in standard tags.
    Number(u64),
    /// A text.
    Text(String),
}

/// The tags of a user that have a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profile(BTreeMap<String, Value>);

/// A tag with its value, as the protocol carries it. Some clients write the member names in lower case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Item {
    /// The tag's name.
    #[serde(rename = "Tag", alias = "tag")]
    pub tag: String,
    /// The tag's value; anything but a number or a text is refused with 40610.
    #[serde(rename = "Value", alias = "value")]
    pub value: serde_json::Value,
}

impl Profile {
    /// The nickname, empty when there is none.
    pub fn nick(&self) -> &str {
        self.text(NICK)
    }

    /// The avatar's address, empty when there is none.
    pub fn image(&self) -> &str {
        self.text(IMAGE)
    }

    /// Who may add the user as a friend, if it says so.
    pub fn allow_type(&self) -> Option<AllowType> {
        let text = self.text(ALLOW_TYPE);
        AllowType::ALL.into_iter().find(|allow| allow.wire() == text)
    }

    /// Whether an administrator forbade the user to ask for friendships.
    pub fn is_forbidden_to_apply(&self) -> bool {
        self.text(ADMIN_FORBID_TYPE) == "AdminForbid_Type_SendOut"
    }

    fn text(&self, tag: &str) -> &str {
        match self.0.get(tag) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// The tags with their values, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(tag, value)| (tag.as_str(), value))
    }

    /// One tag's value.
    pub fn get(&self, tag: &str) -> Option<&Value> {
        self.0.get(tag)
    }

    /// Sets a text without the checks of [`change`](Self::change); an empty one is taken as "not given".
    pub fn set_given(&mut self, tag: &'static str, text: Option<&str>) -> Result<(), Error> {
        match text {
            Some(text) if text.len() > TEXT_BYTES => Err(Code::ProfileValueTooLong.into()),
            Some(text) if !text.is_empty() => {
                self.0.insert(tag.into(), Value::Text(text.into()));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Applies all items or, on an error, none. `admin` tells whether an administrator writes.
    pub fn change(&mut self, items: &[Item], settings: &Settings, admin: bool) -> Result<(), Error> {
        let mut checked = Vec::with_capacity(items.len());
        for item in items {
            checked.push((item.tag.clone(), check(item, settings, admin)?));
        }
        self.0.extend(checked);
        Ok(())
    }
}

/// Checks that a tag exists (40009) and may be read (40007), by a client or by the app's backend.
pub fn check_readable(tag: &str, settings: &Settings, admin: bool) -> Result<(), Error> {
    if STANDARD.iter().any(|(name, _)| *name == tag) {
        return Ok(());
    }
    let (_, rights) = custom(tag, settings).ok_or_else(|| unknown(tag))?;
    if rights(admin).read {
        return Ok(());
    }
    Err(Error::new(Code::ProfileTagUnreadable).detail(format!("the profile field {tag} may not be read")))
}

fn unknown(tag: &str) -> Error {
    Error::new(Code::ProfileTagMissing).detail(format!("there is no profile field {tag}"))
}

/// The type of a custom tag and what each side may do; `None` when there is no such tag.
fn custom<'a>(tag: &str, settings: &'a Settings) -> Option<(FieldType, impl Fn(bool) -> Rights + use<'a>)> {
    let keyword = tag.strip_prefix(CUSTOM_PREFIX)?;
    let declared: Option<&ProfileField> = if settings.custom_profile_fields.is_empty() {
        is_keyword(keyword).then_some(None)?
    } else {
        Some(settings.custom_profile_fields.iter().find(|field| field.keyword == keyword)?)
    };
    let rights = move |admin| declared.map_or(Rights::ALL, |field| field.rights(admin));
    Some((declared.map_or(FieldType::Any, |field| field.kind), rights))
}

/// What a tag's value may be; 40008 when it may not be written, by a client or by the app's backend.
fn rule(tag: &str, settings: &Settings, admin: bool) -> Result<Rule, Error> {
    let unwritable =
        || Error::new(Code::ProfileTagUnwritable).detail(format!("the profile field {tag} may not be written"));
    if let Some((_, rule)) = STANDARD.iter().find(|(name, _)| *name == tag) {
        return if tag == ADMIN_FORBID_TYPE && !admin { Err(unwritable()) } else { Ok(*rule) };
    }
    let (kind, rights) = custom(tag, settings).ok_or_else(|| unknown(tag))?;
    if !rights(admin).write {
        return Err(unwritable());
    }
    Ok(Rule::Custom(kind))
}

fn check(item: &Item, settings: &Settings, admin: bool) -> Result<Value, Error> {
    let rule = rule(&item.tag, settings, admin)?;
    let wrong =
        |what: &str| Error::new(Code::ProfileValueTypeWrong).detail(format!("the value of {} is {what}", item.tag));
    match (rule, &item.value) {
        (Rule::Text(most), serde_json::Value::String(text)) => bounded(&item.tag, text, most),
        (Rule::Custom(FieldType::Any | FieldType::Text), serde_json::Value::String(text)) => {
            bounded(&item.tag, text, TEXT_BYTES)
        }
        (Rule::OneOf(allowed), serde_json::Value::String(text)) => {
            if !allowed.contains(&text.as_str()) {
                return Err(Error::new(Code::ProfileValueInvalid).detail(format!(
                    "the value of {} is one of {}",
                    item.tag,
                    allowed.join(", ")
                )));
            }
            Ok(Value::Text(text.clone()))
        }
        (Rule::Number, value) => match FieldType::Number.read(value) {
            Some(Value::Number(number)) if u32::try_from(number).is_ok() => Ok(Value::Number(number)),
            _ => Err(wrong("a number")),
        },
        (Rule::Custom(kind), value) => kind.read(value).ok_or_else(|| wrong(&format!("a {}", kind.value()))),
        _ => Err(wrong("a text")),
    }
}

fn bounded(tag: &str, text: &str, most: usize) -> Result<Value, Error> {
    if text.len() > most {
        return Err(
            Error::new(Code::ProfileValueTooLong).detail(format!("the value of {tag} has at most {most} bytes"))
        );
    }
    Ok(Value::Text(text.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ADMIN_FORBID_TYPE, Item, NICK, Profile, Value, check_readable};
    use crate::{Code, Settings};

    fn item(tag: &str, value: serde_json::Value) -> Item {
        Item { tag: tag.into(), value }
    }

    fn change(items: &[Item], admin: bool) -> Result<Profile, Code> {
        let mut profile = Profile::default();
        profile.change(items, &Settings::default(), admin).map(|()| profile).map_err(|error| error.code)
    }

    #[test]
    fn each_way_to_be_wrong_has_its_code() {
        for (tag, value, code) in [
            ("Tag_Profile_IM_Nothing", json!("x"), Code::ProfileTagMissing),
            ("Tag_Profile_Custom_toolongname", json!("x"), Code::ProfileTagMissing),
            (NICK, json!("x".repeat(501)), Code::ProfileValueTooLong),
            (NICK, json!(5), Code::ProfileValueTypeWrong),
            ("Tag_Profile_IM_Gender", json!("other"), Code::ProfileValueInvalid),
            ("Tag_Profile_IM_Level", json!("many"), Code::ProfileValueTypeWrong),
            ("Tag_Profile_IM_Level", json!(4_294_967_296_u64), Code::ProfileValueTypeWrong),
            (ADMIN_FORBID_TYPE, json!("AdminForbid_Type_None"), Code::ProfileTagUnwritable),
        ] {
            assert_eq!(change(&[item(tag, value)], false), Err(code), "{tag}");
        }
    }

    #[test]
    fn all_items_or_none() {
        let mut profile = Profile::default();
        let items = [item(NICK, json!("Ann")), item("Tag_Profile_IM_Level", json!([]))];
        assert!(profile.change(&items, &Settings::default(), true).is_err());
        assert_eq!(profile.nick(), "");
    }

    #[test]
    fn declared_fields_have_types_and_rights() {
        let mut settings = Settings::default();
        settings.set("custom_profile_fields", "Open,Rank:number:r:rw,Note:text:-:w,Own:text:rw:r").unwrap();
        let tag = |name: &str| format!("Tag_Profile_Custom_{name}");
        let write = |name: &str, value: serde_json::Value, admin: bool| {
            let items = [item(&tag(name), value)];
            Profile::default().change(&items, &settings, admin).map_err(|error| error.code)
        };
        for (name, value, admin, wanted) in [
            ("Open", json!("x"), false, Ok(())),
            ("Open", json!(5), false, Ok(())),
            ("Open", json!("x".repeat(501)), false, Err(Code::ProfileValueTooLong)),
            ("Open", json!([]), false, Err(Code::ProfileValueTypeWrong)),
            ("Rank", json!(u64::MAX), true, Ok(())),
            ("Rank", json!("7"), true, Ok(())),
            ("Rank", json!(7), false, Err(Code::ProfileTagUnwritable)),
            ("Rank", json!("seven"), true, Err(Code::ProfileValueTypeWrong)),
            ("Note", json!(7), true, Err(Code::ProfileValueTypeWrong)),
            ("Note", json!("x".repeat(501)), true, Err(Code::ProfileValueTooLong)),
            ("Own", json!("mine"), false, Ok(())),
            ("Own", json!("theirs"), true, Err(Code::ProfileTagUnwritable)),
            ("Team", json!("red"), true, Err(Code::ProfileTagMissing)),
        ] {
            assert_eq!(write(name, value, admin), wanted, "{name} {admin}");
        }
        let read = |name: &str, admin| check_readable(&tag(name), &settings, admin).map_err(|error| error.code);
        assert_eq!((read("Rank", false), read("Open", true)), (Ok(()), Ok(())));
        for admin in [false, true] {
            assert_eq!(read("Note", admin), Err(Code::ProfileTagUnreadable));
            assert_eq!(read("Team", admin), Err(Code::ProfileTagMissing));
        }
        assert!(check_readable(NICK, &settings, false).is_ok());
        assert!(check_readable(&tag("Team"), &Settings::default(), false).is_ok(), "all, while none is declared");
    }

    #[test]
    fn numbers_may_be_texts_and_admins_write_all() {
        let profile = change(
            &[
                item("Tag_Profile_IM_BirthDay", json!("19990131")),
                item(ADMIN_FORBID_TYPE, json!("AdminForbid_Type_None")),
            ],
            true,
        )
        .unwrap();
        assert_eq!(profile.get("Tag_Profile_IM_BirthDay"), Some(&Value::Number(19_990_131)));
    }
}
