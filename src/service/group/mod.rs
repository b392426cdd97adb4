//! Groups: their life, their members, what is said in them.

mod application;
mod ban;
mod change;
mod counted;
mod extra;
mod heard;
mod history;
mod join;
mod life;
mod marks;
mod member;
mod mention;
mod mute;
mod notice;
mod registry;
mod replay;
mod room;
mod send;
mod spoken;
mod topic;
mod wire;

use std::{
    collections::{BTreeSet, HashMap},
    ops::Bound,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

pub use application::{Application, Decision, Subject};
pub use change::Receipts;
pub use extra::{AttributeChange, Attributes, CounterMode, Counters};
pub use history::{GroupPage, GroupSlice};
pub use join::{Added, Joined};
pub use life::{GroupChange, NewGroup};
pub use member::MemberChange;
pub use mention::Mentioned;
use model::{
    Code, Error, GroupInfo, GroupKind, Millis, Role, SdkAppId, Settings, UserId,
    group::{
        Fields, Receive,
        field::Asker,
        rule::{self, Action, Actor},
    },
};
pub(crate) use notice::notice_event;
pub(crate) use registry::Groups;
pub use room::{Poll, RoomEntry};
pub use send::{Content, GroupSent, Mention};
pub use topic::{Place, Topic};
pub(crate) use wire::group_last_message;

use crate::Account;

/// A group as it is now. One object for each group that is in memory; what is done to a group goes through its lock.
pub struct LiveGroup {
    /// Its number as a conversation of the log.
    pub number: i64,
    /// The app.
    pub app: SdkAppId,
    /// Its id.
    pub id: Box<str>,
    /// The id as a JSON string.
    pub quoted: Box<str>,
    /// Its type.
    pub kind: GroupKind,
    /// When it was made.
    pub created: Millis,
    state: RwLock<State>,
    /// Taken to change the group, so that changes follow one another and memory is never older than the book.
    changing: tokio::sync::Mutex<()>,
    flow: Mutex<send::Flow>,
    room: Mutex<room::Room>,
    topics: Mutex<Option<Arc<topic::Topics>>>,
}

/// What changes about a group.
pub struct State {
    /// What is said of it.
    pub info: Arc<GroupInfo>,
    /// The owner's account, 0 when it has none.
    pub owner: i64,
    /// The name of a live room's owner, who is no stored member.
    room_owner: Option<UserId>,
    members: HashMap<i64, Member>,
    /// By the second they joined in, then by account.
    order: BTreeSet<(i64, i64)>,
    mutes: mute::Mutes,
    /// When members last said something is known also from before it came into memory.
    spoken: bool,
    /// It was dismissed.
    gone: bool,
}

/// A member of a group.
#[derive(Clone, Debug)]
pub struct Member {
    /// The account.
    pub account: i64,
    /// Its name.
    pub user: UserId,
    /// Its role.
    pub role: Role,
    /// When it joined, seconds since 1970.
    pub joined: i64,
    /// The group's newest message when it joined.
    pub join_sequence: i64,
    /// 群名片.
    pub name_card: String,
    /// 群成员维度自定义字段.
    pub fields: Fields,
    /// How messages arrive.
    pub receive: Receive,
    /// When it last said something, seconds since 1970; see [`Services::know_who_spoke`](crate::Services).
    pub last_sent: i64,
}

/// Who does something to a group, and on which connection.
#[derive(Clone)]
pub struct By {
    /// The account, shown as the operator.
    pub account: Arc<Account>,
    /// The app itself, through an administrator.
    pub app: bool,
    /// The connection's instance, which is left out when others are told.
    pub instance: Option<u32>,
}

impl By {
    /// The app's backend. An administrator at a client may what the app may, but sees what a user sees.
    pub fn is_backend(&self) -> bool {
        self.app && self.instance.is_none()
    }

    /// The account and instance that are left out when others are told; a backend leaves out nobody.
    pub fn origin(&self) -> Option<(i64, u32)> {
        self.instance.map(|instance| (self.account.number, instance))
    }
}

impl State {
    /// The member of that account.
    pub fn member(&self, account: i64) -> Option<&Member> {
        self.members.get(&account)
    }

    /// How many members there are.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// The members in the order in which they joined.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.order.iter().filter_map(|(_, account)| self.members.get(account))
    }

    /// The members that come after a place in that order: when they joined, in seconds, and their account.
    pub fn members_after(&self, place: Option<(i64, i64)>) -> impl Iterator<Item = &Member> {
        let from = place.map_or(Bound::Unbounded, Bound::Excluded);
        self.order.range((from, Bound::Unbounded)).filter_map(|(_, account)| self.members.get(account))
    }

    /// The name of the owner, empty when there is none.
    pub fn owner_name(&self) -> &str {
        let owner = self.members.get(&self.owner).map(|owner| &owner.user);
        owner.or(self.room_owner.as_ref()).map_or("", |user| user.as_str())
    }

    /// Until when an account is muted, seconds since 1970; 0 when it is not.
    pub fn muted_until(&self, account: i64, now: i64) -> i64 {
        self.mutes.until(account, now)
    }

    /// Who is muted now, and until when.
    pub fn muted(&self, now: i64) -> Vec<(UserId, i64)> {
        self.mutes.list(now)
    }

    fn insert(&mut self, member: Member) {
        self.order.insert((member.joined, member.account));
        self.members.insert(member.account, member);
    }

    fn remove(&mut self, account: i64) -> Option<Member> {
        let member = self.members.remove(&account)?;
        self.order.remove(&(member.joined, account));
        Some(member)
    }

    /// The accounts with rights over others.
    fn leaders(&self) -> Vec<i64> {
        self.members.values().filter(|member| member.role > Role::Member).map(|member| member.account).collect()
    }
}

impl LiveGroup {
    /// What it is like now. Held for moments only.
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn room(&self) -> std::sync::MutexGuard<'_, room::Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is said of it.
    pub fn info(&self) -> Arc<GroupInfo> {
        self.read().info.clone()
    }

    /// The member of an account, if it is one. A live room's listeners are members while they listen.
    pub fn member(&self, account: i64) -> Option<Member> {
        self.read().member(account).cloned()
    }

    /// What an account is to the group, as others see it: also of a live room's listener, of whom nothing is stored.
    pub fn participant(&self, account: &Account) -> Option<Member> {
        if let Some(member) = self.member(account.number) {
            return Some(member);
        }
        let role = self.role(account.number)?;
        Some(Member {
            account: account.number,
            user: account.user.clone(),
            role,
            joined: self.room().joined(account.number).unwrap_or(self.created / 1000),
            join_sequence: 0,
            name_card: String::new(),
            fields: Fields::new(),
            receive: self.kind.receive_option(),
            last_sent: 0,
        })
    }

    /// The role of an account; in a live room of whoever listens.
    pub fn role(&self, account: i64) -> Option<Role> {
        if self.kind.is_stored() {
            return self.read().member(account).map(|member| member.role);
        }
        let state = self.read();
        if state.owner == account {
            return Some(Role::Owner);
        }
        if let Some(member) = state.member(account) {
            return Some(member.role);
        }
        drop(state);
        self.room().has(account).then_some(Role::Member)
    }

    /// Whether an account listens to this live room.
    pub fn listens(&self, account: i64) -> bool {
        self.room().has(account)
    }

    /// How many members it has; in a live room how many accounts listen.
    pub fn member_count(&self) -> usize {
        if self.kind.is_stored() { self.read().count() } else { self.room().count() }
    }

    /// What somebody is to the group; an administrator at a client is what its membership says.
    fn actor(&self, by: &By) -> Actor {
        if by.is_backend() {
            return Actor::App;
        }
        self.role(by.account.number).map_or(Actor::Stranger, Actor::Member)
    }

    /// Whether somebody may do something. An administrator at a client may what the app may, and what its own role
    /// lets it do: it leaves groups and has a name card as others do.
    pub fn allows(&self, by: &By, action: Action) -> bool {
        by.app && rule::allows(self.kind, action, Actor::App) || rule::allows(self.kind, action, self.actor(by))
    }

    /// Checks whether somebody may do something: 10007 and its kin.
    pub fn check(&self, by: &By, action: Action) -> Result<(), Error> {
        if self.allows(by, action) { Ok(()) } else { rule::check(self.kind, action, self.actor(by)) }
    }

    /// Somebody who asks for custom fields. An administrator at a client may what the app may.
    pub fn asker<'a>(&self, settings: &'a Settings, by: &By) -> Asker<'a> {
        let actor = if by.app { Actor::App } else { self.actor(by) };
        Asker { settings, kind: self.kind, actor, account: by.account.number }
    }

    /// Locks it for a change; 10010 when it was dismissed meanwhile.
    async fn change(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, Error> {
        let lock = self.changing.lock().await;
        if self.read().gone {
            return Err(Code::GroupMissing.into());
        }
        Ok(lock)
    }
}
