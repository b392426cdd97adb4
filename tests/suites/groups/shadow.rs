//! What a group should be like after each step, told by the table of permissions and the group's options alone.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Code, GroupKind, Role,
    group::{
        InviteOption, JoinOption,
        rule::{self, Action, Actor},
    },
};

/// Who does a step: the app through REST, or a user on its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    App,
    User(usize),
}

/// What is done. Users are numbers, messages sequences.
#[derive(Clone, Debug)]
pub enum Step {
    Apply,
    Decide { invited: bool, from: usize, who: usize, agree: bool },
    Invite(Vec<usize>),
    Quit,
    Kick(usize),
    SetAdmin(usize, bool),
    HandOver(usize),
    Rename,
    SetJoin(JoinOption),
    SetInvite(InviteOption),
    SetSize(u64),
    Mute(usize, i64),
    MuteAll(bool),
    Card(usize),
    Speak,
    Recall(i64),
    Modify(i64),
    ReadInfo,
    ReadMembers,
    ReadHistory,
    Pin(i64, bool),
    Count,
    SetAttribute,
    Ban(usize),
    Dismiss,
}

/// A place in the conversation.
#[derive(Clone, Debug)]
pub enum Entry {
    Tip,
    Said { from: Who, text: String, time: i64, recalled: bool, version: u32 },
}

/// A member: its role, and the newest sequence when it came.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub role: Role,
    pub joined_at: i64,
}

/// A group.
pub struct Shadow {
    pub id: String,
    pub kind: GroupKind,
    /// Also of a live room, which has no stored members.
    pub owner: Option<usize>,
    pub members: BTreeMap<usize, Place>,
    pub listeners: BTreeSet<usize>,
    pub join: JoinOption,
    pub invite: InviteOption,
    pub most: u64,
    pub muted: bool,
    /// Until which second.
    pub mutes: BTreeMap<usize, i64>,
    pub log: Vec<Entry>,
    pub(super) waiting: BTreeSet<(bool, usize, usize)>,
    pub(super) banned: BTreeSet<usize>,
    pub(super) pins: Vec<i64>,
    pub(super) active: bool,
    pub dismissed: bool,
}

/// What a step leads to: the code of a refusal, or success with how many tips it leaves.
pub type Outcome = Result<usize, Code>;

impl Shadow {
    pub fn new(kind: GroupKind, id: String, owner: Option<usize>, members: &[(usize, Role)]) -> Self {
        let place = |role| Place { role, joined_at: 0 };
        let mut all: BTreeMap<usize, Place> = members.iter().map(|(user, role)| (*user, place(*role))).collect();
        if let Some(owner) = owner.filter(|_| kind.is_stored()) {
            all.insert(owner, place(Role::Owner));
        }
        Self {
            id,
            kind,
            owner,
            members: all,
            listeners: BTreeSet::new(),
            join: kind.join_option(),
            invite: kind.invite_option(),
            most: u64::MAX,
            muted: false,
            mutes: BTreeMap::new(),
            log: Vec::new(),
            waiting: BTreeSet::new(),
            banned: BTreeSet::new(),
            pins: Vec::new(),
            active: false,
            dismissed: false,
        }
    }

    pub fn role(&self, user: usize) -> Option<Role> {
        if self.kind.is_stored() {
            return self.members.get(&user).map(|place| place.role);
        }
        match self.owner {
            Some(owner) if owner == user => Some(Role::Owner),
            _ => self.listeners.contains(&user).then_some(Role::Member),
        }
    }

    fn actor(&self, who: Who) -> Actor {
        match who {
            Who::App => Actor::App,
            Who::User(user) => self.role(user).map_or(Actor::Stranger, Actor::Member),
        }
    }

    pub(super) fn check(&self, who: Who, action: Action) -> Result<(), Code> {
        rule::check(self.kind, action, self.actor(who)).map_err(|error| error.code)
    }

    pub(super) fn allows(&self, who: Who, action: Action) -> bool {
        self.check(who, action).is_ok()
    }

    pub(super) fn has_room(&self, more: usize) -> Result<(), Code> {
        if (self.members.len() + more) as u64 > self.most { Err(Code::GroupFull) } else { Ok(()) }
    }

    pub fn muted_until(&self, user: usize, second: i64) -> i64 {
        self.mutes.get(&user).copied().filter(|until| *until > second).unwrap_or(0)
    }

    /// Above which sequence somebody sees the history.
    pub fn sees_above(&self, who: Who) -> i64 {
        match who {
            Who::User(user) if !self.kind.shows_past() => self.members.get(&user).map_or(0, |place| place.joined_at),
            _ => 0,
        }
    }

    pub(super) fn newest(&self) -> i64 {
        self.log.len() as i64
    }

    pub(super) fn entry(&mut self, sequence: i64) -> Option<&mut Entry> {
        usize::try_from(sequence - 1).ok().and_then(|place| self.log.get_mut(place))
    }

    /// The same, if somebody may see it.
    pub(super) fn seen(&mut self, who: Who, sequence: i64) -> Option<&mut Entry> {
        if sequence > self.sees_above(who) { self.entry(sequence) } else { None }
    }

    pub(super) fn comes(&mut self, users: &[usize]) -> usize {
        let joined_at = self.newest();
        for user in users {
            self.members.insert(*user, Place { role: Role::Member, joined_at });
        }
        usize::from(!users.is_empty() && self.shows_members())
    }

    /// Whether coming and being removed shows: not before a private group's first message.
    pub(super) fn shows_members(&self) -> bool {
        self.kind.announces_members() && (self.active || self.kind != GroupKind::Private)
    }

    /// Does a step at a time in milliseconds; only what succeeds changes anything.
    pub fn step(&mut self, who: Who, step: &Step, now: i64) -> Outcome {
        let for_users = matches!(step, Step::Apply | Step::Quit | Step::Decide { .. } | Step::Pin(..) | Step::ReadInfo);
        if who == Who::App && for_users {
            return Err(Code::NoSuchCommand);
        }
        let tips = match step {
            Step::Apply => self.apply(who)?,
            Step::Decide { invited, from, who: subject, agree } => {
                self.check(who, Action::Approve)?;
                let row = (*invited, *from, *subject);
                if !self.waiting.contains(&row) {
                    return Err(Code::ApplicationHandled);
                }
                if *agree {
                    self.has_room(1)?;
                }
                self.waiting.remove(&row);
                let comes = *agree && !self.members.contains_key(subject);
                if comes { self.comes(&[*subject]) } else { 0 }
            }
            Step::Invite(users) => self.bring_in(who, users)?,
            Step::Quit => self.quit(who)?,
            Step::Kick(user) => self.kick(who, *user)?,
            Step::SetAdmin(user, made) => {
                self.needs_members()?;
                self.check(who, Action::SetAdmin)?;
                let role = if *made { Role::Admin } else { Role::Member };
                let announces = self.kind.announces_members();
                let place = self.members.get_mut(user).filter(|place| place.role != Role::Owner);
                let place = place.ok_or(Code::GroupNoPermission)?;
                usize::from(std::mem::replace(&mut place.role, role) != role && announces)
            }
            Step::HandOver(user) => {
                self.check(who, Action::HandOver)?;
                if !self.members.contains_key(user) {
                    return Err(Code::GroupParameterInvalid);
                }
                if self.owner == Some(*user) {
                    return Ok(0);
                }
                for (member, place) in &mut self.members {
                    match place.role {
                        _ if member == user => place.role = Role::Owner,
                        Role::Owner => place.role = Role::Member,
                        _ => {}
                    }
                }
                self.owner = Some(*user);
                1
            }
            Step::Rename => {
                self.check(who, Action::ChangeInfo)?;
                1
            }
            Step::SetJoin(option) => {
                self.check(who, Action::ChangeJoinOption)?;
                if self.kind != GroupKind::Community {
                    self.join = *option;
                }
                0
            }
            Step::SetInvite(option) => {
                self.check(who, Action::ChangeInviteOption)?;
                self.invite = *option;
                0
            }
            Step::SetSize(most) => {
                self.check(who, Action::ChangeSize)?;
                if self.kind.is_stored() {
                    self.most = *most;
                }
                0
            }
            Step::Mute(user, seconds) => {
                let role = self.role(*user);
                let ordinary = role.is_none_or(|role| role == Role::Member);
                self.check(who, if ordinary { Action::MuteMember } else { Action::MuteAdmin })?;
                if role == Some(Role::Owner) && who != Who::App {
                    return Err(Code::GroupNoPermission);
                }
                self.mutes.insert(*user, if *seconds == 0 { 0 } else { now / 1000 + seconds });
                usize::from(self.kind != GroupKind::ChatRoom)
            }
            Step::MuteAll(on) => {
                self.check(who, Action::MuteAll)?;
                self.muted = *on;
                0
            }
            Step::Card(user) => self.card(who, *user)?,
            Step::Speak => self.speak(who, now)?,
            Step::Recall(sequence) => self.recall(who, *sequence, now)?,
            Step::Modify(sequence) => {
                self.check(who, Action::ModifyMessage)?;
                match self.seen(who, *sequence) {
                    Some(Entry::Said { recalled: true, .. }) => return Err(Code::AlreadyRecalled),
                    Some(Entry::Said { text, version, .. }) => {
                        *version += 1;
                        *text = format!("modified {sequence} {version}");
                        0
                    }
                    _ => return Err(Code::MessageMissing),
                }
            }
            Step::ReadInfo => self.read_info(who)?,
            Step::ReadMembers => self.check(who, Action::ReadMembers).map(|()| 0)?,
            Step::ReadHistory => self.check(who, Action::ReadHistory).map(|()| 0)?,
            Step::Pin(sequence, pin) => self.pin(who, *sequence, *pin)?,
            Step::Count => self.check(who, Action::ChangeCounters).map(|()| 0)?,
            Step::SetAttribute => self.check(who, Action::ChangeAttributes).map(|()| 0)?,
            Step::Ban(user) => {
                self.check(who, Action::Ban)?;
                if self.owner == Some(*user) {
                    return Err(Code::GroupNoPermission);
                }
                self.banned.insert(*user);
                self.listeners.remove(user);
                0
            }
            Step::Dismiss => {
                self.check(who, Action::Dismiss)?;
                self.dismissed = true;
                0
            }
        };
        if !self.kind.is_stored() || self.dismissed {
            return Ok(0);
        }
        self.log.extend(std::iter::repeat_n(Entry::Tip, tips));
        Ok(tips)
    }

    /// The pinned messages, those pinned last first.
    pub fn pins(&self) -> &[i64] {
        &self.pins
    }
}
