//! The names of what this floor counts. Each carries the label `shelf`, `book` or `log`.

use std::time::Instant;

/// Committed batches.
pub const BATCHES: &str = "feihong_store_batches_total";
/// Rows written, or messages appended.
pub const ROWS: &str = "feihong_store_rows_total";
/// Batches refused because an assertion did not hold; for the log, repeated messages.
pub const CONFLICTS: &str = "feihong_store_conflicts_total";
/// Seconds from the start of a commit to its being on disk.
pub const COMMIT_SECONDS: &str = "feihong_store_commit_seconds";
/// How many writes shared one commit.
pub const COMMIT_SIZE: &str = "feihong_store_commit_size";

pub(crate) const BOOK: &str = "book";
pub(crate) const LOG: &str = "log";

/// One commit being measured. Only metrics look at this clock; nothing that is stored depends on it.
pub(crate) struct Commit {
    shelf: &'static str,
    started: Instant,
}

impl Commit {
    #[expect(clippy::disallowed_methods, reason = "a duration that is only shown, never stored or decided on")]
    pub(crate) fn start(shelf: &'static str) -> Self {
        Self { shelf, started: Instant::now() }
    }

    pub(crate) fn end(self, batches: usize, rows: usize, conflicts: usize) {
        metrics::counter!(BATCHES, "shelf" => self.shelf).increment(batches as u64);
        metrics::counter!(ROWS, "shelf" => self.shelf).increment(rows as u64);
        metrics::counter!(CONFLICTS, "shelf" => self.shelf).increment(conflicts as u64);
        metrics::histogram!(COMMIT_SIZE, "shelf" => self.shelf).record(batches as f64);
        metrics::histogram!(COMMIT_SECONDS, "shelf" => self.shelf).record(self.started.elapsed().as_secs_f64());
    }
}
