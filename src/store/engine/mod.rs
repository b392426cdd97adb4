//! The book's two databases behind one enum.

mod batch;
pub(crate) mod migrate;
mod postgres;
pub(crate) mod sqlite;
mod value;

use std::path::Path;

pub use batch::{Batch, Expect};
pub use migrate::Migration;
pub use postgres::Postgres;
pub use sqlite::Sqlite;
pub use value::{Row, Value};

use crate::{Backend, Config, StoreError};

/// Settings, accounts, groups and all else that is not a message, in SQL.
pub enum Book {
    /// One file, one node.
    Sqlite(Sqlite),
    /// A database shared by many nodes.
    Postgres(Postgres),
}

impl Book {
    /// Opens the book and runs its migrations.
    pub async fn open(config: &Config) -> Result<Self, StoreError> {
        match &config.backend {
            Backend::Sqlite { dir } => Ok(Self::Sqlite(Sqlite::open(&dir.join("book.db"), config.durability).await?)),
            Backend::Postgres { url, pool } => Ok(Self::Postgres(Postgres::open(url, *pool, config.durability).await?)),
        }
    }

    /// Rows of a query, as of the last commit.
    ///
    /// Boxed, as writing is, so that the many requests whose answer is in memory do not carry its state with them.
    pub async fn read(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(book) => Box::pin(book.read(sql, params)).await,
            Self::Postgres(book) => Box::pin(book.read(sql, params)).await,
        }
    }

    /// The first row of a query, if there is one.
    pub async fn first(&self, sql: &'static str, params: Vec<Value>) -> Result<Option<Row>, StoreError> {
        Ok(self.read(sql, params).await?.into_iter().next())
    }

    /// Writes a batch: all of it, durably, or nothing. Returns what each statement returned.
    ///
    /// Once called, the batch is carried out even if the caller stops waiting.
    pub async fn write(&self, batch: Batch) -> Result<Vec<Vec<Row>>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::Sqlite(book) => Box::pin(book.write(batch)).await,
            Self::Postgres(book) => Box::pin(book.write(batch)).await,
        }
    }

    /// Copies the book into a new file while it is being used. PostgreSQL is backed up with its own tools.
    pub async fn backup(&self, path: &Path) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(book) => book.backup(path).await,
            Self::Postgres(_) => Err(crate::postgres::no_backup()),
        }
    }

    /// Finishes what is queued and refuses everything after.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(book) => book.close().await,
            Self::Postgres(book) => book.close(),
        }
    }
}
