//! What an operator can set for an app: each setting stands here once, with its default, its range and its meaning.

mod change;

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::{
    AllowType, MultiDevice, ProfileField,
    callback::{CallbackForm, CallbackPolicy, CallbackSet, CallbackUrl},
    field::FriendField,
    group::field::{Declared, GroupField, MemberField},
};

/// What is shown in place of a secret; setting it changes nothing.
const HIDDEN: &str = "***";

/// A setting as the console and the command line show it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The name used with `app set`.
    pub name: &'static str,
    /// The value as text.
    pub value: String,
    /// The value of an app that never set it.
    pub default: String,
    /// What may be set: `true|false`, `1..10`, `single|dual|…`.
    pub allowed: String,
    /// What it does.
    pub meaning: &'static str,
    /// How a page can ask for it.
    #[serde(flatten)]
    pub shape: Shape,
}

/// What a value looks like, so that an input can be drawn for a setting that nobody foresaw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Shape {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Number {
        /// The least and the most, where there are such.
        #[serde(skip_serializing_if = "Option::is_none")]
        range: Option<[i64; 2]>,
    },
    /// One of some words.
    Choice {
        /// The words.
        values: Vec<String>,
    },
    /// Words with commas between them.
    List {
        /// How many there may be.
        most: i64,
    },
    /// Declarations of custom fields with commas between them.
    Fields {
        /// How many there may be.
        most: i64,
    },
    /// A text of a form of its own.
    Text,
}

/// A kind of value that a setting can have.
trait Kind: Sized {
    /// Whether the value is only ever shown as [`HIDDEN`].
    const SECRET: bool = false;
    fn parse(text: &str, range: &[i64]) -> Option<Self>;
    fn show(&self) -> String;
    fn allowed(range: &[i64]) -> String;
    fn shape(_: &[i64]) -> Shape {
        Shape::Text
    }
}

impl Kind for bool {
    fn parse(text: &str, _: &[i64]) -> Option<Self> {
        text.parse().ok()
    }
    fn show(&self) -> String {
        self.to_string()
    }
    fn allowed(_: &[i64]) -> String {
        "true|false".into()
    }
    fn shape(_: &[i64]) -> Shape {
        Shape::Bool
    }
}

impl Kind for i64 {
    fn parse(text: &str, range: &[i64]) -> Option<Self> {
        let value = text.parse().ok()?;
        let &[low, high] = range else { return Some(value) };
        (low..=high).contains(&value).then_some(value)
    }
    fn show(&self) -> String {
        self.to_string()
    }
    fn allowed(range: &[i64]) -> String {
        match range {
            [low, high] => format!("{low}..{high}"),
            _ => "a number".into(),
        }
    }
    fn shape(range: &[i64]) -> Shape {
        Shape::Number { range: range.try_into().ok() }
    }
}

impl Kind for MultiDevice {
    fn parse(text: &str, _: &[i64]) -> Option<Self> {
        Some(match text {
            "single" => Self::Single,
            "dual" => Self::Dual,
            "triple" => Self::Triple,
            "multi" => Self::Multi,
            _ => return None,
        })
    }
    fn show(&self) -> String {
        match self {
            Self::Single => "single",
            Self::Dual => "dual",
            Self::Triple => "triple",
            Self::Multi => "multi",
        }
        .into()
    }
    fn allowed(_: &[i64]) -> String {
        "single|dual|triple|multi".into()
    }
    fn shape(range: &[i64]) -> Shape {
        Shape::Choice { values: Self::allowed(range).split('|').map(Into::into).collect() }
    }
}

impl Kind for AllowType {
    fn parse(text: &str, _: &[i64]) -> Option<Self> {
        Self::ALL.into_iter().find(|allow| allow.name() == text)
    }
    fn show(&self) -> String {
        self.name().into()
    }
    fn allowed(_: &[i64]) -> String {
        Self::ALL.map(Self::name).join("|")
    }
    fn shape(range: &[i64]) -> Shape {
        Shape::Choice { values: Self::allowed(range).split('|').map(Into::into).collect() }
    }
}

impl Kind for Vec<String> {
    fn parse(text: &str, range: &[i64]) -> Option<Self> {
        let words: Self = text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(Into::into).collect();
        let most = range.last().map_or(usize::MAX, |most| *most as usize);
        let well_formed = words.iter().all(|word| word.len() <= 8 && word.chars().all(|c| c.is_ascii_alphanumeric()));
        (words.len() <= most && well_formed).then_some(words)
    }
    fn show(&self) -> String {
        self.join(",")
    }
    fn allowed(range: &[i64]) -> String {
        format!("up to {} names of at most 8 letters and digits, separated by commas", range.last().unwrap_or(&0))
    }
    fn shape(range: &[i64]) -> Shape {
        Shape::List { most: range.last().copied().unwrap_or_default() }
    }
}

/// A custom field as it is declared in a list.
trait Declaration: Sized + Display {
    const ALLOWED: &'static str;
    fn parse(text: &str) -> Option<Self>;
    /// What is unique in a list.
    fn name(&self) -> &str;
}

impl Declaration for ProfileField {
    const ALLOWED: &'static str = "NAME or NAME:TYPE:CLIENTS:BACKEND, separated by commas; names have at most 8 letters, \
                                   types are any, text and number, rights are rw, r, w and -";
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
    fn name(&self) -> &str {
        &self.keyword
    }
}

impl Declaration for FriendField {
    const ALLOWED: &'static str =
        "NAME or NAME:TYPE, separated by commas; names have at most 8 letters, types are any, text and number";
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
    fn name(&self) -> &str {
        &self.keyword
    }
}

impl<const OF_MEMBERS: bool> Declaration for Declared<OF_MEMBERS> {
    const ALLOWED: &'static str = if OF_MEMBERS {
        "NAME or NAME:TYPES:READER:WRITER, with more of :TYPES:READER:WRITER for other types, separated by commas; names \
         have at most 16 letters, digits and underscores and begin with no digit, types are joined by +, * is all, and \
         AVChatRoom and BChatRoom are none, readers and writers are the lowest of app, owner, admin, member and anyone, \
         with +own also the member itself"
    } else {
        "NAME or NAME:TYPES:READER:WRITER, with more of :TYPES:READER:WRITER for other types, separated by commas; names \
         have at most 16 letters, digits and underscores and begin with no digit, types are joined by + and * is all, \
         readers and writers are the lowest of app, owner, admin, member and anyone"
    };
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
    fn name(&self) -> &str {
        &self.name
    }
}

impl<T: Declaration> Kind for Vec<T> {
    fn parse(text: &str, range: &[i64]) -> Option<Self> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let fields = words.map(T::parse).collect::<Option<Self>>()?;
        let most = range.last().map_or(usize::MAX, |most| *most as usize);
        let is_new = |(at, field): (usize, &T)| fields[..at].iter().all(|one| one.name() != field.name());
        (fields.len() <= most && fields.iter().enumerate().all(is_new)).then_some(fields)
    }
    fn show(&self) -> String {
        self.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
    fn allowed(range: &[i64]) -> String {
        format!("up to {} of {}", range.last().unwrap_or(&0), T::ALLOWED)
    }
    fn shape(range: &[i64]) -> Shape {
        Shape::Fields { most: range.last().copied().unwrap_or_default() }
    }
}

impl Kind for CallbackSet {
    fn parse(text: &str, _: &[i64]) -> Option<Self> {
        Self::parse(text)
    }
    fn show(&self) -> String {
        self.to_string()
    }
    fn allowed(_: &[i64]) -> String {
        "all, or names of callback commands such as C2C.CallbackAfterSendMsg, separated by commas".into()
    }
}

impl Kind for CallbackPolicy {
    fn parse(text: &str, _: &[i64]) -> Option<Self> {
        Some(match text {
            "deliver" => Self::Deliver,
            "refuse" => Self::Refuse,
            _ => return None,
        })
    }
    fn show(&self) -> String {
        match self {
            Self::Deliver => "deliver",
            Self::Refuse => "refuse",
        }
        .into()
    }
    fn allowed(_: &[i64]) -> String {
        "deliver|refuse".into()
    }
    fn shape(range: &[i64]) -> Shape {
        Shape::Choice { values: Self::allowed(range).split('|').map(Into::into).collect() }
    }
}

impl Kind for CallbackForm {
    fn parse(text: &str, _: &[i64]) -> Option<Self> {
        Some(match text {
            "current" => Self::Current,
            "2019" => Self::Old,
            _ => return None,
        })
    }
    fn show(&self) -> String {
        match self {
            Self::Current => "current",
            Self::Old => "2019",
        }
        .into()
    }
    fn allowed(_: &[i64]) -> String {
        "current|2019".into()
    }
    fn shape(range: &[i64]) -> Shape {
        Shape::Choice { values: Self::allowed(range).split('|').map(Into::into).collect() }
    }
}

impl Kind for CallbackUrl {
    fn parse(text: &str, _: &[i64]) -> Option<Self> {
        Self::new(text)
    }
    fn show(&self) -> String {
        self.as_str().into()
    }
    fn allowed(_: &[i64]) -> String {
        "an address that begins with http:// or https://, or nothing".into()
    }
}

/// A text that is never shown: a token, a private key.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "" } else { HIDDEN })
    }
}

impl Kind for Hidden {
    const SECRET: bool = true;
    fn parse(text: &str, range: &[i64]) -> Option<Self> {
        let most = range.last().map_or(usize::MAX, |most| *most as usize);
        (text.len() <= most).then(|| Self(text.to_owned()))
    }
    fn show(&self) -> String {
        format!("{self:?}")
    }
    fn allowed(range: &[i64]) -> String {
        format!("a text of at most {} bytes", range.last().unwrap_or(&0))
    }
}

/// Certificates in PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pem(String);

impl Pem {
    /// The text, empty when there are none.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Kind for Pem {
    fn parse(text: &str, range: &[i64]) -> Option<Self> {
        let most = range.last().map_or(usize::MAX, |most| *most as usize);
        let is_pem = text.is_empty() || text.contains("-----BEGIN CERTIFICATE-----");
        (is_pem && text.len() <= most).then(|| Self(text.to_owned()))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
    fn allowed(_: &[i64]) -> String {
        "certificates in PEM, or nothing".into()
    }
}

macro_rules! settings {
    ($($name:ident: $kind:ty = $default:expr, [$($range:literal),*], $meaning:literal;)+) => {
        /// The settings of one app; what an older version stored without a field gets the default.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Settings {
            $(#[doc = $meaning] pub $name: $kind,)+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl Settings {
            /// Changes one setting; the error is a sentence for the operator.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
                let mut next = self.clone();
                next.put(name, value)?;
                next.check()?;
                *self = next;
                Ok(())
            }

            fn put(&mut self, name: &str, value: &str) -> Result<(), String> {
                match name {
                    $(stringify!($name) => {
                        if <$kind as Kind>::SECRET && value == HIDDEN {
                            return Ok(());
                        }
                        self.$name = <$kind as Kind>::parse(value, &[$($range),*]).ok_or_else(|| {
                            format!("{name} takes {}", <$kind as Kind>::allowed(&[$($range),*]))
                        })?;
                        Ok(())
                    })+
                    _ => Err(format!("there is no setting {name}; there are {}", [$(stringify!($name)),+].join(", "))),
                }
            }

            /// Every setting with its value, range and meaning.
            pub fn list(&self) -> Vec<Shown> {
                let usual = Self::default();
                vec![$(Shown {
                    name: stringify!($name),
                    value: self.$name.show(),
                    default: usual.$name.show(),
                    allowed: <$kind as Kind>::allowed(&[$($range),*]),
                    meaning: $meaning,
                    shape: <$kind as Kind>::shape(&[$($range),*]),
                },)+]
            }
        }
    };
}

settings! {
    multi_device: MultiDevice = MultiDevice::Dual, [], "Which devices of one user may be online together (多端登录).";
    web_instances: i64 = 1, [1, 10], "How many web clients of one user may be online together (Web端实例同时在线).";
    hello_interval: i64 = 15, [5, 300], "Seconds between the hellos of a web client; short intervals bring clients back sooner after an outage.";
    roaming_days: i64 = 7, [1, 3650], "Days for which the history of conversations can be read (消息漫游时长).";
    client_roaming: bool = true, [], "Whether clients may read the history of one-to-one conversations (客户端拉取单聊消息漫游).";
    relation_check: bool = false, [], "Whether one-to-one messages need both users to be friends of each other (单聊消息检验关系链); 20009 to 20011 without.";
    allow_type: AllowType = AllowType::Any, [], "Who may add a user as a friend, until the user says otherwise (默认加好友验证方式): anybody, whom the user agrees to, or nobody.";
    recall_seconds: i64 = 120, [0, 604_800], "How long after sending a user may recall a message; 20016 later.";
    blocked_sender_sees_success: bool = false, [], "Whether a blocked sender is told that the message was sent, instead of 20007.";
    user_status: bool = true, [], "Whether clients may ask for and subscribe to the status of others; 72001 without.";
    all_member_push: bool = true, [], "Whether the app's backend may push to all users (全员推送); 90045 without.";
    recent_contacts: i64 = 500, [100, 1000], "The most conversations in a user's list.";
    custom_profile_fields: Vec<ProfileField> = Vec::new(), [20], "Custom profile fields (自定义字段) with their types and what clients and the backend may do; while empty, every well-formed one is accepted.";
    custom_friend_fields: Vec<FriendField> = Vec::new(), [20], "Custom fields of friends (好友自定义字段) with their types; while empty, every well-formed one is accepted.";
    custom_group_fields: Vec<GroupField> = Vec::new(), [20], "Custom fields of groups (群维度自定义字段) with the types of groups that have them and who may read and write them there; while empty, every well-formed one is accepted.";
    custom_member_fields: Vec<MemberField> = Vec::new(), [5], "Custom fields of members of groups (群成员维度自定义字段), likewise; no name is one of a group's field.";
    group_messages_per_second: i64 = 40, [1, 10_000], "Messages a second in one group; beyond, those of the lowest priority are dropped (群消息频控). Bursts of five seconds' worth pass.";
    cloud_search: bool = true, [], "Whether users may search the app's users, groups and members, and what was said to them (云端搜索); 60020 without.";
    community: bool = true, [], "Whether communities and topics can be made and used (社群, 话题); 11000 without.";
    room_history: bool = false, [], "Whether newcomers of a live room get its newest messages, at most 20 (直播群历史消息).";
    upload_megabytes: i64 = 100, [1, 1024], "The largest file or video a client may upload, in MB.";
    image_megabytes: i64 = 28, [1, 1024], "The largest picture or sound a client may upload, in MB.";
    refused_file_types: Vec<String> = Vec::new(), [50], "Endings of names of files that clients may not upload, such as exe,apk.";
    file_days: i64 = 0, [0, 3650], "Days for which uploaded files are kept; 0 is as long as history can be read.";
    callback_url: CallbackUrl = CallbackUrl::default(), [], "Where the app's own server is asked and told of what happens (回调URL); empty is nowhere.";
    callbacks: CallbackSet = CallbackSet::default(), [], "Which callbacks are on (回调配置).";
    callback_on_failure: CallbackPolicy = CallbackPolicy::Deliver, [], "What happens when a callback before an event gets no usable answer within 2 seconds: deliver lets the event go on, refuse does not; 80003.";
    callback_retry: bool = true, [], "Whether a callback after an event is repeated until it was taken, for about five minutes; without, it is tried once. What was not taken can be sent again at the console.";
    callback_form: CallbackForm = CallbackForm::Current, [], "Which bodies callbacks have: the current ones, or those of 2019 without what came later.";
    callback_token: Hidden = Hidden::default(), [128], "The token that callbacks are signed with, in the address; empty is unsigned.";
    callback_ca: Pem = Pem::default(), [65_536], "The certificates by which the app's server is known over HTTPS; empty is those that the system trusts.";
    callback_certificate: Pem = Pem::default(), [65_536], "The certificate that callbacks show to the app's server over HTTPS (HTTPS双向认证), with those that issued it.";
    callback_key: Hidden = Hidden::default(), [65_536], "The private key of that certificate, in PEM.";
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Settings;
    use crate::MultiDevice;

    #[test]
    fn values_are_checked_and_shown() {
        let mut settings = Settings::default();
        settings.set("multi_device", "multi").unwrap();
        settings.set("web_instances", "2").unwrap();
        settings.set("custom_profile_fields", "Team, Rank:number:r").unwrap();
        settings.set("custom_friend_fields", "Team, Rank").unwrap();
        assert_eq!((settings.multi_device, settings.web_instances), (MultiDevice::Multi, 2));
        let shown: Vec<_> = settings.custom_profile_fields.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["Team", "Rank:number:r:rw"]);
        assert!(settings.set("custom_profile_fields", "Team,Team:text").is_err(), "twice");
        assert_eq!(settings.custom_friend_fields[1].keyword, "Rank");
        for (name, value) in [("web_instances", "11"), ("web_instances", "x"), ("nothing", "1"), ("user_status", "yes")]
        {
            assert!(settings.set(name, value).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn secrets_are_not_shown_and_stay_when_shown_back() {
        let mut settings = Settings::default();
        settings.set("callback_token", "s3cret").unwrap();
        let shown = settings.list().into_iter().find(|shown| shown.name == "callback_token").unwrap();
        assert_eq!(shown.value, "***");
        assert!(!format!("{settings:?}").contains("s3cret"));
        settings.set("callback_token", &shown.value).unwrap();
        assert_eq!(settings.callback_token.reveal(), "s3cret");
    }

    #[test]
    fn every_setting_takes_the_value_it_shows() {
        let mut settings = Settings::default();
        for (name, value) in [
            ("custom_profile_fields", "Rank:number:r:rw"),
            ("custom_friend_fields", "Rank:number"),
            ("custom_group_fields", "city:Public:anyone:admin:Private:member:owner,plan"),
            ("custom_member_fields", "badge:Public:member:admin+own"),
        ] {
            settings.set(name, value).unwrap();
        }
        let mut again = Settings::default();
        for shown in settings.list() {
            again.set(shown.name, &shown.value).unwrap();
        }
        assert_eq!(again, settings);
        let stored: Settings = serde_json::from_str(&serde_json::to_string(&settings).unwrap()).unwrap();
        assert_eq!(stored, settings);
    }

    #[test]
    fn a_group_and_a_member_have_no_field_of_the_same_name() {
        let mut settings = Settings::default();
        settings.set("custom_group_fields", "city,plan").unwrap();
        assert!(settings.set("custom_member_fields", "plan").is_err());
        assert!(settings.custom_member_fields.is_empty(), "what is refused changes nothing");
        settings.set("custom_member_fields", "badge").unwrap();
        assert!(settings.set("custom_group_fields", "badge").is_err());
        assert!(settings.set("custom_member_fields", "a,b,c,d,e,f").is_err());
    }

    #[test]
    fn a_page_can_draw_every_setting() {
        let shapes: serde_json::Map<_, _> = Settings::default()
            .list()
            .into_iter()
            .map(|shown| (shown.name.to_owned(), serde_json::to_value(shown.shape).unwrap()))
            .collect();
        for (name, shape) in [
            ("user_status", json!({"kind": "bool"})),
            ("web_instances", json!({"kind": "number", "range": [1, 10]})),
            ("multi_device", json!({"kind": "choice", "values": ["single", "dual", "triple", "multi"]})),
            ("refused_file_types", json!({"kind": "list", "most": 50})),
            ("custom_profile_fields", json!({"kind": "fields", "most": 20})),
        ] {
            assert_eq!(shapes[name], shape, "{name}");
        }
    }

    #[test]
    fn what_was_stored_without_a_field_gets_the_default() {
        let settings: Settings = serde_json::from_str(r#"{"web_instances":3}"#).unwrap();
        assert_eq!(settings, Settings { web_instances: 3, ..Settings::default() });
        let settings: Settings = serde_json::from_str(r#"{"custom_profile_fields":["Team"]}"#).unwrap();
        assert_eq!(settings.custom_profile_fields[0].keyword, "Team", "names alone, as they were before");
        let settings: Settings = serde_json::from_str(r#"{"custom_friend_fields":["Team"]}"#).unwrap();
        assert_eq!(settings.custom_friend_fields[0].keyword, "Team");
    }
}
