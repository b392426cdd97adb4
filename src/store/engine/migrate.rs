//! Numbered statements, run once each, forward only.

use deadpool_postgres::Client;
use rusqlite::Connection;

use crate::StoreError;

/// A number that only grows, a name for people, and the statements.
pub type Migration = (u32, &'static str, &'static str);

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum BIGINT NOT NULL)";

/// FNV-1a, 64 bits: enough to notice that a released migration was edited.
pub(crate) fn checksum(text: &str) -> i64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    hash.cast_signed()
}

/// What has to be run, after checking that what was run before is what this program knows.
fn pending(known: &'static [Migration], applied: &[(i64, i64)]) -> Result<&'static [Migration], StoreError> {
    if !known.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(StoreError::other("migrations are not numbered in order"));
    }
    if applied.len() > known.len() {
        return Err(StoreError::other("the database was written by a newer version of this program"));
    }
    let (before, after) = known.split_at(applied.len());
    for ((number, name, text), found) in before.iter().zip(applied) {
        if *found != (i64::from(*number), checksum(text)) {
            return Err(StoreError::other(format!("migration {number} ({name}) differs from the one that was run")));
        }
    }
    Ok(after)
}

pub(crate) fn sqlite(connection: &mut Connection, known: &'static [Migration]) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLE)?;
    let applied = transaction
        .prepare("SELECT number, checksum FROM migrations ORDER BY number")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    for (number, name, text) in pending(known, &applied)? {
        transaction.execute_batch(text)?;
        transaction.execute("INSERT INTO migrations VALUES ($1, $2, $3)", (number, name, checksum(text)))?;
        tracing::info!(number, name, "ran migration");
    }
    transaction.commit()?;
    Ok(())
}

/// Keeps two nodes that start at once from migrating both.
const LOCK: i64 = 0x6665_6968_6f6e_6701;

/// `history` is the name of the table that remembers what was run.
pub(crate) async fn postgres(
    client: &mut Client,
    history: &'static str,
    known: &'static [Migration],
) -> Result<(), StoreError> {
    let transaction = client.transaction().await?;
    transaction.query("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    transaction.batch_execute(&TABLE.replace("migrations", history)).await?;
    let applied = transaction.query(&format!("SELECT number, checksum FROM {history} ORDER BY number"), &[]).await?;
    let applied = applied
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<Vec<_>, tokio_postgres::Error>>()?;
    for (number, name, text) in pending(known, &applied)? {
        transaction.batch_execute(&translate(text)).await?;
        let remember = format!("INSERT INTO {history} VALUES ($1, $2, $3)");
        transaction.execute(&remember, &[&i64::from(*number), name, &checksum(text)]).await?;
        tracing::info!(number, name, "ran migration");
    }
    transaction.commit().await?;
    Ok(())
}

/// The one word that differs between the two databases.
fn translate(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut translated = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        translated.push_str(if token == "BLOB" { "BYTEA" } else { token });
        let next = after.find(word).unwrap_or(after.len());
        translated.push_str(&after[..next]);
        rest = &after[next..];
    }
    translated
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Migration] = &[(1, "one", "CREATE TABLE a (x BIGINT)"), (2, "two", "CREATE TABLE b (x BIGINT)")];
    const EDITED: &[Migration] = &[(1, "one", "CREATE TABLE a (x TEXT)"), KNOWN[1]];

    #[test]
    fn runs_each_migration_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        sqlite(&mut connection, &KNOWN[..1]).unwrap();
        sqlite(&mut connection, KNOWN).unwrap();
        sqlite(&mut connection, KNOWN).unwrap();
        connection.execute_batch("INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)").unwrap();
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let mut connection = Connection::open_in_memory().unwrap();
        sqlite(&mut connection, KNOWN).unwrap();
        let newer = sqlite(&mut connection, &KNOWN[..1]).unwrap_err();
        assert!(newer.to_string().contains("newer version"), "{newer}");
        let edited = sqlite(&mut connection, EDITED).unwrap_err();
        assert!(edited.to_string().contains("migration 1 (one) differs"), "{edited}");
    }

    #[test]
    fn only_the_word_blob_is_translated() {
        let text = "CREATE TABLE blob (a BLOB, BLOBS BLOB NOT NULL); -- BLOB\n";
        let expected = "CREATE TABLE blob (a BYTEA, BLOBS BYTEA NOT NULL); -- BYTEA\n";
        assert_eq!(translate(text), expected);
    }

    #[test]
    fn a_failed_migration_leaves_nothing() {
        const BROKEN: &[Migration] = &[KNOWN[0], (2, "broken", "CREATE TABLE b (x BIGINT); nonsense")];
        let mut connection = Connection::open_in_memory().unwrap();
        sqlite(&mut connection, BROKEN).unwrap_err();
        sqlite(&mut connection, KNOWN).unwrap();
    }
}
