//! Apps, and what the whole platform remembers under a name.

use crate::{Batch, Book, Expect, Row, StoreError, params};

const META: &str = "SELECT value FROM meta WHERE name = $1";
const SET_META: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
const NEXT: &str = "UPDATE counter SET value = value + 1 WHERE name = 'app' RETURNING value";
const ADD: &str = "INSERT INTO app (sdkappid, body, version) VALUES ($1, $2, 1)";
const ALL: &str = "SELECT sdkappid, body, version FROM app ORDER BY sdkappid";
const SET: &str = "UPDATE app SET body = $1, version = version + 1 WHERE sdkappid = $2 AND version = $3";

/// A stored app; the body is the JSON of `model::App`.
pub struct AppRow {
    /// Its number.
    pub sdkappid: i64,
    /// JSON.
    pub body: Vec<u8>,
    /// Grows with each change.
    pub version: i64,
}

fn app(row: &Row) -> Result<AppRow, StoreError> {
    Ok(AppRow { sdkappid: row.int(0)?, body: row.blob(1)?, version: row.int(2)? })
}

impl Book {
    /// The platform's value of that name; `make` gives it the first time.
    pub async fn meta(&self, name: &str, make: impl FnOnce() -> String + Send) -> Result<String, StoreError> {
        if let Some(row) = self.first(META, params![name]).await? {
            return row.text(0);
        }
        let mut batch = Batch::new();
        batch.run(SET_META, params![name, make()]);
        self.write(batch).await?;
        self.first(META, params![name]).await?.ok_or(StoreError::Missing)?.text(0)
    }

    /// A number for a new app.
    pub async fn next_app(&self) -> Result<i64, StoreError> {
        let mut batch = Batch::new();
        batch.must(NEXT, params![], Expect::Rows(1));
        let rows = self.write(batch).await?;
        rows.first().and_then(|rows| rows.first()).ok_or(StoreError::Missing)?.int(0)
    }

    /// Adds an app under its number.
    pub async fn add_app(&self, sdkappid: i64, body: Vec<u8>) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(ADD, params![sdkappid, body]);
        self.write(batch).await.map(drop)
    }

    /// All apps by number.
    pub async fn apps(&self) -> Result<Vec<AppRow>, StoreError> {
        self.read(ALL, params![]).await?.iter().map(app).collect()
    }

    /// Replaces an app, unless it was changed since `version`.
    pub async fn set_app(&self, sdkappid: i64, body: Vec<u8>, version: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(SET, params![body, sdkappid, version], Expect::Rows(1));
        self.write(batch).await.map(drop)
    }
}
