//! The server's side of one client connection, as the services see it.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use model::Millis;

use super::{Outbox, Outgoing, Push, Queue, Session};

/// How long pushes wait after a resumed session last fetched history, so that missed messages show before new ones.
const QUIET_MILLIS: Millis = 200;
/// The longest such wait.
const HELD_MILLIS: Millis = 3000;

/// A connection.
#[derive(Debug)]
pub struct Link {
    /// Unique in this process.
    pub id: u64,
    /// The SDK instance's own name, 32 hexadecimal digits, the same over its reconnects.
    pub client: String,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    outbox: Outbox,
    /// Set when the queue overflowed: nothing more can be promised on this connection.
    broken: AtomicBool,
    /// Messages up to this position are fetched by the client, later ones are pushed; -1 before the sign-in.
    start: AtomicI64,
    /// Pushes wait since this time; 0 when they do not.
    held_since: AtomicI64,
    /// When the held session last fetched something; 0 before its first fetch.
    fetched: AtomicI64,
    session: Mutex<Option<Arc<Session>>>,
    replay: Mutex<Vec<Arc<Push>>>,
    closing: AtomicBool,
    silent: AtomicBool,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Link {
    /// Makes a link, and the end its connection reads from.
    pub fn new(client: String, address: Option<IpAddr>) -> (Arc<Self>, Queue) {
        let link = Arc::new(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            client,
            address,
            outbox: Outbox::default(),
            broken: AtomicBool::new(false),
            start: AtomicI64::new(-1),
            held_since: AtomicI64::new(0),
            fetched: AtomicI64::new(0),
            session: Mutex::new(None),
            replay: Mutex::default(),
            closing: AtomicBool::new(false),
            silent: AtomicBool::new(false),
        });
        (link.clone(), Queue::new(link))
    }

    /// The session signed in on the connection.
    pub fn session(&self) -> Option<Arc<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_session(&self, session: Option<Arc<Session>>) -> Option<Arc<Session>> {
        std::mem::replace(&mut *self.session.lock().unwrap_or_else(PoisonError::into_inner), session)
    }

    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Queues a push; never waits.
    pub fn push(&self, push: &Arc<Push>) {
        if self.broken.load(Ordering::Relaxed) {
            return;
        }
        if !self.outbox.put(Outgoing::Push(push.clone())) {
            self.broken.store(true, Ordering::Relaxed);
        }
    }

    /// Has pushes sent after the next answer and before anything that waits.
    pub fn add_replay(&self, pushes: Vec<Arc<Push>>) {
        self.replay.lock().unwrap_or_else(PoisonError::into_inner).extend(pushes);
    }

    /// Takes what is to be sent after an answer.
    pub fn take_replay(&self) -> Vec<Arc<Push>> {
        std::mem::take(&mut *self.replay.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks the connection to close.
    pub fn close(&self, why: &'static str) {
        if !self.closing.swap(true, Ordering::Relaxed) && !self.outbox.put(Outgoing::Close(why)) {
            self.broken.store(true, Ordering::Relaxed);
        }
    }

    /// Notes that the connection ends because the client was silent for too long.
    pub fn gave_no_sign(&self) {
        self.silent.store(true, Ordering::Relaxed);
    }

    /// Whether it ended for that.
    pub(super) fn was_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// Whether the client was too slow and must come back.
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self, start: i64, hold: Option<Millis>) {
        self.fetched.store(0, Ordering::Release);
        self.held_since.store(hold.unwrap_or(0), Ordering::Release);
        self.start.store(start, Ordering::Release);
    }

    /// Whether a queued push is not to be sent, because the client fetches its message.
    pub fn is_fetched(&self, push: &Push) -> bool {
        push.position != 0 && push.position <= self.start.load(Ordering::Acquire)
    }

    /// Messages up to this position are fetched by the client; 0 before the sign-in.
    pub fn start(&self) -> i64 {
        self.start.load(Ordering::Acquire).max(0)
    }

    /// Whether a message is pushed on this connection, and not left to be fetched.
    pub(crate) fn pushes(&self, position: i64) -> bool {
        (0..position).contains(&self.start.load(Ordering::Acquire))
    }

    /// Tells that the client has fetched something at a time.
    pub fn fetched(&self, now: Millis) {
        self.fetched.store(now, Ordering::Release);
    }

    /// Tells that the client fetches more: the wait starts anew if it has started.
    pub fn fetches(&self, now: Millis) {
        if self.fetched.load(Ordering::Acquire) > 0 {
            self.fetched.store(now, Ordering::Release);
        }
    }

    /// Whether pushes must wait now; ends the wait when it is over.
    pub fn is_held(&self, now: Millis) -> bool {
        let since = self.held_since.load(Ordering::Acquire);
        if since == 0 {
            return false;
        }
        let fetched = self.fetched.load(Ordering::Acquire);
        let held = now - since < HELD_MILLIS && (fetched == 0 || now - fetched < QUIET_MILLIS);
        if !held {
            self.held_since.store(0, Ordering::Release);
        }
        held
    }

    /// The frame to send for a push, as text.
    pub fn frame(&self, push: &Push) -> Bytes {
        let sync = push.position > 0 && self.session().is_some_and(|session| session.wants_sync());
        push.frame(sync)
    }
}
