//! Floor 2: what can be done. Sessions, messages, accounts, apps, files.

mod account;
mod app;
pub mod callback;
mod contact;
mod download;
mod failure;
pub mod file;
pub mod group;
mod message;
pub mod metric;
mod operator;
pub mod presence;
mod profile;
mod push;
pub mod relation;
mod search;
pub mod statistic;
mod word;
mod world;

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

pub use account::{Account, Accounts, Import, Preferences, Quiet, Silence};
pub use app::{Apps, LiveApp, NewApp};
pub use contact::{ListedContact, Page, Peer};
pub use download::{HistoryFile, HistoryKind};
pub use failure::broken;
pub use message::{
    Conversation, ExtensionChange, ExtensionResult, Found, History, Hits, Members, MessageFilter, Missed, Outbound,
    Sent, Slice, Unread, Untold, roaming,
};
use model::{Code, Error, Millis};
pub use operator::{Operator, Operators};
use presence::{Hub, Session};
pub use push::{NewPush, PushControl, PushKind, PushRow, TagChange, ValueChange, push_state};
use quick_cache::sync::Cache;
pub use search::{FoundMember, GroupFilter, SearchPage, UserFilter, Words};
pub use store::tables::{callback::CallbackRow, extension::ExtensionRow};
use store::{Store, StoreError};
use tokio_util::task::TaskTracker;
pub use world::{World, fingerprint};

/// How many conversations are kept in memory.
const CONVERSATIONS: usize = 500_000;
/// How long a kicked session's ticket is answered with the kick.
const KICK_REMEMBERED: Millis = 3_600_000;

/// How to run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where uploaded files are kept.
    pub files: file::Place,
    /// Where files with an hour's messages are made: they can be made again, so no backup has them.
    pub history: PathBuf,
    /// The address clients reach the server at, such as `https://im.example.org`; by default what the client's
    /// own request says.
    pub public_url: Option<String>,
    /// The header in which a proxy in front says where a request came from; none is believed otherwise.
    pub address_header: Option<String>,
    /// Whether callbacks may go to private, loopback and link-local addresses.
    pub callbacks_allow_private: bool,
    /// The calendar whose days are counted.
    pub zone: model::calendar::Zone,
}

/// Everything that can be done, and what it is done with.
pub struct Services {
    /// The apps.
    pub apps: Apps,
    /// The accounts.
    pub accounts: Accounts,
    /// The operators.
    pub operators: Operators,
    /// The sessions of this node.
    pub hub: Hub,
    /// Time and chance.
    pub world: Arc<World>,
    /// How to run.
    pub options: Options,
    store: Arc<Store>,
    conversations: Cache<(i64, i64), Arc<Conversation>>,
    groups: group::Groups,
    relations: relation::Relations,
    pushes: push::Pushes,
    downloads: download::Downloads,
    searches: search::Searches,
    lexicons: word::Lexicons,
    callbacks: callback::Callbacks,
    /// What is counted.
    pub statistics: Arc<statistic::Statistics>,
    /// The log's position and the time when this process started.
    started: (i64, Millis),
    /// Taken to sign an account in, so that two sign-ins never take the same place.
    signing_in: [tokio::sync::Mutex<()>; 64],
    /// Taken to import into a conversation, so that each import is compared with the one before.
    importing: [tokio::sync::Mutex<()>; 64],
    /// Taken to change what is attached to a message.
    attaching: [tokio::sync::Mutex<message::Writes>; 64],
    shelf: file::Shelf,
    kicked: Mutex<VecDeque<(Millis, Arc<Session>)>>,
    tasks: TaskTracker,
}

impl Services {
    /// Reads what must be in memory and is ready to serve.
    pub async fn start(store: Store, world: Arc<World>, options: Options) -> Result<Arc<Self>, StoreError> {
        let store = Arc::new(store);
        let secret = store.book.meta("file_key", || world.hex(32)).await?;
        let words = store.book.words().await?;
        let statistics = statistic::Statistics::start(store.clone(), world.clone(), options.zone).await?;
        let services = Arc::new(Self {
            apps: Apps::load(store.clone(), world.clone()).await?,
            accounts: Accounts::new(store.clone(), world.clone()),
            operators: Operators::load(store.clone(), world.clone()).await?,
            hub: Hub::default(),
            conversations: Cache::new(CONVERSATIONS),
            groups: group::Groups::default(),
            relations: relation::Relations::new(store.clone()),
            pushes: push::Pushes::default(),
            downloads: download::Downloads::new(&secret),
            searches: search::Searches::default(),
            lexicons: word::Lexicons::load(words),
            callbacks: callback::Callbacks::default(),
            statistics,
            started: (store.log.position(), world.now()),
            signing_in: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            importing: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            attaching: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            shelf: file::Shelf::open(&options.files, &secret)?,
            kicked: Mutex::default(),
            tasks: TaskTracker::new(),
            world,
            options,
            store,
        });
        services.begin_callbacks().await?;
        Ok(services)
    }

    /// The store, for backups and for checks of health.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the console's first-run set-up asks for, while there is no operator.
    pub fn setup_token(&self) -> Option<String> {
        self.operators.setup_token()
    }

    /// Whether the store answers.
    pub async fn is_ready(&self) -> bool {
        self.operators.count().await.is_ok()
    }

    /// Tells clients to come back later, finishes what was begun and closes the store.
    pub async fn drain(&self) {
        for link in self.hub.links() {
            link.close("the server is restarting");
        }
        self.callbacks.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        if let Err(error) = self.keep_callbacks_now(true).await {
            tracing::warn!(%error, "what became of callbacks could not be written");
        }
        if let Err(error) = self.statistics.settle().await {
            tracing::warn!(%error, "what was counted last is not written");
        }
        self.store.close().await;
    }

    /// Notes in the metrics what is counted only when somebody looks.
    pub fn measure_presence(&self) {
        let online = self.hub.online();
        for app in self.apps.list() {
            let users = online.get(&app.sdkappid).copied().unwrap_or_default();
            metrics::gauge!(metric::ONLINE, "app" => app.sdkappid.to_string()).set(users as f64);
        }
    }

    /// Runs a task that draining waits for.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// The session must not have ended.
    pub fn check_alive(session: &Session) -> Result<(), Error> {
        presence_alive(session)
    }

    /// Keeps a kicked session for a while, so that its client's requests are answered with the kick.
    fn kicked(&self, session: &Arc<Session>) {
        let now = self.world.now();
        let mut kicked = self.kicked.lock().unwrap_or_else(PoisonError::into_inner);
        kicked.push_back((now, session.clone()));
        while let Some((when, oldest)) = kicked.front() {
            if now - when < KICK_REMEMBERED && kicked.len() < 100_000 {
                break;
            }
            self.hub.forget(oldest);
            kicked.pop_front();
        }
    }
}

use presence::check_alive as presence_alive;

/// The error of something that cannot be written as JSON or does not hold what it must: a fault of ours.
pub(crate) fn fault(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Code::Broken).source(what)
}
