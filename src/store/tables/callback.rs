//! What apps' own servers are to be told (callbacks after events), and would not take.

use crate::{Batch, Book, Row, StoreError, params};

macro_rules! columns {
    () => {
        "number, app, lane, command, query, body, created, failure"
    };
}

const NEXT: &str = "UPDATE counter SET value = value + 1 WHERE name = 'callback' RETURNING value";
const ADD: &str = "INSERT INTO callback (number, app, lane, command, query, body, created, state, failure)
    SELECT value, CAST($1 AS BIGINT), CAST($2 AS BIGINT), $3, $4, $5, CAST($6 AS BIGINT), CAST($7 AS BIGINT), $8
    FROM counter WHERE name = 'callback'";
const WAITING: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callback WHERE app = $1 AND state = 0 AND number > $2 ORDER BY number LIMIT $3"
);
const NEWEST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM callback WHERE app = $1 AND state = $2 AND number < $3 ORDER BY number DESC LIMIT $4"
);
const COUNT: &str = "SELECT COUNT(*) FROM callback WHERE app = $1 AND state = $2";
const APPS: &str = "SELECT DISTINCT app FROM callback WHERE state = 0";
const REMOVE: &str = "DELETE FROM callback WHERE number = $1";
const FAIL: &str = "UPDATE callback SET state = 1, failure = $1 WHERE number = $2";
const REPLAY: &str = "UPDATE callback SET state = 0, failure = '' WHERE app = $1 AND number = $2 AND state = 1";
const REPLAY_ALL: &str = "UPDATE callback SET state = 0, failure = '' WHERE app = $1 AND state = 1";
const DISCARD: &str = "DELETE FROM callback WHERE app = $1 AND number = $2 AND state = 1";
const DISCARD_ALL: &str = "DELETE FROM callback WHERE app = $1 AND state = 1";
const PRUNE: &str = "DELETE FROM callback WHERE state = 1 AND created < $1";
const POSITION: &str = "SELECT value FROM counter WHERE name = 'callback_position'";
const SET_POSITION: &str = "UPDATE counter SET value = $1 WHERE name = 'callback_position' AND value < $1";

/// A callback to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCallback {
    /// The app.
    pub app: i64,
    /// Those of one lane go in order.
    pub lane: i64,
    /// The command.
    pub command: String,
    /// What the address says of where the event came from.
    pub query: String,
    /// JSON.
    pub body: Vec<u8>,
    /// Milliseconds since 1970.
    pub created: i64,
    /// Why it is given up already; it is not sent then.
    pub failure: Option<String>,
}

/// A callback that waits or was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackRow {
    /// Its number, growing.
    pub number: i64,
    /// The app.
    pub app: i64,
    /// Those of one lane go in order.
    pub lane: i64,
    /// The command.
    pub command: String,
    /// What the address says of where the event came from.
    pub query: String,
    /// JSON.
    pub body: Vec<u8>,
    /// Milliseconds since 1970.
    pub created: i64,
    /// Why it was given up; empty while it waits.
    pub failure: String,
}

/// What has become of callbacks, to be written together.
#[derive(Clone, Debug, Default)]
pub struct Settlement {
    /// New ones.
    pub new: Vec<NewCallback>,
    /// Those that were taken.
    pub done: Vec<i64>,
    /// Those that were given up, with why.
    pub failed: Vec<(i64, String)>,
    /// Up to where nothing is left that only the log has.
    pub position: Option<i64>,
}

impl Settlement {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.done.is_empty() && self.failed.is_empty() && self.position.is_none()
    }
}

fn callback(row: &Row) -> Result<CallbackRow, StoreError> {
    Ok(CallbackRow {
        number: row.int(0)?,
        app: row.int(1)?,
        lane: row.int(2)?,
        command: row.text(3)?,
        query: row.text(4)?,
        body: row.blob(5)?,
        created: row.int(6)?,
        failure: row.text(7)?,
    })
}

/// Adds the making of callbacks; the first statement of each returns its number.
pub(super) fn add(batch: &mut Batch, new: &[NewCallback]) {
    for one in new {
        let state = i64::from(one.failure.is_some());
        let failure = one.failure.as_deref().unwrap_or_default();
        batch.run(NEXT, params![]);
        batch.run(
            ADD,
            params![one.app, one.lane, &one.command, &one.query, one.body.clone(), one.created, state, failure],
        );
    }
}

impl Book {
    /// Adds callbacks to be made and returns their numbers, which grow.
    pub async fn add_callbacks(&self, new: &[NewCallback]) -> Result<Vec<i64>, StoreError> {
        self.settle_callbacks(&Settlement { new: new.to_vec(), ..Settlement::default() }).await
    }

    /// Writes what has become of callbacks and returns the numbers of the new ones.
    pub async fn settle_callbacks(&self, settlement: &Settlement) -> Result<Vec<i64>, StoreError> {
        let mut batch = Batch::new();
        add(&mut batch, &settlement.new);
        for number in &settlement.done {
            batch.run(REMOVE, params![*number]);
        }
        for (number, failure) in &settlement.failed {
            batch.run(FAIL, params![failure, *number]);
        }
        if let Some(position) = settlement.position {
            batch.run(SET_POSITION, params![position]);
        }
        let returned = self.write(batch).await?;
        let numbers = returned.iter().step_by(2).take(settlement.new.len());
        numbers.map(|rows| rows.first().ok_or(StoreError::Missing)?.int(0)).collect()
    }

    /// Callbacks of an app that wait, with greater numbers, in order.
    pub async fn waiting_callbacks(&self, app: i64, after: i64, limit: i64) -> Result<Vec<CallbackRow>, StoreError> {
        self.read(WAITING, params![app, after, limit]).await?.iter().map(callback).collect()
    }

    /// Callbacks of an app that were given up (`dead`) or wait, with smaller numbers, newest first.
    pub async fn kept_callbacks(
        &self,
        app: i64,
        dead: bool,
        before: i64,
        limit: i64,
    ) -> Result<Vec<CallbackRow>, StoreError> {
        self.read(NEWEST, params![app, i64::from(dead), before, limit]).await?.iter().map(callback).collect()
    }

    /// How many callbacks of an app wait, and how many were given up.
    pub async fn callback_counts(&self, app: i64) -> Result<(i64, i64), StoreError> {
        let count = async |state: i64| self.first(COUNT, params![app, state]).await?.ok_or(StoreError::Missing)?.int(0);
        Ok((count(0).await?, count(1).await?))
    }

    /// The apps that have callbacks waiting.
    pub async fn apps_with_callbacks(&self) -> Result<Vec<i64>, StoreError> {
        self.read(APPS, params![]).await?.iter().map(|row| row.int(0)).collect()
    }

    /// Lets callbacks that were given up wait again; without numbers all of the app's.
    pub async fn replay_callbacks(&self, app: i64, numbers: Option<&[i64]>) -> Result<(), StoreError> {
        self.each_dead(app, numbers, (REPLAY, REPLAY_ALL)).await
    }

    /// Throws callbacks away that were given up; without numbers all of the app's.
    pub async fn discard_callbacks(&self, app: i64, numbers: Option<&[i64]>) -> Result<(), StoreError> {
        self.each_dead(app, numbers, (DISCARD, DISCARD_ALL)).await
    }

    async fn each_dead(
        &self,
        app: i64,
        numbers: Option<&[i64]>,
        (one, all): (&'static str, &'static str),
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        match numbers {
            Some(numbers) => {
                for number in numbers {
                    batch.run(one, params![app, *number]);
                }
            }
            None => {
                batch.run(all, params![app]);
            }
        }
        self.write(batch).await.map(drop)
    }

    /// Throws away what was given up before a time.
    pub async fn prune_callbacks(&self, before: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(PRUNE, params![before]);
        self.write(batch).await.map(drop)
    }

    /// Up to where nothing is left that only the log has; -1 before it was looked.
    pub async fn callback_position(&self) -> Result<i64, StoreError> {
        self.first(POSITION, params![]).await?.ok_or(StoreError::Missing)?.int(0)
    }
}
