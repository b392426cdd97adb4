//! Tells the book what became of callbacks, and after a restart finds those that only the log has.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use model::{Error, Millis, callback::OptPlatform, flags};
use store::{
    Entry, StoreError,
    tables::callback::{NewCallback, Settlement},
};
use tokio::time::{Instant, sleep};

use super::{
    Cause, Endpoint, lock, query,
    queue::{Item, Report, Source},
};
use crate::{Services, broken};

/// Outcomes are written together, at most so often.
const TOGETHER: Duration = Duration::from_millis(200);
/// The book is looked after at least so often.
const AT_LEAST: Duration = Duration::from_mins(1);
/// What has waited for so long is kept in the book.
const STALE: Millis = 10_000;
/// How far the position may lie behind the log when nothing waits: so much is read at the next start.
const BEHIND: i64 = 10_000;
/// So many entries of the log are read at a time.
const READ: usize = 1000;
/// How long callbacks are kept that were given up.
const DEAD: Millis = 7 * 86_400_000;

impl Services {
    /// Finds what is still to be told and begins to tell it.
    pub(crate) async fn begin_callbacks(self: &Arc<Self>) -> Result<(), StoreError> {
        let position = self.store.book.callback_position().await?;
        let end = self.store.log.position();
        if position >= 0 && position < end {
            self.find_callbacks(position, end).await?;
        }
        let settlement = Settlement { position: Some(end), ..Settlement::default() };
        self.store.book.settle_callbacks(&settlement).await?;
        for app in self.store.book.apps_with_callbacks().await? {
            if let Ok(app) = app.try_into() {
                self.callbacks_are_in_the_book(app);
            }
        }
        self.callbacks.position.store(end, Ordering::Relaxed);
        self.spawn(self.clone().keep_callbacks());
        Ok(())
    }

    /// Puts into the book what of the log's end is still to be told.
    async fn find_callbacks(self: &Arc<Self>, mut position: i64, end: i64) -> Result<(), StoreError> {
        loop {
            let entries = self.store.log.after(position, READ).await?;
            let Some(last) = entries.last().map(|entry| entry.position) else { return Ok(()) };
            let mut new = Vec::new();
            for entry in entries.iter().filter(|entry| entry.flags & flags::CALLBACK != 0) {
                match self.callback_of(entry).await {
                    Ok(found) => new.extend(found),
                    Err(error) => tracing::error!(%error, position = entry.position, "a callback cannot be made again"),
                }
            }
            let settlement = Settlement { new, position: Some(last.min(end)), ..Settlement::default() };
            self.store.book.settle_callbacks(&settlement).await?;
            position = last;
        }
    }

    /// What is to be told of a stored message whose cause is no longer in memory.
    async fn callback_of(self: &Arc<Self>, entry: &Entry) -> Result<Option<NewCallback>, Error> {
        let pair = self.store.book.conversation_numbered(entry.conversation).await.map_err(broken)?;
        let platform = OptPlatform::from_number(entry.flags >> flags::CAUSE_SHIFT & 15);
        let (app, item) = match pair {
            Some((app, low, high)) => {
                let Ok(app) = app.try_into() else { return Ok(None) };
                let Some(app) = self.apps.get(app) else { return Ok(None) };
                let other = if entry.sender == low { high } else { low };
                let from = self.accounts.by_number(app.sdkappid, entry.sender).await?;
                let to = self.accounts.by_number(app.sdkappid, other).await?;
                let (Some(from), Some(to)) = (from, to) else { return Ok(None) };
                let cause = Cause { app, platform, address: None, administrator: None };
                (cause.app.sdkappid, self.stored_c2c(&cause, entry, &from, &to))
            }
            None => match self.place_numbered(entry.conversation).await? {
                Some(place) => {
                    let Some(app) = self.apps.get(place.group.app) else { return Ok(None) };
                    let cause = Cause { app, platform, address: None, administrator: None };
                    (cause.app.sdkappid, self.stored_in_group(&cause, entry, &place, None))
                }
                None => return Ok(None),
            },
        };
        let query = query(platform, None);
        Ok(Some(self.written(app.into(), &item, None, query).await))
    }

    async fn written(&self, app: i64, item: &Item, failure: Option<String>, query: String) -> NewCallback {
        NewCallback {
            app,
            lane: item.lane,
            command: item.callback.name().into(),
            query,
            body: self.body_of(item).await.to_vec(),
            created: item.created,
            failure,
        }
    }

    async fn keep_callbacks(self: Arc<Self>) {
        let mut pruned: Option<Instant> = None;
        loop {
            tokio::select! {
                () = self.callbacks.news.notified() => {}
                () = sleep(AT_LEAST) => {}
                () = self.callbacks.stop.cancelled() => return,
            }
            tokio::select! {
                () = sleep(TOGETHER) => {}
                () = self.callbacks.stop.cancelled() => return,
            }
            if let Err(error) = self.keep_callbacks_now(false).await {
                tracing::warn!(%error, "what became of callbacks could not be written");
            }
            if pruned.is_none_or(|last| last.elapsed() > Duration::from_hours(1)) {
                pruned = Some(Instant::now());
                if let Err(error) = self.store.book.prune_callbacks(self.world.now() - DEAD).await {
                    tracing::warn!(%error, "old callbacks could not be removed");
                }
            }
        }
    }

    /// Writes what became of callbacks since the last time, for all apps; `all`: also what has only just come.
    pub(crate) async fn keep_callbacks_now(&self, all: bool) -> Result<(), Error> {
        // First, so that everything up to it has been offered.
        let handed = self.store.log.position();
        let stale = if all { Millis::MAX } else { self.world.now() - STALE };
        let endpoints = self.callbacks.all();
        let mut settlement = Settlement::default();
        let mut reports: Vec<(Arc<Endpoint>, Report)> = Vec::new();
        for endpoint in endpoints {
            let report = lock(&endpoint.queue).report(stale);
            let app = i64::from(endpoint.app);
            for item in &report.spilling {
                settlement.new.push(self.written(app, item, None, item.query.clone()).await);
            }
            settlement.done.extend(&report.done);
            reports.push((endpoint, report));
        }
        for (endpoint, report) in &reports {
            for (item, why) in &report.failed {
                match item.source {
                    Source::Row(number) => settlement.failed.push((number, why.clone())),
                    Source::Log(_) => {
                        let kept = self.written(endpoint.app.into(), item, Some(why.clone()), item.query.clone()).await;
                        settlement.new.push(kept);
                    }
                }
            }
        }
        if reports.iter().all(|(_, report)| report.is_empty()) {
            return self.move_position(handed).await;
        }
        match self.store.book.settle_callbacks(&settlement).await {
            Ok(numbers) => {
                let mut numbers = numbers.as_slice();
                for (endpoint, report) in &reports {
                    let (own, rest) = numbers.split_at(report.spilling.len().min(numbers.len()));
                    numbers = rest;
                    lock(&endpoint.queue).reported(report, own);
                    endpoint.wake.notify_one();
                }
                self.move_position(handed).await
            }
            Err(error) => {
                for (endpoint, report) in reports {
                    lock(&endpoint.queue).unreported(report);
                }
                self.callbacks.news.notify_one();
                Err(broken(error))
            }
        }
    }

    /// Moves the position on to where everything was told or is in the book.
    async fn move_position(&self, handed: i64) -> Result<(), Error> {
        let open = self.callbacks.all().iter().filter_map(|endpoint| lock(&endpoint.queue).first_open()).min();
        let reached = open.map_or(handed, |open| handed.min(open - 1));
        let mut lately = false;
        for endpoint in self.callbacks.all() {
            lately |= lock(&endpoint.queue).take_closed();
        }
        let position = self.callbacks.position.load(Ordering::Relaxed);
        if reached <= position || !lately && reached - position < BEHIND {
            return Ok(());
        }
        let settlement = Settlement { position: Some(reached), ..Settlement::default() };
        self.store.book.settle_callbacks(&settlement).await.map_err(broken)?;
        self.callbacks.position.store(reached, Ordering::Relaxed);
        Ok(())
    }
}
