//! Tells one app's server what waits for it.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use model::{Callback, SdkAppId};
use store::tables::callback::CallbackRow;
use tokio::time::{Instant, sleep_until};

use super::{
    Endpoint, Failure, lock,
    queue::{Item, Payload, Settled, Source, WINDOW},
};
use crate::{Account, Services, broken};

/// Callbacks after events that are on their way to an app's server at a time.
const AT_ONCE: usize = 16;
/// So often a callback is tried before it is given up.
const TRIES: u32 = 10;
/// How long to wait before it is tried again, at first; each time twice as long.
const FIRST_REST: Duration = Duration::from_secs(1);
/// The longest such wait.
const LONGEST_REST: Duration = Duration::from_mins(1);
/// How long to wait when the book cannot be read.
const BOOK: Duration = Duration::from_secs(1);

fn rest(attempts: u32) -> Duration {
    FIRST_REST.saturating_mul(1 << attempts.min(10)).min(LONGEST_REST)
}

impl Services {
    /// Has an app's server told of something.
    pub(super) fn offer(self: &Arc<Self>, app: SdkAppId, item: Item) {
        let endpoint = self.callbacks.endpoint(app);
        lock(&endpoint.queue).offer(item);
        self.deliver_to(&endpoint);
    }

    /// Has an app's server told of what only the book has.
    pub(super) fn callbacks_are_in_the_book(self: &Arc<Self>, app: SdkAppId) {
        let endpoint = self.callbacks.endpoint(app);
        lock(&endpoint.queue).fall_behind();
        self.deliver_to(&endpoint);
    }

    fn deliver_to(self: &Arc<Self>, endpoint: &Arc<Endpoint>) {
        if !endpoint.delivering.swap(true, Ordering::Relaxed) {
            self.spawn(self.clone().deliver_callbacks(endpoint.clone()));
        }
        endpoint.wake.notify_one();
    }

    async fn deliver_callbacks(self: Arc<Self>, endpoint: Arc<Endpoint>) {
        let mut flying = FuturesUnordered::new();
        let mut look = None;
        loop {
            let now = Instant::now();
            while flying.len() < AT_ONCE
                && let Some(item) = lock(&endpoint.queue).next(now)
            {
                flying.push(self.attempt(&endpoint, item));
            }
            if look.is_none_or(|look| look <= now) && lock(&endpoint.queue).wants_more() {
                look = None;
                if let Err(error) = self.refill(&endpoint).await {
                    tracing::warn!(%error, app = endpoint.app, "callbacks that wait cannot be read");
                    look = Some(now + BOOK);
                }
                if lock(&endpoint.queue).is_ready() && flying.len() < AT_ONCE {
                    continue;
                }
                // Some went past meanwhile, or wait to be written.
                if lock(&endpoint.queue).wants_more() && look.is_none() {
                    look = Some(now + BOOK / 10);
                }
            }
            let wakes = lock(&endpoint.queue).wakes();
            let wakes = [wakes, look].into_iter().flatten().min();
            tokio::select! {
                Some((item, outcome)) = flying.next(), if !flying.is_empty() => self.settle(&endpoint, &item, outcome),
                () = endpoint.wake.notified() => {}
                () = async { sleep_until(wakes.unwrap_or(now)).await }, if wakes.is_some() => {}
                () = self.callbacks.stop.cancelled() => break,
            }
        }
        // Those that are on their way get their two seconds; of the others the book knows.
        while let Some((item, outcome)) = flying.next().await {
            self.settle(&endpoint, &item, outcome);
        }
    }

    async fn refill(&self, endpoint: &Endpoint) -> Result<(), model::Error> {
        lock(&endpoint.queue).begin_refill();
        let most = WINDOW as i64;
        let rows = self.store.book.waiting_callbacks(endpoint.app.into(), 0, most).await.map_err(broken)?;
        let all = (rows.len() as i64) < most;
        lock(&endpoint.queue).refill(rows.into_iter().filter_map(item_of).collect(), all);
        Ok(())
    }

    /// Tries once; `None` when there was nothing to try, since nobody wants it any more.
    async fn attempt(&self, endpoint: &Endpoint, item: Item) -> (Item, Option<Result<(), Failure>>) {
        let outcome = async {
            let app = self.apps.get(endpoint.app)?;
            if !app.callbacks().has(item.callback) {
                return None;
            }
            // A change of the address closes the breaker, so it comes first.
            let allow_private = self.options.callbacks_allow_private;
            if let Err(failure) = endpoint.client(&app, allow_private).await {
                return Some(Err(failure));
            }
            if !lock(&endpoint.breaker).allows(Instant::now()) {
                return Some(Err(Failure::Open));
            }
            let body = self.body_of(&item).await;
            let with = (&*app, &*self.world, allow_private);
            Some(endpoint.send(with, (item.callback, &item.query), body, |_| Ok(())).await)
        };
        let outcome = outcome.await;
        (item, outcome)
    }

    fn settle(&self, endpoint: &Endpoint, item: &Item, outcome: Option<Result<(), Failure>>) {
        let now = Instant::now();
        let settled = match outcome {
            None | Some(Ok(())) => Settled::Taken,
            // It was not tried.
            Some(Err(Failure::Open)) => {
                let wait = lock(&endpoint.breaker).wait(now).unwrap_or(now + FIRST_REST);
                Settled::Rests(wait)
            }
            Some(Err(failure)) => {
                let retries = self.apps.get(endpoint.app).is_some_and(|app| app.settings.callback_retry);
                if retries && item.attempts + 1 < TRIES {
                    Settled::Again(now + rest(item.attempts))
                } else {
                    metrics::counter!(crate::metric::CALLBACKS_DEAD).increment(1);
                    Settled::GivenUp(failure.to_string())
                }
            }
        };
        lock(&endpoint.queue).settle(item.lane, settled);
        self.callbacks.news.notify_one();
    }

    /// The body of a callback.
    pub(super) async fn body_of(&self, item: &Item) -> Bytes {
        match &item.payload {
            Payload::Ready(body) => body.clone(),
            Payload::Later(later) => {
                let unread = match &later.reader {
                    Some(reader) => self.unread_of_absent(reader).await,
                    None => -1,
                };
                (later.write)(unread).into()
            }
        }
    }

    /// How many messages of other users somebody who is not connected has not read; -1 is that it is not counted.
    pub(super) async fn unread_of_absent(&self, account: &Account) -> i64 {
        if self.hub.is_online(account.number) {
            return -1;
        }
        self.unread_total(account).await
    }

    /// How many messages of other users somebody has not read; -1 is that it could not be counted.
    pub(crate) async fn unread_total(&self, account: &Account) -> i64 {
        match self.unread(account, i64::MAX).await {
            Ok(unread) => unread.iter().map(|one| i64::from(one.count)).sum(),
            Err(_) => -1,
        }
    }
}

fn item_of(row: CallbackRow) -> Option<Item> {
    Some(Item {
        source: Source::Row(row.number),
        lane: row.lane,
        callback: Callback::from_name(&row.command)?,
        query: row.query,
        payload: Payload::Ready(row.body.into()),
        created: row.created,
        attempts: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::{TRIES, rest};

    #[test]
    fn a_callback_is_tried_for_about_five_minutes() {
        let all: u64 = (0..TRIES - 1).map(|attempts| rest(attempts).as_secs()).sum();
        assert_eq!(all, 1 + 2 + 4 + 8 + 16 + 32 + 60 + 60 + 60);
    }
}
