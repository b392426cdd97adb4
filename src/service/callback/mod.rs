//! Callbacks: the app's own server is asked before something happens and told after it.
//!
//! **Before** is in line: two seconds at most, and then the app's policy. **After** goes through an outbox. Of a stored
//! message the outbox is the log itself: its entry has a flag, and `callback_position` in the book says up to where
//! nothing is left to be told. Whatever else happens is a row of the book, written before its request is answered; and
//! so is what waits longer than a moment. Each app has its own queue, connections and breaker, so a server that hangs
//! holds up its own app alone.

mod address;
mod answer;
mod body;
mod breaker;
mod client;
mod deliver;
mod group;
mod inbox;
mod keep;
mod message;
mod person;
mod queue;

use std::{
    collections::HashMap,
    fmt::Write as _,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};

pub(crate) use answer::{Answer, Verdict, refusal_of};
pub(crate) use body::Body;
use breaker::Breaker;
pub use breaker::BreakerState;
pub use client::Failure;
use client::{Client, PATIENCE};
pub(crate) use group::{fields, members};
use inbox::{Fresh, Inbox};
use model::{
    Callback, Error, Millis, SdkAppId, Settings, UserId,
    callback::{CallbackSet, OptPlatform},
};
pub use person::Refusals;
pub(crate) use person::StatusChange;
use queue::Queue;
use tokio::{
    sync::{Notify, Semaphore},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{LiveApp, Services, World, broken, world::hex};

/// Callbacks before events that an app's server is asked at a time; further ones wait.
const ASKED_AT_ONCE: usize = 64;

/// Where a request came from, which callbacks tell.
#[derive(Clone)]
pub struct Cause {
    /// The app.
    pub app: Arc<LiveApp>,
    /// What the request came from.
    pub platform: OptPlatform,
    /// The address it came from.
    pub address: Option<IpAddr>,
    /// The administrator who asks at REST.
    pub administrator: Option<UserId>,
}

impl Cause {
    fn query(&self) -> String {
        query(self.platform, self.address)
    }
}

fn query(platform: OptPlatform, address: Option<IpAddr>) -> String {
    let address = address.map(|address| address.to_canonical().to_string()).unwrap_or_default();
    format!("ClientIP={address}&OptPlatform={}", platform.name())
}

tokio::task_local! {
    /// The cause of the request that is being worked on, in apps that have callbacks.
    static CAUSE: Cause;
}

/// Runs the work on a request whose cause callbacks are to tell.
pub async fn caused<T>(cause: Cause, work: impl Future<Output = T>) -> T {
    CAUSE.scope(cause, work).await
}

/// The cause of the present request, if its app wants a callback.
pub(crate) fn wanted(callback: Callback) -> Option<Cause> {
    CAUSE.try_with(|cause| cause.app.callbacks().has(callback).then(|| cause.clone())).ok().flatten()
}

/// Which callbacks a request forbids for itself (`ForbidCallbackControl`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forbidden {
    /// The one before.
    pub before: bool,
    /// The one after.
    pub after: bool,
}

/// What an app's callbacks have come to.
#[derive(Clone, Debug)]
pub struct CallbackState {
    /// What is thought of the server.
    pub breaker: BreakerState,
    /// Requests since the start (`CallBackReq`).
    pub asked: u64,
    /// Usable answers since the start (`CallBackRsp`).
    pub answered: u64,
    /// The last failure, and when.
    pub failure: Option<(Millis, String)>,
    /// How many wait, in memory and in the book.
    pub waiting: i64,
    /// How many were given up.
    pub dead: i64,
}

/// One app's server, and what it is to be told.
pub(crate) struct Endpoint {
    app: SdkAppId,
    client: Mutex<Option<(Settings, Arc<Client>)>>,
    breaker: Mutex<Breaker>,
    asking: Semaphore,
    inbox: Mutex<Inbox<Fresh>>,
    queue: Mutex<Queue>,
    wake: Notify,
    delivering: AtomicBool,
    asked: AtomicU64,
    answered: AtomicU64,
    failure: Mutex<Option<(Millis, String)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Endpoint {
    fn new(app: SdkAppId) -> Arc<Self> {
        Arc::new(Self {
            app,
            client: Mutex::default(),
            breaker: Mutex::default(),
            asking: Semaphore::new(ASKED_AT_ONCE),
            inbox: Mutex::default(),
            queue: Mutex::default(),
            wake: Notify::new(),
            delivering: AtomicBool::new(false),
            asked: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            failure: Mutex::default(),
        })
    }

    /// The client of the server that the app names now.
    async fn client(&self, app: &LiveApp, allow_private: bool) -> Result<Arc<Client>, Failure> {
        let settings = &app.settings;
        let same = |known: &Settings| {
            known.callback_url == settings.callback_url
                && known.callback_ca == settings.callback_ca
                && known.callback_certificate == settings.callback_certificate
                && known.callback_key == settings.callback_key
        };
        if let Some((_, client)) = lock(&self.client).as_ref().filter(|(known, _)| same(known)) {
            return Ok(client.clone());
        }
        let client = Arc::new(Client::of(settings, allow_private).await.ok_or(Failure::Nowhere)?);
        *lock(&self.client) = Some((settings.clone(), client.clone()));
        // What was thought of another server says nothing of this one.
        lock(&self.breaker).succeeded();
        Ok(client)
    }

    /// Sends one callback. `read` says whether the answer is usable.
    async fn send<T>(
        &self,
        (app, world, allow_private): (&LiveApp, &World, bool),
        (callback, query): (Callback, &str),
        body: bytes::Bytes,
        read: impl FnOnce(&[u8]) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let client = self.client(app, allow_private).await?;
        let query = address_query(app, callback, query, world.second());
        self.asked.fetch_add(1, Ordering::Relaxed);
        let outcome = client.post(&query, body).await.and_then(|answer| read(&answer));
        let label = outcome.as_ref().map_or_else(Failure::kind, |_| "ok");
        metrics::counter!(crate::metric::CALLBACKS, "command" => callback.name(), "outcome" => label).increment(1);
        match &outcome {
            Ok(_) => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                lock(&self.breaker).succeeded();
            }
            Err(failure) => {
                *lock(&self.failure) = Some((world.now(), failure.to_string()));
                lock(&self.breaker).failed(Instant::now());
                tracing::debug!(app = self.app, command = callback.name(), %failure, "callback failed");
            }
        }
        outcome
    }
}

/// What is added to the app's address.
fn address_query(app: &LiveApp, callback: Callback, from: &str, second: i64) -> String {
    let mut query = format!("SdkAppid={}&CallbackCommand={}&contenttype=json&{from}", app.sdkappid, callback.name());
    let token = app.settings.callback_token.reveal();
    if !token.is_empty() {
        let _ = write!(query, "&RequestTime={second}&Sign={}", signature(token, second));
    }
    query
}

/// The SHA-256 of the token and the time, in lower-case hexadecimal digits.
fn signature(token: &str, second: i64) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, format!("{token}{second}").as_bytes()).as_ref())
}

/// The servers of all apps.
#[derive(Default)]
pub(crate) struct Callbacks {
    endpoints: RwLock<HashMap<SdkAppId, Arc<Endpoint>>>,
    /// There is something for the book.
    news: Notify,
    /// The book knows that nothing up to here is left that only the log has.
    position: AtomicI64,
    /// The server ends.
    pub stop: CancellationToken,
}

impl Callbacks {
    fn endpoint(&self, app: SdkAppId) -> Arc<Endpoint> {
        if let Some(known) = self.endpoints.read().unwrap_or_else(PoisonError::into_inner).get(&app) {
            return known.clone();
        }
        let mut all = self.endpoints.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(app).or_insert_with(|| Endpoint::new(app)).clone()
    }

    fn all(&self) -> Vec<Arc<Endpoint>> {
        self.endpoints.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

impl LiveApp {
    /// The callbacks that are on; none where there is no address.
    pub fn callbacks(&self) -> CallbackSet {
        if self.settings.callback_url.as_str().is_empty() { CallbackSet::default() } else { self.settings.callbacks }
    }
}

impl Services {
    /// Asks the app's server before an event, and returns what is done with the event.
    pub(crate) async fn ask_app(&self, cause: &Cause, body: Body) -> Result<Verdict, Error> {
        let (app, callback) = (&cause.app, body.callback());
        let answer = self.answer_of(cause, body).await;
        let policy = app.settings.callback_on_failure;
        answer::decide(callback, policy, answer)
    }

    async fn answer_of(&self, cause: &Cause, body: Body) -> Result<Answer, Failure> {
        let endpoint = self.callbacks.endpoint(cause.app.sdkappid);
        let callback = body.callback();
        let body = body.finish(self.world.now());
        let ask = async {
            // A change of the address closes the breaker, so it comes first.
            endpoint.client(&cause.app, self.options.callbacks_allow_private).await?;
            let _place = endpoint.asking.acquire().await;
            if !lock(&endpoint.breaker).allows(Instant::now()) {
                return Err(Failure::Open);
            }
            let with = (&*cause.app, &*self.world, self.options.callbacks_allow_private);
            endpoint.send(with, (callback, &cause.query()), body.into(), Answer::read).await
        };
        timeout(PATIENCE, ask).await.unwrap_or_else(|_| {
            lock(&endpoint.breaker).failed(Instant::now());
            Err(Failure::Timeout)
        })
    }

    /// What an app's callbacks have come to.
    pub async fn callback_state(&self, app: SdkAppId) -> Result<CallbackState, Error> {
        let endpoint = self.callbacks.endpoint(app);
        let (kept, dead) = self.store.book.callback_counts(app.into()).await.map_err(broken)?;
        let in_memory = lock(&endpoint.queue).len() as i64;
        Ok(CallbackState {
            breaker: lock(&endpoint.breaker).state(),
            asked: endpoint.asked.load(Ordering::Relaxed),
            answered: endpoint.answered.load(Ordering::Relaxed),
            failure: lock(&endpoint.failure).clone(),
            waiting: kept.max(in_memory),
            dead,
        })
    }

    /// Callbacks of an app that were given up, with smaller numbers, newest first.
    pub async fn dead_callbacks(
        &self,
        app: SdkAppId,
        before: i64,
        limit: i64,
    ) -> Result<Vec<crate::CallbackRow>, Error> {
        self.store.book.dead_callbacks(app.into(), before, limit).await.map_err(broken)
    }

    /// Makes callbacks again that were given up; without numbers all of the app's.
    pub async fn replay_callbacks(self: &Arc<Self>, app: SdkAppId, numbers: Option<&[i64]>) -> Result<(), Error> {
        self.store.book.replay_callbacks(app.into(), numbers).await.map_err(broken)?;
        self.callbacks_are_in_the_book(app);
        Ok(())
    }

    /// Throws callbacks away that were given up; without numbers all of the app's.
    pub async fn discard_callbacks(&self, app: SdkAppId, numbers: Option<&[i64]>) -> Result<(), Error> {
        self.store.book.discard_callbacks(app.into(), numbers).await.map_err(broken)
    }
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn signatures_are_those_of_the_documentation() {
        let expected = "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061";
        assert_eq!(signature("xxxxyyyy", 1_669_872_112), expected);
    }
}
