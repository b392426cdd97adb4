//! A few SQLite connections that only read, used from blocking tasks.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::StoreError;

const READERS: usize = 4;
/// Prepared statements kept by each connection.
pub(crate) const STATEMENTS: usize = 512;

/// The pool. Clones share it.
#[derive(Clone)]
pub(crate) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let first = open_reader(path)?;
        Ok(Self {
            path: path.to_owned(),
            idle: Arc::new(Mutex::new(vec![first])),
            permits: Arc::new(Semaphore::new(READERS)),
        })
    }

    /// Runs `read` on one of the connections, waiting while all are busy.
    pub(crate) async fn with<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::unavailable("the database is closed"))?;
        let pool = self.clone();
        spawn_blocking(move || {
            let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = idle.map_or_else(|| open_reader(&pool.path), Ok)?;
            let answer = read(&connection);
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            drop(permit);
            answer
        })
        .await?
    }

    /// Refuses further reads and closes the connections that are idle.
    pub(crate) fn close(&self) {
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(
        "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    Ok(connection)
}

/// Copies a database into one new file while it is being written.
pub(crate) fn copy(from: &Connection, path: &Path) -> Result<(), StoreError> {
    let mut to = Connection::open(path)?;
    // All pages in one step: a snapshot that writers cannot invalidate, so it never has to start over.
    let done = rusqlite::backup::Backup::new(from, &mut to)?.step(-1)?;
    match done {
        rusqlite::backup::StepResult::Done => Ok(()),
        other => Err(StoreError::unavailable(format!("backup stopped: {other:?}"))),
    }
}
