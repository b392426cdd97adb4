//! What one app's server is to be told, in memory: lanes that go in order, and what the book has to be told of them.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use model::{Callback, Millis};
use tokio::time::Instant;

use crate::Account;

/// So many callbacks of an app are in memory; further ones wait in the book.
pub(super) const WINDOW: usize = 16_384;

/// Where a callback is kept until it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The log has the message at that position, and what it says follows from it.
    Log(i64),
    /// The book has it under that number.
    Row(i64),
}

/// A body that is put together when it is needed.
pub(crate) struct Later {
    /// Whose unread messages the body tells.
    pub reader: Option<Arc<Account>>,
    /// Makes the body, given that number.
    pub write: Box<dyn Fn(i64) -> Vec<u8> + Send + Sync>,
}

/// What a callback says.
#[derive(Clone)]
pub(crate) enum Payload {
    Ready(bytes::Bytes),
    Later(Arc<Later>),
}

/// A callback to be made.
#[derive(Clone)]
pub(crate) struct Item {
    pub source: Source,
    /// Those of one lane go one after the other.
    pub lane: i64,
    pub callback: Callback,
    /// What the address says of where the event came from.
    pub query: String,
    pub payload: Payload,
    pub created: Millis,
    pub attempts: u32,
}

/// The callbacks of one app.
#[derive(Default)]
pub(super) struct Queue {
    /// What waits, by lane; the first of a lane may be on its way.
    lanes: HashMap<i64, VecDeque<Item>>,
    /// Lanes whose first may go.
    ready: VecDeque<i64>,
    /// Lanes whose first may go then.
    resting: Vec<(Instant, i64)>,
    /// How many are in lanes.
    count: usize,
    /// Positions of the log whose callbacks are still to be made.
    open: BTreeSet<i64>,
    /// One of them was closed lately.
    closed: bool,
    /// Numbers of the book that are in memory, or were taken and are still in the book.
    known: HashSet<i64>,
    /// The book has some that are not in memory.
    behind: bool,
    /// Some went past memory since the book was read last.
    passed: bool,
    /// Go into the book, as there is no place for them here.
    spilling: Vec<Item>,
    /// Were taken, to be removed from the book.
    done: Vec<i64>,
    /// Were given up, with why.
    failed: Vec<(Item, String)>,
}

/// What the book is to be told.
#[derive(Default)]
pub(super) struct Report {
    pub spilling: Vec<Item>,
    pub done: Vec<i64>,
    pub failed: Vec<(Item, String)>,
}

impl Report {
    pub fn is_empty(&self) -> bool {
        self.spilling.is_empty() && self.done.is_empty() && self.failed.is_empty()
    }
}

impl Queue {
    /// Takes a callback in.
    pub fn offer(&mut self, item: Item) {
        match item.source {
            Source::Log(position) => {
                self.open.insert(position);
                if self.behind || self.count >= WINDOW {
                    self.behind = true;
                    self.spilling.push(item);
                } else {
                    self.put(item);
                }
            }
            Source::Row(number) => {
                if self.known.contains(&number) {
                    return;
                }
                if self.behind || self.count >= WINDOW {
                    (self.behind, self.passed) = (true, true);
                } else {
                    self.known.insert(number);
                    self.put(item);
                }
            }
        }
    }

    fn put(&mut self, item: Item) {
        let lane = self.lanes.entry(item.lane).or_default();
        if lane.is_empty() {
            self.ready.push_back(item.lane);
        }
        lane.push_back(item);
        self.count += 1;
    }

    /// Takes the next callback to make; the others of its lane wait until [`Self::settle`].
    pub fn next(&mut self, now: Instant) -> Option<Item> {
        let (due, resting) = self.resting.drain(..).partition(|(until, _)| *until <= now);
        self.resting = resting;
        let due: Vec<(Instant, i64)> = due;
        self.ready.extend(due.into_iter().map(|(_, lane)| lane));
        let lane = self.ready.pop_front()?;
        self.lanes.get(&lane)?.front().cloned()
    }

    /// When the next lane may go that rests now.
    pub fn wakes(&self) -> Option<Instant> {
        self.resting.iter().map(|(until, _)| *until).min()
    }

    /// Whether some lane may go now.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Says that a lane's first was taken, or goes again after a rest, or is given up.
    pub fn settle(&mut self, lane: i64, outcome: Settled) {
        let Some(items) = self.lanes.get_mut(&lane) else { return };
        match outcome {
            Settled::Again(at) => {
                if let Some(first) = items.front_mut() {
                    first.attempts += 1;
                }
                self.resting.push((at, lane));
                return;
            }
            Settled::Rests(until) => {
                self.resting.push((until, lane));
                return;
            }
            Settled::Taken | Settled::GivenUp(_) => {}
        }
        let Some(first) = items.pop_front() else { return };
        self.count -= 1;
        if items.is_empty() {
            self.lanes.remove(&lane);
        } else {
            self.ready.push_back(lane);
        }
        match outcome {
            Settled::GivenUp(why) => self.failed.push((first, why)),
            _ => match first.source {
                Source::Log(position) => self.close(position),
                Source::Row(number) => self.done.push(number),
            },
        }
    }

    /// Whether more should be read from the book.
    pub fn wants_more(&self) -> bool {
        self.behind && self.count < WINDOW / 2
    }

    /// Before the book is read.
    pub fn begin_refill(&mut self) {
        self.passed = false;
    }

    /// Takes in what the book has, in order; `all`: it has no more.
    pub fn refill(&mut self, items: Vec<Item>, all: bool) {
        for item in items {
            if let Source::Row(number) = item.source
                && self.count < WINDOW
                && self.known.insert(number)
            {
                self.put(item);
            }
        }
        if all && !self.passed && self.spilling.is_empty() && self.count < WINDOW {
            self.behind = false;
        }
    }

    /// The book has callbacks that nobody offered.
    pub fn fall_behind(&mut self) {
        (self.behind, self.passed) = (true, true);
    }

    /// What has come to an end since, and what is to be kept in the book: also what has waited here since before
    /// `stale` and only the log has.
    pub fn report(&mut self, stale: Millis) -> Report {
        let late =
            self.lanes.values().flatten().filter(|item| matches!(item.source, Source::Log(_)) && item.created <= stale);
        // In the order of the log, which is that of each lane.
        let mut late: Vec<Item> = late.cloned().collect();
        late.sort_by_key(|item| match item.source {
            Source::Log(position) | Source::Row(position) => position,
        });
        late.extend(std::mem::take(&mut self.spilling));
        Report { spilling: late, done: std::mem::take(&mut self.done), failed: std::mem::take(&mut self.failed) }
    }

    /// The book has what was reported: what only the log had, under these numbers.
    pub fn reported(&mut self, report: &Report, numbers: &[i64]) {
        for number in &report.done {
            self.known.remove(number);
        }
        for (item, _) in &report.failed {
            match item.source {
                Source::Log(position) => self.close(position),
                Source::Row(number) => drop(self.known.remove(&number)),
            }
        }
        for (item, number) in report.spilling.iter().zip(numbers) {
            let Source::Log(position) = item.source else { continue };
            let was_open = self.open.contains(&position);
            self.close(position);
            let here = self
                .lanes
                .get_mut(&item.lane)
                .and_then(|lane| lane.iter_mut().find(|other| other.source == item.source));
            match here {
                Some(here) => {
                    here.source = Source::Row(*number);
                    self.known.insert(*number);
                }
                // It was never in memory: it is read from the book.
                None if was_open => self.passed = true,
                // Taken meanwhile.
                None => self.done.push(*number),
            }
        }
    }

    /// Puts back what could not be written.
    pub fn unreported(&mut self, report: Report) {
        self.done.extend(report.done);
        self.failed.extend(report.failed);
        let lanes = &self.lanes;
        let lost = report.spilling.into_iter().filter(|item| {
            !lanes.get(&item.lane).is_some_and(|lane| lane.iter().any(|other| other.source == item.source))
        });
        // Those that were taken meanwhile are not open any more.
        let open = &self.open;
        let lost: Vec<Item> =
            lost.filter(|item| matches!(item.source, Source::Log(position) if open.contains(&position))).collect();
        self.spilling.splice(0..0, lost);
    }

    /// The first position of the log that is still to be told.
    pub fn first_open(&self) -> Option<i64> {
        self.open.first().copied()
    }

    fn close(&mut self, position: i64) {
        self.closed |= self.open.remove(&position);
    }

    /// Whether anything that only the log had came to an end since this was asked last.
    pub fn take_closed(&mut self) -> bool {
        std::mem::take(&mut self.closed)
    }

    /// How many are in memory.
    pub fn len(&self) -> usize {
        self.count
    }
}

/// What came of a callback.
pub(super) enum Settled {
    /// The server took it.
    Taken,
    /// It goes again then.
    Again(Instant),
    /// It was not tried, and is not before then.
    Rests(Instant),
    /// It is given up.
    GivenUp(String),
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::Callback;
    use tokio::time::Instant;

    use super::{Item, Payload, Queue, Settled, Source, WINDOW};

    fn item(source: Source, lane: i64) -> Item {
        let payload = Payload::Ready(bytes::Bytes::new());
        Item { source, lane, callback: Callback::C2cAfterSend, query: String::new(), payload, created: 0, attempts: 0 }
    }

    fn taken(queue: &mut Queue) -> Vec<Source> {
        let mut taken = Vec::new();
        while let Some(item) = queue.next(Instant::now()) {
            taken.push(item.source);
            queue.settle(item.lane, Settled::Taken);
        }
        taken
    }

    #[test]
    fn a_lane_goes_in_order_and_holds_up_no_other() {
        let mut queue = Queue::default();
        for (position, lane) in [(1, 1), (2, 1), (3, 2)] {
            queue.offer(item(Source::Log(position), lane));
        }
        let now = Instant::now();
        let first = queue.next(now).unwrap();
        assert_eq!(first.source, Source::Log(1));
        assert_eq!(queue.next(now).unwrap().source, Source::Log(3));
        assert!(queue.next(now).is_none(), "the second of a lane waits for the first");
        queue.settle(1, Settled::Again(now + Duration::from_secs(1)));
        assert!(queue.next(now).is_none());
        assert_eq!(queue.wakes(), Some(now + Duration::from_secs(1)));
        let again = queue.next(now + Duration::from_secs(1)).unwrap();
        assert_eq!((again.source, again.attempts), (Source::Log(1), 1));
        queue.settle(1, Settled::Taken);
        assert_eq!(queue.first_open(), Some(2));
        assert_eq!(queue.next(now).unwrap().source, Source::Log(2));
    }

    #[test]
    fn what_waits_too_long_goes_into_the_book_once() {
        let mut queue = Queue::default();
        queue.offer(item(Source::Log(1), 1));
        queue.offer(item(Source::Log(2), 1));
        let on_its_way = queue.next(Instant::now()).unwrap();
        let report = queue.report(0);
        assert_eq!(report.spilling.len(), 2);
        queue.settle(on_its_way.lane, Settled::Taken);
        queue.reported(&report, &[11, 12]);
        assert_eq!(queue.first_open(), None);
        assert_eq!(queue.report(0).done, [11], "the one that was taken meanwhile");
        assert_eq!(taken(&mut queue), [Source::Row(12)]);
        assert_eq!(queue.report(0).done, [12]);
    }

    #[test]
    fn what_memory_has_no_place_for_is_read_from_the_book_in_order() {
        let mut queue = Queue::default();
        let last = WINDOW as i64 + 2;
        for position in 1..=last {
            queue.offer(item(Source::Log(position), 1));
        }
        assert_eq!(queue.len(), WINDOW);
        let report = queue.report(-1);
        assert_eq!(report.spilling.len(), 2);
        queue.reported(&report, &[1, 2]);
        queue.offer(item(Source::Row(3), 1));
        assert_eq!(taken(&mut queue).len(), WINDOW);
        assert!(queue.wants_more());
        queue.begin_refill();
        queue.refill([1, 2, 3].map(|number| item(Source::Row(number), 1)).into(), true);
        assert_eq!(taken(&mut queue), [1, 2, 3].map(Source::Row));
        assert!(!queue.wants_more());
        queue.offer(item(Source::Row(3), 1));
        assert!(!queue.is_ready(), "it is in the book until the next report");
        queue.offer(item(Source::Log(last + 1), 1));
        assert_eq!(taken(&mut queue), [Source::Log(last + 1)]);
    }

    #[test]
    fn what_passes_while_the_book_is_read_is_not_forgotten() {
        let mut queue = Queue::default();
        queue.fall_behind();
        queue.begin_refill();
        queue.offer(item(Source::Row(9), 1));
        queue.refill(Vec::new(), true);
        assert!(queue.wants_more());
        queue.begin_refill();
        queue.refill(vec![item(Source::Row(9), 1)], true);
        assert_eq!(taken(&mut queue), [Source::Row(9)]);
    }

    #[test]
    fn what_could_not_be_written_is_reported_again() {
        let mut queue = Queue::default();
        queue.fall_behind();
        queue.offer(item(Source::Log(4), 1));
        let report = queue.report(-1);
        queue.unreported(report);
        assert_eq!(queue.report(-1).spilling.len(), 1);
        assert_eq!(queue.first_open(), Some(4));
    }
}
