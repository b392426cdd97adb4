//! Callbacks: what the app's own server is asked before something happens, and told after it (第三方回调).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whether the app's server is asked or told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallbackKind {
    /// Asked before the event; its answer may refuse or change it.
    Before,
    /// Told after the event; its answer is ignored.
    After,
}

macro_rules! callbacks {
    ($($name:ident $wire:literal $kind:ident $since:literal $chinese:literal $meaning:literal;)+) => {
        /// A callback command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Callback {
            $(#[doc = concat!("`", $wire, "`: ", $meaning, ".")] $name,)+
        }

        impl Callback {
            /// Every command, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $wire,)+ }
            }

            /// Whether the server is asked or told.
            pub const fn kind(self) -> CallbackKind {
                match self { $(Self::$name => CallbackKind::$kind,)+ }
            }

            /// The year in which the command came; those of 2019 and before say 2019.
            pub const fn since(self) -> u16 {
                match self { $(Self::$name => $since,)+ }
            }

            /// What the console calls it.
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)+ }
            }

            /// When the server is asked or told, in English.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }
        }
    };
}

callbacks! {
    StateChange "State.StateChange" After 2019 "状态变更回调" "a client signs in, signs out, or loses its connection";
    PortraitSet "Profile.CallbackPortraitSet" After 2022 "更新资料之后回调" "a profile was changed";
    PrevFriendAdd "Sns.CallbackPrevFriendAdd" Before 2021 "添加好友之前回调" "a client adds friends";
    PrevFriendResponse "Sns.CallbackPrevFriendResponse" Before 2021 "添加好友回应之前回调" "a client answers applications";
    FriendAdd "Sns.CallbackFriendAdd" After 2019 "添加好友之后回调" "users have become friends";
    FriendDelete "Sns.CallbackFriendDelete" After 2019 "删除好友之后回调" "friends were removed";
    BlackListAdd "Sns.CallbackBlackListAdd" After 2019 "添加黑名单之后回调" "users were blocked";
    BlackListDelete "Sns.CallbackBlackListDelete" After 2019 "删除黑名单之后回调" "users were unblocked";
    C2cBeforeSend "C2C.CallbackBeforeSendMsg" Before 2019 "发单聊消息之前回调" "a message to a user is about to be stored";
    C2cAfterSend "C2C.CallbackAfterSendMsg" After 2019 "发单聊消息之后回调" "a message to a user was sent, or could not be";
    C2cAfterRead "C2C.CallbackAfterMsgReport" After 2021 "单聊消息已读上报后回调" "a user has read what another wrote";
    C2cAfterRecall "C2C.CallbackAfterMsgWithDraw" After 2021 "单聊消息撤回后回调" "a message to a user was recalled";
    GroupBeforeCreate "Group.CallbackBeforeCreateGroup" Before 2019 "创建群组之前回调" "a group is about to be made";
    GroupAfterCreate "Group.CallbackAfterCreateGroup" After 2019 "创建群组之后回调" "a group was made";
    GroupBeforeApply "Group.CallbackBeforeApplyJoinGroup" Before 2019 "申请入群之前回调" "a user applies to join a group";
    GroupBeforeInvite "Group.CallbackBeforeInviteJoinGroup" Before 2019 "拉人入群之前回调" "users are about to be brought into a group";
    GroupAfterJoin "Group.CallbackAfterNewMemberJoin" After 2019 "新成员入群之后回调" "users came into a group";
    GroupAfterExit "Group.CallbackAfterMemberExit" After 2019 "群成员离开之后回调" "members left a group or were removed";
    GroupBeforeSend "Group.CallbackBeforeSendMsg" Before 2019 "群内发言之前回调" "a group message is about to be stored";
    GroupAfterSend "Group.CallbackAfterSendMsg" After 2019 "群内发言之后回调" "a group message was sent";
    GroupAfterFull "Group.CallbackAfterGroupFull" After 2019 "群组满员之后回调" "a group has no place left";
    GroupAfterDestroy "Group.CallbackAfterGroupDestroyed" After 2019 "群组解散之后回调" "a group was dismissed";
    GroupAfterInfo "Group.CallbackAfterGroupInfoChanged" After 2019 "群组资料变动之后回调" "what is said of a group was changed";
    GroupAfterRecall "Group.CallbackAfterRecallMsg" After 2022 "撤回群消息之后回调" "group messages were recalled";
    GroupSendException "Group.CallbackSendMsgException" After 2022 "发送群聊消息异常回调" "a group message could not be sent";
    TopicBeforeCreate "Group.CallbackBeforeCreateTopic" Before 2022 "创建话题之前回调" "a topic is about to be made";
    TopicAfterCreate "Group.CallbackAfterCreateTopic" After 2022 "创建话题之后回调" "a topic was made";
    TopicAfterDestroy "Group.CallbackAfterTopicDestroyed" After 2022 "解散话题之后回调" "topics were dismissed";
    TopicAfterInfo "Group.CallbackAfterTopicInfoChanged" After 2022 "话题资料修改之后回调" "what is said of a topic was changed";
    GroupMemberField "Group.CallbackAfterMemberFieldChanged" After 2024 "群成员资料变更之后回调" "what is said of a member was changed";
    GroupAttribute "Group.CallbackAfterGroupAttrChanged" After 2024 "群自定义属性变更之后回调" "attributes of a group were changed";
    GroupReadReceipt "Group.CallbackAfterReadReceipt" After 2024 "群消息已读回执之后回调" "members confirmed messages as read";
    GroupAfterOwner "Group.CallbackAfterChangeGroupOwner" After 2025 "群主变更之后回调" "a group has another owner";
    BotC2cMessage "Bot.OnC2CMessage" After 2023 "机器人单聊消息回调" "a robot was sent a message";
    BotGroupMessage "Bot.OnGroupMessage" After 2023 "机器人群聊消息回调" "robots were mentioned in a group";
}

impl Callback {
    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|callback| callback.name() == name)
    }

    /// Whether the command belongs to the family of groups, where times are texts.
    pub fn is_of_groups(self) -> bool {
        self.name().starts_with("Group.")
    }
}

/// The callbacks an app has switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallbackSet(u64);

impl CallbackSet {
    /// Whether one is on.
    pub const fn has(self, callback: Callback) -> bool {
        self.0 & 1 << callback as u64 != 0
    }

    /// Whether all are off.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, callback: Callback) -> Self {
        Self(self.0 | 1 << callback as u64)
    }

    /// Those that are on, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Callback> {
        Callback::ALL.iter().copied().filter(move |callback| self.has(*callback))
    }

    /// Reads names separated by commas; `all` is every one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut set = Self::default();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            set = match name {
                "all" => Callback::ALL.iter().fold(set, |set, callback| set.with(*callback)),
                _ => set.with(Callback::from_name(name)?),
            };
        }
        Some(set)
    }
}

impl fmt::Display for CallbackSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(Callback::name).collect::<Vec<_>>().join(","))
    }
}

impl Serialize for CallbackSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Callback::name))
    }
}

impl<'de> Deserialize<'de> for CallbackSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        // What a newer version knew and this one does not is off.
        Ok(names.iter().filter_map(|name| Callback::from_name(name)).fold(Self::default(), Self::with))
    }
}

/// What happens to an event whose before-callback got no usable answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallbackPolicy {
    /// It goes on as if there were no callback.
    #[default]
    Deliver,
    /// It is refused; messages with 80003.
    Refuse,
}

/// Which bodies the app's server understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallbackForm {
    /// With all fields that came later.
    #[default]
    #[serde(rename = "current")]
    Current,
    /// As they were in 2019.
    #[serde(rename = "2019")]
    Old,
}

/// Where callbacks are sent; empty is nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallbackUrl(String);

/// An address apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlParts {
    /// HTTPS.
    pub secure: bool,
    /// A name or an address; IPv6 addresses without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query, beginning with a slash.
    pub path: String,
}

/// The longest address, in bytes.
const URL_BYTES: usize = 1024;

impl CallbackUrl {
    /// Reads an address: `http` or `https`, a host, perhaps a port, a path and a query.
    pub fn new(text: &str) -> Option<Self> {
        (text.is_empty() || text.len() <= URL_BYTES && split(text).is_some()).then(|| Self(text.to_owned()))
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its parts; nothing when it is empty.
    pub fn parts(&self) -> Option<UrlParts> {
        split(&self.0)
    }
}

fn split(url: &str) -> Option<UrlParts> {
    let (secure, rest) = match url.strip_prefix("https://") {
        Some(rest) => (true, rest),
        None => (false, url.strip_prefix("http://")?),
    };
    if !rest
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'!' | b'$' | b'#' | b'"' | b'<' | b'>' | b'\\'))
    {
        return None;
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = if let Some(literal) = authority.strip_prefix('[') {
        let (host, port) = literal.split_once(']')?;
        host.parse::<core::net::Ipv6Addr>().ok()?;
        (host, port.strip_prefix(':').or(port.is_empty().then_some(""))?)
    } else {
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        is_host(host).then_some(())?;
        (host, port)
    };
    let port = match port {
        "" if authority.ends_with(':') => return None,
        "" if secure => 443,
        "" => 80,
        port => port.parse().ok().filter(|port| *port > 0)?,
    };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Some(UrlParts { secure, host: host.to_owned(), port, path })
}

/// Letters, digits and hyphens between dots; no hyphen first or last.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

/// What the caused event came from, as callbacks say it (`OptPlatform`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OptPlatform {
    /// Not known any more.
    #[default]
    Unknown,
    /// The app's backend.
    Rest,
    /// A client.
    Client(crate::Platform),
}

impl OptPlatform {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Rest => "RESTAPI",
            Self::Client(platform) => device_name(platform),
        }
    }

    /// The number that a stored message keeps, up to 15.
    pub fn number(self) -> u32 {
        match self {
            Self::Unknown => 0,
            Self::Rest => 15,
            Self::Client(platform) => platform.number() as u32,
        }
    }

    /// Inverse of [`number`](Self::number).
    pub fn from_number(number: u32) -> Self {
        match number {
            0 => Self::Unknown,
            15 => Self::Rest,
            number => Self::Client(crate::Platform::from_number(number.into())),
        }
    }
}

/// What callbacks call a device.
pub fn device_name(platform: crate::Platform) -> &'static str {
    use crate::Platform::{Android, Ipad, Iphone, Linux, Mac, Web, Windows};
    match platform {
        Web => "Web",
        Android => "Android",
        Iphone => "iOS",
        Ipad => "iPad",
        Windows => "Windows",
        Mac => "Mac",
        Linux => "Linux",
    }
}

#[cfg(test)]
mod tests {
    use super::{Callback, CallbackKind, CallbackSet, CallbackUrl, OptPlatform};
    use crate::Platform;

    #[test]
    fn names_tell_the_kind() {
        for callback in Callback::ALL {
            let name = callback.name();
            let asks = name.contains("Before") || name.contains("Prev");
            assert_eq!(callback.kind() == CallbackKind::Before, asks, "{name}");
            assert_eq!(Callback::from_name(name), Some(*callback));
        }
        assert!(Callback::ALL.len() <= 64, "a set is 64 bits");
    }

    #[test]
    fn eighteen_commands_are_of_2019() {
        assert_eq!(Callback::ALL.iter().filter(|callback| callback.since() == 2019).count(), 18);
    }

    #[test]
    fn sets_are_read_and_shown_in_the_tables_order() {
        let set = CallbackSet::parse("C2C.CallbackAfterSendMsg, State.StateChange").unwrap();
        assert_eq!(set.to_string(), "State.StateChange,C2C.CallbackAfterSendMsg");
        assert_eq!(serde_json::from_str::<CallbackSet>(&serde_json::to_string(&set).unwrap()).unwrap(), set);
        assert_eq!(
            serde_json::from_str::<CallbackSet>(r#"["State.StateChange","New.One"]"#).unwrap().iter().count(),
            1
        );
        assert_eq!(CallbackSet::parse("all").unwrap().iter().count(), Callback::ALL.len());
        assert!(CallbackSet::parse("State.Change").is_none());
    }

    #[test]
    fn addresses_are_taken_apart() {
        let parts = |url: &str| CallbackUrl::new(url).and_then(|url| url.parts());
        let whole = parts("https://hooks.example.com/im/hook?x=1").unwrap();
        assert_eq!(
            (whole.secure, &*whole.host, whole.port, &*whole.path),
            (true, "hooks.example.com", 443, "/im/hook?x=1")
        );
        let bare = parts("http://192.0.2.7:8080").unwrap();
        assert_eq!((&*bare.host, bare.port, &*bare.path), ("192.0.2.7", 8080, "/"));
        assert_eq!(parts("http://h?a=b").unwrap().path, "/?a=b");
        let six = parts("http://[2001:db8::1]:90/").unwrap();
        assert_eq!((&*six.host, six.port), ("2001:db8::1", 90));
        for bad in [
            "ftp://h/",
            "h/",
            "http://",
            "http:///x",
            "http://a b/",
            "http://h:0/",
            "http://h:x/",
            "http://h:/",
            "http://u@h/",
            "http://-h/",
            "http://h-/",
            "http://a..b/",
            "http://h/#x",
            "http://h/\r\nx: y",
            "http://[::g]/",
        ] {
            assert!(CallbackUrl::new(bad).is_none(), "{bad}");
        }
        assert!(CallbackUrl::new("").is_some_and(|url| url.parts().is_none()));
    }

    #[test]
    fn platforms_are_read_back() {
        for one in [
            OptPlatform::Unknown,
            OptPlatform::Rest,
            OptPlatform::Client(Platform::Web),
            OptPlatform::Client(Platform::Ipad),
        ] {
            assert_eq!(OptPlatform::from_number(one.number()), one);
        }
        assert_eq!(OptPlatform::Client(Platform::Iphone).name(), "iOS");
    }
}
