//! The last requests to one app's server, for an operator who looks for what went wrong.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use model::{Callback, Millis};

use super::Failure;

/// So many are remembered.
const REMEMBERED: usize = 200;
/// Bodies that are longer are not.
const BODY: usize = 16 << 10;

/// A request that was made.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Grows by one with each request of the app.
    pub number: i64,
    /// The command.
    pub callback: Callback,
    /// When it had come to an end.
    pub at: Millis,
    /// How long it took.
    pub took: Duration,
    /// The body; empty when it was too long to be remembered.
    pub body: Bytes,
    /// Why there was no usable answer, if there was none.
    pub failure: Option<Failure>,
}

/// The last requests.
#[derive(Default)]
pub(super) struct Recent {
    attempts: VecDeque<Attempt>,
    numbers: i64,
}

impl Recent {
    pub fn add(&mut self, mut attempt: Attempt) {
        self.numbers += 1;
        attempt.number = self.numbers;
        if attempt.body.len() > BODY {
            attempt.body = Bytes::new();
        }
        if self.attempts.len() == REMEMBERED {
            self.attempts.pop_front();
        }
        self.attempts.push_back(attempt);
    }

    /// Those with smaller numbers, newest first.
    pub fn before(&self, number: i64) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().rev().filter(move |attempt| attempt.number < number)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use model::Callback;

    use super::{Attempt, BODY, REMEMBERED, Recent};

    fn attempt(body: usize) -> Attempt {
        let (callback, body) = (Callback::StateChange, Bytes::from(vec![b' '; body]));
        Attempt { number: 0, callback, at: 0, took: Duration::ZERO, body, failure: None }
    }

    #[test]
    fn the_last_are_remembered_newest_first() {
        let mut recent = Recent::default();
        for _ in 0..REMEMBERED + 3 {
            recent.add(attempt(1));
        }
        recent.add(attempt(BODY + 1));
        let all: Vec<&Attempt> = recent.before(i64::MAX).collect();
        assert_eq!((all.len(), all[0].number), (REMEMBERED, REMEMBERED as i64 + 4));
        assert!(all[0].body.is_empty() && all[1].body.len() == 1);
        assert_eq!(recent.before(all[REMEMBERED - 1].number).count(), 0);
    }
}
