//! Topics of communities: each is a conversation of its own, with a number like theirs.

use super::group_state;
use crate::{Batch, Book, Expect, Row, StoreError, params};

const COMMUNITY_OF: &str = "SELECT community FROM topic WHERE number = $1";
const ALL: &str =
    "SELECT number, community, topic_id, created, body FROM topic WHERE community = $1 ORDER BY created, number";
const BY_NUMBER: &str = "SELECT number, community, topic_id, created, body FROM topic WHERE number = $1";
const MUTES: &str = "SELECT t.number, s.account, a.user_id, s.until FROM topic t
    JOIN group_mute s ON s.conversation = t.number JOIN account a ON a.number = s.account
    WHERE t.community = $1 ORDER BY t.number, s.account";
const RECEIVE_OPTIONS: &str = "SELECT t.number, c.account, c.mute FROM topic t
    JOIN contact c ON c.conversation = t.number WHERE t.community = $1 AND c.mute <> 0 ORDER BY t.number, c.account";
const COMMUNITY: &str = "SELECT 1 FROM chat_group WHERE number = $1 AND app = $2";
const NEXT: &str = "UPDATE counter SET value = value + 1 WHERE name = 'conversation' RETURNING value";
const ADD: &str = "INSERT INTO topic (number, community, topic_id, created, body)
    SELECT value, $1, $2, $3, $4 FROM counter WHERE name = 'conversation'";
const CHANGE: &str = "UPDATE topic SET body = $1 WHERE number = $2";
const REMOVE: &str = "DELETE FROM topic WHERE number = $1";

/// A topic as stored.
#[derive(Clone, Debug)]
pub struct TopicRow {
    /// Its number in the log.
    pub number: i64,
    /// The number of its group.
    pub community: i64,
    /// Its name within the group.
    pub topic_id: String,
    /// Milliseconds since 1970.
    pub created: i64,
    /// JSON of what else is set.
    pub body: Vec<u8>,
}

fn topic(row: &Row) -> Result<TopicRow, StoreError> {
    Ok(TopicRow {
        number: row.int(0)?,
        community: row.int(1)?,
        topic_id: row.text(2)?,
        created: row.int(3)?,
        body: row.blob(4)?,
    })
}

/// Adds the removal of a community's topics. Comes after the removal of all that is found through them.
pub(super) fn forget(batch: &mut Batch, community: i64) {
    const TOPICS: &str = "DELETE FROM topic WHERE community = $1";
    batch.run(TOPICS, params![community]);
}

impl Book {
    /// The community of a topic.
    pub async fn community_of(&self, topic: i64) -> Result<Option<i64>, StoreError> {
        self.first(COMMUNITY_OF, params![topic]).await?.map(|row| row.int(0)).transpose()
    }

    /// The topics of a community, oldest first.
    pub async fn topics(&self, community: i64) -> Result<Vec<TopicRow>, StoreError> {
        self.read(ALL, params![community]).await?.iter().map(topic).collect()
    }

    /// The topic of that number.
    pub async fn topic_by_number(&self, number: i64) -> Result<Option<TopicRow>, StoreError> {
        self.first(BY_NUMBER, params![number]).await?.as_ref().map(topic).transpose()
    }

    /// Who is muted in a community's topics, also those whose time is over: `(topic, account, name, until)`.
    pub async fn topic_mutes(&self, community: i64) -> Result<Vec<(i64, i64, String, i64)>, StoreError> {
        let rows = self.read(MUTES, params![community]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?, row.text(2)?, row.int(3)?))).collect()
    }

    /// How messages of a community's topics arrive, where that was set: `(topic, account, mute)`; see
    /// [`MemberRow`](super::group::MemberRow) for the numbers.
    pub async fn topic_receive_options(&self, community: i64) -> Result<Vec<(i64, i64, i64)>, StoreError> {
        let rows = self.read(RECEIVE_OPTIONS, params![community]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?, row.int(2)?))).collect()
    }

    /// Makes a topic and returns its number; a conflict if the community has one of that name, missing if the app has
    /// no such community.
    pub async fn add_topic(
        &self,
        app: i64,
        community: i64,
        topic_id: &str,
        created: i64,
        body: Vec<u8>,
    ) -> Result<i64, StoreError> {
        let mut batch = Batch::new();
        batch.must(COMMUNITY, params![community, app], Expect::Rows(1));
        batch.must(NEXT, params![], Expect::Rows(1));
        batch.must(ADD, params![community, topic_id, created, body], Expect::Rows(1));
        let rows = match self.write(batch).await {
            Err(StoreError::Conflict { step: 0 }) => return Err(StoreError::Missing),
            written => written?,
        };
        rows.get(1).and_then(|rows| rows.first()).ok_or(StoreError::Missing)?.int(0)
    }

    /// Replaces a topic's body; a conflict if the topic is gone.
    pub async fn change_topic(&self, number: i64, body: Vec<u8>) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(CHANGE, params![body, number], Expect::Rows(1));
        self.write(batch).await.map(drop)
    }

    /// Removes a topic and all that anybody keeps about it. Its messages stay in the log.
    pub async fn remove_topic(&self, number: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        group_state::forget_conversation(&mut batch, number);
        batch.run(REMOVE, params![number]);
        self.write(batch).await.map(drop)
    }
}
