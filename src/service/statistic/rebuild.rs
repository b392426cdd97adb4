//! Counting a day again from the messages that are stored.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use model::{
    Error, SdkAppId,
    statistic::{DAY_HOURS, Metric, Said, Tally, hour_of},
};
use store::tables::statistic::CHUNK;

use super::{Statistics, fold::read};
use crate::broken;

/// Messages read at a time.
const PAGE: usize = 10_000;
/// What is made of messages, with the part of it that was never stored.
const SUMS: [(Metric, Metric); 4] = [
    (Metric::SingleUp, Metric::LooseSingleUp),
    (Metric::SingleDown, Metric::LooseSingleDown),
    (Metric::GroupUp, Metric::LooseGroupUp),
    (Metric::GroupDown, Metric::LooseGroupDown),
];
const SETS: [(Metric, &[Metric]); 4] = [
    (Metric::SingleSenders, &[Metric::LooseSingleSenders]),
    (Metric::GroupSenders, &[Metric::LooseGroupSenders]),
    (Metric::Senders, &[Metric::LooseSingleSenders, Metric::LooseGroupSenders]),
    (Metric::ActiveGroups, &[Metric::LooseGroups]),
];

/// A metric that was counted twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recounted {
    /// Which.
    pub metric: Metric,
    /// As it was counted when it happened.
    pub counted: i64,
    /// As it follows from what is stored now.
    pub stored: i64,
}

impl Statistics {
    /// Counts the messages of an app and a day again, from the log; what was never stored is taken as it was counted.
    pub async fn recount(self: &Arc<Self>, app: SdkAppId, day: i64) -> Result<Vec<Recounted>, Error> {
        self.settle().await.map_err(broken)?;
        let book = &self.store.book;
        let until = book.statistic_state().await.map_err(broken)?.position;
        let mut sums: BTreeMap<Metric, i64> = BTreeMap::new();
        let mut sets: HashMap<Metric, HashSet<i64>> = HashMap::new();
        let (mut position, mut communities) = (0, HashMap::new());
        loop {
            let rows = self.store.log.counted(position, PAGE).await.map_err(broken)?;
            let Some(last) = rows.last() else { break };
            position = last.position;
            for row in rows.iter().filter(|row| row.position <= until) {
                let Some(tally) = Tally::unpack(row.tally) else { continue };
                if tally.app != app || !(day..day + DAY_HOURS).contains(&hour_of(row.time)) {
                    continue;
                }
                let (up, down, senders) = match tally.said {
                    Said::Single => (Metric::SingleUp, Metric::SingleDown, Metric::SingleSenders),
                    Said::Group | Said::Topic => {
                        let group = self.group_of(&mut communities, row, tally.said).await.map_err(broken)?;
                        sets.entry(Metric::ActiveGroups).or_default().insert(group);
                        (Metric::GroupUp, Metric::GroupDown, Metric::GroupSenders)
                    }
                };
                *sums.entry(up).or_default() += 1;
                *sums.entry(down).or_default() += i64::from(tally.reach);
                for set in [senders, Metric::Senders] {
                    sets.entry(set).or_default().insert(row.sender);
                }
            }
            if position >= until {
                break;
            }
        }
        let days = self.settled_days(app.into(), day, 1).await.map_err(broken)?;
        let Some(counted) = days.first() else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (metric, loose) in SUMS {
            let stored = sums.get(&metric).copied().unwrap_or_default() + counted.value(loose);
            found.push(Recounted { metric, counted: counted.value(metric), stored });
        }
        for (metric, parts) in SETS {
            let mut all = sets.remove(&metric).unwrap_or_default();
            for part in parts {
                for (chunk, bytes) in book.statistic_sets(app.into(), day, *part).await.map_err(broken)? {
                    let members = read(&bytes).map_err(broken)?;
                    all.extend(members.iter().map(|member| chunk * CHUNK + i64::from(member)));
                }
            }
            found.push(Recounted { metric, counted: counted.value(metric), stored: all.len() as i64 });
        }
        Ok(found)
    }
}
