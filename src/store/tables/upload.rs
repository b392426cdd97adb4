//! Uploaded files, and lists of merged messages too long for one message.

use crate::{Batch, Book, Row, StoreError, params};

const BEGIN: &str = "INSERT INTO upload (name, app, account, file_name, kind, bytes, created)
    VALUES ($1, $2, $3, $4, $5, -1, $6) ON CONFLICT (name) DO NOTHING";
const FINISH: &str = "UPDATE upload SET bytes = $1, mime = $2 WHERE name = $3";
const MEASURED: &str = "UPDATE upload SET width = $1, height = $2 WHERE name = $3";
const ONE: &str = "SELECT name, app, account, file_name, kind, bytes, created, mime, width, height, withheld
    FROM upload WHERE app = $1 AND name = $2";
const EXPIRED: &str = "SELECT name FROM upload WHERE app = $1 AND (created <= $2 OR (created <= $3 AND bytes < 0))
    ORDER BY created LIMIT $4";
const REMOVE: &str = "DELETE FROM upload WHERE name = $1";
const WITHHOLD: &str = "UPDATE upload SET withheld = $1 WHERE name = $2";
const ADD_LONG: &str = "INSERT INTO long_message (app, name, body, created) VALUES ($1, $2, $3, $4)";
const LONG: &str = "SELECT body FROM long_message WHERE app = $1 AND name = $2";

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRow {
    /// Its random name.
    pub name: String,
    /// The app.
    pub app: i64,
    /// Who uploaded it.
    pub account: i64,
    /// What the user called it.
    pub file_name: String,
    /// 1 image, 2 video, 3 audio, 255 file.
    pub kind: i64,
    /// Its size; -1 while it arrives.
    pub bytes: i64,
    /// Milliseconds since 1970.
    pub created: i64,
    /// The media type its beginning shows; empty when it is none that browsers may show.
    pub mime: String,
    /// Pixels as shown; -1 before it was looked at, 0 when it is no picture that can be read.
    pub width: i64,
    /// The same, upwards.
    pub height: i64,
    /// The app's backend took it from its users' sight.
    pub withheld: bool,
}

fn upload(row: &Row) -> Result<UploadRow, StoreError> {
    Ok(UploadRow {
        name: row.text(0)?,
        app: row.int(1)?,
        account: row.int(2)?,
        file_name: row.text(3)?,
        kind: row.int(4)?,
        bytes: row.int(5)?,
        created: row.int(6)?,
        mime: row.text(7)?,
        width: row.int(8)?,
        height: row.int(9)?,
        withheld: row.bool(10)?,
    })
}

impl Book {
    /// Remembers a file that begins to arrive, so that what comes of it can be found; nothing when it is known.
    pub async fn begin_upload(&self, row: &UploadRow) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(BEGIN, params![&row.name, row.app, row.account, &row.file_name, row.kind, row.created]);
        self.write(batch).await.map(drop)
    }

    /// The file is whole.
    pub async fn finish_upload(&self, name: &str, bytes: i64, mime: &str) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(FINISH, params![bytes, mime, name]);
        self.write(batch).await.map(drop)
    }

    /// The picture was looked at.
    pub async fn measure_upload(&self, name: &str, width: i64, height: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(MEASURED, params![width, height, name]);
        self.write(batch).await.map(drop)
    }

    /// Takes a file from users' sight, or shows it again.
    pub async fn withhold_upload(&self, name: &str, withheld: bool) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(WITHHOLD, params![withheld, name]);
        self.write(batch).await.map(drop)
    }

    /// A file, whole or not.
    pub async fn upload(&self, app: i64, name: &str) -> Result<Option<UploadRow>, StoreError> {
        self.first(ONE, params![app, name]).await?.as_ref().map(upload).transpose()
    }

    /// Names of an app's files until a time, and until another of those that are not whole; oldest first.
    pub async fn expired_uploads(
        &self,
        app: i64,
        until: i64,
        unfinished_until: i64,
        most: i64,
    ) -> Result<Vec<String>, StoreError> {
        let rows = self.read(EXPIRED, params![app, until, unfinished_until, most]).await?;
        rows.iter().map(|row| row.text(0)).collect()
    }

    /// Forgets files.
    pub async fn remove_uploads(&self, names: &[String]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for name in names {
            batch.run(REMOVE, params![name]);
        }
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
