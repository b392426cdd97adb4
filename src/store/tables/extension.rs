//! What is attached to messages: key-value extensions and reactions.

use crate::{Batch, Book, Row, StoreError, params};

const ALL: &str =
    "SELECT name, value, version FROM extension WHERE conversation = $1 AND sequence = $2 ORDER BY version, name";
const STATE: &str = "SELECT latest, cleared FROM extension_state WHERE conversation = $1 AND sequence = $2";
const SET_STATE: &str = "INSERT INTO extension_state (conversation, sequence, latest, cleared) VALUES ($1, $2, $3, $4)
    ON CONFLICT (conversation, sequence) DO UPDATE SET latest = EXCLUDED.latest, cleared = EXCLUDED.cleared";
const SET: &str = "INSERT INTO extension (conversation, sequence, name, value, version) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (conversation, sequence, name) DO UPDATE SET value = EXCLUDED.value, version = EXCLUDED.version";
const REMOVE: &str = "DELETE FROM extension WHERE conversation = $1 AND sequence = $2 AND name = $3";
const CLEAR: &str = "DELETE FROM extension WHERE conversation = $1 AND sequence = $2";
const REACTIONS: &str =
    "SELECT name, account FROM reaction WHERE conversation = $1 AND sequence = $2 ORDER BY created, account";
const REACT: &str = "INSERT INTO reaction (conversation, sequence, name, account, created) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (conversation, sequence, name, account) DO NOTHING";
const UNREACT: &str = "DELETE FROM reaction WHERE conversation = $1 AND sequence = $2 AND name = $3 AND account = $4";

/// A key with its value.
#[derive(Clone, Debug)]
pub struct ExtensionRow {
    /// The key.
    pub name: String,
    /// The value.
    pub value: String,
    /// The message's counter when it was set.
    pub version: i64,
}

fn extension(row: &Row) -> Result<ExtensionRow, StoreError> {
    Ok(ExtensionRow { name: row.text(0)?, value: row.text(1)?, version: row.int(2)? })
}

impl Book {
    /// The extensions of a message by version, with the greatest version and that of the last clear.
    pub async fn extensions(
        &self,
        conversation: i64,
        sequence: i64,
    ) -> Result<(Vec<ExtensionRow>, i64, i64), StoreError> {
        let rows = self.read(ALL, params![conversation, sequence]).await?;
        let state = self.first(STATE, params![conversation, sequence]).await?;
        let (latest, cleared) = match state {
            Some(row) => (row.int(0)?, row.int(1)?),
            None => (0, 0),
        };
        Ok((rows.iter().map(extension).collect::<Result<_, _>>()?, latest, cleared))
    }

    /// Sets and removes extensions and moves the message's counters.
    pub async fn change_extensions(
        &self,
        (conversation, sequence): (i64, i64),
        set: &[ExtensionRow],
        removed: &[String],
        clear: bool,
        (latest, cleared): (i64, i64),
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(SET_STATE, params![conversation, sequence, latest, cleared]);
        if clear {
            batch.run(CLEAR, params![conversation, sequence]);
        }
        for row in set {
            batch.run(SET, params![conversation, sequence, &row.name, &row.value, row.version]);
        }
        for name in removed {
            batch.run(REMOVE, params![conversation, sequence, name]);
        }
        self.write(batch).await.map(drop)
    }

    /// The reactions to a message, oldest first: `(reaction, account)`.
    pub async fn reactions(&self, conversation: i64, sequence: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self.read(REACTIONS, params![conversation, sequence]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
    }

    /// Adds a reaction.
    pub async fn react(
        &self,
        (conversation, sequence): (i64, i64),
        name: &str,
        account: i64,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(REACT, params![conversation, sequence, name, account, now]);
        self.write(batch).await.map(drop)
    }

    /// Takes a reaction back.
    pub async fn unreact(
        &self,
        (conversation, sequence): (i64, i64),
        name: &str,
        account: i64,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(UNREACT, params![conversation, sequence, name, account]);
        self.write(batch).await.map(drop)
    }
}
