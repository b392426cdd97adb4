//! Words that apps do not let their users say.

use crate::{Batch, Book, Row, StoreError, params};

const ALL: &str = "SELECT app, number, word, pattern, replaces, replacement, updated FROM word ORDER BY app, number";
const OF_APP: &str = "SELECT app, number, word, pattern, replaces, replacement, updated FROM word WHERE app = $1
    ORDER BY number";
const NEXT: &str = "UPDATE counter SET value = value + 1 WHERE name = 'word' RETURNING value";
const ADD: &str = "INSERT INTO word (app, number, word, pattern, replaces, replacement, updated)
    SELECT CAST($1 AS BIGINT), value, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS TEXT),
        CAST($6 AS BIGINT)
    FROM counter WHERE name = 'word'
    ON CONFLICT (app, pattern, word) DO UPDATE SET
    replaces = EXCLUDED.replaces, replacement = EXCLUDED.replacement, updated = EXCLUDED.updated";
const REMOVE: &str = "DELETE FROM word WHERE app = $1 AND pattern = $2 AND word = $3";

/// A word of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordRow {
    /// The app.
    pub app: i64,
    /// Unique within the server, growing.
    pub number: i64,
    /// The word, or a regular expression.
    pub word: String,
    /// It is a regular expression.
    pub pattern: bool,
    /// What it is replaced by; `None` where the text is refused.
    pub replacement: Option<String>,
    /// Seconds since 1970.
    pub updated: i64,
}

fn word(row: &Row) -> Result<WordRow, StoreError> {
    let replacement = row.text(5)?;
    Ok(WordRow {
        app: row.int(0)?,
        number: row.int(1)?,
        word: row.text(2)?,
        pattern: row.bool(3)?,
        replacement: row.bool(4)?.then_some(replacement),
        updated: row.int(6)?,
    })
}

impl Book {
    /// The words of all apps, by app and number.
    pub async fn words(&self) -> Result<Vec<WordRow>, StoreError> {
        self.read(ALL, params![]).await?.iter().map(word).collect()
    }

    /// The words of one app, by number.
    pub async fn words_of(&self, app: i64) -> Result<Vec<WordRow>, StoreError> {
        self.read(OF_APP, params![app]).await?.iter().map(word).collect()
    }

    /// Adds words, whose numbers are made here, or changes what becomes of those that are there.
    pub async fn add_words(&self, rows: &[WordRow]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for row in rows {
            let replacement = row.replacement.clone().unwrap_or_default();
            batch.run(NEXT, params![]);
            batch.run(
                ADD,
                params![row.app, &row.word, row.pattern, row.replacement.is_some(), replacement, row.updated],
            );
        }
        self.write(batch).await.map(drop)
    }

    /// Removes words: whether each is a regular expression, and its text.
    pub async fn remove_words(&self, app: i64, words: &[(bool, String)]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for (pattern, word) in words {
            batch.run(REMOVE, params![app, *pattern, word]);
        }
        self.write(batch).await.map(drop)
    }
}
