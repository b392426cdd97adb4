//! What is counted: who was there, what was said, what came and went, for each app, hour and day.
//!
//! Nothing is counted while a message waits for it. Stored messages carry what they count for, and are counted from the
//! log later, up to a position that is written together with the numbers (`fold.rs`). What the book writes is counted
//! in the same batch. What is stored nowhere (who is connected, online-only messages) waits in memory for the next
//! writing, which a sign-in waits for when it is the account's first of the day.

mod fold;
mod online;
mod read;
mod rebuild;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use model::{
    SdkAppId,
    calendar::{Zone, day_start_hour},
    statistic::{Metric, hour_of},
};
pub use read::StatisticPeriod;
pub use rebuild::Recounted;
use store::{Store, StoreError};

use crate::World;

/// The counting.
pub struct Statistics {
    store: Arc<Store>,
    world: Arc<World>,
    zone: Zone,
    pending: Mutex<Pending>,
    online: Mutex<online::Online>,
    /// Writings that were begun.
    begun: AtomicU64,
    folder: tokio::sync::Mutex<fold::Folder>,
}

/// What is not written yet.
#[derive(Clone, Debug, Default)]
struct Pending {
    /// By app, hour and metric.
    sums: HashMap<(i64, i64, Metric), i64>,
    /// By app and hour.
    peaks: HashMap<(i64, i64), i64>,
    /// By app, hour and metric: numbers of accounts or groups.
    marks: HashMap<(i64, i64, Metric), Vec<i64>>,
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.sums.is_empty() && self.peaks.is_empty() && self.marks.is_empty()
    }

    fn add(&mut self, app: i64, hour: i64, metric: Metric, count: i64) {
        if count != 0 {
            *self.sums.entry((app, hour, metric)).or_default() += count;
        }
    }

    fn raise(&mut self, app: i64, hour: i64, value: i64) {
        let peak = self.peaks.entry((app, hour)).or_default();
        *peak = value.max(*peak);
    }

    fn mark(&mut self, app: i64, hour: i64, metric: Metric, number: i64) {
        self.marks.entry((app, hour, metric)).or_default().push(number);
    }

    /// Who sends is active, in whatever way the message came.
    fn sent(&mut self, app: i64, hour: i64, metrics: &[Metric], sender: i64) {
        for metric in metrics.iter().chain([&Metric::ActiveUsers]) {
            self.mark(app, hour, *metric, sender);
        }
    }

    fn merge(&mut self, other: Self) {
        for ((app, hour, metric), count) in other.sums {
            self.add(app, hour, metric, count);
        }
        for ((app, hour), value) in other.peaks {
            self.raise(app, hour, value);
        }
        for (key, numbers) in other.marks {
            self.marks.entry(key).or_default().extend(numbers);
        }
    }
}

impl Statistics {
    /// Goes on where counting was left; the first time it begins with what comes now.
    pub(crate) async fn start(store: Arc<Store>, world: Arc<World>, zone: Zone) -> Result<Arc<Self>, StoreError> {
        let hour = hour_of(world.now());
        let statistics = Arc::new(Self {
            online: Mutex::new(online::Online::new(hour)),
            pending: Mutex::default(),
            begun: AtomicU64::new(0),
            folder: tokio::sync::Mutex::default(),
            store,
            world,
            zone,
        });
        statistics.begin(hour).await?;
        Ok(statistics)
    }

    async fn begin(&self, hour: i64) -> Result<(), StoreError> {
        let book = &self.store.book;
        let mut state = book.statistic_state().await?;
        let newest = self.store.log.position();
        let first = state.position < 0;
        // A restored log may be older than the book that was restored with it: what was counted stays counted.
        let restored = matches!(self.store.book, store::Book::Sqlite(_)) && state.position > newest;
        // With another zone the days begin at other hours.
        let moved = state.closed != self.day_of(state.closed);
        if !first && !restored && !moved {
            return Ok(());
        }
        if first || restored {
            state.position = newest;
        }
        state.closed = self.day_of(if first { hour } else { state.closed });
        match book.begin_statistics(&state).await {
            // Another node began at the same time.
            Err(StoreError::Conflict { .. }) => Ok(()),
            done => done,
        }
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn online(&self) -> std::sync::MutexGuard<'_, online::Online> {
        self.online.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hour(&self) -> i64 {
        hour_of(self.world.now())
    }

    /// The hour with which the day of an hour began.
    fn day_of(&self, hour: i64) -> i64 {
        day_start_hour(hour, self.zone.ahead())
    }

    /// Today.
    pub fn today(&self) -> i64 {
        self.day_of(self.hour())
    }

    /// The calendar.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// Counts what happens now.
    pub fn add(&self, app: SdkAppId, metric: Metric, count: i64) {
        let hour = self.hour();
        self.pending().add(app.into(), hour, metric, count);
    }

    /// A one-to-one message that is not stored, or was dropped after its sender was told of success.
    pub(crate) fn said_loosely(&self, app: SdkAppId, sender: i64, reach: u32) {
        use Metric::{
            LooseSingleDown, LooseSingleSenders, LooseSingleUp, Senders, SingleDown, SingleSenders, SingleUp,
        };
        let (app, hour) = (app.into(), self.hour());
        let mut pending = self.pending();
        for (metric, count) in
            [(SingleUp, 1), (LooseSingleUp, 1), (SingleDown, reach.into()), (LooseSingleDown, reach.into())]
        {
            pending.add(app, hour, metric, count);
        }
        pending.sent(app, hour, &[SingleSenders, Senders, LooseSingleSenders], sender);
    }

    /// The same of a message in a group.
    pub(crate) fn said_loosely_in_group(&self, app: SdkAppId, sender: i64, group: i64, reach: u32) {
        use Metric::{
            ActiveGroups, GroupDown, GroupSenders, GroupUp, LooseGroupDown, LooseGroupSenders, LooseGroupUp,
            LooseGroups, Senders,
        };
        let (app, hour) = (app.into(), self.hour());
        let mut pending = self.pending();
        for (metric, count) in
            [(GroupUp, 1), (LooseGroupUp, 1), (GroupDown, reach.into()), (LooseGroupDown, reach.into())]
        {
            pending.add(app, hour, metric, count);
        }
        pending.mark(app, hour, ActiveGroups, group);
        pending.mark(app, hour, LooseGroups, group);
        pending.sent(app, hour, &[GroupSenders, Senders, LooseGroupSenders], sender);
    }

    /// A message in a live room.
    pub(crate) fn said_in_room(&self, app: SdkAppId, sender: i64, reach: usize) {
        let (app, hour) = (app.into(), self.hour());
        let mut pending = self.pending();
        pending.add(app, hour, Metric::RoomUp, 1);
        pending.add(app, hour, Metric::RoomDown, reach as i64);
        pending.sent(app, hour, &[Metric::RoomSenders], sender);
    }

    /// An account signed in.
    pub(crate) fn signed_in(&self, app: SdkAppId, account: i64) {
        let hour = self.hour();
        self.pending().mark(app.into(), hour, Metric::SignedIn, account);
    }

    /// Writes what is counted so far, stored messages too. What was counted before the call is written after it.
    pub async fn settle(self: &Arc<Self>) -> Result<(), StoreError> {
        self.write(true).await
    }

    /// Writes what waits in memory.
    pub(crate) async fn keep(self: &Arc<Self>) -> Result<(), StoreError> {
        self.write(false).await
    }

    /// In a task of its own: what was taken to be written is not lost when who asked for it goes away.
    async fn write(self: &Arc<Self>, messages: bool) -> Result<(), StoreError> {
        let before = self.begun.load(Ordering::SeqCst);
        let statistics = self.clone();
        let work = tokio::spawn(async move { statistics.write_after(before, messages).await });
        work.await?
    }
}
