//! Relations of users: friends, their groups, applications, blocks.
//!
//! A request holds the accounts whose lists it may change, decides by what they hold now, and puts what is to be
//! written and told into a draft, which is then written in one batch. So limits hold and no change is lost.

mod application;
mod block;
mod draft;
mod friend;
mod grouping;
mod notice;

use std::{collections::BTreeSet, sync::Arc};

pub use application::{Applications, Consent, Consented};
use draft::Draft;
pub use friend::{Adding, Check, Deletion, FriendPage, ListedFriend};
pub use grouping::Membership;
use model::{Code, Error};
use quick_cache::{Weighter, sync::Cache};
use store::{Store, StoreError};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{Account, LiveApp, Services, broken};

/// How many lists are expected in memory.
const LISTS: usize = 100_000;
/// How many entries all lists in memory may have together; one takes eight bytes.
const ENTRIES: u64 = 8_000_000;
const LOCKS: usize = 64;

/// What became of each of the users of a request, in its order.
pub type Results = Vec<Result<(), Error>>;

/// A list in memory weighs what it holds, and something for itself.
#[derive(Clone)]
struct Length;

impl Weighter<i64, Arc<[i64]>> for Length {
    fn weight(&self, _: &i64, list: &Arc<[i64]>) -> u64 {
        list.len() as u64 + 8
    }
}

/// Which list of an account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    /// Its friends.
    Friends,
    /// Whom it blocks.
    Blocked,
}

type Lists = Cache<i64, Arc<[i64]>, Length>;

/// The lists that sending a message asks, in memory by account, and the locks to change any list.
pub(crate) struct Relations {
    store: Arc<Store>,
    friends: Lists,
    blocked: Lists,
    /// Taken to change an account's lists and to read them into memory, so that memory is never older than the book.
    changing: [Arc<Mutex<()>>; LOCKS],
}

/// Accounts whose lists nobody else changes meanwhile.
pub(crate) struct Held(#[expect(dead_code, reason = "held until dropped")] Vec<OwnedMutexGuard<()>>);

impl Relations {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            friends: Cache::with_weighter(LISTS, ENTRIES, Length),
            blocked: Cache::with_weighter(LISTS, ENTRIES, Length),
            changing: std::array::from_fn(|_| Arc::default()),
        }
    }

    fn lists(&self, list: List) -> &Lists {
        match list {
            List::Friends => &self.friends,
            List::Blocked => &self.blocked,
        }
    }

    fn lock(&self, account: i64) -> &Arc<Mutex<()>> {
        &self.changing[account.unsigned_abs() as usize % LOCKS]
    }

    /// Holds accounts; always in the same order, so that no two requests wait for each other.
    async fn hold(&self, accounts: impl IntoIterator<Item = i64>) -> Held {
        let shards: BTreeSet<usize> =
            accounts.into_iter().map(|account| account.unsigned_abs() as usize % LOCKS).collect();
        let mut held = Vec::with_capacity(shards.len());
        for shard in shards {
            held.push(self.changing[shard].clone().lock_owned().await);
        }
        Held(held)
    }

    /// Whether a peer is in an account's list; the book is asked only when the list is not in memory.
    pub(crate) async fn has(&self, list: List, account: i64, peer: i64) -> Result<bool, Error> {
        if let Some(entries) = self.lists(list).get(&account) {
            return Ok(entries.binary_search(&peer).is_ok());
        }
        let load = async {
            let _unchanged = self.lock(account).lock().await;
            Ok(self.list(list, account).await?.binary_search(&peer).is_ok())
        };
        Box::pin(load).await
    }

    /// An account's list, growing. The caller holds the account.
    async fn list(&self, list: List, account: i64) -> Result<Arc<[i64]>, Error> {
        if let Some(entries) = self.lists(list).get(&account) {
            return Ok(entries);
        }
        let read = match list {
            List::Friends => self.store.book.friend_numbers(account).await,
            List::Blocked => self.store.book.blocked_numbers(account).await,
        };
        let entries: Arc<[i64]> = read.map_err(broken)?.into();
        self.lists(list).insert(account, entries.clone());
        Ok(entries)
    }

    fn forget(&self, account: i64) {
        self.friends.remove(&account);
        self.blocked.remove(&account);
    }
}

impl Services {
    /// Whether a user's message to another may go, as far as friendship is asked for.
    pub(crate) async fn check_friendship(&self, from: &Account, to: &Account) -> Result<(), Error> {
        let mine = self.relations.has(List::Friends, from.number, to.number).await?;
        let theirs = self.relations.has(List::Friends, to.number, from.number).await?;
        match (mine, theirs) {
            (true, true) => Ok(()),
            (false, false) => Err(Code::NotMutualFriends.into()),
            (true, false) => Err(Code::NotInReceiversFriends.into()),
            (false, true) => Err(Code::NotInSendersFriends.into()),
        }
    }

    /// Whether an account blocks a peer.
    pub async fn blocks(&self, account: &Account, peer: &Account) -> Result<bool, Error> {
        self.relations.has(List::Blocked, account.number, peer.number).await
    }

    /// Begins a change of a user's relations with some others.
    async fn draft<'a>(
        &self,
        app: &'a LiveApp,
        me: &'a Account,
        peers: impl Iterator<Item = i64>,
    ) -> Result<Draft<'a>, Error> {
        let held = self.relations.hold(peers.chain([me.number])).await;
        let friends = self.relations.list(List::Friends, me.number).await?;
        Ok(Draft::new(app, me, held, &friends))
    }

    /// Writes what a draft holds and tells whom it concerns. It is done even if the asker does not wait for it.
    async fn finish(self: &Arc<Self>, draft: Draft<'_>) -> Result<(), Error> {
        let Draft { held, batch, notices, .. } = draft;
        if batch.is_empty() {
            return Ok(());
        }
        let services = self.clone();
        let writing = self.tasks.spawn(async move {
            let done = services.store.book.change_relations(&batch, services.world.now()).await;
            batch.accounts().for_each(|account| services.relations.forget(account));
            drop(held);
            if done.is_ok() {
                services.tell_relations(notices);
            }
            done
        });
        writing.await.map_err(|error| Error::new(Code::Broken).source(error))?.map_err(unwritten)
    }

    /// Removes an account; those who had it as a friend are told.
    pub(crate) async fn remove_with_relations(&self, account: &Account) -> Result<(), Error> {
        let _held = self.relations.hold([account.number]).await;
        let holders = self.store.book.friend_holders(account.number).await.map_err(broken)?;
        self.accounts.remove(account).await?;
        self.relations.forget(account.number);
        let mut notices = notice::Notices::default();
        for holder in holders {
            // What is in memory of the holder keeps a number that never comes back, until the next change.
            self.relations.forget(holder);
            notices.names(holder, notice::Kind::FriendRemoved, account.user.as_str());
        }
        self.tell_relations(notices);
        Ok(())
    }
}

/// A batch of relations that was not written: somebody in it was removed meanwhile.
fn unwritten(error: StoreError) -> Error {
    match error {
        StoreError::Conflict { .. } => Code::RelationCollision.into(),
        error => broken(error),
    }
}

/// The refusal of one user of a request, with the text that clients know.
fn refused<T>(code: Code, text: &'static str) -> Result<T, Error> {
    Err(Error::new(code).detail(text))
}

fn encode<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(crate::fault)
}

fn decode<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(crate::fault)
}
