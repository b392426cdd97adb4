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
mod log;
mod message;
mod person;
mod queue;
mod recent;
mod sample;

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
use bytes::Bytes;
pub use client::Failure;
use client::{Client, PATIENCE};
pub(crate) use group::{fields, members};
use inbox::{Fresh, Inbox};
pub use log::{CallbackState, Trial};
use model::{
    Callback, Error, Millis, SdkAppId, Settings, UserId,
    callback::{CallbackSet, OptPlatform},
};
pub use person::Refusals;
pub(crate) use person::StatusChange;
use queue::Queue;
pub use recent::Attempt;
use recent::Recent;
use tokio::{
    sync::{Notify, Semaphore},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{LiveApp, Services, World, world::hex};

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
    failure: Mutex<Option<(Millis, Failure)>>,
    recent: Mutex<Recent>,
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
            recent: Mutex::default(),
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
        body: Bytes,
        read: impl FnOnce(&[u8]) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let client = self.client(app, allow_private).await?;
        let query = address_query(app, callback, query, world.second());
        self.asked.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        let outcome = client.post(&query, body.clone()).await.and_then(|answer| read(&answer));
        self.learn(world, callback, (began, body), outcome.as_ref().err());
        outcome
    }

    /// Takes in what came of a request.
    fn learn(&self, world: &World, callback: Callback, (began, body): (Instant, Bytes), failure: Option<&Failure>) {
        let (at, now) = (world.now(), Instant::now());
        let label = failure.map_or("ok", Failure::kind);
        metrics::counter!(crate::metric::CALLBACKS, "command" => callback.name(), "outcome" => label).increment(1);
        match failure {
            None => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                lock(&self.breaker).succeeded();
            }
            Some(failure) => {
                *lock(&self.failure) = Some((at, failure.clone()));
                lock(&self.breaker).failed(now);
                tracing::debug!(app = self.app, command = callback.name(), %failure, "callback failed");
            }
        }
        let (took, failure) = (now - began, failure.cloned());
        lock(&self.recent).add(Attempt { number: 0, callback, at, took, body, failure });
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
        let body = Bytes::from(body.finish(self.world.now()));
        let began = Instant::now();
        let ask = async {
            // A change of the address closes the breaker, so it comes first.
            endpoint.client(&cause.app, self.options.callbacks_allow_private).await?;
            let _place = endpoint.asking.acquire().await;
            if !lock(&endpoint.breaker).allows(Instant::now()) {
                return Err(Failure::Open);
            }
            let with = (&*cause.app, &*self.world, self.options.callbacks_allow_private);
            endpoint.send(with, (callback, &cause.query()), body.clone(), Answer::read).await
        };
        timeout(PATIENCE, ask).await.unwrap_or_else(|_| {
            endpoint.learn(&self.world, callback, (began, body.clone()), Some(&Failure::Timeout));
            Err(Failure::Timeout)
        })
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
