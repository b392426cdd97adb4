//! Waiting on conditions.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// How long anything may take before the test fails. Generous: it is never waited for when things work.
pub const DEADLINE: Duration = Duration::from_secs(15);

/// Waits for a future, at most until the deadline.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("{what} did not happen in time"))
}

/// Looks at a condition again and again until it holds; for what nobody announces.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < DEADLINE, "{what} did not happen in time");
        sleep(Duration::from_millis(5)).await;
    }
}
