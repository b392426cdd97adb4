//! The log in PostgreSQL: commits.

use std::collections::HashMap;

use deadpool_postgres::{Client, Pool};
use futures_util::future::{join, join_all, join5};
use model::flags;
use tokio_postgres::{Row, error::SqlState};

use super::{
    committer::{Outcome, Write},
    memory::within,
    postgres::{entry, query},
    postgres_schema::columns,
    types::{Appended, Change, Entry, Key, Message, Name},
};
use crate::{StoreError, metric, postgres};

/// Entries deleted by one commit of a purge.
const PURGE_CHUNK: usize = 2_000;
/// How often amendments are tried again when those of another node were in the way.
const ATTEMPTS: u32 = 10;

/// Held by the one commit that is under way in the whole cluster, so that positions grow in the order of
/// commits and sequences have no gaps.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7378413942531467011)";
const NEXT: &str = "SELECT GREATEST(COALESCE((SELECT MAX(position) FROM log_messages), 0),
    (SELECT position FROM log_state)) + 1";
const HEADS: &str = "SELECT c.conversation, COALESCE(m.sequence, p.sequence, 0), COALESCE(m.time, p.time, 0)
    FROM unnest($1::bigint[]) AS c(conversation)
    LEFT JOIN LATERAL (SELECT sequence, time FROM log_messages
        WHERE conversation = c.conversation ORDER BY sequence DESC LIMIT 1) m ON TRUE
    LEFT JOIN log_purged p ON p.conversation = c.conversation";
const REPEATS: &str = "SELECT conversation, sender, name, flags, position, sequence, time FROM log_messages
    WHERE repeat = ANY($1) ORDER BY position";
const INSERT: &str = "INSERT INTO log_messages
    (position, conversation, sequence, time, sender, name, repeat, client_time, flags, version, body, tally)
    SELECT position, conversation, sequence, time, sender, name, repeat, client_time, flags, 0, body, tally
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::bigint[], $10::bytea[], $11::bigint[])
        AS n(position, conversation, sequence, time, sender, name, repeat, client_time, flags, body, tally)";
const AMEND: &str = concat!(
    "UPDATE log_messages AS m SET flags = m.flags & ~$1::bigint | $2, version = (m.version + $3) & 4294967295,
        body = COALESCE($4, m.body)
     WHERE m.conversation = $5 AND m.sequence = $6 AND m.flags & $7 = 0 AND m.version = COALESCE($8, m.version)
     RETURNING ",
    columns!()
);
const EXISTS: &str = "SELECT 1 FROM log_messages WHERE conversation = $1 AND sequence = $2";
const PURGE: &str = "DELETE FROM log_messages WHERE conversation = $1 AND sequence IN (
        SELECT sequence FROM log_messages WHERE conversation = $1 AND sequence <= $2 ORDER BY sequence LIMIT $3)
    RETURNING sequence, time, position";
const REMEMBER: &str = "INSERT INTO log_purged
    SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT 1 FROM log_messages WHERE conversation = $1)
    ON CONFLICT (conversation) DO UPDATE
    SET sequence = excluded.sequence, time = excluded.time, position = excluded.position";
const USED: &str = "UPDATE log_state SET position = GREATEST(position, $1)";

/// The writing side of the tables. Keeps nothing between commits: other nodes write too.
pub(super) struct PostgresWriter {
    pool: Pool,
}

/// What a commit inserts, by columns.
#[derive(Default)]
struct Columns<'a> {
    position: Vec<i64>,
    conversation: Vec<i64>,
    sequence: Vec<i64>,
    time: Vec<i64>,
    sender: Vec<i64>,
    name: Vec<i64>,
    repeat: Vec<i64>,
    client_time: Vec<i64>,
    flags: Vec<i64>,
    body: Vec<&'a [u8]>,
    tally: Vec<i64>,
}

/// What is known inside the lock, and grows with each message of the batch.
struct Known {
    next: i64,
    /// Last sequence and time of each conversation.
    heads: HashMap<i64, (i64, i64)>,
    names: HashMap<Name, Appended>,
    keys: HashMap<Key, Appended>,
}

impl PostgresWriter {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// See [`super::committer::Writer::commit`].
    pub async fn commit(&self, writes: &[Write]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(writes.len());
        let same = |one: &Write, next: &Write| {
            matches!((one, next), (Write::Append(_), Write::Append(_)) | (Write::Amend { .. }, Write::Amend { .. }))
        };
        for group in writes.chunk_by(same) {
            match self.attempt(group).await {
                Ok(done) => outcomes.extend(done),
                Err(error) => {
                    tracing::error!(%error, writes = group.len(), "commit of the log failed");
                    outcomes.extend(group.iter().map(|op| op.failed(&error)));
                }
            }
        }
        outcomes
    }

    async fn attempt(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let timer = metric::Commit::start(metric::LOG);
            let client = self.pool.get().await?;
            let done = transact(&client, writes).await;
            match done {
                Ok(outcomes) => {
                    let repeated = |outcome: &&Outcome| matches!(outcome, Outcome::Appended(Ok(a)) if a.repeated);
                    let appended = outcomes.iter().filter(|o| matches!(o, Outcome::Appended(Ok(_)))).count();
                    let repeats = outcomes.iter().filter(repeated).count();
                    timer.end(writes.len(), appended - repeats, repeats);
                    return Ok(outcomes);
                }
                Err((error, in_the_way)) => {
                    if client.batch_execute("ROLLBACK").await.is_err() {
                        postgres::discard(client);
                    }
                    if !in_the_way || attempt == ATTEMPTS {
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// An error, and whether trying again will help.
type Failed = (StoreError, bool);

fn final_(error: StoreError) -> Failed {
    (error, false)
}

fn failed(error: tokio_postgres::Error) -> Failed {
    let in_the_way = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
    let again = error.code().is_some_and(|code| in_the_way.contains(code));
    (error.into(), again)
}

async fn transact(client: &Client, writes: &[Write]) -> Result<Vec<Outcome>, Failed> {
    match writes {
        [Write::Purge { conversation, up_to, .. }, ..] => {
            let more = purge(client, *conversation, *up_to).await.map_err(final_)?;
            Ok(vec![Outcome::Purged(Ok(more))])
        }
        [Write::Amend { .. }, ..] => amend(client, writes).await,
        _ => append(client, writes).await.map_err(final_),
    }
}

/// The next free position; only certain while the lock is held.
pub(super) async fn next(client: &Client) -> Result<i64, StoreError> {
    let rows = query(client, NEXT, &[]).await?;
    let row = rows.first().ok_or(StoreError::Missing)?;
    Ok(row.try_get(0)?)
}

async fn append(client: &Client, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
    let messages: Vec<&Message> =
        writes.iter().filter_map(|op| if let Write::Append(message) = op { Some(message) } else { None }).collect();
    let mut known = look(client, &messages).await?;
    let mut columns = Columns::default();
    let outcomes = messages.iter().map(|message| Outcome::Appended(Ok(known.place(message, &mut columns)))).collect();
    let insert = client.prepare_cached(INSERT).await?;
    let (inserted, committed) = join(
        async {
            if columns.position.is_empty() {
                return Ok(0);
            }
            client
                .execute(
                    &insert,
                    &[
                        &columns.position,
                        &columns.conversation,
                        &columns.sequence,
                        &columns.time,
                        &columns.sender,
                        &columns.name,
                        &columns.repeat,
                        &columns.client_time,
                        &columns.flags,
                        &columns.body,
                        &columns.tally,
                    ],
                )
                .await
        },
        // After a failed insert this only ends the transaction, and the insert's error is what counts.
        client.batch_execute("COMMIT"),
    )
    .await;
    inserted?;
    committed?;
    Ok(outcomes)
}

/// Begins, takes the lock and looks at everything the batch depends on, without waiting in between.
async fn look(client: &Client, messages: &[&Message]) -> Result<Known, StoreError> {
    let mut conversations: Vec<i64> = messages.iter().map(|message| message.conversation).collect();
    conversations.sort_unstable();
    conversations.dedup();
    let repeats: Vec<i64> = messages
        .iter()
        .map(|message| repeat(message.conversation, name(message.client_sequence, message.random)))
        .collect();
    for sql in [NEXT, HEADS, REPEATS] {
        client.prepare_cached(sql).await?;
    }
    let (begun, locked, next, heads, repeats) = join5(
        client.batch_execute("BEGIN"),
        client.batch_execute(LOCK),
        next(client),
        query(client, HEADS, &[&conversations]),
        query(client, REPEATS, &[&repeats]),
    )
    .await;
    begun?;
    locked?;
    let mut known = Known { next: next?, heads: HashMap::new(), names: HashMap::new(), keys: HashMap::new() };
    for row in heads? {
        known.heads.insert(row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?));
    }
    for row in repeats? {
        known.remember(&row)?;
    }
    Ok(known)
}

impl Known {
    fn remember(&mut self, row: &Row) -> Result<(), StoreError> {
        let word: i64 = row.try_get(2)?;
        let name = Name {
            conversation: row.try_get(0)?,
            sender: row.try_get(1)?,
            client_sequence: (word >> 32) as u32,
            random: word as u32,
        };
        let imported = row.try_get::<_, i64>(3)? & i64::from(flags::IMPORTED) != 0;
        let appended =
            Appended { position: row.try_get(4)?, sequence: row.try_get(5)?, time: row.try_get(6)?, repeated: false };
        self.add(name, appended, imported);
        Ok(())
    }

    fn add(&mut self, name: Name, appended: Appended, imported: bool) {
        self.keys.insert(name.key(appended.time), appended);
        if !imported {
            self.names.insert(name, appended);
        }
    }

    /// Gives a message its place, or finds the one it has.
    fn place<'a>(&mut self, message: &'a Message, columns: &mut Columns<'a>) -> Appended {
        let name = message.name();
        let first = if message.dated {
            self.keys.get(&name.key(message.time))
        } else {
            self.names.get(&name).filter(|first| within(first.time, message.time))
        };
        if let Some(first) = first {
            return Appended { repeated: true, ..*first };
        }
        let (last, last_time) = self.heads.get(&message.conversation).copied().unwrap_or_default();
        let time = if message.dated { message.time } else { message.time.max(last_time) };
        let appended = Appended { position: self.next, sequence: last + 1, time, repeated: false };
        self.next += 1;
        self.heads.insert(message.conversation, (appended.sequence, time));
        self.add(name, appended, message.dated);
        columns.push(message, &appended);
        appended
    }
}

impl<'a> Columns<'a> {
    fn push(&mut self, message: &'a Message, appended: &Appended) {
        let word = name(message.client_sequence, message.random);
        self.position.push(appended.position);
        self.conversation.push(message.conversation);
        self.sequence.push(appended.sequence);
        self.time.push(appended.time);
        self.sender.push(message.sender);
        self.name.push(word);
        self.repeat.push(repeat(message.conversation, word));
        self.client_time.push(message.client_time.into());
        self.flags.push(message.flags.into());
        self.body.push(&message.body);
        self.tally.push(message.tally);
    }
}

/// Amendments in one transaction, sent without waiting in between.
async fn amend(client: &Client, writes: &[Write]) -> Result<Vec<Outcome>, Failed> {
    client.prepare_cached(AMEND).await.map_err(failed)?;
    client.prepare_cached(EXISTS).await.map_err(failed)?;
    let amendments = join_all(writes.iter().filter_map(|op| match op {
        Write::Amend { conversation, sequence, change, .. } => {
            Some(amend_one(client, *conversation, *sequence, change))
        }
        _ => None,
    }));
    let (begun, amended) = join(client.batch_execute("BEGIN"), amendments).await;
    begun.map_err(failed)?;
    let amended = amended.into_iter().collect::<Result<Vec<_>, _>>()?;
    client.batch_execute("COMMIT").await.map_err(failed)?;
    Ok(amended.into_iter().map(Outcome::Amended).collect())
}

async fn amend_one(
    client: &Client,
    conversation: i64,
    sequence: i64,
    change: &Change,
) -> Result<Result<Entry, StoreError>, Failed> {
    let statement = client.prepare_cached(AMEND).await.map_err(failed)?;
    let changed = client
        .query_opt(
            &statement,
            &[
                &i64::from(change.clear_flags),
                &i64::from(change.set_flags),
                &i64::from(change.bump_version),
                &change.body.as_deref(),
                &conversation,
                &sequence,
                &i64::from(change.unless_flags),
                &change.expect_version.map(i64::from),
            ],
        )
        .await
        .map_err(failed)?;
    if let Some(row) = changed {
        return Ok(Ok(entry(&row, 0).map_err(final_)?));
    }
    let there = query(client, EXISTS, &[&conversation, &sequence]).await.map_err(final_)?;
    Ok(Err(if there.is_empty() { StoreError::Missing } else { StoreError::Conflict { step: 0 } }))
}

/// Deletes the oldest entries; whether there may be more.
async fn purge(client: &Client, conversation: i64, up_to: i64) -> Result<bool, StoreError> {
    let limit = PURGE_CHUNK as i64;
    client.batch_execute("BEGIN").await?;
    client.batch_execute(LOCK).await?;
    let gone = query(client, PURGE, &[&conversation, &up_to, &limit]).await?;
    let places = gone
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
        .collect::<Result<Vec<(i64, i64, i64)>, tokio_postgres::Error>>()?;
    if let Some((sequence, time, position)) = places.into_iter().max() {
        query(client, REMEMBER, &[&conversation, &sequence, &time, &position]).await?;
        query(client, USED, &[&position]).await?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(gone.len() == PURGE_CHUNK)
}

/// A sender's name for a message in one word.
pub(super) fn name(client_sequence: u32, random: u32) -> i64 {
    (i64::from(client_sequence) << 32) | i64::from(random)
}

/// What the index of repeats holds. Stored: must never change.
pub(super) fn repeat(conversation: i64, name: i64) -> i64 {
    let mix = |mut word: u64| {
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    };
    mix(mix(conversation.cast_unsigned().wrapping_add(0x9e37_79b9_7f4a_7c15)) ^ name.cast_unsigned()).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_hashes_stay_the_same() {
        assert_eq!(repeat(1, name(2, 3)), 7_223_833_861_785_400_963);
        assert_eq!(name(u32::MAX, 1), -4_294_967_295);
        assert_ne!(repeat(1, 2), repeat(2, 1));
    }
}
