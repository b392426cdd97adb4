//! Conversations of two accounts, and of one account with the system.

use super::contact::SYSTEM_PEER;
use crate::{Batch, Book, StoreError, params};

const GET: &str = "SELECT number, mixed FROM conversation WHERE low = $1 AND high = $2";
const BY_NUMBER: &str = "SELECT app, low, high FROM conversation WHERE number = $1";
const NEXT: &str = "UPDATE counter SET value = value + 1 WHERE name = 'conversation' RETURNING value";
const ADD: &str = "INSERT INTO conversation (number, app, low, high, mixed)
    SELECT value, CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), 0
    FROM counter WHERE name = 'conversation' ON CONFLICT (low, high) DO NOTHING";
const ADD_CONTACT: &str =
    "INSERT INTO contact (account, conversation, peer, read_sequence, read_time, cleared_sequence,
    left_position, pinned, mute, marks, custom_mark, changed)
    SELECT CAST($1 AS BIGINT), number, CAST($2 AS BIGINT), 0, 0, 0, 0, 0, 0, 0, '', 0
    FROM conversation WHERE low = $3 AND high = $4 ON CONFLICT (account, conversation) DO NOTHING";
const SET_MIXED: &str = "UPDATE conversation SET mixed = 1 WHERE number = $1";

/// A conversation as stored.
#[derive(Clone, Copy, Debug)]
pub struct ConversationRow {
    /// Its number in the log.
    pub number: i64,
    /// Has imports whose times do not grow with their sequences.
    pub mixed: bool,
}

/// Adds the making of a conversation and of its contacts, each an account and its peer; those that exist stay.
pub(super) fn add(batch: &mut Batch, app: i64, (low, high): (i64, i64), contacts: &[(i64, i64)]) {
    batch.run(NEXT, params![]);
    batch.run(ADD, params![app, low, high]);
    for (account, peer) in contacts {
        batch.run(ADD_CONTACT, params![*account, *peer, low, high]);
    }
}

impl Book {
    /// The conversation of two accounts, if they ever had one. `low` is the smaller number.
    pub async fn conversation(&self, low: i64, high: i64) -> Result<Option<ConversationRow>, StoreError> {
        let row = self.first(GET, params![low, high]).await?;
        row.map(|row| Ok(ConversationRow { number: row.int(0)?, mixed: row.bool(1)? })).transpose()
    }

    /// Whose conversation has a number: the app and the two accounts, the smaller number first.
    pub async fn conversation_numbered(&self, number: i64) -> Result<Option<(i64, i64, i64)>, StoreError> {
        let row = self.first(BY_NUMBER, params![number]).await?;
        row.map(|row| Ok((row.int(0)?, row.int(1)?, row.int(2)?))).transpose()
    }

    /// Makes the conversation of two accounts and the contact of each, and returns it.
    pub async fn add_conversation(&self, app: i64, low: i64, high: i64) -> Result<ConversationRow, StoreError> {
        let mut batch = Batch::new();
        add(&mut batch, app, (low, high), &[(low, high), (high, low)]);
        self.write(batch).await?;
        self.conversation(low, high).await?.ok_or(StoreError::Missing)
    }

    /// The conversation that holds the system notices of an account, made with its contact if there is none.
    pub async fn add_system_conversation(&self, app: i64, account: i64) -> Result<ConversationRow, StoreError> {
        if let Some(row) = self.conversation(SYSTEM_PEER, account).await? {
            return Ok(row);
        }
        let mut batch = Batch::new();
        add(&mut batch, app, (SYSTEM_PEER, account), &[(account, SYSTEM_PEER)]);
        self.write(batch).await?;
        self.conversation(SYSTEM_PEER, account).await?.ok_or(StoreError::Missing)
    }

    /// Remembers that times in the conversation no longer grow with sequences.
    pub async fn set_mixed(&self, number: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(SET_MIXED, params![number]);
        self.write(batch).await.map(drop)
    }
}
