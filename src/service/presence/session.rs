//! One sign-in of a user: it outlives connections, and ends by sign-out, by a kick or with its account.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use model::{Millis, Platform, SdkAppId, UserId};

use super::{Link, Push};
use crate::group::LiveGroup;

/// After so many acknowledged pushes the client is asked to move its cookie on, so that they can be forgotten.
const REMEMBERED: usize = 256;
/// The most acknowledgements remembered of a client that does not.
const MOST_REMEMBERED: usize = 16_384;

/// Why a session was ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kick {
    /// Another sign-in of the user took the place.
    OtherSignIn = 1,
    /// REST `kick`, or the account was removed.
    Administrator = 3,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its client signed out.
    SignedOut,
    /// It was ended from outside.
    Kicked(Kick),
}

/// A sign-in.
#[derive(Debug)]
pub struct Session {
    /// The app.
    pub app: SdkAppId,
    /// The account's number.
    pub account: i64,
    /// The user.
    pub user: UserId,
    /// The number of the sign-in, unique within the account; `status_instid` of the protocol.
    pub instance: u32,
    /// The secret the client proves the session with; `a2` of the protocol.
    pub ticket: Box<str>,
    /// What it runs on.
    pub platform: Platform,
    /// Whether it was found in the book after a restart, so that what it acknowledged before is not known.
    pub restored: bool,
    /// Keeps requests that must be taken in the order they came in.
    pub order: Arc<tokio::sync::Mutex<()>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    link: Option<Arc<Link>>,
    ended: Option<End>,
    acknowledged: BTreeSet<i64>,
    /// Positions of what was said in groups and pushed, without what was acknowledged, in order.
    unconfirmed: VecDeque<i64>,
    /// What is later than this may not have been pushed, as there was no connection; `None` when that is not known.
    pushed_until: Option<i64>,
    /// What was missed before the connection began has been looked up.
    caught_up: bool,
    /// When the connection was lost.
    absent_since: Option<Millis>,
    /// How many were remembered when the client was last asked to move its cookie on.
    asked: usize,
    /// In the order in which it began.
    watching: VecDeque<i64>,
    rooms: Vec<Weak<LiveGroup>>,
    /// The order of what the client says to one receiver or group, while anybody waits for it.
    turns: HashMap<i64, Arc<tokio::sync::Mutex<()>>>,
    /// The address of the last connection.
    address: Option<IpAddr>,
}

/// What a session may have missed in groups.
#[derive(Debug)]
pub(crate) struct Missing {
    /// All of it is later than this position; `None` when nothing is known of what it had.
    pub after: Option<i64>,
    unconfirmed: HashSet<i64>,
    pushed_until: i64,
}

impl Missing {
    /// Whether what is at a position is missing.
    pub fn has(&self, position: i64) -> bool {
        position > self.pushed_until || self.unconfirmed.contains(&position)
    }
}

/// The most positions remembered of a client that acknowledges nothing; what is older it finds in the history.
const MOST_UNCONFIRMED: usize = 2048;

impl Session {
    pub(super) fn new(
        (app, account, user): (SdkAppId, i64, UserId),
        instance: u32,
        ticket: String,
        platform: Platform,
        restored: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            app,
            account,
            user,
            instance,
            ticket: ticket.into(),
            platform,
            restored,
            order: Arc::default(),
            state: Mutex::default(),
        })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while the app's server is asked about what the client says to one receiver or group.
    pub(crate) fn turn_to(&self, place: i64) -> Arc<tokio::sync::Mutex<()>> {
        let mut state = self.state();
        state.turns.retain(|other, turn| *other == place || Arc::strong_count(turn) > 1);
        state.turns.entry(place).or_default().clone()
    }

    /// The address its last connection came from.
    pub fn address(&self) -> Option<IpAddr> {
        self.state().address
    }

    /// The connection, if there is one.
    pub fn link(&self) -> Option<Arc<Link>> {
        self.state().link.clone()
    }

    /// Whether there is a connection.
    pub fn is_connected(&self) -> bool {
        self.state().link.is_some()
    }

    /// How it ended, if it did.
    pub fn ended(&self) -> Option<End> {
        self.state().ended
    }

    pub(super) fn end(&self, end: End) -> Option<Arc<Link>> {
        let mut state = self.state();
        state.ended.get_or_insert(end);
        state.acknowledged.clear();
        state.link.take()
    }

    /// Gives the session another connection; whether it had none, and the one it had. What is up to `handed` has been
    /// handed on; what is later than `handing` is pushed on the new connection.
    pub(super) fn attach(&self, link: &Arc<Link>, handed: i64, handing: i64) -> (bool, Option<Arc<Link>>) {
        let mut state = self.state();
        let old = state.link.replace(link.clone());
        state.address = link.address;
        let came = old.is_none();
        if old.is_some() && state.caught_up {
            // It went to the connection before; what of it did not arrive there is unconfirmed.
            state.pushed_until = Some(handed);
            state.caught_up = false;
        } else if state.pushed_until.is_none() && !self.restored {
            // Before the first sign-in nobody misses anything.
            state.pushed_until = Some(handing);
            state.caught_up = true;
        }
        state.absent_since = None;
        (came, old.filter(|old| old.id != link.id))
    }

    /// Takes a connection away if it is still the session's; tells whether it was. `handed`: all up to it has been
    /// handed on, while of what is later it is not known whether it was pushed before.
    pub(super) fn detach(&self, link: &Link, handed: i64, now: Millis) -> bool {
        let mut state = self.state();
        let is_ours = state.link.as_ref().is_some_and(|ours| ours.id == link.id);
        if is_ours {
            state.link = None;
            // A connection that never caught up has missed what it missed when it began.
            if state.caught_up {
                state.pushed_until = Some(handed);
                state.caught_up = false;
            }
            state.absent_since = Some(now);
        }
        is_ours
    }

    pub(crate) fn push(&self, push: &Arc<Push>) {
        let mut state = self.state();
        let Some(link) = state.link.clone() else { return };
        if push.in_group {
            state.unconfirmed.push_back(push.position);
            if state.unconfirmed.len() > MOST_UNCONFIRMED {
                state.unconfirmed.pop_front();
            }
        }
        drop(state);
        link.push(push);
    }

    /// What the client may have missed in groups up to a position; `None` when it missed nothing. From now on that is
    /// taken for pushed.
    pub(crate) fn missing(&self, until: i64) -> Option<Missing> {
        let mut state = self.state();
        let pushed_until = state.pushed_until.replace(until);
        state.caught_up = true;
        // What is later is on its way on the connection already.
        let (unconfirmed, on_its_way): (HashSet<i64>, VecDeque<i64>) = {
            let (before, after): (Vec<i64>, Vec<i64>) =
                state.unconfirmed.drain(..).partition(|position| *position <= until);
            (before.into_iter().collect(), after.into())
        };
        state.unconfirmed = on_its_way;
        let first = unconfirmed.iter().min().map(|first| first - 1);
        match pushed_until {
            Some(pushed) if pushed >= until && unconfirmed.is_empty() => None,
            Some(pushed) => {
                let after = Some(first.map_or(pushed, |first| first.min(pushed)));
                Some(Missing { after, unconfirmed, pushed_until: pushed })
            }
            None => Some(Missing { after: None, unconfirmed, pushed_until: -1 }),
        }
    }

    /// Notes what is pushed again, before everything that is on its way.
    pub(crate) fn note_pushed(&self, positions: impl DoubleEndedIterator<Item = i64>) {
        let mut state = self.state();
        for position in positions.filter(|position| *position > 0).rev() {
            state.unconfirmed.push_front(position);
        }
    }

    /// Since when there is no connection.
    pub(crate) fn absent_since(&self) -> Option<Millis> {
        self.state().absent_since
    }

    /// Remembers a live room that the client listens to.
    pub(crate) fn enter(&self, group: &Arc<LiveGroup>) {
        let mut state = self.state();
        state.rooms.retain(|room| room.strong_count() > 0 && room.as_ptr() != Arc::as_ptr(group));
        state.rooms.push(Arc::downgrade(group));
    }

    /// Forgets a live room.
    pub(crate) fn exit(&self, group: &Arc<LiveGroup>) {
        self.state().rooms.retain(|room| room.as_ptr() != Arc::as_ptr(group));
    }

    /// The live rooms that the client listens to.
    pub(crate) fn rooms(&self) -> Vec<Arc<LiveGroup>> {
        self.state().rooms.iter().filter_map(Weak::upgrade).collect()
    }

    /// Forgets all live rooms and returns them.
    pub(crate) fn leave_all(&self) -> Vec<Arc<LiveGroup>> {
        std::mem::take(&mut self.state().rooms).iter().filter_map(Weak::upgrade).collect()
    }

    /// Notes that the client watches an account. Whether it did not already, and whom it does not watch any more, since it
    /// watched `most` and that one for longest.
    pub(super) fn start_watching(&self, account: i64, most: usize) -> (bool, Option<i64>) {
        let mut state = self.state();
        if state.ended.is_some() || state.watching.contains(&account) {
            return (false, None);
        }
        let dropped = if state.watching.len() >= most { state.watching.pop_front() } else { None };
        state.watching.push_back(account);
        (true, dropped)
    }

    pub(super) fn stop_watching(&self, account: i64) {
        self.state().watching.retain(|other| *other != account);
    }

    pub(super) fn stop_watching_all(&self) -> VecDeque<i64> {
        std::mem::take(&mut self.state().watching)
    }

    /// Notes that the client has a message, because it acknowledged its push or sent it itself.
    pub fn acknowledge(&self, position: i64) {
        let mut state = self.state();
        // Acknowledgements mostly come in the order of pushes.
        if let Some(place) = state
            .unconfirmed
            .iter()
            .take(64)
            .position(|one| *one == position)
            .or_else(|| state.unconfirmed.binary_search(&position).ok())
        {
            state.unconfirmed.remove(place);
            return;
        }
        state.acknowledged.insert(position);
        if state.acknowledged.len() > MOST_REMEMBERED {
            state.acknowledged.pop_first();
        }
    }

    /// Forgets acknowledgements up to a position which the client's cookie has passed.
    pub fn forget_acknowledged(&self, position: i64) {
        let mut state = self.state();
        state.acknowledged = state.acknowledged.split_off(&(position + 1));
        state.asked = 0;
    }

    /// Whether the client has acknowledged a message.
    pub fn has_acknowledged(&self, position: i64) -> bool {
        self.state().acknowledged.contains(&position)
    }

    /// Whether the client should be asked to move its cookie on; says so once for each so many acknowledgements.
    pub(super) fn wants_sync(&self) -> bool {
        let mut state = self.state();
        let remembered = state.acknowledged.len();
        let wants = remembered >= REMEMBERED && remembered >= state.asked + REMEMBERED / 4;
        if wants {
            state.asked = remembered;
        }
        wants
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{Platform, UserId};

    use super::{Link, Push, Session};

    fn session() -> Arc<Session> {
        Session::new((1, 7, UserId::new("bob").unwrap()), 3, "ticket".into(), Platform::Web, false)
    }

    fn link() -> Arc<Link> {
        Link::new("client".into(), None).0
    }

    fn said(position: i64) -> Arc<Push> {
        Arc::new(Push::event(position, |_| ()).in_group())
    }

    #[test]
    fn what_is_handed_on_while_a_connection_ends_is_missing() {
        let (session, first) = (session(), link());
        session.attach(&first, 10, 10);
        session.detach(&first, 10, 0);
        session.push(&said(11));
        session.attach(&link(), 11, 11);
        let missing = session.missing(11).unwrap();
        assert!(missing.has(11) && !missing.has(10));
    }

    #[test]
    fn who_watches_too_many_forgets_the_first() {
        let session = session();
        assert_eq!([1, 2, 1].map(|account| session.start_watching(account, 2).0), [true, true, false]);
        assert_eq!(session.start_watching(3, 2), (true, Some(1)));
        session.stop_watching(2);
        assert_eq!(session.stop_watching_all(), [3]);
    }

    #[test]
    fn what_is_on_its_way_before_the_rest_is_looked_up_may_still_get_lost() {
        let (session, first, second) = (session(), link(), link());
        session.attach(&first, 0, 0);
        session.detach(&first, 0, 0);
        session.attach(&second, 5, 5);
        session.push(&said(6));
        let missing = session.missing(5).unwrap();
        assert!(missing.has(5) && !missing.unconfirmed.contains(&6));
        session.detach(&second, 6, 0);
        session.attach(&link(), 6, 6);
        assert!(session.missing(6).unwrap().has(6));
    }

    #[test]
    fn a_connection_that_takes_over_misses_only_what_was_not_acknowledged() {
        let session = session();
        session.attach(&link(), 0, 0);
        for position in [1, 2] {
            session.push(&said(position));
        }
        session.acknowledge(1);
        session.attach(&link(), 2, 2);
        let missing = session.missing(2).unwrap();
        assert!(missing.has(2) && !missing.has(1));
        // Nobody looked up what the third misses before the fourth took over.
        session.attach(&link(), 4, 4);
        session.attach(&link(), 6, 6);
        assert!(session.missing(6).unwrap().has(5));
    }
}
