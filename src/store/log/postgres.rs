//! The log in PostgreSQL: questions.

use bytes::Bytes;
use deadpool_postgres::{Client, Pool};
use model::flags;
use tokio_postgres::{
    Row,
    types::{FromSql, ToSql},
};

use super::{
    postgres_schema::{MIGRATIONS, columns},
    postgres_write::{PostgresWriter, name, repeat},
    types::{Counted, Entry, Head, Key, Overview, TimeWindow, View, Window},
};
use crate::{Durability, StoreError, postgres};

const OLDEST_FIRST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM log_messages m WHERE m.conversation = $1 AND m.sequence > $2 AND m.sequence < $3 AND m.flags & $4 = 0
     ORDER BY m.sequence LIMIT $5"
);
const NEWEST_FIRST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM log_messages m WHERE m.conversation = $1 AND m.sequence > $2 AND m.sequence < $3 AND m.flags & $4 = 0
     ORDER BY m.sequence DESC LIMIT $5"
);
const AFTER: &str =
    concat!("SELECT ", columns!(), " FROM log_messages m WHERE m.position > $1 ORDER BY m.position LIMIT $2");
const COUNTED: &str = "SELECT position, conversation, time, sender, tally FROM log_messages
    WHERE position > $1 ORDER BY position LIMIT $2";
const BY_TIME: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM log_messages m
     WHERE m.conversation = $1 AND (m.time, m.sequence) > ($2, $3) AND (m.time, m.sequence) < ($4, $5)
     AND m.flags & $6 = 0 ORDER BY m.time, m.sequence LIMIT $7"
);
const BY_TIME_BACK: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM log_messages m
     WHERE m.conversation = $1 AND (m.time, m.sequence) > ($2, $3) AND (m.time, m.sequence) < ($4, $5)
     AND m.flags & $6 = 0 ORDER BY m.time DESC, m.sequence DESC LIMIT $7"
);
const FIND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM log_messages m WHERE m.repeat = $1 AND m.conversation = $2 AND m.name = $3 AND m.time >= $4 AND m.time <= $5
       AND ($6::bigint IS NULL OR m.sender = $6)
     ORDER BY m.sequence DESC LIMIT 1"
);
const HEADS: &str = "SELECT c.conversation, COALESCE(m.sequence, p.sequence), COALESCE(m.time, p.time),
        COALESCE(m.position, p.position)
    FROM unnest($1::bigint[]) AS c(conversation)
    LEFT JOIN LATERAL (SELECT sequence, time, position FROM log_messages
        WHERE conversation = c.conversation ORDER BY sequence DESC LIMIT 1) m ON TRUE
    LEFT JOIN log_purged p ON p.conversation = c.conversation
    WHERE COALESCE(m.sequence, p.sequence) IS NOT NULL";
/// Halves the conversation until one entry is left, on the server.
const LOCATE: &str = "WITH RECURSIVE search(low, high) AS (
        SELECT (SELECT sequence - 1 FROM log_messages WHERE conversation = $1 ORDER BY sequence LIMIT 1),
            (SELECT sequence FROM log_messages WHERE conversation = $1 ORDER BY sequence DESC LIMIT 1)
        UNION ALL
        SELECT CASE WHEN m.time <= $2 THEN m.sequence ELSE s.low END,
            CASE WHEN m.time <= $2 THEN s.high ELSE m.sequence - 1 END
        FROM search s CROSS JOIN LATERAL (SELECT sequence, time FROM log_messages
            WHERE conversation = $1 AND sequence = (s.low + s.high + 1) / 2) m
        WHERE s.low < s.high
    )
    SELECT m.sequence FROM search s JOIN log_messages m ON m.conversation = $1 AND m.sequence = s.low
    WHERE s.low >= s.high";
const OVERVIEW: &str = concat!(
    "SELECT u.unread, ",
    columns!(),
    " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[],
        $8::bigint[]) WITH ORDINALITY
        AS v(conversation, viewer, visible, unseen, until, hidden, count_limit, hide_own, number)
    LEFT JOIN LATERAL (SELECT m.* FROM log_messages m
        WHERE m.conversation = v.conversation AND m.sequence > v.visible AND m.position <= v.until
        AND m.flags & $9 = 0 AND NOT (m.sender = v.viewer AND m.flags & v.hide_own <> 0)
        AND m.sequence <> ALL (v.hidden::bigint[])
        ORDER BY m.sequence DESC LIMIT 1) m ON TRUE
    CROSS JOIN LATERAL (SELECT COUNT(*) AS unread FROM (SELECT 1 FROM log_messages n
        WHERE n.conversation = v.conversation AND n.sequence > v.unseen AND n.position <= v.until
        AND n.flags & $10 = 0 AND n.sender <> v.viewer AND n.sequence <> ALL (v.hidden::bigint[])
        LIMIT v.count_limit) counted) u
    ORDER BY v.number"
);
/// Positions grow with sequences, so each conversation's first entry of the window is found by halving.
const SINCE: &str = concat!(
    "WITH RECURSIVE search(conversation, low, high) AS (
        SELECT c.conversation, f.sequence - 1, l.sequence FROM unnest($1::bigint[]) AS c(conversation)
        CROSS JOIN LATERAL (SELECT sequence FROM log_messages
            WHERE conversation = c.conversation ORDER BY sequence LIMIT 1) f
        CROSS JOIN LATERAL (SELECT sequence, position FROM log_messages
            WHERE conversation = c.conversation ORDER BY sequence DESC LIMIT 1) l
        WHERE l.position > $2
        UNION ALL
        SELECT s.conversation, CASE WHEN m.position <= $2 THEN m.sequence ELSE s.low END,
            CASE WHEN m.position <= $2 THEN s.high ELSE m.sequence - 1 END
        FROM search s CROSS JOIN LATERAL (SELECT sequence, position FROM log_messages
            WHERE conversation = s.conversation AND sequence = (s.low + s.high + 1) / 2) m
        WHERE s.low < s.high
    )
    SELECT ",
    columns!(),
    " FROM search s CROSS JOIN LATERAL (SELECT n.* FROM log_messages n
        WHERE n.conversation = s.conversation AND n.sequence > s.low AND n.position <= $3
        ORDER BY n.sequence LIMIT $4) m
    WHERE s.low >= s.high ORDER BY m.position LIMIT $4"
);

/// The reading side of the tables.
pub(super) struct PostgresLog {
    pool: Pool,
}

type Param<'a> = &'a (dyn ToSql + Sync);

impl PostgresLog {
    pub async fn open(
        url: &str,
        size: usize,
        durability: Durability,
    ) -> Result<(Self, PostgresWriter, i64), StoreError> {
        let pool = postgres::open(url, size.div_ceil(2).max(2), durability, "log_migrations", MIGRATIONS).await?;
        let client = pool.get().await?;
        let position = super::postgres_write::next(&client).await? - 1;
        Ok((Self { pool: pool.clone() }, PostgresWriter::new(pool), position))
    }

    async fn query(&self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        let client = self.pool.get().await?;
        query(&client, sql, params).await
    }

    async fn entries(&self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Entry>, StoreError> {
        self.query(sql, params).await?.iter().map(|row| entry(row, 0)).collect()
    }

    pub async fn range(&self, window: Window) -> Result<Vec<Entry>, StoreError> {
        let sql = if window.newest_first { NEWEST_FIRST } else { OLDEST_FIRST };
        let (without, limit) = (i64::from(window.without_flags), rows(window.limit));
        self.entries(sql, &[&window.conversation, &window.above, &window.below, &without, &limit]).await
    }

    pub async fn after(&self, position: i64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.entries(AFTER, &[&position, &rows(limit)]).await
    }

    pub async fn counted(&self, position: i64, limit: usize) -> Result<Vec<Counted>, StoreError> {
        let client = self.pool.get().await?;
        let found = query(&client, COUNTED, &[&position, &rows(limit)]).await?;
        let read = |row: &Row| {
            Ok(Counted {
                position: row.try_get(0)?,
                conversation: row.try_get(1)?,
                time: row.try_get(2)?,
                sender: row.try_get(3)?,
                tally: row.try_get(4)?,
            })
        };
        found.iter().map(read).collect()
    }

    pub async fn range_by_time(&self, window: TimeWindow) -> Result<Vec<Entry>, StoreError> {
        let sql = if window.newest_first { BY_TIME_BACK } else { BY_TIME };
        let (without, limit) = (i64::from(window.without_flags), rows(window.limit));
        let (from, to) = (&window.from, &window.to);
        self.entries(sql, &[&window.conversation, &from.0, &from.1, &to.0, &to.1, &without, &limit]).await
    }

    pub async fn locate(&self, conversation: i64, time: i64) -> Result<i64, StoreError> {
        let found = self.query(LOCATE, &[&conversation, &time]).await?;
        found.first().map_or(Ok(0), |row| Ok(row.try_get(0)?))
    }

    pub async fn find(&self, key: Key, sender: Option<i64>, _mixed: bool) -> Result<Option<Entry>, StoreError> {
        let name = name(key.client_sequence, key.random);
        let repeat = repeat(key.conversation, name);
        let first = key.second.saturating_mul(1000);
        let last = first.saturating_add(999);
        Ok(self.entries(FIND, &[&repeat, &key.conversation, &name, &first, &last, &sender]).await?.pop())
    }

    pub async fn heads(&self, conversations: &[i64]) -> Result<Vec<Head>, StoreError> {
        let rows = self.query(HEADS, &[&conversations]).await?;
        rows.iter()
            .map(|row| {
                Ok(Head {
                    conversation: row.try_get(0)?,
                    sequence: row.try_get(1)?,
                    time: row.try_get(2)?,
                    position: row.try_get(3)?,
                })
            })
            .collect()
    }

    pub async fn overview(&self, views: Vec<View>) -> Result<Vec<Overview>, StoreError> {
        let column = |value: fn(&View) -> i64| views.iter().map(value).collect::<Vec<i64>>();
        let hidden: Vec<String> = views.iter().map(|view| array(&view.hidden)).collect();
        let never_last = i64::from(flags::NO_LAST | flags::NOTICE);
        let never_unread = i64::from(flags::NO_UNREAD | flags::RECALLED | flags::NOTICE);
        let rows = self
            .query(
                OVERVIEW,
                &[
                    &column(|view| view.conversation),
                    &column(|view| view.user),
                    &column(|view| view.above),
                    &column(|view| view.above.max(view.read)),
                    &column(|view| view.until),
                    &hidden,
                    &column(|view| view.count_limit.into()),
                    &column(|view| view.hide_own.into()),
                    &never_last,
                    &never_unread,
                ],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let last = row.try_get::<_, Option<i64>>(1)?.map(|_| entry(row, 1)).transpose()?;
                Ok(Overview { last, unread: narrow(row.try_get(0)?)? })
            })
            .collect()
    }

    pub async fn since(
        &self,
        conversations: Vec<i64>,
        (after, until): (i64, i64),
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.entries(SINCE, &[&conversations, &after, &until, &rows(limit)]).await
    }

    pub fn close(&self) {
        self.pool.close();
    }
}

pub(super) async fn query(client: &Client, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query(&statement, params).await?)
}

/// Reads an entry from the columns that start there.
pub(super) fn entry(row: &Row, first: usize) -> Result<Entry, StoreError> {
    fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, StoreError> {
        Ok(row.try_get(column)?)
    }
    let name: i64 = get(row, first + 5)?;
    Ok(Entry {
        position: get(row, first)?,
        conversation: get(row, first + 1)?,
        sequence: get(row, first + 2)?,
        time: get(row, first + 3)?,
        sender: get(row, first + 4)?,
        client_sequence: (name >> 32) as u32,
        random: name as u32,
        client_time: narrow(get(row, first + 6)?)?,
        flags: narrow(get(row, first + 7)?)?,
        version: narrow(get(row, first + 8)?)?,
        body: Bytes::copy_from_slice(get(row, first + 9)?),
    })
}

fn narrow(value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::other(format!("{value} where a small number was stored")))
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// PostgreSQL's spelling of an array, to put one in each row of another.
fn array(numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    format!("{{{}}}", numbers.join(","))
}
