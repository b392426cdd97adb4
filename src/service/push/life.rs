//! The end of notices: of references to pushes and of notices about groups, which wait for who is away.

use std::sync::atomic::Ordering;

use model::{Error, push::limit};

use crate::{Services, broken};

/// How many accounts are looked at in one pass.
const ACCOUNTS: i64 = 5000;

impl Services {
    /// Forgets pushes that nobody can get any more, and removes the notices of some accounts that are as old; each
    /// pass goes on where the last one ended, and over all accounts again. Says how many it cleared.
    ///
    /// A notice waits as long as a push is kept, which is longer than any may wait. Nobody reads older ones: they are
    /// in no history.
    pub async fn purge_notices(&self) -> Result<usize, Error> {
        let before = self.world.now() - limit::KEPT;
        let (book, log) = (&self.store.book, &self.store.log);
        book.forget_pushes(before).await.map_err(broken)?;
        let after = self.pushes.looked_at.load(Ordering::Relaxed);
        let accounts = book.systems_after(after, ACCOUNTS).await.map_err(broken)?;
        let mut cleared = 0;
        for (_, conversation) in &accounts {
            let oldest = log.range(*conversation, 0, i64::MAX, false, 1, 0).await.map_err(broken)?;
            if oldest.first().is_some_and(|entry| entry.time < before) {
                let up_to = log.locate(*conversation, before - 1).await.map_err(broken)?;
                log.purge(*conversation, up_to).await.map_err(broken)?;
                cleared += 1;
            }
        }
        let last = accounts.last().filter(|_| accounts.len() as i64 == ACCOUNTS);
        self.pushes.looked_at.store(last.map_or(0, |(account, _)| *account), Ordering::Relaxed);
        if cleared > 0 {
            tracing::info!(accounts = cleared, "removed notices that nobody waits for any more");
        }
        Ok(cleared)
    }
}
