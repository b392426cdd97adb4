//! Uploaded files, and lists of merged messages too long for one message.

use crate::{Batch, Book, StoreError, params};

const ADD: &str =
    "INSERT INTO upload (name, app, account, file_name, kind, bytes, created) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (name) DO UPDATE SET bytes = EXCLUDED.bytes";
const ADD_LONG: &str = "INSERT INTO long_message (app, name, body, created) VALUES ($1, $2, $3, $4)";
const LONG: &str = "SELECT body FROM long_message WHERE app = $1 AND name = $2";

/// A file as stored.
pub struct UploadRow {
    /// Its random name on disk.
    pub name: String,
    /// The app.
    pub app: i64,
    /// Who uploaded it.
    pub account: i64,
    /// What the user called it.
    pub file_name: String,
    /// 1 image, 2 video, 3 audio, 255 file.
    pub kind: i64,
    /// Its size.
    pub bytes: i64,
    /// Milliseconds since 1970.
    pub created: i64,
}

impl Book {
    /// Remembers an uploaded file.
    pub async fn add_upload(&self, row: &UploadRow) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        let values = params![&row.name, row.app, row.account, &row.file_name, row.kind, row.bytes, row.created];
        batch.run(ADD, values);
        self.write(batch).await.map(drop)
    }

    /// Keeps a list of messages under a name.
    pub async fn add_long_message(&self, app: i64, name: &str, body: Vec<u8>, now: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(ADD_LONG, params![app, name, body, now]);
        self.write(batch).await.map(drop)
    }

    /// The list of messages of that name.
    pub async fn long_message(&self, app: i64, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.first(LONG, params![app, name]).await?.map(|row| row.blob(0)).transpose()
    }
}
