//! All sessions of this node, by account and by ticket. No lock spans more than one shard.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, PoisonError, RwLock},
};

use super::{Link, Push, Session};

const SHARDS: usize = 64;

type Shard<K, V> = RwLock<HashMap<K, V>>;

/// The sessions.
pub struct Hub {
    by_account: [Shard<i64, Vec<Arc<Session>>>; SHARDS],
    by_ticket: [Shard<Box<str>, Arc<Session>>; SHARDS],
    links: [Shard<u64, Arc<Link>>; SHARDS],
    /// Who watches the status of an account.
    pub(super) watchers: [Shard<i64, Vec<Arc<Session>>>; SHARDS],
    hasher: RandomState,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            by_account: std::array::from_fn(|_| RwLock::default()),
            by_ticket: std::array::from_fn(|_| RwLock::default()),
            links: std::array::from_fn(|_| RwLock::default()),
            watchers: std::array::from_fn(|_| RwLock::default()),
            hasher: RandomState::new(),
        }
    }
}

pub(super) fn shard<K, V>(shards: &[Shard<K, V>; SHARDS], account: i64) -> &Shard<K, V> {
    &shards[account.unsigned_abs() as usize % SHARDS]
}

impl Hub {
    fn ticket_shard(&self, ticket: &str) -> &Shard<Box<str>, Arc<Session>> {
        &self.by_ticket[self.hasher.hash_one(ticket) as usize % SHARDS]
    }

    /// Remembers an open connection, so that draining reaches it also before a sign-in.
    pub fn open(&self, link: &Arc<Link>) {
        let shard = &self.links[link.id as usize % SHARDS];
        shard.write().unwrap_or_else(PoisonError::into_inner).insert(link.id, link.clone());
    }

    /// Forgets a connection that has ended.
    pub fn closed(&self, link: &Link) {
        let shard = &self.links[link.id as usize % SHARDS];
        shard.write().unwrap_or_else(PoisonError::into_inner).remove(&link.id);
    }

    /// Every open connection.
    pub fn links(&self) -> Vec<Arc<Link>> {
        let read = |shard: &Shard<u64, Arc<Link>>| {
            shard.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect::<Vec<_>>()
        };
        self.links.iter().flat_map(read).collect()
    }

    pub(super) fn add(&self, session: &Arc<Session>) {
        let mut tickets = self.ticket_shard(&session.ticket).write().unwrap_or_else(PoisonError::into_inner);
        tickets.insert(session.ticket.clone(), session.clone());
        drop(tickets);
        let shard = shard(&self.by_account, session.account);
        shard.write().unwrap_or_else(PoisonError::into_inner).entry(session.account).or_default().push(session.clone());
    }

    /// Takes a session out of delivery; its ticket is still known, as ended.
    pub(super) fn remove(&self, session: &Session) {
        let mut accounts = shard(&self.by_account, session.account).write().unwrap_or_else(PoisonError::into_inner);
        if let Some(sessions) = accounts.get_mut(&session.account) {
            sessions.retain(|other| other.instance != session.instance);
            if sessions.is_empty() {
                accounts.remove(&session.account);
            }
        }
    }

    pub(crate) fn forget(&self, session: &Session) {
        self.ticket_shard(&session.ticket).write().unwrap_or_else(PoisonError::into_inner).remove(&session.ticket);
    }

    /// The session of a ticket, ended or not, if this node knows it.
    pub fn by_ticket(&self, ticket: &str) -> Option<Arc<Session>> {
        self.ticket_shard(ticket).read().unwrap_or_else(PoisonError::into_inner).get(ticket).cloned()
    }

    /// The sessions of an account that have not ended.
    pub fn sessions(&self, account: i64) -> Vec<Arc<Session>> {
        let accounts = shard(&self.by_account, account).read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(&account).cloned().unwrap_or_default()
    }

    /// Whether a push to the account would reach anybody but the instance left out.
    pub fn reaches(&self, account: i64, except: Option<u32>) -> bool {
        let accounts = shard(&self.by_account, account).read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(&account).is_some_and(|all| all.iter().any(|session| Some(session.instance) != except))
    }

    /// How many connections an account has, without that of the instance left out.
    pub fn connections(&self, account: i64, except: Option<u32>) -> u32 {
        let accounts = shard(&self.by_account, account).read().unwrap_or_else(PoisonError::into_inner);
        let sessions = accounts.get(&account).into_iter().flatten();
        sessions.filter(|session| Some(session.instance) != except && session.is_connected()).count() as u32
    }

    /// Sends a push to every connection of an account but the instance left out.
    pub fn push(&self, account: i64, push: &Arc<Push>, except: Option<u32>) {
        let accounts = shard(&self.by_account, account).read().unwrap_or_else(PoisonError::into_inner);
        for session in accounts.get(&account).into_iter().flatten() {
            if Some(session.instance) != except {
                session.push(push);
            }
        }
    }

    /// Sends a push to every connection of an app.
    pub fn push_app(&self, app: model::SdkAppId, push: &Arc<Push>) {
        for shard in &self.by_account {
            let accounts = shard.read().unwrap_or_else(PoisonError::into_inner);
            for session in accounts.values().flatten().filter(|session| session.app == app) {
                session.push(push);
            }
        }
    }

    /// The accounts of an app that have a connection.
    pub fn accounts_of(&self, app: model::SdkAppId) -> Vec<(i64, model::UserId)> {
        let mut found = Vec::new();
        for shard in &self.by_account {
            for (account, sessions) in shard.read().unwrap_or_else(PoisonError::into_inner).iter() {
                let session = sessions.iter().find(|session| session.app == app && session.link().is_some());
                found.extend(session.map(|session| (*account, session.user.clone())));
            }
        }
        found
    }

    /// How many users of each app have a connection.
    pub fn online(&self) -> HashMap<model::SdkAppId, usize> {
        let mut counts = HashMap::new();
        for shard in &self.by_account {
            for sessions in shard.read().unwrap_or_else(PoisonError::into_inner).values() {
                if let Some(session) = sessions.iter().find(|session| session.link().is_some()) {
                    *counts.entry(session.app).or_default() += 1;
                }
            }
        }
        counts
    }

    pub(super) fn unwatch(&self, session: &Arc<Session>, account: i64) {
        let mut all = shard(&self.watchers, account).write().unwrap_or_else(PoisonError::into_inner);
        if let Some(watchers) = all.get_mut(&account) {
            watchers.retain(|other| !Arc::ptr_eq(other, session));
            if watchers.is_empty() {
                all.remove(&account);
            }
        }
    }

    /// Whether the account has a connection.
    pub fn is_online(&self, account: i64) -> bool {
        self.sessions(account).iter().any(|session| session.link().is_some())
    }
}
