//! Pushes to all users of an app, and the tags and attributes by which they choose users.

use std::ops::Deref;

use super::contact::SYSTEM_PEER;
use crate::{Batch, Book, Expect, Row, StoreError, params};

macro_rules! columns {
    () => {
        "number, app, task, kind, sender, sender_id, named, created, lifetime, audience, body, state, until, reached,
        total, finished, started, ended"
    };
}

const NEXT: &str = "UPDATE counter SET value = value + 1 WHERE name = 'push' RETURNING value";
const ADD: &str = concat!(
    "INSERT INTO push_job (",
    columns!(),
    ") SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, value, 0, 0, 0, 0, 0 FROM counter WHERE name = 'account'"
);
const GET: &str = concat!("SELECT ", columns!(), " FROM push_job WHERE number = $1");
const BY_TASK: &str = concat!("SELECT ", columns!(), " FROM push_job WHERE app = $1 AND task = $2");
const NEWEST: &str =
    concat!("SELECT ", columns!(), " FROM push_job WHERE app = $1 AND number < $2 ORDER BY number DESC LIMIT $3");
const OPEN: &str = "SELECT number FROM push_job WHERE state < 2 ORDER BY number";
const REPEATED: &str = "SELECT task FROM push_job WHERE app = $1 AND kind = $2 AND named = $3 AND created > $4
    ORDER BY number DESC LIMIT 1";
const MADE_SINCE: &str = "SELECT COUNT(*), COALESCE(MAX(created), 0) FROM push_job
    WHERE app = $1 AND kind = $2 AND created >= $3";
const BEGIN: &str = "UPDATE push_job SET state = 1, total = $1, started = $2 WHERE number = $3 AND state = 0";
const ADVANCE: &str = "UPDATE push_job SET reached = $1, finished = finished + $2 WHERE number = $3 AND reached < $1";
const CHANGE: &str = "UPDATE push_job SET state = $1, ended = $2 WHERE number = $3 AND state = $4";
const EMPTY: &str = "UPDATE push_job SET body = $1 WHERE number = $2";
const PRUNE: &str = "DELETE FROM push_job WHERE app = $1 AND created < $2 AND state > 1";
const PRUNE_ALL: &str = "DELETE FROM push_job WHERE created < $1 AND state > 1";

const COUNT: &str = "SELECT COUNT(*) FROM account WHERE app = $1 AND robot = 0 AND number <= $2";
const RECEIVERS: &str = "SELECT number, user_id FROM account
    WHERE app = $1 AND robot = 0 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4";
const TAGS_BETWEEN: &str = "SELECT account, tag FROM push_tag WHERE account >= $1 AND account <= $2";
const VALUES_BETWEEN: &str = "SELECT account, slot, value FROM push_attribute WHERE account >= $1 AND account <= $2";

const SYSTEM: &str = "SELECT high, number FROM conversation WHERE low = -1 AND high >= $1 AND high <= $2";
const SYSTEMS: &str = "SELECT high, number FROM conversation WHERE low = -1 AND high > $1 ORDER BY high LIMIT $2";
const MARK_READ: &str = "UPDATE contact SET read_sequence = $1, read_time = $2
    WHERE account = $3 AND conversation = $4 AND read_sequence < $1";

const NAMES: &str = "SELECT slot, name FROM push_attribute_name WHERE app = $1 ORDER BY slot";
const SET_NAME: &str = "INSERT INTO push_attribute_name (app, slot, name) VALUES ($1, $2, $3)
    ON CONFLICT (app, slot) DO UPDATE SET name = EXCLUDED.name";
const TAGS: &str = "SELECT tag FROM push_tag WHERE account = $1 ORDER BY tag";
const ADD_TAG: &str = "INSERT INTO push_tag (account, tag) VALUES ($1, $2) ON CONFLICT (account, tag) DO NOTHING";
const REMOVE_TAG: &str = "DELETE FROM push_tag WHERE account = $1 AND tag = $2";
const REMOVE_TAGS: &str = "DELETE FROM push_tag WHERE account = $1";
const VALUES: &str = "SELECT slot, value FROM push_attribute WHERE account = $1 ORDER BY slot";
const SET_VALUE: &str = "INSERT INTO push_attribute (account, slot, value) VALUES ($1, $2, $3)
    ON CONFLICT (account, slot) DO UPDATE SET value = EXCLUDED.value";
const REMOVE_VALUE: &str = "DELETE FROM push_attribute WHERE account = $1 AND slot = $2";

/// A push to be made.
#[derive(Clone, Debug)]
pub struct NewPush {
    /// Its number, from [`Book::next_push`]: unique over all apps, and growing.
    pub number: i64,
    /// The app.
    pub app: i64,
    /// Its name for the app's backend, unique in the app.
    pub task: String,
    /// By which command it was made: 0 `im_push`, 1 `timpush/batch`, 2 `timpush/push`.
    pub kind: i64,
    /// The account of the shown sender, 0 when it has none.
    pub sender: i64,
    /// The shown sender.
    pub sender_id: String,
    /// Chosen by the app's backend.
    pub random: i64,
    /// Milliseconds since 1970.
    pub created: i64,
    /// How long it waits for who is away, in seconds; 0 is not at all.
    pub lifetime: i64,
    /// JSON of `model::push::Audience`.
    pub audience: Vec<u8>,
    /// The members of the message.
    pub body: Vec<u8>,
    /// See `model::PushState`.
    pub state: i64,
}

/// A push as stored.
#[derive(Clone, Debug)]
pub struct PushRow {
    /// What it was made of; the members of the message are empty once it was withdrawn, and the state is the present one.
    pub new: NewPush,
    /// It is for accounts up to this number, those there were when it was made.
    pub until: i64,
    /// The last account that had its turn.
    pub reached: i64,
    /// How many accounts it is for; 0 before it began.
    pub total: i64,
    /// How many of these had their turn.
    pub finished: i64,
    /// Milliseconds since 1970; 0 before it began.
    pub started: i64,
    /// Milliseconds since 1970; 0 before it ended.
    pub ended: i64,
}

impl Deref for PushRow {
    type Target = NewPush;

    fn deref(&self) -> &NewPush {
        &self.new
    }
}

fn push(row: &Row) -> Result<PushRow, StoreError> {
    let new = NewPush {
        number: row.int(0)?,
        app: row.int(1)?,
        task: row.text(2)?,
        kind: row.int(3)?,
        sender: row.int(4)?,
        sender_id: row.text(5)?,
        random: row.int(6)?,
        created: row.int(7)?,
        lifetime: row.int(8)?,
        audience: row.blob(9)?,
        body: row.blob(10)?,
        state: row.int(11)?,
    };
    Ok(PushRow {
        new,
        until: row.int(12)?,
        reached: row.int(13)?,
        total: row.int(14)?,
        finished: row.int(15)?,
        started: row.int(16)?,
        ended: row.int(17)?,
    })
}

/// Adds the removal of an account's tags and attributes.
pub(super) fn forget(batch: &mut Batch, account: i64) {
    const VALUES: &str = "DELETE FROM push_attribute WHERE account = $1";
    for sql in [REMOVE_TAGS, VALUES] {
        batch.run(sql, params![account]);
    }
}

impl Book {
    /// Takes the next push's number.
    pub async fn next_push(&self) -> Result<i64, StoreError> {
        let mut batch = Batch::new();
        batch.must(NEXT, params![], Expect::Rows(1));
        let rows = self.write(batch).await?;
        rows.first().and_then(|rows| rows.first()).ok_or(StoreError::Missing)?.int(0)
    }

    /// Adds a push for the accounts there are now, and forgets those of the app that ended and are older than a time.
    pub async fn add_push(&self, new: NewPush, forget_before: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(PRUNE, params![new.app, forget_before]);
        let values = params![
            new.number,
            new.app,
            new.task,
            new.kind,
            new.sender,
            new.sender_id,
            new.random,
            new.created,
            new.lifetime,
            new.audience,
            new.body,
            new.state,
        ];
        batch.must(ADD, values, Expect::Rows(1));
        self.write(batch).await.map(drop)
    }

    /// The push of that number.
    pub async fn push(&self, number: i64) -> Result<Option<PushRow>, StoreError> {
        self.first(GET, params![number]).await?.as_ref().map(push).transpose()
    }

    /// The push of that name.
    pub async fn push_named(&self, app: i64, task: &str) -> Result<Option<PushRow>, StoreError> {
        self.first(BY_TASK, params![app, task]).await?.as_ref().map(push).transpose()
    }

    /// Pushes of an app with smaller numbers, newest first.
    pub async fn pushes(&self, app: i64, before: i64, limit: i64) -> Result<Vec<PushRow>, StoreError> {
        self.read(NEWEST, params![app, before, limit]).await?.iter().map(push).collect()
    }

    /// The pushes that wait or run, oldest first.
    pub async fn open_pushes(&self) -> Result<Vec<i64>, StoreError> {
        self.read(OPEN, params![]).await?.iter().map(|row| row.int(0)).collect()
    }

    /// The newest push with that random number after a time.
    pub async fn repeated_push(
        &self,
        app: i64,
        kind: i64,
        random: i64,
        after: i64,
    ) -> Result<Option<String>, StoreError> {
        self.first(REPEATED, params![app, kind, random, after]).await?.map(|row| row.text(0)).transpose()
    }

    /// How many pushes of a kind an app made since a time, and when the last of them.
    pub async fn pushes_since(&self, app: i64, kind: i64, since: i64) -> Result<(i64, i64), StoreError> {
        let row = self.first(MADE_SINCE, params![app, kind, since]).await?.ok_or(StoreError::Missing)?;
        Ok((row.int(0)?, row.int(1)?))
    }

    /// Begins a push; a conflict when it does not wait.
    pub async fn begin_push(&self, number: i64, total: i64, now: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(BEGIN, params![total, now, number], Expect::Rows(1));
        self.write(batch).await.map(drop)
    }

    /// Notes that accounts up to one had their turn, and how many those were.
    pub async fn advance_push(&self, number: i64, reached: i64, turns: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(ADVANCE, params![reached, turns, number]);
        self.write(batch).await.map(drop)
    }

    /// Moves a push from one state to another, ended at a time or, with 0, not ended; a conflict when it is not in the
    /// first. `emptied`: what it says is forgotten.
    pub async fn change_push(
        &self,
        number: i64,
        (from, to): (i64, i64),
        ended: i64,
        emptied: bool,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(CHANGE, params![to, ended, number, from], Expect::Rows(1));
        if emptied {
            batch.run(EMPTY, params![Vec::<u8>::new(), number]);
        }
        self.write(batch).await.map(drop)
    }

    /// How many users an app has, of accounts up to a number.
    pub async fn receiver_count(&self, app: i64, until: i64) -> Result<i64, StoreError> {
        self.first(COUNT, params![app, until]).await?.ok_or(StoreError::Missing)?.int(0)
    }

    /// Users of an app, number and name, with `after < number <= until`, in order.
    pub async fn receivers(
        &self,
        app: i64,
        after: i64,
        until: i64,
        limit: i64,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let rows = self.read(RECEIVERS, params![app, after, until, limit]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect()
    }

    /// The tags of the accounts between two numbers, these included.
    pub async fn tags_between(&self, first: i64, last: i64) -> Result<Vec<(i64, String)>, StoreError> {
        let rows = self.read(TAGS_BETWEEN, params![first, last]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect()
    }

    /// The attributes `(account, slot, value)` of the accounts between two numbers, these included.
    pub async fn attributes_between(&self, first: i64, last: i64) -> Result<Vec<(i64, i64, String)>, StoreError> {
        let rows = self.read(VALUES_BETWEEN, params![first, last]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?, row.text(2)?))).collect()
    }

    /// The conversations `(account, conversation)` that accounts have with the system, made where there are none;
    /// also of other accounts between the first and the last. `accounts` is in order.
    pub async fn system_conversations(&self, app: i64, accounts: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
        let (Some(first), Some(last)) = (accounts.first(), accounts.last()) else { return Ok(Vec::new()) };
        let read = async || {
            let rows = self.read(SYSTEM, params![*first, *last]).await?;
            let pairs = rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?)));
            let mut pairs = pairs.collect::<Result<Vec<(i64, i64)>, StoreError>>()?;
            pairs.sort_unstable();
            Ok::<_, StoreError>(pairs)
        };
        let known = read().await?;
        let mut batch = Batch::new();
        for account in accounts {
            if known.binary_search_by_key(account, |(account, _)| *account).is_err() {
                super::conversation::add(&mut batch, app, (SYSTEM_PEER, *account), &[(*account, SYSTEM_PEER)]);
            }
        }
        if batch.is_empty() {
            return Ok(known);
        }
        self.write(batch).await?;
        read().await
    }

    /// Conversations with the system of accounts above a number: `(account, conversation)`, by account.
    pub async fn systems_after(&self, after: i64, limit: i64) -> Result<Vec<(i64, i64)>, StoreError> {
        let rows = self.read(SYSTEMS, params![after, limit]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
    }

    /// Forgets the pushes of all apps that were made before a time and have ended.
    pub async fn forget_pushes(&self, before: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(PRUNE_ALL, params![before]);
        self.write(batch).await.map(drop)
    }

    /// Moves read marks forward: `(account, conversation, sequence, second)`.
    pub async fn mark_read(&self, marks: &[(i64, i64, i64, i64)]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for (account, conversation, sequence, second) in marks {
            batch.run(MARK_READ, params![*sequence, *second, *account, *conversation]);
        }
        self.write(batch).await.map(drop)
    }

    /// The names of an app's attributes, by slot.
    pub async fn attribute_names(&self, app: i64) -> Result<Vec<(i64, String)>, StoreError> {
        let rows = self.read(NAMES, params![app]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect()
    }

    /// Names slots; the other slots stay as they are.
    pub async fn set_attribute_names(&self, app: i64, names: &[(i64, String)]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for (slot, name) in names {
            batch.run(SET_NAME, params![app, *slot, name]);
        }
        self.write(batch).await.map(drop)
    }

    /// An account's tags.
    pub async fn push_tags(&self, account: i64) -> Result<Vec<String>, StoreError> {
        self.read(TAGS, params![account]).await?.iter().map(|row| row.text(0)).collect()
    }

    /// Gives accounts tags and takes others away, all or none: `(account, tag, whether it is given)`.
    pub async fn change_tags(&self, changes: &[(i64, &str, bool)]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for (account, tag, given) in changes {
            batch.run(if *given { ADD_TAG } else { REMOVE_TAG }, params![*account, *tag]);
        }
        self.write(batch).await.map(drop)
    }

    /// Takes all tags away from accounts.
    pub async fn clear_tags(&self, accounts: &[i64]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for account in accounts {
            batch.run(REMOVE_TAGS, params![*account]);
        }
        self.write(batch).await.map(drop)
    }

    /// An account's attributes, by slot.
    pub async fn attributes(&self, account: i64) -> Result<Vec<(i64, String)>, StoreError> {
        let rows = self.read(VALUES, params![account]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect()
    }

    /// Sets attributes of accounts or, without a value, removes them, all or none: `(account, slot, value)`.
    pub async fn change_attributes(&self, changes: &[(i64, i64, Option<&str>)]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for (account, slot, value) in changes {
            match value {
                Some(value) => batch.run(SET_VALUE, params![*account, *slot, *value]),
                None => batch.run(REMOVE_VALUE, params![*account, *slot]),
            };
        }
        self.write(batch).await.map(drop)
    }
}
