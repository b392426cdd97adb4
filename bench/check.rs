//! What the crash test holds a server to, apart from any socket.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::fmt;
use std::time::{Duration, Instant};

/// Examples printed of each kind of violation.
const EXAMPLES: usize = 5;

/// Where one list of messages falls short.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Acknowledged, but not in the list.
    pub lost: Vec<u64>,
    /// More than once in the list.
    pub repeated: Vec<u64>,
    /// Behind a message that was sent later.
    pub disordered: Vec<u64>,
    /// With another time than the acknowledgement gave.
    pub retimed: Vec<u64>,
}

impl Findings {
    /// Number of violations.
    pub fn count(&self) -> usize {
        self.lost.len() + self.repeated.len() + self.disordered.len() + self.retimed.len()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            ("lost", &self.lost),
            ("repeated", &self.repeated),
            ("out of order", &self.disordered),
            ("with another time", &self.retimed),
        ];
        for (index, (name, numbers)) in kinds.into_iter().enumerate() {
            write!(out, "{}{} {name}", if index == 0 { "" } else { ", " }, numbers.len())?;
            if !numbers.is_empty() {
                write!(out, " {:?}", &numbers[..numbers.len().min(EXAMPLES)])?;
            }
        }
        Ok(())
    }
}

/// Holds the list of one receiver, messages as number and time in the order it saw them, against what the sender was
/// told: number and time of every acknowledged message. Numbers count up in the order of sending.
pub fn compare(acknowledged: &BTreeMap<u64, u64>, seen: &[(u64, u64)]) -> Findings {
    let mut findings = Findings::default();
    let (mut numbers, mut highest) = (BTreeSet::new(), 0);
    for (number, time) in seen {
        if !numbers.insert(*number) {
            findings.repeated.push(*number);
        } else if *number < highest {
            findings.disordered.push(*number);
        }
        highest = highest.max(*number);
        if acknowledged.get(number).is_some_and(|told| told != time) {
            findings.retimed.push(*number);
        }
    }
    findings.lost = acknowledged.keys().filter(|number| !numbers.contains(number)).copied().collect();
    findings
}

/// What the SDK drops a received message by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Sender.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// Chance number.
    pub random: u32,
    /// Sender's number.
    pub seq: u32,
    /// Server time, seconds.
    pub time: u64,
}

/// The SDK's list of messages in memory. A message is dropped only while the same one is still in it.
#[derive(Debug, Default)]
pub struct Memory {
    known: HashSet<Key>,
    order: VecDeque<(Instant, Key)>,
}

impl Memory {
    /// Takes a message in; false if it is there already.
    pub fn take(&mut self, key: Key, now: Instant) -> bool {
        if self.known.contains(&key) {
            return false;
        }
        self.order.push_back((now, key.clone()));
        self.known.insert(key)
    }

    /// Forgets what came more than `age` ago, as when the application opened the conversation then.
    pub fn forget(&mut self, age: Duration, now: Instant) {
        while self.order.front().is_some_and(|(then, _)| now.saturating_duration_since(*then) > age) {
            if let Some((_, key)) = self.order.pop_front() {
                self.known.remove(&key);
            }
        }
    }
}

/// A small generator of chance numbers with a printed seed (splitmix64).
#[derive(Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// The next number in a range, its end excluded.
    pub fn between(&mut self, range: std::ops::Range<u64>) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        range.start + mixed % (range.end - range.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(numbers: &[u64]) -> BTreeMap<u64, u64> {
        numbers.iter().map(|number| (*number, 100)).collect()
    }

    fn seen(numbers: &[u64]) -> Vec<(u64, u64)> {
        numbers.iter().map(|number| (*number, 100)).collect()
    }

    #[test]
    fn unacknowledged_messages_may_be_there_or_not() {
        assert_eq!(compare(&told(&[1, 2, 4]), &seen(&[1, 2, 3, 4])), Findings::default());
        assert_eq!(compare(&told(&[1, 2, 4]), &seen(&[1, 2, 4])), Findings::default());
    }

    #[test]
    fn every_kind_of_violation_is_found() {
        let found = compare(&told(&[1, 2, 3, 4, 5]), &seen(&[1, 3, 2, 3, 5]));
        assert_eq!(found.lost, [4]);
        assert_eq!(found.repeated, [3]);
        assert_eq!(found.disordered, [2]);
        assert_eq!(compare(&told(&[1]), &[(1, 99)]).retimed, [1]);
        assert_eq!(found.count(), 3);
        assert_eq!(found.to_string(), "1 lost [4], 1 repeated [3], 1 out of order [2], 0 with another time");
    }

    #[test]
    fn memory_drops_the_same_message_until_it_forgets() {
        let key = |seq| Key { from: "a".into(), to: "b".into(), random: 1, seq, time: 2 };
        let start = Instant::now();
        let (later, age) = (start + Duration::from_secs(2), Duration::from_secs(1));
        let mut memory = Memory::default();
        assert!(memory.take(key(1), start));
        assert!(memory.take(key(2), later));
        assert!(!memory.take(key(1), later));
        memory.forget(age, later);
        assert!(memory.take(key(1), later));
        assert!(!memory.take(key(2), later));
    }

    #[test]
    fn chance_repeats_with_its_seed_and_stays_in_range() {
        let draw = |seed| {
            let mut chance = Chance(seed);
            std::iter::repeat_with(|| chance.between(50..60)).take(100).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(7).iter().all(|number| (50..60).contains(number)));
    }
}
