//! Marks that the app gives to listeners of a live room (REST v4 `modify_user_info`). They last while one listens, but
//! that which counts an account as online outlives a lost connection.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use model::{Code, Error, Millis, UserId};

use super::LiveGroup;
use crate::{Account, Services};

/// Apps' own marks begin here; some below have a meaning.
const LEAST: i64 = 1000;
/// Counted as online, also without a connection, until the account leaves or the time is over.
const ONLINE: i64 = 500;
/// Not shown in the list of listeners.
pub(super) const HIDDEN: i64 = 600;
/// How long such an account counts.
const ONLINE_MILLIS: Millis = 3 * 86_400_000;
/// How many kinds of apps' own marks a room has at most.
const KINDS: usize = 10;
/// How many accounts have the same mark at most.
const ACCOUNTS: usize = 1000;

/// Which accounts have a mark.
type Holders = HashMap<i64, HashSet<i64>>;

/// Adds a mark to an account where that is allowed; whether it has the mark now.
fn give(holders: &mut Holders, mark: i64, account: i64) -> bool {
    let those = holders.entry(mark).or_default();
    those.contains(&account) || those.len() < ACCOUNTS && those.insert(account)
}

/// How many kinds of apps' own marks there are.
fn kinds(marks: impl Iterator<Item = i64>) -> usize {
    marks.filter(|mark| *mark >= LEAST).collect::<HashSet<_>>().len()
}

impl Services {
    /// Gives marks to listeners of a room or takes them; returns whose marks are as wanted, with the marks. Left out
    /// are accounts that do not listen, and those for whom one of the marks is used up.
    pub fn mark_listeners(
        &self,
        group: &LiveGroup,
        set: bool,
        wanted: &[(Arc<Account>, Vec<i64>)],
    ) -> Result<Vec<(UserId, Vec<i64>)>, Error> {
        let allowed = |mark: &i64| *mark >= LEAST || [ONLINE, HIDDEN].contains(mark);
        if wanted.iter().flat_map(|(_, marks)| marks).any(|mark| !allowed(mark)) {
            return Err(Error::new(Code::GroupParameterInvalid).detail("marks are 1000 or more"));
        }
        let mut room = group.room();
        let mut holders = Holders::new();
        for ((account, _), listener) in &room.listeners {
            for mark in &listener.marks {
                holders.entry(*mark).or_default().insert(*account);
            }
        }
        let here: Vec<_> = wanted.iter().filter(|(account, _)| room.has(account.number)).collect();
        let new = here.iter().flat_map(|(_, marks)| marks.iter().copied());
        if set && kinds(holders.keys().copied().chain(new)) > KINDS {
            return Err(Error::new(Code::GroupParameterInvalid).detail("a live room has at most 10 kinds of marks"));
        }
        let mut changes: HashMap<i64, HashSet<i64>> = HashMap::new();
        let mut done = Vec::with_capacity(here.len());
        for (account, marks) in here {
            let mut all = true;
            for mark in marks {
                if !set || give(&mut holders, *mark, account.number) {
                    changes.entry(account.number).or_default().insert(*mark);
                } else {
                    all = false;
                }
            }
            if all {
                done.push((account.user.clone(), marks.clone()));
            }
        }
        let until = self.world.now() + ONLINE_MILLIS;
        for account in changes.iter().filter(|(_, marks)| marks.contains(&ONLINE)).map(|(account, _)| *account) {
            if set {
                room.counted.insert(account, until);
            } else {
                room.counted.remove(&account);
            }
        }
        for ((account, _), listener) in &mut room.listeners {
            let Some(marks) = changes.get(account) else { continue };
            listener.marks.retain(|mark| !marks.contains(mark));
            if set {
                listener.marks.extend(marks);
                listener.marks.sort_unstable();
            }
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::{ACCOUNTS, HIDDEN, Holders, ONLINE, give, kinds};

    #[test]
    fn a_mark_is_for_a_thousand_accounts() {
        let mut holders = Holders::new();
        let given = (0..1500).filter(|account| give(&mut holders, 1001, *account)).count();
        assert_eq!(given, ACCOUNTS);
        assert!(give(&mut holders, 1001, 0), "who has it keeps it");
        assert!(!give(&mut holders, 1001, 1500));
        assert!(give(&mut holders, 1002, 1500), "each mark counts for itself");
    }

    #[test]
    fn marks_with_a_meaning_are_no_kinds() {
        assert_eq!(kinds([ONLINE, HIDDEN, 1001, 1001, 1002].into_iter()), 2);
    }
}
