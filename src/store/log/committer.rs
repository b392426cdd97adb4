//! The one task that writes the log: takes what queued while the last commit ran, commits it, hands on.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    task::Waker,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    postgres_write::PostgresWriter,
    sqlite_write::SqliteWriter,
    types::{Append, Appended, Change, Done, Entry, Message},
};
use crate::StoreError;

/// Writes that may wait; appending more waits for room.
const QUEUE: usize = 8192;
/// Writes that may share a commit.
const GROUP: usize = 4096;
/// Commits whose closures may wait to run before the committer waits for them.
const HANDED_ON: usize = 2;

/// One write, with who waits for it.
pub(super) enum Op {
    Write(Write, Waiter),
    Close(oneshot::Sender<()>),
}

/// What is to be written.
pub(super) enum Write {
    Append(Message),
    Amend {
        conversation: i64,
        sequence: i64,
        change: Change,
    },
    /// Deletes some entries up to a sequence, oldest first; answers whether there may be more.
    Purge {
        conversation: i64,
        up_to: i64,
    },
}

/// Who is told the outcome.
pub(super) enum Waiter {
    Append(Done),
    Amend(Answer<Entry>),
    Purge(Answer<bool>),
}

pub(super) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What became of one write.
pub(super) enum Outcome {
    Appended(Result<Appended, StoreError>),
    Amended(Result<Entry, StoreError>),
    Purged(Result<bool, StoreError>),
}

impl Write {
    /// What is reported when the commit this write was part of failed.
    pub fn failed(&self, error: &StoreError) -> Outcome {
        match self {
            Self::Append(_) => Outcome::Appended(Err(error.clone())),
            Self::Amend { .. } => Outcome::Amended(Err(error.clone())),
            Self::Purge { .. } => Outcome::Purged(Err(error.clone())),
        }
    }
}

/// The writing side of a backend.
pub(super) enum Writer {
    Sqlite(SqliteWriter),
    Postgres(PostgresWriter),
}

impl Writer {
    /// Commits the writes and says what became of each, in order. `None`: the writer is lost.
    async fn commit(&mut self, group: Vec<Write>) -> Option<Vec<Outcome>> {
        match self {
            Self::Sqlite(writer) => writer.commit(group).await,
            Self::Postgres(writer) => Some(writer.commit(&group).await),
        }
    }

    async fn close(self) {
        match self {
            Self::Sqlite(writer) => writer.close().await,
            Self::Postgres(_) => {}
        }
    }
}

/// The queue in front of the committer.
pub(super) struct Committer {
    queue: mpsc::Sender<Op>,
    position: Arc<AtomicI64>,
    handing: Arc<AtomicI64>,
}

impl Committer {
    /// Starts the committer. `position` is the greatest in the log.
    pub fn start(writer: Writer, position: i64) -> Self {
        let (queue, ops) = mpsc::channel(QUEUE);
        let position = Arc::new(AtomicI64::new(position));
        let handing = Arc::new(AtomicI64::new(position.load(Ordering::Relaxed)));
        tokio::spawn(run(writer, ops, Arc::clone(&position), Arc::clone(&handing)));
        Self { queue, position, handing }
    }

    pub async fn append(&self, append: Append) -> Result<(), StoreError> {
        let (message, done) = append.split();
        self.send(Write::Append(message), Waiter::Append(done)).await
    }

    /// Sends a write and waits for its outcome.
    pub async fn ask<T>(&self, write: Write, waiter: impl FnOnce(Answer<T>) -> Waiter) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(write, waiter(answer)).await?;
        answered.await.map_err(|_| closed())?
    }

    async fn send(&self, write: Write, waiter: Waiter) -> Result<(), StoreError> {
        self.queue.send(Op::Write(write, waiter)).await.map_err(|_| closed())
    }

    /// The greatest position whose closure runs or has run; it is stored.
    pub fn handing(&self) -> i64 {
        self.handing.load(Ordering::SeqCst)
    }

    /// The greatest position whose closure has run.
    pub fn position(&self) -> i64 {
        self.position.load(Ordering::Acquire)
    }

    pub async fn close(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Op::Close(done)).await.is_ok() {
            let _ = wait.await;
        }
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("the log is closed")
}

async fn run(mut writer: Writer, mut queue: mpsc::Receiver<Op>, position: Arc<AtomicI64>, handing: Arc<AtomicI64>) {
    let (handed_on, reports) = mpsc::channel(HANDED_ON);
    let reporter = tokio::spawn(report(reports, position, handing));
    let mut closers = Vec::new();
    let mut taken = Vec::new();
    while queue.recv_many(&mut taken, GROUP).await > 0 {
        let mut group = Vec::with_capacity(taken.len());
        let mut waiters = Vec::with_capacity(taken.len());
        for op in taken.drain(..) {
            match op {
                Op::Write(write, waiter) => {
                    group.push(write);
                    waiters.push(waiter);
                }
                Op::Close(done) => {
                    queue.close();
                    closers.push(done);
                }
            }
        }
        if group.is_empty() {
            continue;
        }
        let Some(outcomes) = writer.commit(group).await else {
            // Nobody can be answered any more; dropping the queue tells those who wait and those who come.
            tracing::error!("the log's committer stopped");
            return;
        };
        let reports: Vec<(Waiter, Outcome)> = waiters.into_iter().zip(outcomes).collect();
        if handed_on.send(reports).await.is_err() {
            tracing::error!("the log's reporter stopped");
            return;
        }
    }
    drop(handed_on);
    let _ = reporter.await;
    writer.close().await;
    for done in closers {
        let _ = done.send(());
    }
}

thread_local! {
    /// Who is woken once the closures of a commit have run; nothing while none run on this thread.
    static WAITING: RefCell<Option<Vec<Waker>>> = const { RefCell::new(None) };
}

/// Wakes a task: at once, or when a `done` asks for it, after the others of its commit have run. So a task that is
/// handed several messages of one commit finds them all.
pub fn wake(waker: Waker) {
    let now = WAITING.with_borrow_mut(|waiting| match waiting {
        Some(waiting) => {
            waiting.push(waker);
            None
        }
        None => Some(waker),
    });
    if let Some(waker) = now {
        waker.wake();
    }
}

/// Runs the closures in the order of commits and moves the position after each.
async fn report(
    mut reports: mpsc::Receiver<Vec<(Waiter, Outcome)>>,
    position: Arc<AtomicI64>,
    handing: Arc<AtomicI64>,
) {
    while let Some(commit) = reports.recv().await {
        WAITING.set(Some(Vec::new()));
        for report in commit {
            match report {
                (Waiter::Append(done), Outcome::Appended(result)) => {
                    let reached = result.as_ref().map_or(0, |appended| appended.position);
                    handing.fetch_max(reached, Ordering::SeqCst);
                    // A closure that panics must not stop the messages of everyone else.
                    if catch_unwind(AssertUnwindSafe(move || done(result))).is_err() {
                        tracing::error!(position = reached, "the closure of an appended message panicked");
                    }
                    position.fetch_max(reached, Ordering::AcqRel);
                }
                (Waiter::Amend(answer), Outcome::Amended(result)) => drop(answer.send(result)),
                (Waiter::Purge(answer), Outcome::Purged(result)) => drop(answer.send(result)),
                // Outcomes come in the order of writes; a waiter that is dropped learns that something is wrong.
                _ => tracing::error!("an outcome does not fit its write"),
            }
        }
        WAITING.take().into_iter().flatten().for_each(Waker::wake);
    }
}
