//! The answers of a connection that wait to be written.

use std::collections::VecDeque;

/// Answers, of which some keep the order of their requests.
#[derive(Default)]
pub(super) struct Answers {
    ready: Vec<Vec<u8>>,
    /// Answers in the order of their requests; `None` where one is not there yet.
    line: VecDeque<Option<Vec<u8>>>,
    /// The turn of the first in the line.
    first: u64,
}

impl Answers {
    /// A turn for a request that is begun after all that have one.
    pub fn turn(&mut self) -> u64 {
        self.line.push_back(None);
        self.first + self.line.len() as u64 - 1
    }

    /// Takes an answer. One with a turn waits for those whose turn is earlier.
    pub fn put(&mut self, turn: Option<u64>, answer: Vec<u8>) {
        let Some(turn) = turn else { return self.ready.push(answer) };
        if let Some(place) = self.line.get_mut((turn - self.first) as usize) {
            *place = Some(answer);
        }
        while let Some(Some(answer)) = self.line.front_mut().map(Option::take) {
            self.ready.push(answer);
            self.line.pop_front();
            self.first += 1;
        }
    }

    /// Takes out what may be written.
    pub fn take(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.ready)
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;

    #[test]
    fn answers_with_a_turn_wait_for_it_and_others_do_not() {
        let mut answers = Answers::default();
        let turns = [(); 3].map(|()| answers.turn());
        answers.put(Some(turns[2]), vec![2]);
        answers.put(None, vec![9]);
        assert_eq!(answers.take(), [vec![9]]);
        answers.put(Some(turns[0]), vec![0]);
        assert_eq!(answers.take(), [vec![0]]);
        let later = answers.turn();
        answers.put(Some(later), vec![3]);
        assert!(answers.take().is_empty());
        answers.put(Some(turns[1]), vec![1]);
        assert_eq!(answers.take(), [vec![1], vec![2], vec![3]]);
    }
}
