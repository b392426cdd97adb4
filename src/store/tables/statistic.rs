//! What is counted: sums, peaks and sets by the hour, and the days that have ended.
//!
//! What the book itself writes (accounts, sign-ins, groups, members, friends) is counted by statements in the same
//! batch. What comes from elsewhere, stored messages above all, is written together with the position of the log up to
//! which they are counted, so that each is counted once, whatever is cut off and whoever else counts.

use model::statistic::{DAY_HOURS, Metric, hour_of};

use crate::{Batch, Book, Expect, Row, StoreError, Value, params};

const STATE: &str = "SELECT version, position, closed FROM statistic_state WHERE id = 1";
const BEGIN: &str = "UPDATE statistic_state SET version = version + 1, position = $1, closed = $2
    WHERE id = 1 AND version = $3";
const MOVE: &str = "UPDATE statistic_state SET version = version + 1, position = $1 WHERE id = 1 AND version = $2";
const CLOSE: &str = "UPDATE statistic_state SET version = version + 1, closed = $1 WHERE id = 1 AND version = $2";

const ADD: &str = "INSERT INTO statistic_sum (app, hour, metric, slot, value) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (app, hour, metric, slot) DO UPDATE SET value = statistic_sum.value + EXCLUDED.value";
const RAISE: &str = "INSERT INTO statistic_peak (app, hour, value) VALUES ($1, $2, $3)
    ON CONFLICT (app, hour) DO UPDATE SET value = EXCLUDED.value WHERE statistic_peak.value < EXCLUDED.value";
const MEMBERS: &str = "SELECT members FROM statistic_set
    WHERE app = $1 AND hour = $2 AND span = $3 AND metric = $4 AND chunk = $5";
const PUT: &str = "INSERT INTO statistic_set (app, hour, span, metric, chunk, size, members)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (app, hour, span, metric, chunk)
    DO UPDATE SET size = EXCLUDED.size, members = EXCLUDED.members";

const SUMS: &str = "SELECT hour, metric, CAST(SUM(value) AS BIGINT) FROM statistic_sum
    WHERE app = $1 AND hour >= $2 AND hour < $3 GROUP BY hour, metric";
const PEAKS: &str = "SELECT hour, value FROM statistic_peak WHERE app = $1 AND hour >= $2 AND hour < $3";
const SIZES: &str = "SELECT hour, metric, CAST(SUM(size) AS BIGINT) FROM statistic_set
    WHERE app = $1 AND hour >= $2 AND hour < $3 AND span = $4 GROUP BY hour, metric";
const ALL_SUMS: &str = "SELECT hour, metric, CAST(SUM(value) AS BIGINT) FROM statistic_sum
    WHERE hour >= $1 AND hour < $2 GROUP BY hour, metric";
const ALL_SIZES: &str = "SELECT hour, metric, CAST(SUM(size) AS BIGINT) FROM statistic_set
    WHERE hour >= $1 AND hour < $2 AND span = $3 GROUP BY hour, metric";
const SETS: &str = "SELECT chunk, members FROM statistic_set
    WHERE app = $1 AND hour = $2 AND span = $3 AND metric = $4";

const DAYS: &str = "SELECT hour, metric, value FROM statistic_day WHERE app = $1 AND hour >= $2 AND hour < $3";
const BEFORE: &str = "SELECT value FROM statistic_day WHERE app = $1 AND metric = $2 AND hour < $3
    ORDER BY hour DESC LIMIT 1";
const KEEP: &str = "INSERT INTO statistic_day (app, hour, metric, value) VALUES ($1, $2, $3, $4)
    ON CONFLICT (app, metric, hour) DO UPDATE SET value = EXCLUDED.value";
const APPS: &str = "SELECT app FROM statistic_sum WHERE hour >= $1 AND hour < $2
    UNION SELECT app FROM statistic_set WHERE hour >= $1 AND hour < $2
    UNION SELECT app FROM statistic_peak WHERE hour >= $1 AND hour < $2";
const FORGET: [&str; 3] = [
    "DELETE FROM statistic_sum WHERE hour < $1",
    "DELETE FROM statistic_peak WHERE hour < $1",
    "DELETE FROM statistic_set WHERE hour < $1",
];

/// So many events of one kind are counted at once by writers that do not wait for each other.
const SLOTS: i64 = 16;
/// Numbers in one bitmap.
pub const CHUNK: i64 = 1 << 16;

/// Where counting has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatisticState {
    /// Grows with each writing.
    pub version: i64,
    /// The log is counted up to this position; -1 before anything was.
    pub position: i64,
    /// Days that begin before this hour have ended.
    pub closed: i64,
}

/// Names a bitmap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetKey {
    /// The app.
    pub app: i64,
    /// The hour, or the one the day begins with.
    pub hour: i64,
    /// In hours: 1 or 24.
    pub span: i64,
    /// What is counted.
    pub metric: Metric,
    /// Which numbers: the number divided by [`CHUNK`].
    pub chunk: i64,
}

/// A bitmap as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetRow {
    /// Its name.
    pub key: SetKey,
    /// How many are in it.
    pub size: i64,
    /// The bitmap; the book never looks inside.
    pub members: Vec<u8>,
}

/// What is added by one writing.
#[derive(Clone, Debug, Default)]
pub struct StatisticWrite {
    /// App, hour, metric, how many.
    pub sums: Vec<(i64, i64, Metric, i64)>,
    /// App, hour, the value that was reached.
    pub peaks: Vec<(i64, i64, i64)>,
    /// Whole bitmaps that take the place of those there are.
    pub sets: Vec<SetRow>,
}

/// A number: hour, metric, value.
pub type Counted = (i64, Metric, i64);

/// Adds the counting of `count` events to the batch that makes them happen.
pub(super) fn count(batch: &mut Batch, (app, now, slot): (i64, i64, i64), metric: Metric, count: i64) {
    batch.run(ADD, params![app, hour_of(now), metric.number(), slot.rem_euclid(SLOTS), count]);
}

/// The same where the batch itself knows whether and of which app something happens: `sql` is one of the statements
/// below, with the hour, the metric and the slot as its first parameters.
pub(super) fn count_by(
    batch: &mut Batch,
    sql: &'static str,
    (now, slot): (i64, i64),
    metric: Metric,
    more: Vec<Value>,
) {
    let mut values = params![hour_of(now), metric.number(), slot.rem_euclid(SLOTS)];
    values.extend(more);
    batch.run(sql, values);
}

macro_rules! count_rows {
    ($($name:ident $doc:literal $what:literal;)+) => {
        $(#[doc = $doc]
        pub(super) const $name: &str = concat!(
            "INSERT INTO statistic_sum (app, hour, metric, slot, value)
            SELECT app, CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), ", $what,
            " ON CONFLICT (app, hour, metric, slot) DO UPDATE SET value = statistic_sum.value + EXCLUDED.value"
        );)+
    };
}

count_rows! {
    NEW_ACCOUNT "The account of an app and a name, if this batch has just made it."
        "1 FROM account WHERE app = $4 AND user_id = $5
            AND number = (SELECT value FROM counter WHERE name = 'account')";
    ACCOUNT "The account of a number." "1 FROM account WHERE number = $4";
    GROUP "So many in the group of a number." "CAST($4 AS BIGINT) FROM chat_group WHERE number = $5";
    STRANGERS "The pair of two accounts, unless they have anything to do with each other."
        "1 FROM account WHERE number = $4 AND NOT EXISTS (SELECT 1 FROM friend
            WHERE account = $4 AND peer = $5 OR account = $5 AND peer = $4)";
    LAST_FRIENDSHIP "The pair of two accounts, if only the first has the other in its list."
        "1 FROM account WHERE number = $4
            AND EXISTS (SELECT 1 FROM friend WHERE account = $4 AND peer = $5)
            AND NOT EXISTS (SELECT 1 FROM friend WHERE account = $5 AND peer = $4)";
    FRIENDSHIPS "All pairs of an account."
        "(SELECT COUNT(*) FROM (SELECT peer FROM friend WHERE account = $4
            UNION SELECT account FROM friend WHERE peer = $4) AS peers) FROM account WHERE number = $4";
}

fn counted(row: &Row) -> Result<Option<Counted>, StoreError> {
    let (hour, number, value) = (row.int(0)?, row.int(1)?, row.int(2)?);
    // One of a later version.
    Ok(Metric::from_number(number).map(|metric| (hour, metric, value)))
}

fn all_counted(rows: &[Row]) -> Result<Vec<Counted>, StoreError> {
    rows.iter().filter_map(|row| counted(row).transpose()).collect()
}

impl Book {
    /// Where counting has come.
    pub async fn statistic_state(&self) -> Result<StatisticState, StoreError> {
        let row = self.first(STATE, params![]).await?.ok_or(StoreError::Missing)?;
        Ok(StatisticState { version: row.int(0)?, position: row.int(1)?, closed: row.int(2)? })
    }

    /// Says from where on it is counted; a conflict when somebody else wrote since.
    pub async fn begin_statistics(&self, from: &StatisticState) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(BEGIN, params![from.position, from.closed, from.version], Expect::Rows(1));
        self.write(batch).await.map(drop)
    }

    /// Adds to what is counted and moves the position; a conflict, and nothing is added, when somebody else wrote since.
    pub async fn add_statistics(&self, version: i64, position: i64, write: &StatisticWrite) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(MOVE, params![position, version], Expect::Rows(1));
        for (app, hour, metric, value) in &write.sums {
            // Events of the book have the slots that their numbers give them; this writer is alone by the version.
            batch.run(ADD, params![*app, *hour, metric.number(), 0, *value]);
        }
        for (app, hour, value) in &write.peaks {
            batch.run(RAISE, params![*app, *hour, *value]);
        }
        for SetRow { key: SetKey { app, hour, span, metric, chunk }, size, members } in &write.sets {
            batch.run(PUT, params![*app, *hour, *span, metric.number(), *chunk, *size, members.clone()]);
        }
        self.write(batch).await.map(drop)
    }

    /// A bitmap.
    pub async fn statistic_set(&self, key: SetKey) -> Result<Option<Vec<u8>>, StoreError> {
        let SetKey { app, hour, span, metric, chunk } = key;
        let row = self.first(MEMBERS, params![app, hour, span, metric.number(), chunk]).await?;
        row.map(|row| row.blob(0)).transpose()
    }

    /// The bitmaps of a day with their chunks.
    pub async fn statistic_sets(&self, app: i64, day: i64, metric: Metric) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
        let rows = self.read(SETS, params![app, day, DAY_HOURS, metric.number()]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.blob(1)?))).collect()
    }

    /// The sums of each hour from `from` to before `to`, of an app, or with app 0 of all.
    pub async fn statistic_sums(&self, app: i64, from: i64, to: i64) -> Result<Vec<Counted>, StoreError> {
        let rows = match app {
            0 => self.read(ALL_SUMS, params![from, to]).await?,
            app => self.read(SUMS, params![app, from, to]).await?,
        };
        all_counted(&rows)
    }

    /// The peaks of each hour, of an app or of the platform.
    pub async fn statistic_peaks(&self, app: i64, from: i64, to: i64) -> Result<Vec<(i64, i64)>, StoreError> {
        let rows = self.read(PEAKS, params![app, from, to]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
    }

    /// How many were in the sets of each hour (span 1) or day (span 24), of an app, or with app 0 of all.
    pub async fn statistic_sizes(&self, app: i64, from: i64, to: i64, span: i64) -> Result<Vec<Counted>, StoreError> {
        let rows = match app {
            0 => self.read(ALL_SIZES, params![from, to, span]).await?,
            app => self.read(SIZES, params![app, from, to, span]).await?,
        };
        all_counted(&rows)
    }

    /// The days that have ended, of an app or (0) of the platform; days on which nothing happened are missing.
    pub async fn statistic_days(&self, app: i64, from: i64, to: i64) -> Result<Vec<Counted>, StoreError> {
        all_counted(&self.read(DAYS, params![app, from, to]).await?)
    }

    /// The last value that a metric had on an ended day before an hour; 0 when there is none.
    pub async fn statistic_before(&self, app: i64, metric: Metric, hour: i64) -> Result<i64, StoreError> {
        let row = self.first(BEFORE, params![app, metric.number(), hour]).await?;
        row.map_or(Ok(0), |row| row.int(0))
    }

    /// The apps, and 0, for which anything was counted in these hours.
    pub async fn statistic_apps(&self, from: i64, to: i64) -> Result<Vec<i64>, StoreError> {
        self.read(APPS, params![from, to]).await?.iter().map(|row| row.int(0)).collect()
    }

    /// Ends the day before `closed` with the numbers of each app, and forgets hours before `forget`; a conflict when
    /// somebody else wrote since.
    pub async fn close_statistics(
        &self,
        version: i64,
        (day, closed, forget): (i64, i64, i64),
        values: &[(i64, Metric, i64)],
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(CLOSE, params![closed, version], Expect::Rows(1));
        for (app, metric, value) in values {
            batch.run(KEEP, params![*app, day, metric.number(), *value]);
        }
        for sql in FORGET {
            batch.run(sql, params![forget]);
        }
        self.write(batch).await.map(drop)
    }
}
