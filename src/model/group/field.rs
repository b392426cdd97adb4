//! Custom fields of groups and of their members (群维度自定义字段, 群成员维度自定义字段) as an app declares them, and the
//! one place that decides who may read and write them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Fields, GroupKind, Role, limit::FIELD_KEY_BYTES, rule::Actor};
use crate::{Code, Error, Settings};

/// Whether a word can be the name of a declared field: 1 to 16 letters, digits and underscores, no digit first.
pub fn is_name(word: &str) -> bool {
    (1..=FIELD_KEY_BYTES).contains(&word.len())
        && !word.starts_with(|first: char| first.is_ascii_digit())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The lowest that may: each lets in those before it as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The app and its administrators.
    App,
    /// 群主.
    Owner,
    /// 群管理员.
    Admin,
    /// 群成员.
    Member,
    /// 任何人.
    Anyone,
}

impl Level {
    /// Every level, from the highest.
    pub const ALL: [Self; 5] = [Self::App, Self::Owner, Self::Admin, Self::Member, Self::Anyone];

    /// The name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Anyone => "anyone",
        }
    }

    /// Whether an actor stands at this level or above.
    pub fn lets(self, actor: Actor) -> bool {
        self >= match actor {
            Actor::App => Self::App,
            Actor::Member(Role::Owner) => Self::Owner,
            Actor::Member(Role::Admin) => Self::Admin,
            Actor::Member(Role::Member) => Self::Member,
            Actor::Stranger => Self::Anyone,
        }
    }
}

/// Who may: from a level upwards and, of a member's field, perhaps the member itself (自己). Written `admin+own`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The lowest level.
    pub level: Level,
    /// The member itself, whatever its level.
    pub own: bool,
}

impl Access {
    const fn from(level: Level) -> Self {
        Self { level, own: false }
    }

    fn parse(text: &str) -> Option<Self> {
        let (name, own) = text.strip_suffix("+own").map_or((text, false), |name| (name, true));
        Level::ALL.into_iter().find(|level| level.name() == name).map(|level| Self { level, own })
    }

    fn lets(self, actor: Actor, own: bool) -> bool {
        self.level.lets(actor) || own && self.own
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.level.name(), if self.own { "+own" } else { "" })
    }
}

/// Who may read and write a field in one type of group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Who may read.
    pub read: Access,
    /// Who may write.
    pub write: Access,
}

/// A declared field, written `NAME`, or `NAME:TYPES:READER:WRITER` with as many parts as are not usual; further
/// `:TYPES:READER:WRITER` may follow for other types. Types are joined by `+`, and `*` is all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Declared<const OF_MEMBERS: bool> {
    /// The key of its values.
    pub name: String,
    /// The types of groups that have it, in their order.
    pub types: Vec<(GroupKind, Rights)>,
}

/// A custom field of groups.
pub type GroupField = Declared<false>;
/// A custom field of members; live rooms and broadcasts have none.
pub type MemberField = Declared<true>;

impl<const OF_MEMBERS: bool> Declared<OF_MEMBERS> {
    /// The rights unless others are named.
    pub const USUAL: Rights = if OF_MEMBERS {
        Rights { read: Access::from(Level::Member), write: Access { level: Level::Admin, own: true } }
    } else {
        Rights { read: Access::from(Level::Anyone), write: Access::from(Level::Admin) }
    };

    /// The types of groups that can have such a field.
    pub fn possible() -> impl Iterator<Item = GroupKind> {
        GroupKind::ALL.into_iter().filter(|kind| !OF_MEMBERS || kind.is_stored())
    }

    /// Reads a declaration.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':').map(str::trim);
        let name = parts.next().filter(|word| is_name(word))?.to_owned();
        let mut types: Vec<(GroupKind, Rights)> = Vec::new();
        let access = |word: Option<&str>, usual| match word {
            Some(word) => Access::parse(word).filter(|access| OF_MEMBERS || !access.own),
            None => Some(usual),
        };
        let mut named = Some(parts.next().unwrap_or("*"));
        while let Some(kinds) = named {
            let kinds: Vec<GroupKind> = match kinds {
                "*" => Self::possible().collect(),
                kinds => kinds.split('+').map(|name| GroupKind::from_name(name.trim())).collect::<Option<_>>()?,
            };
            let read = access(parts.next(), Self::USUAL.read)?;
            let write = access(parts.next(), Self::USUAL.write)?;
            for kind in kinds {
                if types.iter().any(|(known, _)| *known == kind) || Self::possible().all(|one| one != kind) {
                    return None;
                }
                types.push((kind, Rights { read, write }));
            }
            named = parts.next();
        }
        types.sort_by_key(|(kind, _)| *kind);
        Some(Self { name, types })
    }

    /// The rights in a type of group; `None` where there is no such field.
    pub fn rights(&self, kind: GroupKind) -> Option<Rights> {
        self.types.iter().find(|(one, _)| *one == kind).map(|(_, rights)| *rights)
    }
}

impl<const OF_MEMBERS: bool> fmt::Display for Declared<OF_MEMBERS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let all = self.types.len() == Self::possible().count();
        if all && self.types.iter().all(|(_, rights)| *rights == Self::USUAL) {
            return Ok(());
        }
        let mut shown: Vec<Rights> = Vec::new();
        for (_, rights) in &self.types {
            if shown.contains(rights) {
                continue;
            }
            shown.push(*rights);
            let same = self.types.iter().filter(|(_, other)| other == rights).map(|(kind, _)| kind.name());
            let kinds: Vec<&str> = same.collect();
            let kinds = if kinds.len() == Self::possible().count() { "*".to_owned() } else { kinds.join("+") };
            write!(f, ":{kinds}:{}:{}", rights.read, rights.write)?;
        }
        Ok(())
    }
}

impl<const OF_MEMBERS: bool> TryFrom<String> for Declared<OF_MEMBERS> {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not the declaration of a group's or a member's field")
    }
}

impl<const OF_MEMBERS: bool> From<Declared<OF_MEMBERS>> for String {
    fn from(field: Declared<OF_MEMBERS>) -> Self {
        field.to_string()
    }
}

/// Who asks for custom fields in a group, and what the app declares. While it declares none of a kind, all can be read,
/// and [`rule`](super::rule) says who may write.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// The app's settings.
    pub settings: &'a Settings,
    /// The type of the group.
    pub kind: GroupKind,
    /// What the asker is to the group.
    pub actor: Actor,
    /// The asker's account.
    pub account: i64,
}

impl<'a> Asker<'a> {
    /// All who hear of what changes about a group: they may read what its ordinary members may, and where visitors
    /// listen what anyone may.
    pub fn audience(settings: &'a Settings, kind: GroupKind) -> Self {
        let actor = if kind.is_stored() { Actor::Member(Role::Member) } else { Actor::Stranger };
        Self { settings, kind, actor, account: 0 }
    }

    /// What may be read of a group's fields.
    pub fn readable<'f>(&self, fields: &'f Fields) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.read(&self.settings.custom_group_fields, false, fields)
    }

    /// What may be read of a member's fields.
    pub fn readable_of<'f>(&self, member: i64, fields: &'f Fields) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.read(&self.settings.custom_member_fields, member == self.account, fields)
    }

    fn read<'f, const M: bool>(
        &self,
        declared: &[Declared<M>],
        own: bool,
        fields: &'f Fields,
    ) -> impl Iterator<Item = (&'f str, &'f str)> {
        let reads = move |name: &str| {
            let rights = declared.iter().find(|field| field.name == name).and_then(|field| field.rights(self.kind));
            declared.is_empty() || rights.is_some_and(|rights| rights.read.lets(self.actor, own))
        };
        let fields = fields.iter().filter(move |(name, _)| reads(name));
        fields.map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>().into_iter()
    }

    /// Checks that fields of the group may be written: 10004 for what is not declared, 10007 for what the type of group
    /// does not have or the asker may not.
    pub fn check_writes(&self, fields: &Fields) -> Result<(), Error> {
        self.check(&self.settings.custom_group_fields, false, fields)
    }

    /// The same of a member's fields.
    pub fn check_writes_of(&self, member: i64, fields: &Fields) -> Result<(), Error> {
        self.check(&self.settings.custom_member_fields, member == self.account, fields)
    }

    fn check<const M: bool>(&self, declared: &[Declared<M>], own: bool, fields: &Fields) -> Result<(), Error> {
        check_declared(declared, fields.keys())?;
        let refused = |why: String| Err(Error::new(Code::GroupNoPermission).detail(why));
        for field in declared.iter().filter(|field| fields.contains_key(&field.name)) {
            let Some(rights) = field.rights(self.kind) else {
                return refused(format!("a group of type {} has no custom field {}", self.kind.name(), field.name));
            };
            if !rights.write.lets(self.actor, own) {
                return refused(format!("the custom field {} may not be written by this user", field.name));
            }
        }
        Ok(())
    }
}

/// Whether a name is declared, or none is.
pub fn is_declared<const M: bool>(declared: &[Declared<M>], name: &str) -> bool {
    declared.is_empty() || declared.iter().any(|field| field.name == name)
}

/// Checks that all names are declared, if any is: 10004.
pub fn check_declared<'n, const M: bool>(
    declared: &[Declared<M>],
    names: impl IntoIterator<Item = &'n String>,
) -> Result<(), Error> {
    match names.into_iter().find(|name| !is_declared(declared, name)) {
        Some(name) => {
            Err(Error::new(Code::GroupParameterInvalid).detail(format!("the custom field {name} is not declared")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Asker, Fields, GroupField, Level, MemberField, is_name};
    use crate::{
        Code, Settings,
        group::{GroupKind, Role, rule::Actor},
    };

    #[test]
    fn declarations_are_read_back() {
        for text in [
            "city",
            "_1",
            "city:Public:anyone:admin",
            "city:*:member:app",
            "city:Public+ChatRoom:anyone:admin:AVChatRoom:anyone:owner",
        ] {
            assert_eq!(GroupField::parse(text).unwrap().to_string(), text);
        }
        for text in ["badge", "badge:Private:owner+own:app+own", "badge:*:anyone:admin"] {
            assert_eq!(MemberField::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(GroupField::parse("city:Work+Meeting").unwrap().to_string(), "city:Private+ChatRoom:anyone:admin");
        assert_eq!(MemberField::parse("badge").unwrap().rights(GroupKind::AvChatRoom), None);
        for text in [
            "",
            "1st",
            "a-b",
            "seventeen_letters",
            "city:",
            "city:Nowhere",
            "city:Public:nobody",
            "city:Public:member+own",
            "city:Public+Public",
            "city:*:member:admin:Public:member:admin",
        ] {
            assert_eq!(GroupField::parse(text), None, "{text}");
        }
        for text in ["badge:AVChatRoom", "badge:Public+BChatRoom", "badge:Public:own"] {
            assert_eq!(MemberField::parse(text), None, "{text}");
        }
        assert!(is_name("Sixteen_letters_") && !is_name("städte"));
    }

    /// The levels as `docs/groups.md` shows them.
    fn shown() -> String {
        let mut text =
            "| | the app | owner | administrator | member | somebody else |\n|---|---|---|---|---|---|\n".to_owned();
        for level in Level::ALL {
            let cells = Actor::ALL.map(|actor| if level.lets(actor) { "yes" } else { "–" }).join(" | ");
            text.extend(["| `", level.name(), "` | ", &cells, " |\n"]);
        }
        text
    }

    #[test]
    fn the_manual_shows_the_levels() {
        let manual = include_str!("../../../docs/groups.md");
        assert!(manual.contains(&shown()), "docs/groups.md should contain:\n{}", shown());
    }

    fn fields(names: &[&str]) -> Fields {
        names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect()
    }

    #[test]
    fn each_level_reads_and_writes_as_declared() {
        let mut settings = Settings::default();
        settings
            .set("custom_group_fields", "city:Public:anyone:admin:Private:member:owner,plan:Public:app:app")
            .unwrap();
        settings.set("custom_member_fields", "badge:Public:owner+own:app,mood:Public:member:app+own").unwrap();
        let asker = |kind, actor| Asker { settings: &settings, kind, actor, account: 7 };
        let write = |kind, actor, name| asker(kind, actor).check_writes(&fields(&[name])).map_err(|error| error.code);
        let (public, private) = (GroupKind::Public, GroupKind::Private);
        let (admin, member) = (Actor::Member(Role::Admin), Actor::Member(Role::Member));
        assert_eq!(write(public, admin, "city"), Ok(()));
        assert_eq!(write(private, admin, "city"), Err(Code::GroupNoPermission));
        assert_eq!(write(public, member, "city"), Err(Code::GroupNoPermission));
        assert_eq!(write(GroupKind::ChatRoom, Actor::App, "city"), Err(Code::GroupNoPermission), "not of this type");
        assert_eq!(write(public, Actor::App, "town"), Err(Code::GroupParameterInvalid));
        let both = fields(&["city", "plan", "town"]);
        let reads = |kind, actor| asker(kind, actor).readable(&both).map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(reads(public, Actor::App), ["city", "plan"]);
        assert_eq!(reads(public, Actor::Stranger), ["city"]);
        assert!(reads(private, Actor::Stranger).is_empty() && reads(GroupKind::ChatRoom, Actor::App).is_empty());
        let both = fields(&["badge", "mood"]);
        let of =
            |actor, whose| asker(public, actor).readable_of(whose, &both).map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(
            (of(member, 7), of(member, 8), of(Actor::App, 8)),
            (vec!["badge", "mood"], vec!["mood"], vec!["badge", "mood"])
        );
        let write = |whose, name| asker(public, member).check_writes_of(whose, &fields(&[name])).is_ok();
        assert!(write(7, "mood") && !write(8, "mood") && !write(7, "badge"));
    }

    #[test]
    fn nothing_declared_is_everything() {
        let settings = Settings::default();
        let stranger = Asker { settings: &settings, kind: GroupKind::Public, actor: Actor::Stranger, account: 7 };
        assert_eq!(stranger.readable(&fields(&["any"])).count(), 1);
        assert!(stranger.check_writes(&fields(&["any"])).is_ok(), "the table of actions decides");
    }

    #[test]
    fn an_audience_has_the_least_rights_in_it() {
        let mut settings = Settings::default();
        settings.set("custom_group_fields", "a:*:anyone:app,m:*:member:app,s:*:admin:app").unwrap();
        let all = fields(&["a", "m", "s"]);
        let heard = |kind| Asker::audience(&settings, kind).readable(&all).map(|(name, _)| name).collect::<String>();
        assert_eq!((heard(GroupKind::Public), heard(GroupKind::AvChatRoom)), ("am".to_owned(), "a".to_owned()));
    }

    #[test]
    fn levels_are_a_ladder() {
        for pair in Level::ALL.windows(2) {
            for actor in Actor::ALL {
                assert!(!pair[0].lets(actor) || pair[1].lets(actor), "{pair:?} {actor:?}");
            }
        }
        assert_eq!(Access::parse("admin+own").unwrap().to_string(), "admin+own");
    }
}
