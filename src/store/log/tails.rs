//! The newest entries' places, kept in memory until they are written to the index in bulk.
//!
//! Writing one index entry per message costs a page for each conversation touched by a commit. Kept back and
//! written one conversation at a time, the same page takes many entries. Nothing is lost by a crash: the
//! messages themselves say where they belong, and the newest of them are read again at open.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

/// The entries of one conversation that are not in the index yet: a run of sequences without gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// Sequence of the first; everything before it is in the index.
    pub first: i64,
    /// Their positions, in order.
    pub positions: Vec<i64>,
}

impl Tail {
    /// A tail of nothing, behind everything in the index.
    pub fn none() -> Self {
        Self { first: i64::MAX, positions: Vec::new() }
    }

    pub fn last(&self) -> Option<i64> {
        Some(self.first + i64::try_from(self.positions.len()).ok()? - 1).filter(|_| !self.positions.is_empty())
    }

    pub fn position(&self, sequence: i64) -> Option<i64> {
        let offset = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        self.positions.get(offset).copied()
    }

    /// Sequences with positions, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (i64, i64)> + ExactSizeIterator + '_ {
        self.positions.iter().enumerate().map(|(offset, position)| (self.first + offset as i64, *position))
    }

    fn drop_through(&mut self, sequence: i64) {
        let gone = usize::try_from(sequence.saturating_sub(self.first).saturating_add(1)).unwrap_or(0);
        let gone = gone.min(self.positions.len());
        self.positions.drain(..gone);
        self.first += gone as i64;
    }
}

/// All tails. Only the committer changes them, after its commit; readers look before they begin to read the
/// file, so what left a tail meanwhile is in the index they see.
#[derive(Default)]
pub(super) struct Tails {
    map: RwLock<Map>,
}

#[derive(Default)]
struct Map {
    tails: BTreeMap<i64, Tail>,
    entries: usize,
}

impl Tails {
    fn read(&self) -> RwLockReadGuard<'_, Map> {
        self.map.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, conversation: i64) -> Tail {
        self.read().tails.get(&conversation).cloned().unwrap_or_else(Tail::none)
    }

    pub fn get_many(&self, conversations: impl Iterator<Item = i64>) -> Vec<Tail> {
        let map = self.read();
        conversations.map(|number| map.tails.get(&number).cloned().unwrap_or_else(Tail::none)).collect()
    }

    /// Those of the conversations whose tails have so many entries or more.
    pub fn long(&self, conversations: impl Iterator<Item = i64>, entries: usize) -> Vec<(i64, Tail)> {
        let map = self.read();
        conversations
            .filter_map(|number| map.tails.get(&number).map(|tail| (number, tail)))
            .filter(|(_, tail)| tail.positions.len() >= entries)
            .map(|(number, tail)| (number, tail.clone()))
            .collect()
    }

    /// How many entries are held.
    pub fn len(&self) -> usize {
        self.read().entries
    }

    /// The first conversation after this one that has a tail.
    pub fn after(&self, conversation: i64) -> Option<(i64, Tail)> {
        let map = self.read();
        let mut rest = map.tails.range((Bound::Excluded(conversation), Bound::Unbounded));
        rest.next().map(|(number, tail)| (*number, tail.clone()))
    }

    /// Takes over a commit: removes what was indexed or purged, adds what was appended.
    pub fn update(&self, gone: impl Iterator<Item = (i64, i64)>, added: impl Iterator<Item = (i64, i64, i64)>) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        let map = &mut *map;
        for (conversation, through) in gone {
            if let Some(tail) = map.tails.get_mut(&conversation) {
                map.entries -= tail.positions.len();
                tail.drop_through(through);
                map.entries += tail.positions.len();
                if tail.positions.is_empty() {
                    map.tails.remove(&conversation);
                }
            }
        }
        for (conversation, sequence, position) in added {
            let tail = map
                .tails
                .entry(conversation)
                .or_insert_with(|| Tail { first: sequence, positions: Vec::with_capacity(4) });
            tail.positions.push(position);
            map.entries += 1;
        }
    }

    pub fn replace(&self, tails: BTreeMap<i64, Tail>) {
        let entries = tails.values().map(|tail| tail.positions.len()).sum();
        *self.map.write().unwrap_or_else(PoisonError::into_inner) = Map { tails, entries };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_knows_its_places() {
        let tails = Tails::default();
        tails.update([].into_iter(), [(7, 4, 100), (7, 5, 103), (8, 1, 104)].into_iter());
        let tail = tails.get(7);
        assert_eq!(
            (tail.position(3), tail.position(4), tail.position(5), tail.position(6)),
            (None, Some(100), Some(103), None)
        );
        assert_eq!((tail.last(), tails.len()), (Some(5), 3));
        assert_eq!(Tail::none().last(), None);
        assert_eq!(Tail::none().position(i64::MAX), None);
        assert_eq!(Tail::none().position(i64::MIN), None);
        assert_eq!(tail.position(i64::MIN), None);
    }

    #[test]
    fn what_is_indexed_leaves() {
        let tails = Tails::default();
        tails.update([].into_iter(), [(7, 1, 1), (7, 2, 2), (7, 3, 3)].into_iter());
        tails.update([(7, 2), (9, 5)].into_iter(), [(7, 4, 4)].into_iter());
        assert_eq!(tails.get(7), Tail { first: 3, positions: vec![3, 4] });
        tails.update([(7, i64::MAX)].into_iter(), [(7, 5, 9)].into_iter());
        assert_eq!(tails.get(7), Tail { first: 5, positions: vec![9] });
        assert_eq!(tails.len(), 1);
        assert_eq!(tails.after(6).map(|(number, _)| number), Some(7));
        assert_eq!(tails.after(7), None);
    }
}
