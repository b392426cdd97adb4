//! What waits to be sent on one connection: costs nothing while it is empty, and wakes its connection once for a batch.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{Link, Push};

/// How many frames may wait for a slow client; beyond, the connection is closed and the client fetches what it missed.
const MOST: usize = 1024;

/// Something for the connection to send or do.
#[derive(Debug)]
pub enum Outgoing {
    /// Send this.
    Push(Arc<Push>),
    /// Close the connection with a reason; the client comes back by itself.
    Close(&'static str),
}

/// The end that anybody puts something into.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Outgoing>,
    /// The connection, while it waits for something to be put here.
    reader: Option<Waker>,
    /// The connection has ended.
    closed: bool,
}

impl Outbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something at the end. Whether there was room.
    pub fn put(&self, outgoing: Outgoing) -> bool {
        let mut state = self.state();
        let room = !state.closed && state.waiting.len() < MOST;
        if room {
            state.waiting.push_back(outgoing);
        }
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            store::wake(reader);
        }
        room
    }

    /// Everything that waits.
    fn take(&self) -> VecDeque<Outgoing> {
        std::mem::take(&mut self.state().waiting)
    }
}

/// The end that a connection sends from.
#[derive(Debug)]
pub struct Queue {
    link: Arc<Link>,
    /// What was taken out of the outbox together and is not sent yet.
    taken: VecDeque<Outgoing>,
}

impl Queue {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link, taken: VecDeque::new() }
    }

    /// The next, waiting for it. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Outgoing {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &Context<'_>) -> Poll<Outgoing> {
        if self.taken.is_empty() {
            let mut state = self.link.outbox().state();
            if state.waiting.is_empty() {
                if !state.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
                    state.reader = Some(cx.waker().clone());
                }
                return Poll::Pending;
            }
            self.taken = std::mem::take(&mut state.waiting);
        }
        self.taken.pop_front().map_or(Poll::Pending, Poll::Ready)
    }

    /// The next, if there is one.
    pub fn try_next(&mut self) -> Option<Outgoing> {
        if self.taken.is_empty() {
            self.taken = self.link.outbox().take();
        }
        self.taken.pop_front()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let mut state = self.link.outbox().state();
        state.closed = true;
        let left = (std::mem::take(&mut state.waiting), state.reader.take());
        drop(state);
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
    };

    use super::*;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn push(position: i64) -> Arc<Push> {
        Arc::new(Push::event(position, |_| {}))
    }

    fn position(outgoing: Option<Outgoing>) -> Option<i64> {
        match outgoing? {
            Outgoing::Push(push) => Some(push.position),
            Outgoing::Close(_) => None,
        }
    }

    #[test]
    fn a_waiting_connection_is_woken_once_for_all_it_finds() {
        let (link, mut queue) = Link::new(String::new(), None);
        let counter = Arc::new(Counter::default());
        let waker = Waker::from(counter.clone());
        let cx = Context::from_waker(&waker);
        assert!(queue.poll(&cx).is_pending());
        (1..=3).for_each(|number| link.push(&push(number)));
        assert_eq!(counter.0.load(Ordering::SeqCst), 1);
        let Poll::Ready(first) = queue.poll(&cx) else { panic!("nothing there") };
        assert_eq!(position(Some(first)), Some(1));
        link.push(&push(4));
        let rest: Vec<_> = std::iter::from_fn(|| position(queue.try_next())).collect();
        assert_eq!((rest, counter.0.load(Ordering::SeqCst)), (vec![2, 3, 4], 1));
    }

    #[test]
    fn the_queue_is_bounded_and_ends_with_its_connection() {
        let (link, mut queue) = Link::new(String::new(), None);
        (0..MOST).for_each(|_| link.push(&push(1)));
        assert!(!link.is_broken());
        link.push(&push(2));
        assert!(link.is_broken());
        assert_eq!(std::iter::from_fn(|| queue.try_next()).count(), MOST);

        let (link, queue) = Link::new(String::new(), None);
        drop(queue);
        link.push(&push(1));
        assert!(link.is_broken());
    }
}
