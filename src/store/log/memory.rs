//! What the committer remembers so that a commit only writes: heads, the repeat window, imports.

use std::collections::{HashMap, VecDeque};

use super::types::{Appended, Head, Key, Name, REPEAT_WINDOW};

/// How many entries the repeat window holds.
pub(super) const REPEATS: usize = 200_000;
const HEADS: usize = 200_000;
const IMPORT_KEYS: usize = 500_000;

/// The entries of the last minutes, by their senders' names.
#[derive(Default)]
pub(super) struct Repeats {
    found: HashMap<Name, Appended>,
    order: VecDeque<(Name, i64)>,
    newest: i64,
}

impl Repeats {
    pub fn get(&self, name: &Name, now: i64) -> Option<Appended> {
        self.found.get(name).copied().filter(|first| within(first.time, now))
    }

    /// Forgets the purged entries of a conversation.
    pub fn forget(&mut self, conversation: i64, up_to: i64) {
        self.found.retain(|name, first| name.conversation != conversation || first.sequence > up_to);
    }

    pub fn add(&mut self, name: Name, appended: Appended) {
        self.found.insert(name, appended);
        self.order.push_back((name, appended.position));
        self.newest = self.newest.max(appended.time);
        while let Some((oldest, position)) = self.order.front().copied() {
            let current = self.found.get(&oldest).filter(|first| first.position == position);
            let keep = self.order.len() <= REPEATS && current.is_some_and(|first| within(first.time, self.newest));
            if keep {
                break;
            }
            if current.is_some() {
                self.found.remove(&oldest);
            }
            self.order.pop_front();
        }
    }
}

/// Whether an entry of that time is still repeated by one sent now.
pub(super) fn within(first: i64, now: i64) -> bool {
    now.saturating_sub(first) < REPEAT_WINDOW
}

/// The newest entries of recently written conversations: two generations, the older one is dropped when the
/// younger is full.
#[derive(Default)]
pub(super) struct Heads {
    young: HashMap<i64, Head>,
    old: HashMap<i64, Head>,
}

impl Heads {
    pub fn get(&self, conversation: i64) -> Option<Head> {
        self.young.get(&conversation).or_else(|| self.old.get(&conversation)).copied()
    }

    pub fn put(&mut self, head: Head) {
        if self.young.len() >= HEADS / 2 && !self.young.contains_key(&head.conversation) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(head.conversation, head);
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// All keys of the conversations that are being imported into.
#[derive(Default)]
pub(super) struct Imports {
    conversations: HashMap<i64, HashMap<Key, Appended>>,
    order: VecDeque<i64>,
    keys: usize,
}

impl Imports {
    pub fn get(&self, conversation: i64) -> Option<&HashMap<Key, Appended>> {
        self.conversations.get(&conversation)
    }

    /// Remembers a conversation; forgets the ones remembered longest when there are too many keys.
    pub fn load(&mut self, conversation: i64, keys: HashMap<Key, Appended>) {
        self.forget(conversation);
        self.keys += keys.len();
        self.order.push_back(conversation);
        self.conversations.insert(conversation, keys);
        while self.keys > IMPORT_KEYS && self.order.len() > 1 {
            if let Some(oldest) = self.order.front().copied() {
                self.forget(oldest);
            }
        }
    }

    /// Adds an entry of a remembered conversation.
    pub fn add(&mut self, key: Key, appended: Appended) {
        if let Some(keys) = self.conversations.get_mut(&key.conversation)
            && keys.insert(key, appended).is_none()
        {
            self.keys += 1;
        }
    }

    pub fn forget(&mut self, conversation: i64) {
        if let Some(keys) = self.conversations.remove(&conversation) {
            self.keys -= keys.len();
            self.order.retain(|number| *number != conversation);
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(random: u32) -> Name {
        Name { conversation: 1, sender: 2, client_sequence: 3, random }
    }

    fn appended(position: i64, time: i64) -> Appended {
        Appended { position, sequence: position, time, repeated: false }
    }

    #[test]
    fn the_window_ends() {
        let mut repeats = Repeats::default();
        repeats.add(name(1), appended(1, 1000));
        assert!(repeats.get(&name(1), 1000 + REPEAT_WINDOW - 1).is_some());
        assert!(repeats.get(&name(1), 1000 + REPEAT_WINDOW).is_none());
        repeats.add(name(2), appended(2, 1000 + REPEAT_WINDOW));
        assert_eq!((repeats.found.len(), repeats.order.len()), (1, 1));
    }

    #[test]
    fn a_name_used_again_after_the_window_stays() {
        let mut repeats = Repeats::default();
        repeats.add(name(1), appended(1, 0));
        repeats.add(name(1), appended(2, REPEAT_WINDOW));
        assert_eq!(repeats.get(&name(1), REPEAT_WINDOW).map(|first| first.position), Some(2));
        assert_eq!((repeats.found.len(), repeats.order.len()), (1, 1));
    }

    #[test]
    fn heads_are_bounded() {
        let mut heads = Heads::default();
        for conversation in 0..(HEADS as i64 * 2) {
            heads.put(Head { conversation, sequence: 1, time: 0, position: 1 });
        }
        assert!(heads.young.len() + heads.old.len() <= HEADS);
        assert!(heads.get(HEADS as i64 * 2 - 1).is_some());
        assert!(heads.get(0).is_none());
    }

    #[test]
    fn imports_are_bounded_by_keys() {
        let key = |conversation, random| Key { conversation, client_sequence: 0, random, second: 0 };
        let many = |conversation| (0..300_000).map(|n| (key(conversation, n), appended(1, 0))).collect();
        let mut imports = Imports::default();
        imports.load(1, many(1));
        imports.load(2, many(2));
        assert!(imports.get(1).is_none());
        assert_eq!((imports.keys, imports.order.len()), (300_000, 1));
        imports.add(key(2, 300_000), appended(1, 0));
        imports.add(key(1, 1), appended(1, 0));
        assert_eq!(imports.keys, 300_001);
    }
}
