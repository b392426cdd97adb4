//! How many files may arrive at once: in the whole server, and of one user.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::timeout,
};

/// How many files may arrive at once. Each may have two parts of 5 MiB in memory.
const ARRIVING: usize = 64;
/// How many of these may be one user's, so that slow uploads of one do not keep out everybody else's.
const OF_ONE: usize = 4;

/// The places.
pub(super) struct Places {
    all: Semaphore,
    /// Of the accounts that have some, or wait for one.
    accounts: Mutex<HashMap<i64, Arc<Semaphore>>>,
}

/// A place, until dropped.
pub(super) struct Taken<'a> {
    _of_all: SemaphorePermit<'a>,
    _of_account: Share<'a>,
}

/// A user's claim to a place: the user is forgotten with the last one.
struct Share<'a> {
    places: &'a Places,
    account: i64,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut accounts = self.places.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        self.permit = None;
        if accounts.get(&self.account).is_some_and(|own| Arc::strong_count(own) == 1) {
            accounts.remove(&self.account);
        }
    }
}

impl Default for Places {
    fn default() -> Self {
        Self { all: Semaphore::new(ARRIVING), accounts: Mutex::default() }
    }
}

impl Places {
    /// Takes a place for an account's file; `None` when there is none for so long.
    pub(super) async fn take(&self, account: i64, patience: Duration) -> Option<Taken<'_>> {
        let taking = async {
            // First, so that who waits behind his own files takes nobody's place.
            let mut share = Share { places: self, account, permit: None };
            let own = {
                let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
                accounts.entry(account).or_insert_with(|| Arc::new(Semaphore::new(OF_ONE))).clone()
            };
            // Never closed, like the other.
            share.permit = own.acquire_owned().await.ok();
            Some(Taken { _of_all: self.all.acquire().await.ok()?, _of_account: share })
        };
        timeout(patience, taking).await.ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, time::Duration};

    use futures_util::FutureExt;

    use super::{ARRIVING, OF_ONE, Places};

    const LONG: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn one_user_does_not_take_every_place() {
        let places = Places::default();
        let mut taken = Vec::new();
        for _ in 0..OF_ONE {
            taken.push(places.take(7, LONG).await.unwrap());
        }
        let mut waiting = pin!(places.take(7, LONG));
        assert!((&mut waiting).now_or_never().is_none(), "the user has all that are his");
        assert!(places.take(7, Duration::ZERO).await.is_none(), "nobody waits for ever");
        assert!(places.take(8, LONG).now_or_never().flatten().is_some(), "another user has a place");
        taken.pop();
        assert!(waiting.await.is_some());
        drop(taken);
        assert!(places.accounts.lock().unwrap().is_empty(), "users without files are forgotten");
    }

    #[tokio::test]
    async fn there_are_no_more_places_than_there_are() {
        let places = Places::default();
        let mut taken = Vec::new();
        for account in 0..ARRIVING {
            taken.push(places.take(account as i64, LONG).await.unwrap());
        }
        assert!(places.take(-1, Duration::ZERO).await.is_none());
        taken.pop();
        assert!(places.take(-1, LONG).await.is_some());
    }
}
