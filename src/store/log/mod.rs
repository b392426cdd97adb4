//! The messages of all conversations, in sequence, with group commit.
//!
//! A conversation is a number of the book's; its entries are numbered 1, 2, 3 … without gaps. Across all
//! conversations every entry has a position that grows in the order of commits. The log never looks into a
//! body, and knows of users only their numbers.

mod committer;
mod memory;
mod postgres;
mod postgres_schema;
mod postgres_write;
mod sqlite;
mod sqlite_bulk;
mod sqlite_commit;
mod sqlite_read;
mod sqlite_schema;
mod sqlite_write;
mod tails;
mod types;

use std::path::Path;

pub use committer::wake;
use committer::{Committer, Waiter, Write, Writer};
use postgres::PostgresLog;
use sqlite::SqliteLog;
pub use types::{Append, Appended, Change, Counted, Done, Entry, Head, MAX_BODY, Overview, REPEAT_WINDOW, View};
use types::{Key, TimeWindow, Window};

use crate::{Backend, Config, StoreError};

/// The log. Appending and amending go through one committer; reading goes around it.
pub struct Log {
    committer: Committer,
    shelf: Shelf,
}

/// The reading side, by database.
enum Shelf {
    Sqlite(SqliteLog),
    Postgres(PostgresLog),
}

impl Log {
    /// Opens the log and runs its migrations.
    pub async fn open(config: &Config) -> Result<Self, StoreError> {
        match &config.backend {
            Backend::Sqlite { dir } => {
                let path = dir.join("messages.db");
                let (log, writer, position) = SqliteLog::open(&path, config.durability).await?;
                let committer = Committer::start(Writer::Sqlite(writer), position);
                Ok(Self { committer, shelf: Shelf::Sqlite(log) })
            }
            Backend::Postgres { url, pool } => {
                let (log, writer, position) = PostgresLog::open(url, *pool, config.durability).await?;
                let committer = Committer::start(Writer::Postgres(writer), position);
                Ok(Self { committer, shelf: Shelf::Postgres(log) })
            }
        }
    }

    /// Queues a message in the order of calls, waiting only while the queue is full. `done` is told the
    /// outcome after the durable commit; on an error here it is dropped without being run.
    pub async fn append(&self, append: Append) -> Result<(), StoreError> {
        if append.body.len() > MAX_BODY {
            return Err(StoreError::other("the message is larger than the log takes"));
        }
        self.committer.append(append).await
    }

    /// The greatest position whose `done` has run, at start the greatest stored: everything appended here up
    /// to it has been handed on.
    pub fn position(&self) -> i64 {
        self.committer.position()
    }

    /// The greatest position whose `done` runs or has run: everything later is still to be handed on. What is up
    /// to it can be read.
    pub fn handing(&self) -> i64 {
        self.committer.handing()
    }

    /// Entries with `above < sequence < below` and none of these flags, in the asked order.
    pub async fn range(
        &self,
        conversation: i64,
        above: i64,
        below: i64,
        newest_first: bool,
        limit: usize,
        without_flags: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let window = Window { conversation, above, below, newest_first, limit, without_flags };
        match &self.shelf {
            Shelf::Sqlite(log) => log.range(window).await,
            Shelf::Postgres(log) => log.range(window).await,
        }
    }

    /// Entries with `from < (time, sequence) < to` and none of these flags, ordered by time and sequence. For
    /// conversations with imports, whose times do not grow with sequences; looks at the whole conversation.
    pub async fn range_by_time(
        &self,
        conversation: i64,
        from: (i64, i64),
        to: (i64, i64),
        newest_first: bool,
        limit: usize,
        without_flags: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let window = TimeWindow { conversation, from, to, newest_first, limit, without_flags };
        match &self.shelf {
            Shelf::Sqlite(log) => log.range_by_time(window).await,
            Shelf::Postgres(log) => log.range_by_time(window).await,
        }
    }

    /// The greatest sequence whose entry is not later than `time` (milliseconds), 0 if there is none. Exact
    /// where times grow with sequences, that is without imports.
    pub async fn locate(&self, conversation: i64, time: i64) -> Result<i64, StoreError> {
        match &self.shelf {
            Shelf::Sqlite(log) => log.locate(conversation, time).await,
            Shelf::Postgres(log) => log.locate(conversation, time).await,
        }
    }

    /// The newest entry with that name, of that sender if one is given, whose time lies in that second since 1970.
    /// `mixed`: the conversation has imports, so its times do not grow with sequences.
    pub async fn find(
        &self,
        conversation: i64,
        sender: Option<i64>,
        client_sequence: u32,
        random: u32,
        second: i64,
        mixed: bool,
    ) -> Result<Option<Entry>, StoreError> {
        let key = Key { conversation, client_sequence, random, second };
        match &self.shelf {
            Shelf::Sqlite(log) => log.find(key, sender, mixed).await,
            Shelf::Postgres(log) => log.find(key, sender, mixed).await,
        }
    }

    /// The newest entries of those conversations that have ever had one, in no particular order.
    pub async fn heads(&self, conversations: &[i64]) -> Result<Vec<Head>, StoreError> {
        match &self.shelf {
            Shelf::Sqlite(log) => log.heads(conversations).await,
            Shelf::Postgres(log) => log.heads(conversations).await,
        }
    }

    /// What a conversation list shows, one for each view, in order.
    pub async fn overview(&self, views: Vec<View>) -> Result<Vec<Overview>, StoreError> {
        match &self.shelf {
            Shelf::Sqlite(log) => log.overview(views).await,
            Shelf::Postgres(log) => log.overview(views).await,
        }
    }

    /// All entries of these conversations with `after < position <= until`, ordered by position.
    pub async fn since(
        &self,
        conversations: Vec<i64>,
        after: i64,
        until: i64,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        match &self.shelf {
            Shelf::Sqlite(log) => log.since(conversations, (after, until), limit).await,
            Shelf::Postgres(log) => log.since(conversations, (after, until), limit).await,
        }
    }

    /// The entries of all conversations with greater positions, ordered by position.
    pub async fn after(&self, position: i64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        match &self.shelf {
            Shelf::Sqlite(log) => log.after(position, limit).await,
            Shelf::Postgres(log) => log.after(position, limit).await,
        }
    }

    /// What the messages of all conversations with greater positions count for, ordered by position, also those that
    /// count for nothing. Whoever has seen a position has seen all that were ever given below it.
    pub async fn counted(&self, position: i64, limit: usize) -> Result<Vec<Counted>, StoreError> {
        match &self.shelf {
            Shelf::Sqlite(log) => log.counted(position, limit).await,
            Shelf::Postgres(log) => log.counted(position, limit).await,
        }
    }

    /// Changes an entry, durably, and returns it as it is now. `Missing` if it is not there, `Conflict` if the
    /// change's conditions do not hold.
    pub async fn amend(&self, conversation: i64, sequence: i64, change: Change) -> Result<Entry, StoreError> {
        if change.body.as_ref().is_some_and(|body| body.len() > MAX_BODY) {
            return Err(StoreError::other("the message is larger than the log takes"));
        }
        self.committer.ask(Write::Amend { conversation, sequence, change }, Waiter::Amend).await
    }

    /// Deletes the entries up to a sequence, this one too. Sequences and positions are not given again. May be
    /// repeated; goes in steps, so that appending continues meanwhile.
    pub async fn purge(&self, conversation: i64, up_to: i64) -> Result<(), StoreError> {
        while self.committer.ask(Write::Purge { conversation, up_to }, Waiter::Purge).await? {}
        Ok(())
    }

    /// Copies the log into a new file while it is being written. PostgreSQL is backed up with its own tools.
    pub async fn backup(&self, path: &Path) -> Result<(), StoreError> {
        match &self.shelf {
            Shelf::Sqlite(log) => log.backup(path).await,
            Shelf::Postgres(_) => Err(crate::postgres::no_backup()),
        }
    }

    /// Commits and hands on what is queued, and refuses everything after.
    pub async fn close(&self) {
        self.committer.close().await;
        match &self.shelf {
            Shelf::Sqlite(log) => log.close(),
            Shelf::Postgres(log) => log.close(),
        }
    }
}
