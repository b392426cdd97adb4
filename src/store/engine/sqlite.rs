//! The book in a SQLite file: one writer that commits waiting batches together, a few readers.

use std::path::Path;

use rusqlite::{CachedStatement, Connection};
use tokio::{
    sync::{mpsc, oneshot},
    task::{JoinHandle, spawn_blocking},
};

use super::{
    batch::Batch,
    value::{Row, Value},
};
use crate::{
    Durability, StoreError, metric,
    readers::{Readers, STATEMENTS, copy},
};

/// Batches that may wait for the writer.
const QUEUE: usize = 1024;
/// Batches that may share a commit.
const GROUP: usize = 256;

type Written = Result<Vec<Vec<Row>>, StoreError>;

enum Job {
    Write(Batch, oneshot::Sender<Written>),
    Close(oneshot::Sender<()>),
}

/// The book on a single node.
pub struct Sqlite {
    queue: mpsc::Sender<Job>,
    readers: Readers,
}

impl Sqlite {
    pub(super) async fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let (connection, readers) = spawn_blocking(move || {
            let mut connection = open_writer(&path, durability)?;
            super::migrate::sqlite(&mut connection, crate::migrations::MIGRATIONS)?;
            Ok::<_, StoreError>((connection, Readers::open(&path)?))
        })
        .await??;
        let (queue, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(write(connection, jobs));
        Ok(Self { queue, readers })
    }

    pub(super) async fn read(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.readers
            .with(move |connection| {
                let mut statement = connection.prepare_cached(sql)?;
                Ok(run(&mut statement, &params)?.1)
            })
            .await
    }

    pub(super) async fn write(&self, batch: Batch) -> Written {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Job::Write(batch, answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    pub(super) async fn backup(&self, path: &Path) -> Result<(), StoreError> {
        let path = path.to_owned();
        self.readers.with(move |connection| copy(connection, &path)).await
    }

    pub(super) async fn close(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Job::Close(done)).await.is_ok() {
            let _ = wait.await;
        }
        self.readers.close();
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("the book is closed")
}

pub(crate) fn open_writer(path: &Path, durability: Durability) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Relaxed => "NORMAL",
    };
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA busy_timeout = 10000;
         PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 4000;"
    ))?;
    Ok(connection)
}

/// The writer: takes what queued while the last commit ran, commits it in a blocking task, answers.
async fn write(mut connection: Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut closers = Vec::new();
    let mut taken = Vec::new();
    while jobs.recv_many(&mut taken, GROUP).await > 0 {
        let mut batches = Vec::with_capacity(taken.len());
        let mut waiting = Vec::with_capacity(taken.len());
        for job in taken.drain(..) {
            match job {
                Job::Write(batch, answer) => {
                    batches.push(batch);
                    waiting.push(answer);
                }
                Job::Close(done) => {
                    jobs.close();
                    closers.push(done);
                }
            }
        }
        if batches.is_empty() {
            continue;
        }
        let work: JoinHandle<(Connection, Vec<Written>)> = spawn_blocking(move || {
            let answers = commit(&connection, &batches);
            (connection, answers)
        });
        let answers = match work.await {
            Ok((returned, answers)) => {
                connection = returned;
                answers
            }
            Err(error) => {
                tracing::error!(%error, "the book's writer stopped");
                return;
            }
        };
        for (answer, written) in waiting.into_iter().zip(answers) {
            // A caller that went away has no use for the answer; the write stands.
            let _ = answer.send(written);
        }
    }
    let _ = spawn_blocking(move || connection.execute_batch("PRAGMA optimize;")).await;
    for done in closers {
        let _ = done.send(());
    }
}

fn commit(connection: &Connection, batches: &[Batch]) -> Vec<Written> {
    let timer = metric::Commit::start(metric::BOOK);
    match together(connection, batches) {
        Ok(answers) => {
            let conflicts = answers.iter().filter(|a| matches!(a, Err(StoreError::Conflict { .. }))).count();
            let steps: usize = batches.iter().map(Batch::len).sum();
            timer.end(batches.len(), steps, conflicts);
            answers
        }
        Err(error) => {
            tracing::error!(%error, batches = batches.len(), "commit of the book failed");
            if !connection.is_autocommit()
                && let Err(error) = connection.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "rollback of the book failed");
            }
            batches.iter().map(|_| Err(error.clone())).collect()
        }
    }
}

fn together(connection: &Connection, batches: &[Batch]) -> Result<Vec<Written>, StoreError> {
    command(connection, "BEGIN IMMEDIATE")?;
    let mut answers = Vec::with_capacity(batches.len());
    for batch in batches {
        command(connection, "SAVEPOINT batch")?;
        let written = steps(connection, batch);
        if let Err(error) = &written {
            // SQLite ends the whole transaction by itself when the disk is full or fails.
            if connection.is_autocommit() {
                return Err(error.clone());
            }
            command(connection, "ROLLBACK TO batch")?;
        }
        command(connection, "RELEASE batch")?;
        answers.push(written);
    }
    command(connection, "COMMIT")?;
    Ok(answers)
}

fn command(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}

fn steps(connection: &Connection, batch: &Batch) -> Written {
    let mut answers = Vec::with_capacity(batch.steps.len());
    for (number, step) in batch.steps.iter().enumerate() {
        let mut statement = connection.prepare_cached(step.sql)?;
        let (count, rows) = run(&mut statement, &step.params).map_err(|error| error.at(number))?;
        if step.expect.is_some_and(|expect| !expect.holds(count)) {
            return Err(StoreError::Conflict { step: number });
        }
        answers.push(rows);
    }
    Ok(answers)
}

/// Binds, runs, and returns how many rows were written or returned, and the returned ones.
fn run(statement: &mut CachedStatement<'_>, params: &[Value]) -> Result<(u64, Vec<Row>), StoreError> {
    if statement.parameter_count() != params.len() {
        return Err(StoreError::other(format!(
            "statement takes {} parameters, {} given",
            statement.parameter_count(),
            params.len()
        )));
    }
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value)?;
    }
    let columns = statement.column_count();
    if columns == 0 {
        return Ok((statement.raw_execute()? as u64, Vec::new()));
    }
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| row.get_ref(column)?.try_into()).collect::<Result<_, StoreError>>()?;
        found.push(Row(values));
    }
    Ok((found.len() as u64, found))
}
