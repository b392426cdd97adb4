//! When members last said something. What is said sets it in memory alone; after a restart it is read from the log.

use std::collections::{HashMap, HashSet};

use model::{Error, flags};

use super::LiveGroup;
use crate::{Services, broken};

/// So many of the newest messages are looked at, shared out among a community's topics; but at least one page of each.
const LOOKED_AT: usize = 20_000;
const PAGE: usize = 1000;

impl Services {
    /// Up to which sequence accounts have read in a group.
    pub async fn read_marks(&self, group: &LiveGroup) -> Result<HashMap<i64, i64>, Error> {
        let rows = self.store.book.read_sequences(group.number).await.map_err(broken)?;
        Ok(rows.into_iter().collect())
    }

    /// Makes known when the members of a group last said something, also before it came into memory. Whoever has not
    /// since they joined, or not among the newest messages, never did.
    pub async fn know_who_spoke(&self, group: &LiveGroup) -> Result<(), Error> {
        if !group.kind.is_stored() || group.read().spoken {
            return Ok(());
        }
        let joined: HashMap<i64, i64> = {
            let state = group.read();
            state
                .members()
                .filter(|member| member.last_sent == 0)
                .map(|member| (member.account, member.joined))
                .collect()
        };
        let mut numbers: Vec<i64> = self.topics(group).await?.keys().copied().collect();
        numbers.push(group.number);
        let share = (LOOKED_AT / numbers.len()).max(PAGE);
        let mut found: HashMap<i64, i64> = HashMap::new();
        for number in numbers {
            let mut silent: HashSet<i64> = joined.keys().copied().collect();
            let (mut below, mut left) = (i64::MAX, share);
            while left > 0 && !silent.is_empty() {
                let page = self.store.log.range(number, 0, below, true, PAGE.min(left), flags::TIP).await;
                let page = page.map_err(broken)?;
                for entry in &page {
                    let second = entry.time / 1000;
                    if joined.get(&entry.sender).is_some_and(|joined| second >= *joined) {
                        let last = found.entry(entry.sender).or_default();
                        *last = second.max(*last);
                        silent.remove(&entry.sender);
                    }
                }
                let Some(last) = page.last().filter(|_| page.len() == PAGE.min(left)) else { break };
                below = last.sequence;
                left -= page.len();
            }
        }
        let mut state = group.write();
        for (account, second) in found {
            if let Some(member) = state.members.get_mut(&account) {
                member.last_sent = member.last_sent.max(second);
            }
        }
        state.spoken = true;
        Ok(())
    }
}
