//! Writing: what waits in memory and the messages of the log since the last time, in one batch with the new position.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::{Arc, atomic::Ordering},
};

use model::statistic::{DAY_HOURS, Metric, Said, Tally, hour_of};
use roaring::RoaringBitmap;
use store::{
    Counted, StoreError,
    tables::statistic::{CHUNK, SetKey, SetRow, StatisticState, StatisticWrite},
};

use super::{Pending, Statistics};

/// Messages counted by one writing.
const MESSAGES: usize = 4096;
/// Bitmaps kept in memory.
const SETS: usize = 100_000;
/// How often others may be faster.
const ATTEMPTS: u32 = 100;

/// What the writer remembers.
#[derive(Default)]
pub(super) struct Folder {
    state: Option<StatisticState>,
    sets: HashMap<SetKey, RoaringBitmap>,
    communities: HashMap<i64, i64>,
    /// The last writing that is done; all that was counted before it began is written.
    done: u64,
}

impl Folder {
    /// A day was ended by this node, which moved the version and nothing else that the writer knows.
    pub fn ended_day(&mut self, version: i64, closed: i64) {
        match &mut self.state {
            Some(state) if state.version == version => (state.version, state.closed) = (version + 1, closed),
            _ => self.forget(),
        }
    }

    /// Somebody else wrote, or nobody knows whether this one did.
    fn forget(&mut self) {
        self.state = None;
        self.sets.clear();
    }
}

impl Statistics {
    pub(super) async fn write_after(self: Arc<Self>, before: u64, messages: bool) -> Result<(), StoreError> {
        let mut folder = self.folder.lock().await;
        if !messages && folder.done > before {
            return Ok(());
        }
        let mine = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        self.look();
        let mut attempts = 0;
        loop {
            let taken = std::mem::take(&mut *self.pending());
            match self.write_some(&mut folder, &taken, messages).await {
                Ok(true) => {}
                Ok(false) => {
                    folder.done = mine;
                    return Ok(());
                }
                Err(error) => {
                    self.pending().merge(taken);
                    folder.forget();
                    attempts += 1;
                    let conflict = matches!(error, StoreError::Conflict { .. });
                    if !conflict || attempts == ATTEMPTS {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// One batch. Whether there may be more messages to count.
    async fn write_some(&self, folder: &mut Folder, taken: &Pending, messages: bool) -> Result<bool, StoreError> {
        let state = match folder.state {
            Some(state) => state,
            None => self.store.book.statistic_state().await?,
        };
        folder.state = Some(state);
        let rows = if messages { self.store.log.counted(state.position, MESSAGES).await? } else { Vec::new() };
        if rows.is_empty() && taken.is_empty() {
            return Ok(false);
        }
        let position = rows.last().map_or(state.position, |row| row.position);
        let mut all = taken.clone();
        for row in &rows {
            if let Some(tally) = Tally::unpack(row.tally) {
                let group = self.group_of(&mut folder.communities, row, tally.said).await?;
                count(&mut all, row, tally, group);
            }
        }
        let write = StatisticWrite {
            sets: self.mark(&mut folder.sets, &all).await?,
            sums: all.sums.iter().map(|((app, hour, metric), count)| (*app, *hour, *metric, *count)).collect(),
            peaks: all.peaks.iter().map(|((app, hour), value)| (*app, *hour, *value)).collect(),
        };
        self.store.book.add_statistics(state.version, position, &write).await?;
        folder.state = Some(StatisticState { version: state.version + 1, position, ..state });
        self.trim(folder);
        Ok(rows.len() == MESSAGES)
    }

    /// The group that a message in a group or a topic counts for.
    pub(super) async fn group_of(
        &self,
        communities: &mut HashMap<i64, i64>,
        row: &Counted,
        said: Said,
    ) -> Result<i64, StoreError> {
        if said != Said::Topic {
            return Ok(row.conversation);
        }
        if let Some(community) = communities.get(&row.conversation) {
            return Ok(*community);
        }
        // A topic that is gone counts for itself.
        let community = self.store.book.community_of(row.conversation).await?.unwrap_or(row.conversation);
        communities.insert(row.conversation, community);
        Ok(community)
    }

    /// Adds who is marked to the bitmaps of the hour and of the day; returns those that changed.
    async fn mark(&self, sets: &mut HashMap<SetKey, RoaringBitmap>, all: &Pending) -> Result<Vec<SetRow>, StoreError> {
        let mut wanted: BTreeMap<SetKey, RoaringBitmap> = BTreeMap::new();
        for ((app, hour, metric), numbers) in &all.marks {
            for (hour, span) in [(*hour, 1), (self.day_of(*hour), DAY_HOURS)] {
                for number in numbers {
                    let chunk = number.div_euclid(CHUNK);
                    let key = SetKey { app: *app, hour, span, metric: *metric, chunk };
                    wanted.entry(key).or_default().insert(number.rem_euclid(CHUNK) as u32);
                }
            }
        }
        let mut changed = Vec::new();
        for (key, new) in wanted {
            let set = match sets.entry(key) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let stored = self.store.book.statistic_set(key).await?;
                    unknown.insert(stored.map_or_else(|| Ok(RoaringBitmap::new()), |bytes| read(&bytes))?)
                }
            };
            let before = set.len();
            *set |= new;
            if set.len() != before {
                let mut members = Vec::with_capacity(set.serialized_size());
                set.serialize_into(&mut members)?;
                changed.push(SetRow { key, size: set.len() as i64, members });
            }
        }
        Ok(changed)
    }

    /// What has been over for long is not written any more.
    fn trim(&self, folder: &mut Folder) {
        if folder.sets.len() > SETS {
            let recent = self.hour() - 1;
            let today = self.today();
            folder.sets.retain(|key, _| if key.span == 1 { key.hour >= recent } else { key.hour >= today });
        }
        if folder.sets.len() > SETS {
            folder.sets.clear();
        }
        if folder.communities.len() > SETS {
            folder.communities.clear();
        }
    }
}

/// Counts a stored message.
fn count(all: &mut Pending, row: &Counted, tally: Tally, group: i64) {
    let (app, hour) = (i64::from(tally.app), hour_of(row.time));
    let (up, down, senders) = match tally.said {
        Said::Single => (Metric::SingleUp, Metric::SingleDown, Metric::SingleSenders),
        Said::Group | Said::Topic => {
            all.mark(app, hour, Metric::ActiveGroups, group);
            (Metric::GroupUp, Metric::GroupDown, Metric::GroupSenders)
        }
    };
    all.add(app, hour, up, 1);
    all.add(app, hour, down, tally.reach.into());
    all.sent(app, hour, &[senders, Metric::Senders], row.sender);
}

/// Reads a bitmap of the book.
pub(super) fn read(bytes: &[u8]) -> Result<RoaringBitmap, StoreError> {
    Ok(RoaringBitmap::deserialize_from(bytes)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use model::{
        calendar::Zone,
        statistic::{Metric, Said, Tally},
    };
    use store::{Append, Store};

    use super::super::Statistics;
    use crate::World;

    const APP: u32 = 1_400_000_001;
    /// Three in the afternoon, eight hours ahead of UTC.
    const T: i64 = 1_800_000_000_000 - 1_800_000_000_000 % 86_400_000 + 7 * 3_600_000;
    const MESSAGES: u32 = 9_000;

    async fn say(store: &Store, number: u32) {
        let (tell, told) = tokio::sync::oneshot::channel();
        let said = if number.is_multiple_of(3) { Said::Group } else { Said::Single };
        let append = Append {
            conversation: i64::from(number % 50),
            // Over several bitmaps.
            sender: i64::from(number % 700) * 999,
            client_sequence: 0,
            random: number,
            time: T,
            dated: false,
            client_time: 0,
            flags: 0,
            tally: if number.is_multiple_of(10) { 0 } else { Tally { app: APP, said, reach: number % 4 }.pack() },
            body: Bytes::new(),
            done: Box::new(move |result| drop(tell.send(result))),
        };
        store.log.append(append).await.unwrap();
        if number.is_multiple_of(500) || number + 1 == MESSAGES {
            told.await.unwrap().unwrap();
        }
    }

    fn numbers() -> impl Iterator<Item = u32> {
        (0..MESSAGES).filter(|number| number % 10 != 0)
    }

    /// What must have been counted.
    fn expected() -> Vec<(Metric, i64)> {
        let group = || numbers().filter(|number| number % 3 == 0);
        let distinct = |numbers: &mut dyn Iterator<Item = u32>, of: u32| {
            numbers.map(|number| number % of).collect::<std::collections::HashSet<_>>().len() as i64
        };
        let loose = 2 * 40;
        vec![
            (Metric::Up, numbers().count() as i64 + loose),
            (Metric::GroupUp, group().count() as i64),
            (Metric::GroupDown, group().map(|number| i64::from(number % 4)).sum()),
            (Metric::GroupSenders, distinct(&mut group(), 700)),
            (Metric::ActiveGroups, distinct(&mut group(), 50)),
            (Metric::LooseSingleUp, loose),
            (Metric::LooseSingleDown, 3 * loose),
            // Those who sent what is not stored have numbers of their own.
            (Metric::Senders, distinct(&mut numbers(), 700) + loose),
            (Metric::ActiveUsers, distinct(&mut numbers(), 700) + loose),
        ]
    }

    async fn check(statistics: &Arc<Statistics>, app: Option<u32>, day: i64) {
        let days = statistics.days(app, day, 1).await.unwrap();
        for (metric, value) in expected() {
            assert_eq!(days[0].value(metric), value, "{}", metric.key());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_nodes_count_each_message_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::in_dir(dir.path()).await.unwrap());
        let world = World::fixed(T, 1);
        let start = || Statistics::start(store.clone(), world.clone(), Zone::default());
        let nodes = [start().await.unwrap(), start().await.unwrap()];
        let saying = async {
            for number in 0..MESSAGES {
                say(&store, number).await;
            }
        };
        let counting = nodes.iter().zip(0_i64..).map(|(node, which)| async move {
            for round in 0..40 {
                node.said_loosely(APP, 10_000_000 + 2 * round + which, 3);
                node.settle().await.unwrap();
            }
        });
        tokio::join!(saying, futures_util::future::join_all(counting));
        let today = nodes[0].today();
        check(&nodes[0], Some(APP), today).await;
        check(&nodes[1], None, today).await;
        let recounted = nodes[1].recount(APP, today).await.unwrap();
        assert!(recounted.iter().all(|line| line.counted == line.stored), "{recounted:?}");
        // One that starts later, and the day when it has ended.
        let later = start().await.unwrap();
        check(&later, Some(APP), today).await;
        world.advance(86_400_000);
        nodes[0].tick().await.unwrap();
        nodes[1].said_loosely(APP, 1, 0);
        nodes[1].settle().await.unwrap();
        for node in nodes.iter().chain([&later]) {
            node.tick().await.unwrap();
            check(node, Some(APP), today).await;
            check(node, None, today).await;
            let days = node.days(Some(APP), today, 3).await.unwrap();
            assert_eq!(days.iter().map(|day| day.value(Metric::Up) > 1).collect::<Vec<_>>(), [true, false, false]);
            assert_eq!(days[1].value(Metric::Up), 1);
        }
        // Hours in which everything was said.
        let hours = later.hours(Some(APP), today, 24).await.unwrap();
        assert_eq!(hours.iter().map(|hour| hour.value(Metric::Up)).sum::<i64>(), expected()[0].1);
        assert_eq!(hours.iter().filter(|hour| hour.value(Metric::Senders) > 0).count(), 1);
    }
}
