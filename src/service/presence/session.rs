//! One sign-in of a user: it outlives connections, and ends by sign-out, by a kick or with its account.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use model::{Platform, SdkAppId, UserId};

use super::{Link, Push};

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
    watching: HashSet<i64>,
}

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

    /// The connection, if there is one.
    pub fn link(&self) -> Option<Arc<Link>> {
        self.state().link.clone()
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

    pub(super) fn attach(&self, link: &Arc<Link>) -> Option<Arc<Link>> {
        self.state().link.replace(link.clone()).filter(|old| old.id != link.id)
    }

    /// Takes a connection away if it is still the session's; tells whether it was.
    pub(super) fn detach(&self, link: &Link) -> bool {
        let mut state = self.state();
        let is_ours = state.link.as_ref().is_some_and(|ours| ours.id == link.id);
        if is_ours {
            state.link = None;
        }
        is_ours
    }

    pub(super) fn push(&self, push: &Arc<Push>) {
        let link = self.state().link.clone();
        if let Some(link) = link {
            link.push(push);
        }
    }

    pub(super) fn start_watching(&self, account: i64, most: usize) -> bool {
        let mut state = self.state();
        state.ended.is_none() && state.watching.len() < most && state.watching.insert(account)
    }

    pub(super) fn stop_watching(&self, account: i64) {
        self.state().watching.remove(&account);
    }

    pub(super) fn stop_watching_all(&self) -> HashSet<i64> {
        std::mem::take(&mut self.state().watching)
    }

    /// Notes that the client has a message, because it acknowledged its push or sent it itself.
    pub fn acknowledge(&self, position: i64) {
        let mut state = self.state();
        state.acknowledged.insert(position);
        if state.acknowledged.len() > MOST_REMEMBERED {
            state.acknowledged.pop_first();
        }
    }

    /// Forgets acknowledgements up to a position which the client's cookie has passed.
    pub fn forget_acknowledged(&self, position: i64) {
        let mut state = self.state();
        state.acknowledged = state.acknowledged.split_off(&(position + 1));
    }

    /// Whether the client has acknowledged a message.
    pub fn has_acknowledged(&self, position: i64) -> bool {
        self.state().acknowledged.contains(&position)
    }

    /// Whether the client should be asked to move its cookie on.
    pub(super) fn wants_sync(&self) -> bool {
        let remembered = self.state().acknowledged.len();
        remembered >= REMEMBERED && remembered.is_multiple_of(REMEMBERED / 4)
    }
}
