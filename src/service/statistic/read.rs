//! Reading: days and hours as they are now, and ending the days that are over.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use model::{
    Error, SdkAppId,
    statistic::{DAY_HOURS, Kind, Metric, Page, hour_of},
};
use store::StoreError;

use super::Statistics;
use crate::broken;

/// How long after its end a day is still counted; whatever carries a time of it is stored by then.
const GRACE: i64 = 10 * 60_000;
/// For so long hours are kept.
const HOURS_KEPT: i64 = 31 * DAY_HOURS;
/// Metrics that are carried from day to day.
const TOTALS: [Metric; 2] = [Metric::AllAccounts, Metric::AllGroups];

/// What was counted in an hour or on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatisticPeriod {
    /// The hour since 1970 with which it begins.
    pub start: i64,
    values: BTreeMap<Metric, i64>,
}

impl StatisticPeriod {
    /// The number of a metric.
    pub fn value(&self, metric: Metric) -> i64 {
        match metric.kind() {
            Kind::Both(one, other) => self.value(one) + self.value(other),
            _ => self.values.get(&metric).copied().unwrap_or_default(),
        }
    }

    fn at(start: i64) -> Self {
        Self { start, values: BTreeMap::new() }
    }
}

impl Statistics {
    /// So many days from the one that begins with the hour `from` on, of an app or of the whole platform, with all that
    /// happened until now.
    pub async fn days(
        self: &Arc<Self>,
        app: Option<SdkAppId>,
        from: i64,
        days: usize,
    ) -> Result<Vec<StatisticPeriod>, Error> {
        self.settle().await.map_err(broken)?;
        self.settled_days(app.map_or(0, i64::from), from, days as i64).await.map_err(broken)
    }

    pub(super) async fn settled_days(
        &self,
        app: i64,
        from: i64,
        days: i64,
    ) -> Result<Vec<StatisticPeriod>, StoreError> {
        let book = &self.store.book;
        let end = from + days * DAY_HOURS;
        let closed = book.statistic_state().await?.closed;
        // Totals are carried over the days that are still open.
        let first = from.min(closed);
        let mut found: HashMap<i64, StatisticPeriod> = HashMap::new();
        let mut put = |day: i64, metric: Metric, value: i64| {
            let period = found.entry(day).or_insert_with(|| StatisticPeriod::at(day));
            let held = period.values.entry(metric).or_default();
            *held = if metric.kind() == Kind::Peak { value.max(*held) } else { *held + value };
        };
        for (day, metric, value) in book.statistic_days(app, first, end.min(closed)).await? {
            put(day, metric, value);
        }
        if end > closed {
            for (hour, metric, value) in book.statistic_sums(app, closed, end).await? {
                put(self.day_of(hour), metric, value);
            }
            for (day, metric, value) in book.statistic_sizes(app, closed, end, DAY_HOURS).await? {
                put(day, metric, value);
            }
            for (hour, value) in book.statistic_peaks(app, closed, end).await? {
                put(self.day_of(hour), Metric::PeakOnline, value);
            }
        }
        let mut totals = HashMap::new();
        for metric in TOTALS {
            totals.insert(metric, book.statistic_before(app, metric, first).await?);
        }
        let mut all = Vec::with_capacity(days as usize);
        let mut day = first;
        while day < end {
            let mut period = found.remove(&day).unwrap_or_else(|| StatisticPeriod::at(day));
            for metric in TOTALS {
                let Kind::Total(came, went) = metric.kind() else { continue };
                let total = totals.entry(metric).or_default();
                *total = match period.values.get(&metric) {
                    Some(kept) => *kept,
                    None => *total + period.value(came) - period.value(went),
                };
                period.values.insert(metric, *total);
            }
            if day >= from {
                all.push(period);
            }
            day += DAY_HOURS;
        }
        Ok(all)
    }

    /// So many hours from one on, as far back as hours are kept, without totals.
    pub async fn hours(
        self: &Arc<Self>,
        app: Option<SdkAppId>,
        from: i64,
        hours: usize,
    ) -> Result<Vec<StatisticPeriod>, Error> {
        self.settle().await.map_err(broken)?;
        let (book, app, to) = (&self.store.book, app.map_or(0, i64::from), from + hours as i64);
        let mut all: Vec<_> = (from..to).map(StatisticPeriod::at).collect();
        let sums = book.statistic_sums(app, from, to).await.map_err(broken)?;
        let sizes = book.statistic_sizes(app, from, to, 1).await.map_err(broken)?;
        let peaks = book.statistic_peaks(app, from, to).await.map_err(broken)?;
        let peaks = peaks.into_iter().map(|(hour, value)| (hour, Metric::PeakOnline, value));
        for (hour, metric, value) in sums.into_iter().chain(sizes).chain(peaks) {
            if let Some(period) = all.get_mut((hour - from) as usize) {
                period.values.insert(metric, value);
            }
        }
        Ok(all)
    }

    /// Shows today's numbers of the whole platform to who measures.
    pub async fn show(&self) -> Result<(), StoreError> {
        let today = self.settled_days(0, self.today(), 1).await?;
        let shown = |metric: &&Metric| metric.page() != Page::Inner;
        for day in &today {
            for metric in Metric::ALL.iter().filter(shown) {
                metrics::gauge!(crate::metric::TODAY, "metric" => metric.key()).set(day.value(*metric) as f64);
            }
        }
        Ok(())
    }

    /// Writes what waits, and ends the days that are over.
    pub async fn tick(self: &Arc<Self>) -> Result<(), StoreError> {
        self.settle().await?;
        let ended = self.day_of(hour_of(self.world.now() - GRACE));
        loop {
            let state = self.store.book.statistic_state().await?;
            if state.closed >= ended || state.position < 0 {
                return Ok(());
            }
            // Nobody else of this node writes meanwhile.
            let mut folder = self.folder.lock().await;
            match self.close(state.version, state.closed).await {
                Ok(()) => folder.ended_day(state.version, state.closed + DAY_HOURS),
                // Another node was faster.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn close(&self, version: i64, day: i64) -> Result<(), StoreError> {
        let book = &self.store.book;
        let end = day + DAY_HOURS;
        let mut apps = book.statistic_apps(day, end).await?;
        apps.retain(|app| *app != 0);
        let mut values = Vec::new();
        for app in apps.into_iter().chain([0]) {
            let Some(period) = self.settled_days(app, day, 1).await?.pop() else { continue };
            let worth = |metric: Metric, value: i64| value != 0 || TOTALS.contains(&metric);
            let kept = period.values.iter().filter(|(metric, value)| worth(**metric, **value));
            values.extend(kept.map(|(metric, value)| (app, *metric, *value)));
        }
        book.close_statistics(version, (day, end, end - HOURS_KEPT), &values).await
    }
}
