//! How long files are kept, and their end.

use std::time::Duration;

use model::{Error, Millis, SdkAppId};

use super::{Smaller, UploadRow, key};
use crate::{Services, broken};

/// How often it is looked for files whose life has ended.
pub const PURGE: Duration = Duration::from_mins(10);
/// How many files are removed at a time.
const BATCH: i64 = 300;
const DAY: Millis = 24 * 3_600_000;
/// After this a file that is still not whole never will be: its server was killed.
const UNFINISHED: Millis = DAY;

impl Services {
    /// How long an app keeps files. It counts for those there are too: when it grows, they live longer.
    pub fn file_life(&self, app: SdkAppId) -> Millis {
        let settings = self.apps.get(app).map(|app| app.settings.clone()).unwrap_or_default();
        let days = if settings.file_days == 0 { settings.roaming_days } else { settings.file_days };
        days * DAY
    }

    /// How long a file will still be kept; not positive when its life has ended.
    pub fn life_left(&self, file: &UploadRow) -> Millis {
        SdkAppId::try_from(file.app).map_or(0, |app| file.created + self.file_life(app) - self.world.now())
    }

    /// Removes the files whose life has ended, and what is left of those that never became whole. Says how many.
    ///
    /// A file goes before its row, so that a run that was cut off is finished by the next one.
    pub async fn purge_files(&self) -> Result<usize, Error> {
        let mut removed = 0;
        for app in self.apps.list() {
            loop {
                let some = self.purge_some(app.sdkappid).await?;
                removed += some;
                if some < BATCH as usize {
                    break;
                }
            }
        }
        if removed > 0 {
            tracing::info!(files = removed, "removed files at the end of their life");
        }
        Ok(removed)
    }

    async fn purge_some(&self, app: SdkAppId) -> Result<usize, Error> {
        let (now, book) = (self.world.now(), &self.store.book);
        let found = book.expired_uploads(app.into(), now - self.file_life(app), now - UNFINISHED, BATCH).await;
        let mut names = found.map_err(broken)?;
        let count = names.len();
        names.retain(|name| !self.shelf.is_arriving(name));
        if names.is_empty() {
            return Ok(0);
        }
        let whole: Vec<_> = names.iter().map(|name| key(app, name)).collect();
        let smaller = whole.iter().flat_map(|key| Smaller::ALL.map(|size| size.key(key)));
        let all: Vec<_> = smaller.chain(whole.iter().cloned()).collect();
        self.shelf.files.remove(&all).await.map_err(broken)?;
        self.shelf.files.remove_pieces(&whole).await.map_err(broken)?;
        book.remove_uploads(&names).await.map_err(broken)?;
        Ok(count)
    }
}
