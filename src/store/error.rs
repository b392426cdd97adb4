//! What can go wrong on this floor.

use std::{error::Error, sync::Arc};

/// The underlying failure, shared because one failed commit answers many callers.
pub type Source = Arc<dyn Error + Send + Sync>;

/// Why the store refused or failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// An assertion of a batch (or of an amendment) did not hold, or a unique key was taken. Nothing was written.
    #[error("conflict at step {step}")]
    Conflict {
        /// Which statement of the batch, counted from 0.
        step: usize,
    },
    /// The row that was to be read or changed does not exist.
    #[error("not found")]
    Missing,
    /// The database cannot answer now: disk full, connection lost, shutting down. Trying again later may help.
    #[error("database unavailable: {0}")]
    Unavailable(#[source] Source),
    /// The place where files are kept does not answer, or refused.
    #[error("file store failed: {0}")]
    Files(#[source] Source),
    /// Everything else: a wrong statement, a damaged file.
    #[error("database error: {0}")]
    Other(#[source] Source),
}

impl StoreError {
    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable(Arc::new(Reason(reason.into())))
    }

    pub(crate) fn other(reason: impl Into<String>) -> Self {
        Self::Other(Arc::new(Reason(reason.into())))
    }

    /// Puts the number of the failed statement into a conflict.
    pub(crate) fn at(self, step: usize) -> Self {
        match self {
            Self::Conflict { .. } => Self::Conflict { step },
            other => other,
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Reason(String);

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing,
            other => Self::Files(Arc::new(other)),
        }
    }
}

impl From<object_store::path::Error> for StoreError {
    fn from(error: object_store::path::Error) -> Self {
        Self::Files(Arc::new(error))
    }
}

impl From<tokio::task::JoinError> for StoreError {
    fn from(error: tokio::task::JoinError) -> Self {
        if error.is_panic() { Self::Other(Arc::new(error)) } else { Self::Unavailable(Arc::new(error)) }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::{ErrorCode, ffi};
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return Self::Other(Arc::new(error));
        };
        match (failure.code, failure.extended_code) {
            (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID) => {
                Self::Conflict { step: 0 }
            }
            (
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::OutOfMemory,
                _,
            ) => Self::Unavailable(Arc::new(error)),
            _ => Self::Other(Arc::new(error)),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState;
        let Some(code) = error.code() else {
            // Without a code from the server the connection itself failed, unless a value could not be converted.
            let conversion = error.source().is_some_and(<dyn Error>::is::<tokio_postgres::types::WrongType>);
            return if conversion { Self::Other(Arc::new(error)) } else { Self::Unavailable(Arc::new(error)) };
        };
        if *code == SqlState::UNIQUE_VIOLATION {
            return Self::Conflict { step: 0 };
        }
        // Classes: connection, resources, operator intervention, system error, and what is left after all retries.
        match code.code().get(..2) {
            Some("08" | "53" | "57" | "58" | "40") => Self::Unavailable(Arc::new(error)),
            _ => Self::Other(Arc::new(error)),
        }
    }
}

impl From<deadpool_postgres::PoolError> for StoreError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            other => Self::Unavailable(Arc::new(other)),
        }
    }
}
