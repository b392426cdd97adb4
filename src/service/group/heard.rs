//! What was said in a live room lately, so that a message that is sent again is not said twice.

use std::collections::{HashMap, VecDeque};

use model::Millis;
use store::Entry;

/// For so long a repeated message is known (REST v4 `send_group_msg`: five minutes).
const WINDOW: Millis = 5 * 60_000;
/// So many are known at most.
const MOST: usize = 1 << 14;

/// What tells a message from others: sender, random number, and the sender's own number of it.
type Name = (i64, u32, u32);

/// The messages of the last minutes with their sequences.
#[derive(Default)]
pub(super) struct Heard {
    sequences: HashMap<Name, i64>,
    order: VecDeque<(Millis, Name)>,
}

pub(super) fn name_of(entry: &Entry) -> Name {
    (entry.sender, entry.random, entry.client_sequence)
}

impl Heard {
    /// Takes note of a message that is about to be said; of one that was said already the sequence, 0 while that is
    /// not known yet.
    pub fn begin(&mut self, name: Name, now: Millis) -> Option<i64> {
        while let Some((time, oldest)) = self.order.front().copied()
            && (self.order.len() >= MOST || now.saturating_sub(time) >= WINDOW)
        {
            self.order.pop_front();
            self.sequences.remove(&oldest);
        }
        if let Some(sequence) = self.sequences.get(&name) {
            return Some(*sequence);
        }
        self.sequences.insert(name, 0);
        self.order.push_back((now, name));
        None
    }

    /// The sequence that a message got.
    pub fn said(&mut self, name: Name, sequence: i64) {
        self.sequences.insert(name, sequence);
    }
}

#[cfg(test)]
mod tests {
    use super::{Heard, MOST, WINDOW};

    #[test]
    fn a_message_is_known_for_a_while() {
        let mut heard = Heard::default();
        assert_eq!(heard.begin((1, 2, 3), 1000), None);
        assert_eq!(heard.begin((1, 2, 3), 1000), Some(0));
        heard.said((1, 2, 3), 7);
        assert_eq!(heard.begin((1, 2, 3), 1000 + WINDOW - 1), Some(7));
        assert_eq!(heard.begin((2, 2, 3), 1000), None);
        assert_eq!(heard.begin((1, 2, 3), 1000 + WINDOW), None);
    }

    #[test]
    fn not_more_is_kept_than_there_is_room_for() {
        let mut heard = Heard::default();
        for random in 0..MOST as u32 + 5 {
            assert_eq!(heard.begin((1, random, 0), 0), None);
        }
        assert_eq!((heard.sequences.len(), heard.order.len()), (MOST, MOST));
        assert_eq!(heard.begin((1, 0, 0), 0), None, "it was forgotten");
    }
}
