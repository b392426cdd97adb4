//! Failures of the store as callers see them.

use model::{Code, Error};
use store::StoreError;

/// A failure no caller can act on: an internal error outside, the cause in the log.
pub fn broken(error: StoreError) -> Error {
    match error {
        StoreError::Unavailable(_) => Error::new(Code::Overloaded).source(error),
        _ => Error::new(Code::Broken).source(error),
    }
}
