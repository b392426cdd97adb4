//! Who is connected, and how many were at most.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use model::{SdkAppId, statistic::Metric};

use super::{Pending, Statistics};

/// Hours without any look at the clock that are made up for; a server was never stopped for longer and went on.
const MADE_UP: i64 = 48;
/// The whole platform.
const PLATFORM: i64 = 0;

/// Accounts with connections.
pub(super) struct Online {
    /// The hour up to which everybody online is marked.
    hour: i64,
    /// The app, and how many connections.
    accounts: HashMap<i64, (i64, i32)>,
    /// Accounts online by app, and under 0 in all.
    counts: HashMap<i64, i64>,
    /// The most of this hour.
    peaks: HashMap<i64, i64>,
    /// Who was marked since the day began.
    marked: HashSet<i64>,
    day: i64,
}

impl Online {
    pub fn new(hour: i64) -> Self {
        let empty = HashMap::new();
        Self { hour, accounts: HashMap::new(), counts: HashMap::new(), peaks: empty, marked: HashSet::new(), day: 0 }
    }

    /// Everybody who is online in an hour is active in it.
    fn roll(&mut self, hour: i64, day: i64, pending: &mut Pending) {
        if self.hour >= hour && self.day == day {
            return;
        }
        if self.day != day {
            self.day = day;
            self.marked.clear();
        }
        for hour in (self.hour + 1).max(hour - MADE_UP)..=hour {
            for (account, (app, _)) in self.accounts.iter().filter(|(_, (_, links))| *links > 0) {
                pending.mark(*app, hour, Metric::ActiveUsers, *account);
            }
            for (app, count) in self.counts.iter().filter(|(_, count)| **count > 0) {
                pending.raise(*app, hour, *count);
            }
            self.peaks.clone_from(&self.counts);
        }
        self.hour = self.hour.max(hour);
    }

    fn come(&mut self, app: i64, account: i64, pending: &mut Pending) -> bool {
        pending.mark(app, self.hour, Metric::ActiveUsers, account);
        let mut news = self.marked.insert(account);
        let (_, links) = self.accounts.entry(account).or_insert((app, 0));
        *links += 1;
        if *links != 1 {
            if *links == 0 {
                self.accounts.remove(&account);
            }
            return news;
        }
        for app in [app, PLATFORM] {
            let count = self.counts.entry(app).or_default();
            *count += 1;
            let peak = self.peaks.entry(app).or_default();
            if *count > *peak {
                *peak = *count;
                pending.raise(app, self.hour, *count);
                news |= app != PLATFORM;
            }
        }
        news
    }

    fn go(&mut self, app: i64, account: i64, pending: &mut Pending) {
        pending.mark(app, self.hour, Metric::ActiveUsers, account);
        let (_, links) = self.accounts.entry(account).or_insert((app, 0));
        *links -= 1;
        // What goes may be noticed before what came.
        if *links != 0 {
            return;
        }
        self.accounts.remove(&account);
        for app in [app, PLATFORM] {
            *self.counts.entry(app).or_default() -= 1;
        }
    }
}

impl Statistics {
    /// An account got a connection. Whether something is to be written that would be missed after a crash.
    pub(crate) fn came(&self, app: SdkAppId, account: i64) -> bool {
        let (hour, mut online) = (self.hour(), self.online());
        let mut pending = self.pending();
        online.roll(hour, self.day_of(hour), &mut pending);
        online.come(app.into(), account, &mut pending)
    }

    /// An account lost a connection.
    pub(crate) fn went(&self, app: SdkAppId, account: i64) {
        let (hour, mut online) = (self.hour(), self.online());
        let mut pending = self.pending();
        online.roll(hour, self.day_of(hour), &mut pending);
        online.go(app.into(), account, &mut pending);
    }

    /// Whoever is online when an hour begins is active in it.
    pub(super) fn look(&self) {
        let (hour, mut online) = (self.hour(), self.online());
        online.roll(hour, self.day_of(hour), &mut self.pending());
    }

    /// How many accounts are connected now, of an app or of all.
    pub fn online_now(&self, app: Option<SdkAppId>) -> i64 {
        let online = self.online();
        online.counts.get(&app.map_or(PLATFORM, i64::from)).copied().unwrap_or_default()
    }

    /// Waits until what a sign-in counts is written. The sign-in goes on without it where that fails.
    pub(crate) async fn keep_arrival(self: &Arc<Self>) {
        if let Err(error) = self.keep().await {
            tracing::warn!(%error, "a sign-in is not counted yet");
        }
    }
}

#[cfg(test)]
mod tests {
    use model::statistic::Metric;

    use super::{Online, Pending};

    const APP: i64 = 7;

    fn active(pending: &Pending, hour: i64) -> Vec<i64> {
        let mut found = pending.marks.get(&(APP, hour, Metric::ActiveUsers)).cloned().unwrap_or_default();
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn accounts_are_counted_once_and_peaks_kept() {
        let (mut online, mut pending) = (Online::new(10), Pending::default());
        online.roll(10, 0, &mut pending);
        assert!(online.come(APP, 1, &mut pending));
        assert!(!online.come(APP, 1, &mut pending), "a second device is no news");
        assert!(online.come(APP, 2, &mut pending));
        online.go(APP, 1, &mut pending);
        online.go(APP, 1, &mut pending);
        assert!(online.come(APP, 3, &mut pending));
        online.go(APP, 2, &mut pending);
        assert!(!online.come(APP, 2, &mut pending), "neither new today nor a new peak");
        assert_eq!(pending.peaks[&(APP, 10)], 2);
        assert_eq!(pending.peaks[&(0, 10)], 2);
        assert_eq!(active(&pending, 10), [1, 2, 3]);
    }

    #[test]
    fn who_stays_is_active_in_every_hour() {
        let (mut online, mut pending) = (Online::new(10), Pending::default());
        online.roll(10, 0, &mut pending);
        online.come(APP, 1, &mut pending);
        online.come(APP, 2, &mut pending);
        online.roll(12, 0, &mut pending);
        online.go(APP, 1, &mut pending);
        online.roll(13, 0, &mut pending);
        assert_eq!(
            (active(&pending, 11), active(&pending, 12), active(&pending, 13)),
            (vec![1, 2], vec![1, 2], vec![2])
        );
        assert_eq!((pending.peaks[&(APP, 12)], pending.peaks[&(APP, 13)]), (2, 1));
        online.roll(12, 0, &mut pending);
        assert_eq!(online.hour, 13, "a clock that is set back changes nothing");
    }

    #[test]
    fn going_may_be_noticed_before_coming() {
        let (mut online, mut pending) = (Online::new(10), Pending::default());
        online.go(APP, 1, &mut pending);
        online.come(APP, 1, &mut pending);
        assert!(online.accounts.is_empty());
        online.come(APP, 1, &mut pending);
        assert_eq!(online.counts[&APP], 1);
    }
}
