//! Floor 1: where things are kept.
//!
//! The **book** holds everything that plain SQL serves well: apps, accounts, groups, settings, jobs. The
//! **log** holds the messages. Both are SQLite files on a single node and one PostgreSQL database in a cluster.
//! Nothing here asks for the time or for chance: both are arguments.

mod engine;
mod error;
pub mod files;
mod log;
pub mod metric;
pub mod migrations;
mod postgres;
mod readers;
#[cfg(test)]
mod suite;
pub mod tables;

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

pub use engine::{Batch, Book, Expect, Migration, Row, Value};
pub use error::{Source, StoreError};
pub use log::{
    Append, Appended, Change, Counted, Done, Entry, Head, Log, MAX_BODY, Overview, REPEAT_WINDOW, View, wake,
};

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Backend {
    /// Files in a directory, for a single node.
    Sqlite {
        /// Created if absent; used by one process at a time.
        dir: PathBuf,
    },
    /// A PostgreSQL database, shared by the nodes of a cluster.
    Postgres {
        /// `postgres://user:password@host:port/database`.
        url: String,
        /// The most connections of this node.
        pool: usize,
    },
}

/// What an acknowledgement means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// It is on disk.
    #[default]
    Full,
    /// It survives the end of the process, and may be lost when the power fails.
    Relaxed,
}

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the data is.
    pub backend: Backend,
    /// What an acknowledgement means.
    pub durability: Durability,
}

/// The two shelves.
pub struct Store {
    /// Everything but messages.
    pub book: Book,
    /// The messages.
    pub log: Log,
    /// Keeps other processes out of the directory.
    _lock: Option<File>,
}

impl Store {
    /// Opens both shelves and runs their migrations.
    pub async fn open(config: &Config) -> Result<Self, StoreError> {
        let lock = match &config.backend {
            Backend::Sqlite { dir } => Some(claim(dir)?),
            Backend::Postgres { .. } => None,
        };
        let book = Book::open(config).await?;
        let log = Log::open(config).await?;
        Ok(Self { book, log, _lock: lock })
    }

    /// Opens a store in a directory of its own, for tests; the caller keeps the directory.
    pub async fn in_dir(dir: &Path) -> Result<Self, StoreError> {
        let backend = Backend::Sqlite { dir: dir.to_owned() };
        Self::open(&Config { backend, durability: Durability::Relaxed }).await
    }

    /// Copies both shelves into a new or empty directory while they are being used; a store can be opened there.
    ///
    /// The log comes first: it names only what the book has, so the later book has all that the copy names.
    pub async fn backup(&self, dir: &Path) -> Result<(), StoreError> {
        std::fs::create_dir_all(dir)?;
        if dir.read_dir()?.next().is_some() {
            return Err(StoreError::other("the directory for the backup is not empty"));
        }
        self.log.backup(&dir.join("messages.db")).await?;
        self.book.backup(&dir.join("book.db")).await
    }

    /// Finishes what is queued and refuses everything after.
    pub async fn close(&self) {
        self.log.close().await;
        self.book.close().await;
    }
}

fn claim(dir: &Path) -> Result<File, StoreError> {
    std::fs::create_dir_all(dir)?;
    let lock = File::create(dir.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::unavailable(format!("{} is in use by another process", dir.display())))
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
