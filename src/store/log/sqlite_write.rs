//! The writing side of the log's SQLite file: commits in blocking tasks, checkpoints beside them.

use std::{path::PathBuf, sync::Arc};

use rusqlite::Connection;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{
    committer::{Outcome, Write},
    sqlite::Shared,
    sqlite_commit::{Core, Limits},
};
use crate::StoreError;

/// Commits one group of writes after the other.
pub(super) struct SqliteWriter {
    /// Absent while a blocking task has it.
    core: Option<Box<Core>>,
    path: PathBuf,
    limits: Limits,
    copying: Option<JoinHandle<Result<(), StoreError>>>,
}

impl SqliteWriter {
    /// Takes over the connection; returns the greatest position too.
    pub fn open(
        connection: Connection,
        shared: Arc<Shared>,
        path: PathBuf,
        limits: Limits,
    ) -> Result<(Self, i64), StoreError> {
        let core = Box::new(Core::open(connection, shared, limits)?);
        let position = core.position();
        Ok((Self { core: Some(core), path, limits, copying: None }, position))
    }

    /// See [`super::committer::Writer::commit`].
    pub async fn commit(&mut self, writes: Vec<Write>) -> Option<Vec<Outcome>> {
        let mut core = self.core.take()?;
        self.checkpoint(&mut core).await;
        let work = spawn_blocking(move || {
            let outcomes = core.commit(&writes);
            (core, outcomes)
        });
        match work.await {
            Ok((core, outcomes)) => {
                self.core = Some(core);
                Some(outcomes)
            }
            Err(error) => {
                tracing::error!(%error, "a commit of the log ended abnormally");
                None
            }
        }
    }

    /// Copies a large write-ahead log into the database with another connection, so that no commit waits for
    /// it; afterwards the next commit copies the little that came meanwhile and starts the file over. Only when
    /// the disk cannot keep up do commits wait, so that the file does not grow without end.
    async fn checkpoint(&mut self, core: &mut Core) {
        let too_large = core.wal_pages >= self.limits.wal_most;
        if let Some(copying) = self.copying.take_if(|copying| too_large || copying.is_finished()) {
            match copying.await {
                Ok(Ok(())) => core.restart_wal = true,
                Ok(Err(error)) => tracing::warn!(%error, "checkpoint of the log failed"),
                Err(error) => tracing::warn!(%error, "checkpoint of the log ended abnormally"),
            }
            core.wal_pages = 0;
        } else if self.copying.is_none() && core.wal_pages >= self.limits.wal_pages {
            let path = self.path.clone();
            self.copying = Some(spawn_blocking(move || {
                Connection::open(&path)?.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
                Ok(())
            }));
        }
    }

    pub async fn close(mut self) {
        if let Some(copying) = self.copying.take() {
            let _ = copying.await;
        }
        let Some(core) = self.core.take() else { return };
        let truncated =
            spawn_blocking(move || core.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        if let Ok(Err(error)) = truncated.await {
            tracing::warn!(%error, "last checkpoint of the log failed");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, path::Path};

    use bytes::Bytes;
    use proptest::prelude::*;

    use super::{super::types::*, *};
    use crate::{
        Durability,
        engine::{migrate, sqlite::open_writer},
        log::{sqlite_read as read, sqlite_schema::MIGRATIONS},
    };

    /// So small that a few dozen messages pass through every mechanism many times.
    const SMALL: Limits = Limits { tail: 5, tails: 12, purge: 3, wal_pages: 40, wal_most: 120, wal_look: 2 };
    const T: i64 = 1_700_000_000_000;

    fn open(dir: &Path, limits: Limits) -> (SqliteWriter, Arc<Shared>, i64) {
        let path = dir.join("messages.db");
        let mut connection = open_writer(&path, Durability::Relaxed).unwrap();
        migrate::sqlite(&mut connection, MIGRATIONS).unwrap();
        let shared = Arc::new(Shared::default());
        let (writer, position) = SqliteWriter::open(connection, Arc::clone(&shared), path, limits).unwrap();
        (writer, shared, position)
    }

    fn write(conversation: i64, random: u32, size: usize) -> Write {
        Write::Append(Message {
            conversation,
            sender: 1,
            client_sequence: 0,
            random,
            time: T + i64::from(random),
            dated: false,
            client_time: 0,
            flags: 0,
            tally: 0,
            body: Bytes::from(vec![b'x'; size]),
        })
    }

    fn sequences(path: &Path, shared: &Shared, conversation: i64) -> Vec<(i64, u32)> {
        let connection = Connection::open(path.join("messages.db")).unwrap();
        let window =
            Window { conversation, above: 0, below: i64::MAX, newest_first: false, limit: 100_000, without_flags: 0 };
        let entries = read::range(&connection, &shared.tails.get(conversation), &window).unwrap();
        entries.into_iter().map(|entry| (entry.sequence, entry.random)).collect()
    }

    #[derive(Clone, Debug)]
    enum Step {
        Append(Vec<i64>),
        Purge(i64, i64),
        Fail,
        Reopen,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            12 => prop::collection::vec(1..9_i64, 1..12).prop_map(Step::Append),
            1 => (1..9_i64, 1..30_i64).prop_map(|(conversation, up_to)| Step::Purge(conversation, up_to)),
            1 => Just(Step::Fail),
            1 => Just(Step::Reopen),
        ]
    }

    async fn purge(writer: &mut SqliteWriter, conversation: i64, up_to: i64) {
        loop {
            let outcomes = writer.commit(vec![Write::Purge { conversation, up_to }]).await.unwrap();
            match outcomes[..] {
                [Outcome::Purged(Ok(true))] => {}
                [Outcome::Purged(Ok(false))] => return,
                _ => panic!("purge failed"),
            }
        }
    }

    /// Makes the next commit run out of space in its middle.
    async fn fail(writer: &mut SqliteWriter) {
        let core = writer.core.as_ref().unwrap();
        let pages: i64 = core.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        let limit = format!("PRAGMA max_page_count = {}", pages + 2);
        core.connection.query_row(&limit, [], |_| Ok(())).unwrap();
        let free: i64 = core.connection.query_row("PRAGMA freelist_count", [], |row| row.get(0)).unwrap();
        let too_large = (free as usize + 4) * 4096;
        let group = (0..4).map(|n| write(n, 1_000_000 + n as u32, if n == 2 { too_large } else { 10 })).collect();
        let outcomes = writer.commit(group).await.unwrap();
        let full = |outcome: &Outcome| matches!(outcome, Outcome::Appended(Err(StoreError::Unavailable(_))));
        assert!(outcomes.iter().all(full) && outcomes.len() == 4);
        let core = writer.core.as_ref().unwrap();
        core.connection.query_row("PRAGMA max_page_count = 1000000000", [], |_| Ok(())).unwrap();
    }

    async fn check(steps: Vec<Step>) {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, mut shared, mut top) = open(dir.path(), SMALL);
        // What each conversation should hold, and its last sequence.
        let mut model: HashMap<i64, (Vec<(i64, u32)>, i64)> = HashMap::new();
        let mut random = 0;
        for step in steps {
            match step {
                Step::Append(conversations) => {
                    let mut expected = Vec::new();
                    let mut group = Vec::new();
                    for conversation in conversations {
                        random += 1;
                        let (held, last) = model.entry(conversation).or_default();
                        *last += 1;
                        held.push((*last, random));
                        expected.push(*last);
                        group.push(write(conversation, random, 300));
                    }
                    let outcomes = writer.commit(group).await.unwrap();
                    for (outcome, expected) in outcomes.iter().zip(expected) {
                        let Outcome::Appended(Ok(appended)) = outcome else { panic!("append failed") };
                        assert_eq!((appended.sequence, appended.repeated), (expected, false));
                        assert!(appended.position > top);
                        top = appended.position;
                    }
                }
                Step::Purge(conversation, up_to) => {
                    purge(&mut writer, conversation, up_to).await;
                    if let Some((held, _)) = model.get_mut(&conversation) {
                        held.retain(|(sequence, _)| *sequence > up_to);
                    }
                }
                Step::Fail => fail(&mut writer).await,
                Step::Reopen => {
                    drop(writer);
                    let position;
                    (writer, shared, position) = open(dir.path(), SMALL);
                    assert_eq!(position, top);
                }
            }
            assert!(shared.tails.len() <= SMALL.tails + 9 * 12, "tails are not written to the index");
        }
        for (conversation, (held, _)) in model {
            assert_eq!(sequences(dir.path(), &shared, conversation), held);
        }
    }

    #[test]
    fn indexing_purging_failing_and_reopening_keep_every_entry() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let config =
            ProptestConfig { cases: 30, max_shrink_iters: 60, failure_persistence: None, ..Default::default() };
        proptest::test_runner::TestRunner::new(config)
            .run(&prop::collection::vec(step(), 20..80), |steps| {
                runtime.block_on(check(steps));
                Ok(())
            })
            .unwrap();
    }

    #[tokio::test]
    async fn the_index_keeps_up_with_positions() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, _, _) = open(dir.path(), SMALL);
        for random in 0..400 {
            // Two busy conversations whose tails are always written because they are long.
            writer.commit(vec![write(i64::from(random % 2), random, 10)]).await.unwrap();
        }
        let core = writer.core.as_ref().unwrap();
        let indexed: i64 = core.connection.query_row("SELECT indexed FROM state", [], |row| row.get(0)).unwrap();
        assert!(indexed > 400 - 5 * SMALL.tails as i64, "opening would read everything above {indexed}");
    }

    #[tokio::test]
    async fn the_write_ahead_log_starts_over() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, shared, _) = open(dir.path(), SMALL);
        for random in 0..600 {
            writer.commit(vec![write(1, random, 3_000)]).await.unwrap();
        }
        let size = std::fs::metadata(dir.path().join("messages.db-wal")).unwrap().len();
        let most = 150 * (4096 + 24);
        assert!(size < most, "{size} bytes of write-ahead log, though {most} are enough");
        writer.close().await;
        assert_eq!(std::fs::metadata(dir.path().join("messages.db-wal")).map_or(0, |wal| wal.len()), 0);
        assert_eq!(sequences(dir.path(), &shared, 1).len(), 600);
    }
}
