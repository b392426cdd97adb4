//! Groups: their types, what is said of them, and what their ids look like. Who may do what stands in [`rule`], and
//! who may read and write custom fields in [`field`].

pub mod field;
pub mod rule;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Code, Error, Millis};

/// The author of tips and notices, as clients know it.
pub const SYSTEM_USER: &str = "@TIM#SYSTEM";
/// The `TinyId` of that author.
pub const SYSTEM_TINY_ID: &str = "144115198244471703";
/// Ids made by the server begin so; ids chosen by apps must not.
pub const ID_PREFIX: &str = "@TGS#";
/// Ids of communities begin so, whoever made them.
pub const COMMUNITY_PREFIX: &str = "@TGS#_";
/// Stands between a community's id and the rest of a topic's id.
pub const TOPIC_INFIX: &str = "@TOPIC#_";

/// Longest texts and largest lists (limits page, `create_group`).
pub mod limit {
    /// A group's id, in bytes.
    pub const ID_BYTES: usize = 48;
    /// A topic's whole id, in bytes.
    pub const TOPIC_ID_BYTES: usize = 96;
    /// 群名称, in bytes.
    pub const NAME_BYTES: usize = 30;
    /// 群简介, in bytes.
    pub const INTRODUCTION_BYTES: usize = 240;
    /// 群公告, in bytes.
    pub const NOTIFICATION_BYTES: usize = 300;
    /// 群头像, in bytes.
    pub const FACE_BYTES: usize = 100;
    /// 群名片, in bytes.
    pub const NAME_CARD_BYTES: usize = 50;
    /// The custom text of a topic, in bytes.
    pub const CUSTOM_STRING_BYTES: usize = 3000;
    /// Custom fields of a group.
    pub const FIELDS: usize = 20;
    /// Custom fields of a member.
    pub const MEMBER_FIELDS: usize = 5;
    /// A custom field's key, in bytes.
    pub const FIELD_KEY_BYTES: usize = 16;
    /// A group's custom field's value, in bytes.
    pub const FIELD_BYTES: usize = 512;
    /// A member's custom field's value, in bytes.
    pub const MEMBER_FIELD_BYTES: usize = 64;
    /// Accounts of one request that adds, removes, mutes or imports members.
    pub const ACCOUNTS: usize = 500;
    /// Groups of one request that asks about groups, and members of one that asks about members.
    pub const ASKED: usize = 50;
    /// Topics of a community.
    pub const TOPICS: usize = 200;
    /// Messages a second in one group.
    pub const MESSAGES_PER_SECOND: u32 = 40;
    /// Accounts mentioned by one message.
    pub const MENTIONS: usize = 30;
    /// Receivers of one directed message.
    pub const DIRECTED: usize = 50;
    /// Attributes of a group.
    pub const ATTRIBUTES: usize = 16;
    /// An attribute's key, in bytes.
    pub const ATTRIBUTE_KEY_BYTES: usize = 32;
    /// An attribute's value, in bytes.
    pub const ATTRIBUTE_BYTES: usize = 4000;
    /// All values of a group's attributes, in bytes.
    pub const ATTRIBUTES_BYTES: usize = 16_000;
    /// Changes of a group's attributes a second.
    pub const ATTRIBUTE_CHANGES_PER_SECOND: u32 = 5;
    /// Counters of a group.
    pub const COUNTERS: usize = 20;
    /// A counter's key, in bytes.
    pub const COUNTER_KEY_BYTES: usize = 128;
    /// Pinned messages of a group.
    pub const PINNED: usize = 10;
    /// Members of the largest group with read receipts.
    pub const RECEIPT_MEMBERS: usize = 200;
    /// Messages of one page of history for clients.
    pub const HISTORY: usize = 100;
    /// Newest messages of a live room that a newcomer gets.
    pub const ROOM_HISTORY: usize = 20;
    /// Accounts of one request that bans them from a live room or lets them in again.
    pub const BANNED: usize = 20;
    /// Administrators of a live room.
    pub const ROOM_ADMINS: usize = 5;
    /// A group message, in bytes (80002 beyond).
    pub const MESSAGE_BYTES: usize = 12 * 1024;
}

/// A group's type, by its wire name of 2019; today's names are read as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupKind {
    /// 好友工作群, `Work` today: closed, by invitation.
    Private = 1,
    /// 陌生人社交群: with approval.
    Public = 2,
    /// 临时会议群, `Meeting` today: free coming and going, newcomers see what was said before.
    ChatRoom = 3,
    /// 直播群: any number of listeners, nothing stored.
    AvChatRoom = 4,
    /// 在线成员广播大群 (2019): from the app to every user online.
    BChatRoom = 5,
    /// 社群: very large, may hold topics.
    Community = 6,
}

impl GroupKind {
    /// Every type.
    pub const ALL: [Self; 6] =
        [Self::Private, Self::Public, Self::ChatRoom, Self::AvChatRoom, Self::BChatRoom, Self::Community];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Private => "Private",
            Self::Public => "Public",
            Self::ChatRoom => "ChatRoom",
            Self::AvChatRoom => "AVChatRoom",
            Self::BChatRoom => "BChatRoom",
            Self::Community => "Community",
        }
    }

    /// Reads a name of 2019 or of today, case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "Work" => Some(Self::Private),
            "Meeting" => Some(Self::ChatRoom),
            _ => Self::ALL.into_iter().find(|kind| kind.name() == name),
        }
    }

    /// The number it is stored as.
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// Reads a stored number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Whether its messages and members are stored.
    pub const fn is_stored(self) -> bool {
        !matches!(self, Self::AvChatRoom | Self::BChatRoom)
    }

    /// Whether unread messages are counted.
    pub const fn counts_unread(self) -> bool {
        matches!(self, Self::Private | Self::Public | Self::Community)
    }

    /// Whether newcomers see what was said before they came.
    pub const fn shows_past(self) -> bool {
        matches!(self, Self::ChatRoom)
    }

    /// Whether coming, going and roles are announced in the conversation.
    pub const fn announces_members(self) -> bool {
        !matches!(self, Self::ChatRoom | Self::BChatRoom)
    }

    /// Whether read receipts can be asked for.
    pub const fn has_receipts(self) -> bool {
        matches!(self, Self::Private | Self::Public | Self::ChatRoom)
    }

    /// Whether attributes and counters can be set.
    pub const fn has_attributes(self) -> bool {
        !matches!(self, Self::BChatRoom)
    }

    /// How messages arrive unless the member says otherwise.
    pub const fn receive_option(self) -> Receive {
        match self {
            Self::Private | Self::Public | Self::Community => Receive::AcceptAndNotify,
            _ => Receive::AcceptNotNotify,
        }
    }

    /// How people join unless the creator says otherwise.
    pub const fn join_option(self) -> JoinOption {
        match self {
            Self::Private | Self::Public => JoinOption::NeedPermission,
            _ => JoinOption::FreeAccess,
        }
    }

    /// How members invite unless the creator says otherwise.
    pub const fn invite_option(self) -> InviteOption {
        match self {
            Self::Private | Self::Community => InviteOption::FreeAccess,
            _ => InviteOption::DisableInvite,
        }
    }
}

/// A member's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// 普通成员.
    Member = 200,
    /// 管理员.
    Admin = 300,
    /// 群主.
    Owner = 400,
}

impl Role {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Admin => "Admin",
            Self::Owner => "Owner",
        }
    }

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Member, Self::Admin, Self::Owner].into_iter().find(|role| role.name() == name)
    }

    /// The number in tips, and in the book.
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// Reads a number; what is unknown is an ordinary member.
    pub fn from_number(number: i64) -> Self {
        match number {
            400 => Self::Owner,
            300 => Self::Admin,
            _ => Self::Member,
        }
    }
}

/// 加群选项.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JoinOption {
    /// Who applies is in at once.
    FreeAccess,
    /// The owner or an administrator decides.
    NeedPermission,
    /// Nobody may apply.
    DisableApply,
}

/// 邀请进群选项.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InviteOption {
    /// Who is invited is in at once.
    FreeAccess,
    /// The owner or an administrator decides.
    NeedPermission,
    /// Members may not invite.
    DisableInvite,
}

/// 消息接收选项: how a group's messages arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Receive {
    /// Delivered, with a push when offline.
    AcceptAndNotify = 0,
    /// Not delivered; still in the history.
    Discard = 1,
    /// Delivered without a push.
    AcceptNotNotify = 2,
    /// A push only when mentioned.
    AcceptNotNotifyExceptAt = 3,
    /// Delivered only when mentioned.
    NotReceiveMsgExceptAt = 4,
}

impl Receive {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AcceptAndNotify => "AcceptAndNotify",
            Self::Discard => "Discard",
            Self::AcceptNotNotify => "AcceptNotNotify",
            Self::AcceptNotNotifyExceptAt => "AcceptNotNotifyExceptAt",
            Self::NotReceiveMsgExceptAt => "NotReceiveMsgExceptAt",
        }
    }

    const ALL: [Self; 5] = [
        Self::AcceptAndNotify,
        Self::Discard,
        Self::AcceptNotNotify,
        Self::AcceptNotNotifyExceptAt,
        Self::NotReceiveMsgExceptAt,
    ];

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|option| option.name() == name)
    }

    /// Reads a stored number.
    pub fn from_number(number: i64) -> Self {
        Self::ALL.into_iter().find(|option| *option as i64 == number).unwrap_or(Self::AcceptAndNotify)
    }
}

/// 消息优先级; under flow control the lowest go first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Never dropped for lower ones.
    High = 1,
    /// The usual one.
    #[default]
    Normal = 2,
    /// Likes, gifts of little worth.
    Low = 3,
    /// What nobody misses.
    Lowest = 4,
}

impl Priority {
    /// Reads a name, case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "High" => Self::High,
            "Normal" => Self::Normal,
            "Low" => Self::Low,
            "Lowest" => Self::Lowest,
            _ => return None,
        })
    }

    /// Reads a stored number.
    pub fn from_number(number: u32) -> Self {
        match number {
            1 => Self::High,
            3 => Self::Low,
            4 => Self::Lowest,
            _ => Self::Normal,
        }
    }
}

/// A custom field with its value.
pub type Fields = BTreeMap<String, String>;

/// What is said of a group (群基础资料), as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupInfo {
    /// 群名称.
    pub name: String,
    /// 群简介.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub introduction: String,
    /// 群公告.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notification: String,
    /// 群头像.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub face: String,
    /// 群人数上限; 0 is none.
    pub most_members: u64,
    /// 加群选项.
    pub join: JoinOption,
    /// 邀请进群选项.
    pub invite: InviteOption,
    /// 全员禁言.
    #[serde(default)]
    pub muted: bool,
    /// Holds topics (communities).
    #[serde(default)]
    pub topics: bool,
    /// 群维度自定义字段.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub fields: Fields,
    /// Grows with each change.
    #[serde(default)]
    pub version: u64,
    /// When it last changed, seconds since 1970.
    #[serde(default)]
    pub changed: i64,
    /// A private group is seen by its owner alone until somebody says something in it (激活).
    #[serde(default)]
    pub active: bool,
}

impl GroupInfo {
    /// A new group's, with the defaults of its type.
    pub fn new(kind: GroupKind, name: &str, most_members: u64, now: Millis) -> Self {
        Self {
            name: name.into(),
            introduction: String::new(),
            notification: String::new(),
            face: String::new(),
            most_members,
            join: kind.join_option(),
            invite: kind.invite_option(),
            muted: false,
            topics: false,
            fields: Fields::new(),
            version: 0,
            changed: now / 1000,
            active: false,
        }
    }

    /// Checks the lengths of its texts; 10004.
    pub fn check(&self) -> Result<(), Error> {
        if self.name.is_empty() {
            return Err(Error::new(Code::GroupParameterInvalid).detail("a group has a Name"));
        }
        for (what, text, most) in [
            ("Name", &self.name, limit::NAME_BYTES),
            ("Introduction", &self.introduction, limit::INTRODUCTION_BYTES),
            ("Notification", &self.notification, limit::NOTIFICATION_BYTES),
            ("FaceUrl", &self.face, limit::FACE_BYTES),
        ] {
            check_length(what, text, most)?;
        }
        check_fields(&self.fields, limit::FIELDS, limit::FIELD_BYTES)
    }
}

/// What is said of a topic (话题资料), as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TopicInfo {
    /// 话题名称.
    pub name: String,
    /// 话题简介.
    pub introduction: String,
    /// 话题公告.
    pub notification: String,
    /// 话题头像.
    pub face: String,
    /// 话题自定义字段.
    pub custom: String,
    /// 话题全员禁言.
    pub muted: bool,
}

impl TopicInfo {
    /// The texts that people read.
    pub fn texts(&self) -> [&str; 3] {
        [&self.name, &self.introduction, &self.notification]
    }

    /// Checks the lengths of its texts; 10004.
    pub fn check(&self) -> Result<(), Error> {
        if self.name.is_empty() {
            return Err(Error::new(Code::GroupParameterInvalid).detail("a topic has a TopicName"));
        }
        for (what, text, most) in [
            ("TopicName", &self.name, limit::NAME_BYTES),
            ("Introduction", &self.introduction, limit::INTRODUCTION_BYTES),
            ("Notification", &self.notification, limit::NOTIFICATION_BYTES),
            ("FaceUrl", &self.face, limit::FACE_BYTES),
            ("CustomString", &self.custom, limit::CUSTOM_STRING_BYTES),
        ] {
            check_length(what, text, most)?;
        }
        Ok(())
    }
}

/// Checks the length of a text; 10004.
pub fn check_length(what: &str, text: &str, most: usize) -> Result<(), Error> {
    if text.len() > most {
        return Err(Error::new(Code::GroupParameterInvalid).detail(format!("{what} has at most {most} bytes")));
    }
    Ok(())
}

/// Checks custom fields: how many, and the form of keys and values; 10004.
pub fn check_fields(fields: &Fields, most: usize, value_bytes: usize) -> Result<(), Error> {
    if fields.len() > most {
        return Err(Error::new(Code::GroupParameterInvalid).detail(format!("there are at most {most} custom fields")));
    }
    for (key, value) in fields {
        let well_formed = (1..=limit::FIELD_KEY_BYTES).contains(&key.len())
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !well_formed {
            return Err(Error::new(Code::GroupParameterInvalid)
                .detail("a custom field's key has 1 to 16 letters, digits and underscores"));
        }
        check_length(key, value, value_bytes)?;
    }
    Ok(())
}

/// Checks an id that an app chose for a group; 10015 when it is malformed.
pub fn check_id(kind: GroupKind, id: &str) -> Result<(), Error> {
    let printable = id.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    let community = kind == GroupKind::Community;
    let prefixed = if community {
        id.len() > COMMUNITY_PREFIX.len() && id.starts_with(COMMUNITY_PREFIX)
    } else {
        !id.starts_with(ID_PREFIX)
    };
    if id.is_empty() || id.len() > limit::ID_BYTES || !printable || !prefixed || id.contains(TOPIC_INFIX) {
        let rule = if community { "begins with @TGS#_" } else { "does not begin with @TGS#" };
        return Err(Error::new(Code::GroupIdInvalid)
            .detail(format!("a group id has 1 to 48 printable ASCII characters and {rule}")));
    }
    Ok(())
}

/// Checks an id that an app chose for a topic of a community; 10015 when it is malformed.
pub fn check_topic_id(community: &str, id: &str) -> Result<(), Error> {
    let rest = id.strip_prefix(community).and_then(|rest| rest.strip_prefix(TOPIC_INFIX));
    let printable = id.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    let own = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with("@TOPIC#"));
    if !own || !printable || id.len() > limit::TOPIC_ID_BYTES {
        return Err(Error::new(Code::GroupIdInvalid)
            .detail("a topic id is the community's id, @TOPIC#_ and more, at most 96 printable ASCII characters"));
    }
    Ok(())
}

/// The community's id within a topic's id.
pub fn community_of(topic: &str) -> Option<&str> {
    topic.split_once(TOPIC_INFIX).map(|(community, _)| community)
}

#[cfg(test)]
mod tests {
    use super::{Fields, GroupKind, Receive, Role, check_fields, check_id, check_topic_id, community_of};

    #[test]
    fn both_generations_of_names_are_read() {
        for kind in GroupKind::ALL {
            assert_eq!(GroupKind::from_name(kind.name()), Some(kind));
            assert_eq!(GroupKind::from_number(kind.number()), Some(kind));
        }
        assert_eq!(GroupKind::from_name("Work"), Some(GroupKind::Private));
        assert_eq!(GroupKind::from_name("Meeting"), Some(GroupKind::ChatRoom));
        assert_eq!(GroupKind::from_name("public"), None);
        for role in [Role::Owner, Role::Admin, Role::Member] {
            assert_eq!((Role::from_name(role.name()), Role::from_number(role.number())), (Some(role), role));
        }
        for number in 0..5 {
            let option = Receive::from_number(number);
            assert_eq!((option as i64, Receive::from_name(option.name())), (number, Some(option)));
        }
    }

    #[test]
    fn ids_are_checked() {
        assert!(check_id(GroupKind::Public, "hikers-01").is_ok());
        assert!(check_id(GroupKind::Community, "@TGS#_c1").is_ok());
        let long = "x".repeat(49);
        for bad in ["", "@TGS#1", "@TGS#_c", "群", "a\n", long.as_str()] {
            assert!(check_id(GroupKind::Public, bad).is_err(), "{bad:?}");
        }
        for bad in ["c1", "@TGS#c", "@TGS#_", "@TGS#_c@TOPIC#_t"] {
            assert!(check_id(GroupKind::Community, bad).is_err(), "{bad:?}");
        }
        assert!(check_topic_id("@TGS#_c", "@TGS#_c@TOPIC#_t").is_ok());
        for bad in ["t", "@TGS#_c@TOPIC#_", "@TGS#_d@TOPIC#_t", "@TGS#_c@TOPIC#_@TOPIC#x"] {
            assert!(check_topic_id("@TGS#_c", bad).is_err(), "{bad:?}");
        }
        assert_eq!(community_of("@TGS#_c@TOPIC#_t"), Some("@TGS#_c"));
        assert_eq!(community_of("@TGS#_c"), None);
    }

    #[test]
    fn custom_fields_are_checked() {
        let fields = |key: &str, value: &str| Fields::from([(key.to_owned(), value.to_owned())]);
        assert!(check_fields(&fields("city_1", "\u{0}x"), 1, 2).is_ok());
        assert!(check_fields(&fields("city_1", "xyz"), 1, 2).is_err());
        assert!(check_fields(&fields("a", "x"), 0, 2).is_err());
        for bad in ["", "a-b", "städte", "seventeen_letters"] {
            assert!(check_fields(&fields(bad, "x"), 1, 2).is_err(), "{bad}");
        }
    }
}
