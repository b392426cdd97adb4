//! The log in a SQLite file of its own.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::Connection;
use tokio::task::spawn_blocking;

use super::{
    memory::Heads,
    sqlite_commit::Limits,
    sqlite_read as read,
    sqlite_schema::MIGRATIONS,
    sqlite_write::SqliteWriter,
    tails::{Tail, Tails},
    types::{Counted, Entry, Head, Key, Overview, TimeWindow, View, Window},
};
use crate::{
    Durability, StoreError,
    engine::{migrate, sqlite::open_writer},
    readers::{Readers, copy},
};

/// What the committer tells the readers.
#[derive(Default)]
pub(super) struct Shared {
    pub tails: Tails,
    heads: Mutex<Heads>,
}

impl Shared {
    pub fn heads(&self) -> MutexGuard<'_, Heads> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reading side of the file.
pub(super) struct SqliteLog {
    readers: Readers,
    shared: Arc<Shared>,
}

impl SqliteLog {
    pub async fn open(path: &Path, durability: Durability) -> Result<(Self, SqliteWriter, i64), StoreError> {
        let path = path.to_owned();
        spawn_blocking(move || {
            let mut connection = open_writer(&path, durability)?;
            migrate::sqlite(&mut connection, MIGRATIONS)?;
            let readers = Readers::open(&path)?;
            let shared = Arc::new(Shared::default());
            let (writer, position) = SqliteWriter::open(connection, Arc::clone(&shared), path, Limits::default())?;
            Ok((Self { readers, shared }, writer, position))
        })
        .await?
    }

    /// Reads a snapshot. The tails are looked at before it begins: see [`Tails`].
    async fn with<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &Shared) -> Result<T, StoreError> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        self.readers.with(move |connection| read(connection, &shared)).await
    }

    pub async fn range(&self, window: Window) -> Result<Vec<Entry>, StoreError> {
        self.with(move |connection, shared| {
            let tail = shared.tails.get(window.conversation);
            snapshot(connection, || read::range(connection, &tail, &window))
        })
        .await
    }

    pub async fn range_by_time(&self, window: TimeWindow) -> Result<Vec<Entry>, StoreError> {
        self.with(move |connection, shared| {
            let tail = shared.tails.get(window.conversation);
            snapshot(connection, || read::range_by_time(connection, &tail, &window))
        })
        .await
    }

    pub async fn locate(&self, conversation: i64, time: i64) -> Result<i64, StoreError> {
        self.with(move |connection, shared| {
            let tail = shared.tails.get(conversation);
            snapshot(connection, || read::locate(connection, &tail, conversation, time))
        })
        .await
    }

    pub async fn find(&self, key: Key, sender: Option<i64>, mixed: bool) -> Result<Option<Entry>, StoreError> {
        self.with(move |connection, shared| {
            let tail = shared.tails.get(key.conversation);
            snapshot(connection, || read::find(connection, &tail, (&key, sender), mixed))
        })
        .await
    }

    pub async fn heads(&self, conversations: &[i64]) -> Result<Vec<Head>, StoreError> {
        let mut found = Vec::with_capacity(conversations.len());
        let mut unknown = Vec::new();
        {
            let heads = self.shared.heads();
            for conversation in conversations {
                match heads.get(*conversation) {
                    Some(head) => found.push(head),
                    None => unknown.push(*conversation),
                }
            }
        }
        if !unknown.is_empty() {
            let read = self.with(move |connection, shared| {
                let tails = shared.tails.get_many(unknown.iter().copied());
                snapshot(connection, || {
                    let heads = unknown.iter().zip(&tails).map(|(number, tail)| read::head(connection, tail, *number));
                    heads.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()
                })
            });
            found.extend(read.await?);
        }
        Ok(found)
    }

    pub async fn overview(&self, views: Vec<View>) -> Result<Vec<Overview>, StoreError> {
        self.with(move |connection, shared| {
            let tails = shared.tails.get_many(views.iter().map(|view| view.conversation));
            snapshot(connection, || {
                views.iter().zip(&tails).map(|(view, tail)| read::overview(connection, tail, view)).collect()
            })
        })
        .await
    }

    pub async fn since(
        &self,
        mut conversations: Vec<i64>,
        window: (i64, i64),
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        {
            let heads = self.shared.heads();
            conversations.retain(|number| heads.get(*number).is_none_or(|head| head.position > window.0));
        }
        if conversations.is_empty() {
            return Ok(Vec::new());
        }
        self.with(move |connection, shared| {
            let tails = shared.tails.get_many(conversations.iter().copied());
            let conversations: Vec<(i64, Tail)> = conversations.into_iter().zip(tails).collect();
            snapshot(connection, || read::since(connection, &conversations, window, limit))
        })
        .await
    }

    pub async fn after(&self, position: i64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.with(move |connection, _| read::after(connection, position, limit)).await
    }

    pub async fn counted(&self, position: i64, limit: usize) -> Result<Vec<Counted>, StoreError> {
        self.with(move |connection, _| read::counted(connection, position, limit)).await
    }

    pub async fn backup(&self, path: &Path) -> Result<(), StoreError> {
        let path = path.to_owned();
        self.readers.with(move |connection| copy(connection, &path)).await
    }

    pub fn close(&self) {
        self.readers.close();
    }
}

/// Lets several statements see the same state of the file.
fn snapshot<T>(connection: &Connection, read: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    connection.prepare_cached("BEGIN")?.raw_execute()?;
    let answer = read();
    connection.prepare_cached("COMMIT")?.raw_execute()?;
    answer
}
