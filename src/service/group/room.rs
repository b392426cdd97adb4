//! Live rooms: who listens, and what is said to them. Nothing is stored.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use model::{
    Code, Error, Millis, Role, UserId,
    group::limit::{ROOM_ADMINS, ROOM_HISTORY},
};
use serde_json::{json, value::RawValue};
use store::tables::group::NewMember;
use tokio::sync::Notify;

use super::{
    By, LiveGroup, Place,
    heard::Heard,
    join::Way,
    marks,
    notice::{report, tip},
};
use crate::{
    Account, LiveApp, Services, broken,
    message::raw,
    presence::{Push, Session},
};

/// How many items visitors can catch up on.
const RECENT: usize = 200;
/// How long a visitor's request may wait for something to be said.
const HOLD: Duration = Duration::from_secs(8);
/// How long a listener without a connection, and a visitor who asks nothing, still count.
const ABSENT: Millis = 5 * 60_000;
const VISITOR_ABSENT: Millis = 60_000;
/// Comings and goings are shown one by one up to so many listeners; in larger rooms as many a second as make so many
/// deliveries, and at least one.
const SHOWN_LISTENERS: usize = 500;
const SHOWN_DELIVERIES: usize = 5000;
/// The most names of one page of listeners.
const PAGE: usize = 500;
/// So many listeners are listed, those who came last (REST v4 `get_members`).
const LISTED: usize = 1000;
/// Visitors hear of a room's end when they ask within that time.
pub(super) const ENDED: Millis = VISITOR_ABSENT;

/// Who listens to a live room.
#[derive(Default)]
pub(super) struct Room {
    pub listeners: HashMap<(i64, u32), Listener>,
    accounts: HashMap<i64, usize>,
    /// Accounts that the app wants counted as online, and until when.
    pub counted: HashMap<i64, Millis>,
    visitors: HashMap<String, Visitor>,
    sequence: i64,
    pub heard: Heard,
    recent: VecDeque<Item>,
    said: Arc<Notify>,
    shown: (i64, usize),
    ended: bool,
}

pub(super) struct Listener {
    pub session: Arc<Session>,
    joined: i64,
    pub marks: Vec<i64>,
}

/// Somebody without an account: when they last asked, and the first thing said after they came.
struct Visitor {
    seen: Millis,
    first: i64,
}

/// Something said, as visitors fetch it.
struct Item {
    sequence: i64,
    message: bool,
    json: Bytes,
}

/// A listener in the list.
pub struct RoomEntry {
    /// The account's number.
    pub account: i64,
    /// The account's name.
    pub user: UserId,
    /// Seconds since 1970.
    pub joined: i64,
    /// Marks the app gave it.
    pub marks: Vec<i64>,
}

/// What a visitor gets.
pub struct Poll {
    /// What was said.
    pub items: Vec<Box<RawValue>>,
    /// Where to go on.
    pub next: i64,
}

impl Room {
    pub fn has(&self, account: i64) -> bool {
        self.accounts.contains_key(&account)
    }

    /// When an account began to listen, seconds since 1970.
    pub fn joined(&self, account: i64) -> Option<i64> {
        let places = self.listeners.iter().filter(|((listener, _), _)| *listener == account);
        places.map(|(_, listener)| listener.joined).min()
    }

    pub fn count(&self) -> usize {
        self.accounts.len() + self.visitors.len()
    }

    pub fn is_empty(&self) -> bool {
        self.listeners.is_empty() && self.visitors.is_empty()
    }

    /// Hands one encoded push to all listeners.
    pub fn push(&self, push: &Arc<Push>, except: Option<(i64, u32)>) {
        for (who, listener) in &self.listeners {
            if Some(*who) != except {
                listener.session.push(push);
            }
        }
    }

    fn add(&mut self, session: &Arc<Session>, now: i64) -> bool {
        let who = (session.account, session.instance);
        if self.listeners.contains_key(&who) {
            return false;
        }
        self.listeners.insert(who, Listener { session: session.clone(), joined: now, marks: Vec::new() });
        let places = self.accounts.entry(session.account).or_default();
        *places += 1;
        *places == 1
    }

    /// A listener leaves; whether the account is not in the room any more.
    pub fn remove(&mut self, who: (i64, u32)) -> bool {
        let gone = self.take_out(who);
        if gone {
            self.counted.remove(&who.0);
        }
        gone
    }

    fn take_out(&mut self, who: (i64, u32)) -> bool {
        if self.listeners.remove(&who).is_none() {
            return false;
        }
        let places = self.accounts.entry(who.0).or_default();
        *places = places.saturating_sub(1);
        let gone = *places == 0;
        if gone {
            self.accounts.remove(&who.0);
        }
        gone
    }

    /// The room is no more; its visitors may still fetch how it ended.
    pub fn close(&mut self) {
        self.listeners.clear();
        self.accounts.clear();
        self.counted.clear();
        self.ended = true;
        self.said.notify_waiters();
    }

    /// Takes out who has been away for long.
    fn tidy(&mut self, now: Millis) {
        let away: Vec<_> = self
            .listeners
            .iter()
            .filter(|(_, listener)| listener.session.absent_since().is_some_and(|since| now - since > ABSENT))
            .map(|(who, _)| *who)
            .collect();
        for who in away {
            self.take_out(who);
        }
        self.counted.retain(|_, until| now < *until);
        self.visitors.retain(|_, visitor| now - visitor.seen <= VISITOR_ABSENT);
    }

    /// The place of the next thing said. After a restart it goes on far beyond where it was, since clients drop what
    /// has a place that they have seen.
    fn next(&mut self, age: Millis) -> i64 {
        if self.sequence == 0 {
            self.sequence = age.max(0) / 10;
        }
        self.sequence += 1;
        self.sequence
    }

    fn keep(&mut self, sequence: i64, group: &LiveGroup, event: &[u8]) {
        let message = event.starts_with(b"\"Event\":3");
        let from = event.iter().position(|byte| *byte == b'[').map_or(0, |at| at + 2);
        let item = event.get(from..event.len().saturating_sub(1)).unwrap_or_default();
        let mut json = Vec::with_capacity(item.len() + 64);
        json.extend_from_slice(b"{\"GroupId\":");
        json.extend_from_slice(group.quoted.as_bytes());
        if message {
            json.extend_from_slice(b",\"Event\":3");
        } else if event.starts_with(b"\"Event\":5") {
            json.extend_from_slice(b",\"Event\":5");
        }
        json.push(b',');
        json.extend_from_slice(item);
        self.recent.push_back(Item { sequence, message, json: json.into() });
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    fn shows_comings(&mut self, second: i64) -> bool {
        if self.listeners.len() <= SHOWN_LISTENERS {
            return true;
        }
        if self.shown.0 != second {
            self.shown = (second, 0);
        }
        self.shown.1 += 1;
        self.shown.1 <= (SHOWN_DELIVERIES / self.listeners.len()).max(1)
    }
}

impl Services {
    /// Says something to a live room: encoded once, handed to every listener in the same order.
    pub(super) fn tell_room(
        &self,
        place: &Place,
        except: Option<(i64, u32)>,
        make: impl FnOnce(i64) -> Result<Vec<u8>, Error>,
    ) -> Result<i64, Error> {
        let group = &place.group;
        if group.kind == model::GroupKind::BChatRoom {
            let event = make(1)?;
            let push = Arc::new(Push::event(0, |out| out.extend_from_slice(&event)));
            self.hub.push_app(group.app, &push);
            return Ok(1);
        }
        // The name of the group is read for the message; nothing of the group is taken while the room is.
        let mut room = group.room();
        let sequence = room.next(self.world.now() - group.created);
        let event = make(sequence)?;
        let push = Arc::new(Push::event(0, |out| out.extend_from_slice(&event)));
        room.push(&push, except);
        room.keep(sequence, group, &event);
        room.said.notify_waiters();
        Ok(sequence)
    }

    /// Joins a live room on a session. Returns what was said last, if newcomers get that.
    pub(super) async fn enter_room(
        self: &Arc<Self>,
        app: &LiveApp,
        group: &Arc<LiveGroup>,
        by: &By,
        session: &Arc<Session>,
        wants_history: bool,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let now = self.world.second();
        let bans = self.store.book.bans(group.number).await.map_err(broken)?;
        if bans.iter().any(|(account, _, until)| *account == by.account.number && *until > now) {
            return Err(Error::new(Code::GroupNoPermission).detail("this user is banned from the room"));
        }
        let (new, shows, history) = {
            let mut room = group.room();
            if room.listeners.len().is_multiple_of(64) {
                room.tidy(self.world.now());
            }
            let new = room.add(session, now);
            let shows = new && group.kind.announces_members() && room.shows_comings(now);
            (new, shows, room.history(app.settings.room_history && wants_history)?)
        };
        self.store.book.add_listener(group.number, session.account, session.instance.into()).await.map_err(broken)?;
        session.enter(group);
        if session.ended().is_some() {
            Self::leave_rooms(session);
        }
        if shows {
            let whom = [(by.account.clone(), None)];
            let more = json!({"MemberNum": group.member_count(), "GroupJoinType": Way::Applied as u8});
            let body = Self::tip_body(tip::JOINED, by, None, &whom, more);
            self.tip(&Place::of(group), by, body).await?;
        }
        if new {
            self.tell_joined(group, by, Way::Applied, std::slice::from_ref(&by.account)).await?;
        }
        Ok(history)
    }

    /// Leaves a live room.
    pub(super) async fn leave_room(
        self: &Arc<Self>,
        group: &Arc<LiveGroup>,
        by: &By,
        session: &Session,
    ) -> Result<(), Error> {
        self.store
            .book
            .remove_listener(group.number, session.account, session.instance.into())
            .await
            .map_err(broken)?;
        session.exit(group);
        let (gone, shows) = {
            let mut room = group.room();
            let gone = room.remove((session.account, session.instance));
            (gone, gone && group.kind.announces_members() && room.shows_comings(self.world.second()))
        };
        if shows {
            let whom = [(by.account.clone(), None)];
            let more = json!({"MemberNum": group.member_count()});
            let body = Self::tip_body(tip::QUIT, by, None, &whom, more);
            self.tip(&Place::of(group), by, body).await?;
        }
        if gone {
            self.tell_exit(group, by, "Quit", std::slice::from_ref(&by.account)).await?;
        }
        Ok(())
    }

    /// A client that comes back takes itself for a listener of the rooms it was in, and asks for none of them.
    pub(crate) async fn rejoin_rooms(&self, session: &Arc<Session>) -> Result<(), Error> {
        let instance = i64::from(session.instance);
        for number in self.store.book.listened(session.account, instance).await.map_err(broken)? {
            if let Some(group) = self.group_numbered(number).await? {
                group.room().add(session, self.world.second());
                session.enter(&group);
            }
        }
        Ok(())
    }

    /// A session that ends leaves all rooms.
    pub(crate) fn leave_rooms(session: &Session) {
        for group in session.leave_all() {
            group.room().remove((session.account, session.instance));
        }
    }

    /// Lets somebody without an account listen; returns the key to fetch with and where to begin.
    pub fn visit_room(&self, group: &LiveGroup) -> Result<(String, i64), Error> {
        if group.kind != model::GroupKind::AvChatRoom {
            return Err(Error::new(Code::GroupNoPermission).detail("only live rooms have visitors"));
        }
        let key = format!("{}-{}", group.number, self.world.hex(12));
        let mut room = group.room();
        room.tidy(self.world.now());
        if room.sequence == 0 {
            room.next(self.world.now() - group.created);
        }
        let first = room.sequence + 1;
        room.visitors.insert(key.clone(), Visitor { seen: self.world.now(), first });
        Ok((key, first))
    }

    /// What was said in a visitor's room from a place on; waits a little for something.
    pub async fn poll_room(&self, app: &LiveApp, key: &str, start: i64) -> Result<Poll, Error> {
        let number = key.split_once('-').and_then(|(number, _)| number.parse().ok());
        let number = number.ok_or_else(|| Error::new(Code::GroupParameterInvalid).detail("the Key is malformed"))?;
        let group = match self.groups.ended(number, self.world.now()) {
            Some(group) => Some(group),
            None => self.group_numbered(number).await?,
        };
        let group = group.filter(|group| group.app == app.sdkappid).ok_or(Code::GroupMissing)?;
        let said = group.room().said.clone();
        let more = said.notified();
        tokio::pin!(more);
        more.as_mut().enable();
        let poll = group.room().poll(key, start, self.world.now())?;
        if !poll.items.is_empty() {
            return Ok(poll);
        }
        if group.room().ended {
            return Err(Code::GroupMissing.into());
        }
        let _ = tokio::time::timeout(HOLD, more).await;
        group.room().poll(key, start, self.world.now())
    }

    /// A page of a room's listeners, those who came last first, after a time in seconds; 0 begins. Returns where the
    /// next page begins, 0 at the end.
    pub fn room_members(&self, group: &LiveGroup, before: i64, mark: Option<i64>) -> (Vec<RoomEntry>, i64) {
        let room = group.room();
        let mut seen = HashSet::new();
        let mut all: Vec<RoomEntry> = room
            .listeners
            .values()
            .filter(|listener| !listener.marks.contains(&marks::HIDDEN))
            .filter(|listener| mark.is_none_or(|mark| listener.marks.contains(&mark)))
            .map(|listener| RoomEntry {
                account: listener.session.account,
                user: listener.session.user.clone(),
                joined: listener.joined,
                marks: listener.marks.clone(),
            })
            .collect();
        drop(room);
        all.sort_by(|a, b| (b.joined, &a.user).cmp(&(a.joined, &b.user)));
        all.retain(|entry| seen.insert(entry.account));
        all.truncate(LISTED);
        all.retain(|entry| before == 0 || entry.joined < before);
        let mut next = 0;
        if all.len() > PAGE {
            // A page ends with a whole second, so that the next one misses nobody.
            let last = all[PAGE - 1].joined;
            let end = all.iter().position(|entry| entry.joined < last).unwrap_or(all.len());
            if end < all.len() {
                all.truncate(end);
                next = last;
            }
        }
        (all, next)
    }

    /// The live rooms that an account listens to.
    pub fn rooms_of(&self, account: i64) -> Vec<Arc<LiveGroup>> {
        let mut rooms: Vec<_> = self.hub.sessions(account).iter().flat_map(|session| session.rooms()).collect();
        rooms.sort_by_key(|room| room.number);
        rooms.dedup_by_key(|room| room.number);
        rooms
    }

    /// Makes accounts administrators of a live room, or takes that back, and tells them. Unlike listeners they are
    /// stored.
    pub async fn set_room_admins(
        self: &Arc<Self>,
        group: &Arc<LiveGroup>,
        by: &By,
        accounts: &[Arc<Account>],
        made: bool,
    ) -> Result<(), Error> {
        if group.kind != model::GroupKind::AvChatRoom {
            return Err(Error::new(Code::GroupNoPermission).detail("only live rooms have administrators of this kind"));
        }
        let alone = group.change().await?;
        let mut changed: Vec<&Arc<Account>> = Vec::new();
        for account in accounts {
            if group.read().owner == account.number {
                return Err(Error::new(Code::GroupNoPermission).detail("the owner is more than an administrator"));
            }
            let again = changed.iter().any(|other| other.number == account.number);
            if !again && group.member(account.number).is_some() != made {
                changed.push(account);
            }
        }
        if made && group.read().count() + changed.len() > ROOM_ADMINS {
            return Err(Error::new(Code::GroupParameterInvalid).detail("a live room has at most 5 administrators"));
        }
        if made {
            self.enrol_room_admins(group, &changed).await?;
        } else {
            let numbers: Vec<i64> = changed.iter().map(|account| account.number).collect();
            self.drop_members(group, &numbers).await?;
        }
        drop(alone);
        let kind = if made { report::MADE_ADMIN } else { report::LOST_ADMIN };
        for account in changed {
            self.notify(&Place::of(group), account, kind, &by.account, &json!({}), None).await?;
        }
        Ok(())
    }

    async fn enrol_room_admins(&self, group: &LiveGroup, accounts: &[&Arc<Account>]) -> Result<(), Error> {
        let (joined, receive) = (self.world.second(), group.kind.receive_option());
        let rows: Vec<NewMember> = accounts
            .iter()
            .map(|account| NewMember {
                account: account.number,
                role: Role::Admin.number(),
                joined,
                join_sequence: 0,
                read_sequence: 0,
                mute: receive as i64,
                fields: Vec::new(),
            })
            .collect();
        self.store.book.add_members(group.number, &rows, None).await.map_err(broken)?;
        let mut state = group.write();
        for account in accounts {
            state.insert(super::Member {
                account: account.number,
                user: account.user.clone(),
                role: Role::Admin,
                joined,
                join_sequence: 0,
                name_card: String::new(),
                fields: model::group::Fields::default(),
                receive,
                last_sent: 0,
            });
        }
        Ok(())
    }

    /// How many members are connected.
    pub fn online_count(&self, group: &LiveGroup) -> usize {
        if group.kind.is_stored() {
            let accounts: Vec<i64> = group.read().members.keys().copied().collect();
            return accounts.into_iter().filter(|account| self.hub.is_online(*account)).count();
        }
        let mut room = group.room();
        room.tidy(self.world.now());
        let online: HashSet<i64> = room
            .listeners
            .values()
            .filter(|listener| listener.session.link().is_some())
            .map(|listener| listener.session.account)
            .chain(room.counted.keys().copied())
            .collect();
        online.len() + room.visitors.len()
    }
}

impl Room {
    fn history(&self, wanted: bool) -> Result<Vec<Box<RawValue>>, Error> {
        if !wanted {
            return Ok(Vec::new());
        }
        let mut newest: Vec<&Item> = self.recent.iter().rev().filter(|item| item.message).take(ROOM_HISTORY).collect();
        newest.reverse();
        newest.into_iter().map(|item| raw(item.json.to_vec())).collect()
    }

    fn poll(&mut self, key: &str, start: i64, now: Millis) -> Result<Poll, Error> {
        let Some(visitor) = self.visitors.get_mut(key) else {
            return Err(Error::new(Code::GroupParameterInvalid).detail("this visitor is not in the room"));
        };
        visitor.seen = now;
        let start = start.max(visitor.first);
        let items: Vec<&Item> = self.recent.iter().filter(|item| item.sequence >= start).collect();
        let next = items.last().map_or(start, |last| last.sequence + 1);
        let items = items.into_iter().map(|item| raw(item.json.to_vec())).collect::<Result<_, _>>()?;
        Ok(Poll { items, next })
    }
}
