//! Questions to the log's SQLite file. Entries are found through the index or, the newest ones, through tails.

use std::ops::ControlFlow;

use bytes::Bytes;
use model::flags;
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    tails::Tail,
    types::{Counted, Entry, Head, Key, Overview, TimeWindow, View, Window},
};
use crate::StoreError;

/// The columns of an entry, in the order [`entry`] reads them.
macro_rules! columns {
    () => {
        "m.position, m.conversation, m.sequence, m.time, m.sender, m.client_sequence, m.random, m.client_time, \
         m.flags, m.version, m.body"
    };
}
/// Entries of a window of sequences that are in the index; `CROSS JOIN` fixes which table leads.
macro_rules! indexed {
    ($columns:expr, $rest:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM places p CROSS JOIN messages m ON m.position = p.position
             WHERE p.conversation = $1 AND p.sequence > $2 AND p.sequence < $3 ",
            $rest
        )
    };
}

const AT: &str = concat!("SELECT ", columns!(), " FROM messages m WHERE m.position = $1");
const AFTER: &str =
    concat!("SELECT ", columns!(), " FROM messages m WHERE m.position > $1 ORDER BY m.position LIMIT $2");
const COUNTED: &str = "SELECT position, conversation, time, sender, tally FROM messages
    WHERE position > $1 ORDER BY position LIMIT $2";
const BRIEF_AT: &str = "SELECT sequence, position, time, sender, flags FROM messages WHERE position = $1";
const PLACE: &str = "SELECT position FROM places WHERE conversation = $1 AND sequence = $2";
const FIRST_PLACE: &str = "SELECT sequence FROM places WHERE conversation = $1 ORDER BY sequence LIMIT 1";
const LAST_PLACE: &str = "SELECT sequence, position FROM places WHERE conversation = $1 ORDER BY sequence DESC LIMIT 1";
const OLDEST_FIRST: &str = indexed!(columns!(), "AND m.flags & $4 = 0 ORDER BY p.sequence LIMIT $5");
const NEWEST_FIRST: &str = indexed!(columns!(), "AND m.flags & $4 = 0 ORDER BY p.sequence DESC LIMIT $5");
const BRIEF: &str = indexed!("m.sequence, m.position, m.time, m.sender, m.flags", "ORDER BY p.sequence DESC");
const POSITIONS: &str = "SELECT position FROM places
    WHERE conversation = $1 AND sequence > $2 AND sequence < $3 ORDER BY sequence LIMIT $4";
const TIME_AT: &str = "SELECT time FROM messages WHERE position = $1";
const PURGED: &str = "SELECT sequence, time, position FROM purged WHERE conversation = $1";

pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        position: row.get(0)?,
        conversation: row.get(1)?,
        sequence: row.get(2)?,
        time: row.get(3)?,
        sender: row.get(4)?,
        client_sequence: row.get(5)?,
        random: row.get(6)?,
        client_time: row.get(7)?,
        flags: row.get(8)?,
        version: row.get(9)?,
        body: Bytes::copy_from_slice(row.get_ref(10)?.as_blob()?),
    })
}

/// An entry without what is only needed to show it.
struct Brief {
    sequence: i64,
    position: i64,
    time: i64,
    sender: i64,
    flags: u32,
}

fn brief(row: &Row<'_>) -> rusqlite::Result<Brief> {
    Ok(Brief {
        sequence: row.get(0)?,
        position: row.get(1)?,
        time: row.get(2)?,
        sender: row.get(3)?,
        flags: row.get(4)?,
    })
}

pub(super) fn at(connection: &Connection, position: i64) -> Result<Option<Entry>, StoreError> {
    Ok(connection.prepare_cached(AT)?.query_row([position], entry).optional()?)
}

/// Entries with greater positions, in order.
pub(super) fn after(connection: &Connection, position: i64, limit: usize) -> Result<Vec<Entry>, StoreError> {
    let mut statement = connection.prepare_cached(AFTER)?;
    let found = statement.query_map((position, limit as i64), entry)?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// See [`super::Log::counted`].
pub(super) fn counted(connection: &Connection, position: i64, limit: usize) -> Result<Vec<Counted>, StoreError> {
    let mut statement = connection.prepare_cached(COUNTED)?;
    let found = statement.query_map((position, limit as i64), |row| {
        Ok(Counted {
            position: row.get(0)?,
            conversation: row.get(1)?,
            time: row.get(2)?,
            sender: row.get(3)?,
            tally: row.get(4)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Where an entry is, if it is there.
pub(super) fn place(
    connection: &Connection,
    tail: &Tail,
    conversation: i64,
    sequence: i64,
) -> Result<Option<i64>, StoreError> {
    if sequence >= tail.first {
        return Ok(tail.position(sequence));
    }
    Ok(connection.prepare_cached(PLACE)?.query_row((conversation, sequence), |row| row.get(0)).optional()?)
}

/// The newest entry, or what is remembered of it after a purge.
pub(super) fn head(connection: &Connection, tail: &Tail, conversation: i64) -> Result<Option<Head>, StoreError> {
    let last = match tail.entries().next_back() {
        Some(last) => Some(last),
        None => last_place(connection, conversation)?,
    };
    if let Some((sequence, position)) = last {
        let time = connection.prepare_cached(TIME_AT)?.query_row([position], |row| row.get(0)).optional()?;
        if let Some(time) = time {
            return Ok(Some(Head { conversation, sequence, time, position }));
        }
    }
    let remembered = connection.prepare_cached(PURGED)?.query_row([conversation], |row| {
        Ok(Head { conversation, sequence: row.get(0)?, time: row.get(1)?, position: row.get(2)? })
    });
    Ok(remembered.optional()?)
}

pub(super) fn last_place(connection: &Connection, conversation: i64) -> Result<Option<(i64, i64)>, StoreError> {
    Ok(connection
        .prepare_cached(LAST_PLACE)?
        .query_row([conversation], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// The first and last sequence that are there.
fn extent(connection: &Connection, tail: &Tail, conversation: i64) -> Result<Option<(i64, i64)>, StoreError> {
    let first = connection.prepare_cached(FIRST_PLACE)?.query_row([conversation], |row| row.get(0)).optional()?;
    let last = match tail.last() {
        Some(last) => Some(last),
        None => last_place(connection, conversation)?.map(|(sequence, _)| sequence),
    };
    let first = first.filter(|first| *first < tail.first).or_else(|| tail.last().map(|_| tail.first));
    Ok(first.zip(last))
}

pub(super) fn range(connection: &Connection, tail: &Tail, window: &Window) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    if window.newest_first {
        range_tail(connection, tail.entries().rev(), window, &mut found)?;
        range_index(connection, tail, window, &mut found)?;
    } else {
        range_index(connection, tail, window, &mut found)?;
        range_tail(connection, tail.entries(), window, &mut found)?;
    }
    Ok(found)
}

fn range_tail(
    connection: &Connection,
    entries: impl Iterator<Item = (i64, i64)>,
    window: &Window,
    found: &mut Vec<Entry>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(AT)?;
    for (sequence, position) in entries {
        if found.len() >= window.limit {
            break;
        }
        if sequence <= window.above || sequence >= window.below {
            continue;
        }
        let entry = statement.query_row([position], entry).optional()?;
        found.extend(entry.filter(|entry| entry.flags & window.without_flags == 0));
    }
    Ok(())
}

fn range_index(
    connection: &Connection,
    tail: &Tail,
    window: &Window,
    found: &mut Vec<Entry>,
) -> Result<(), StoreError> {
    let below = window.below.min(tail.first);
    let limit = window.limit.saturating_sub(found.len());
    if limit == 0 || below <= window.above.saturating_add(1) {
        return Ok(());
    }
    let sql = if window.newest_first { NEWEST_FIRST } else { OLDEST_FIRST };
    let mut statement = connection.prepare_cached(sql)?;
    let params = (window.conversation, window.above, below, window.without_flags, limit as i64);
    for entry in statement.query_map(params, entry)? {
        found.push(entry?);
    }
    Ok(())
}

/// Shows the entries between two sequences, without their bodies, newest first.
fn each(
    connection: &Connection,
    tail: &Tail,
    conversation: i64,
    (above, below): (i64, i64),
    mut visit: impl FnMut(Brief) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(BRIEF_AT)?;
    for (sequence, position) in tail.entries().rev() {
        if sequence > above
            && sequence < below
            && let Some(entry) = statement.query_row([position], brief).optional()?
            && visit(entry).is_break()
        {
            return Ok(());
        }
    }
    if below.min(tail.first) <= above.saturating_add(1) {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(BRIEF)?;
    for entry in statement.query_map((conversation, above, below.min(tail.first)), brief)? {
        if visit(entry?).is_break() {
            break;
        }
    }
    Ok(())
}

pub(super) fn range_by_time(
    connection: &Connection,
    tail: &Tail,
    window: &TimeWindow,
) -> Result<Vec<Entry>, StoreError> {
    let mut places = Vec::new();
    each(connection, tail, window.conversation, (i64::MIN, i64::MAX), |entry| {
        let place = (entry.time, entry.sequence);
        if place > window.from && place < window.to && entry.flags & window.without_flags == 0 {
            places.push((place, entry.position));
        }
        ControlFlow::Continue(())
    })?;
    places.sort_unstable();
    if window.newest_first {
        places.reverse();
    }
    places.truncate(window.limit);
    let mut found = Vec::with_capacity(places.len());
    for (_, position) in places {
        found.extend(at(connection, position)?);
    }
    Ok(found)
}

/// The greatest sequence for which `test` holds; it must hold for a beginning of the conversation only.
fn search(
    connection: &Connection,
    tail: &Tail,
    conversation: i64,
    mut test: impl FnMut(i64) -> Result<bool, StoreError>,
) -> Result<i64, StoreError> {
    let Some((first, last)) = extent(connection, tail, conversation)? else {
        return Ok(0);
    };
    let (mut low, mut high) = (first - 1, last);
    while low < high {
        let middle = low + (high - low + 1) / 2;
        let holds = match place(connection, tail, conversation, middle)? {
            Some(position) => test(position)?,
            None => true,
        };
        if holds {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(if low < first { 0 } else { low })
}

pub(super) fn locate(connection: &Connection, tail: &Tail, conversation: i64, time: i64) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(TIME_AT)?;
    search(connection, tail, conversation, |position| {
        let found: Option<i64> = statement.query_row([position], |row| row.get(0)).optional()?;
        Ok(found.is_none_or(|found| found <= time))
    })
}

/// The newest entry with that key, of that sender if one is given; where times grow with sequences only that second is looked at.
pub(super) fn find(
    connection: &Connection,
    tail: &Tail,
    (key, sender): (&Key, Option<i64>),
    mixed: bool,
) -> Result<Option<Entry>, StoreError> {
    let window = if mixed {
        (i64::MIN, i64::MAX)
    } else {
        let end = key.second.saturating_mul(1000).saturating_add(999);
        (i64::MIN, locate(connection, tail, key.conversation, end)? + 1)
    };
    let mut found = None;
    let mut names = connection
        .prepare_cached("SELECT 1 FROM messages WHERE position = $1 AND client_sequence = $2 AND random = $3")?;
    let mut failed = None;
    each(connection, tail, key.conversation, window, |entry| {
        let second = entry.time.div_euclid(1000);
        if second == key.second && sender.is_none_or(|sender| sender == entry.sender) {
            match names.exists((entry.position, key.client_sequence, key.random)) {
                Ok(true) => found = Some(entry.position),
                Ok(false) => {}
                Err(error) => failed = Some(error),
            }
        }
        if found.is_some() || failed.is_some() || (!mixed && second < key.second) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    found.map_or(Ok(None), |position| at(connection, position))
}

pub(super) fn overview(connection: &Connection, tail: &Tail, view: &View) -> Result<Overview, StoreError> {
    let visible = |entry: &Brief| {
        entry.position <= view.until
            && !(entry.sender == view.user && entry.flags & view.hide_own != 0)
            && !view.hidden.contains(&entry.sequence)
    };
    let mut last = None;
    each(connection, tail, view.conversation, (view.above, i64::MAX), |entry| {
        if entry.flags & (flags::NO_LAST | flags::NOTICE) == 0 && visible(&entry) {
            last = Some(entry.position);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    let mut unread = 0;
    if view.count_limit > 0 {
        each(connection, tail, view.conversation, (view.above.max(view.read), i64::MAX), |entry| {
            let silent = entry.flags & (flags::NO_UNREAD | flags::RECALLED | flags::NOTICE) != 0;
            unread += u32::from(!silent && entry.sender != view.user && visible(&entry));
            if unread >= view.count_limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
    }
    let last = last.map_or(Ok(None), |position| at(connection, position))?;
    Ok(Overview { last, unread })
}

/// Entries of many conversations in a window of positions `(after, until]`, in order.
pub(super) fn since(
    connection: &Connection,
    conversations: &[(i64, Tail)],
    (after, until): (i64, i64),
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let mut positions = Vec::new();
    for (conversation, tail) in conversations {
        let wanted = |position: &i64| *position > after && *position <= until;
        if tail.positions.first().is_none_or(|first| *first > after) {
            let newest = last_place(connection, *conversation)?;
            if newest.is_some_and(|(_, position)| position > after) {
                let before = search(connection, tail, *conversation, |position| Ok(position <= after))?;
                let mut statement = connection.prepare_cached(POSITIONS)?;
                let window = (conversation, before, tail.first, limit as i64);
                for position in statement.query_map(window, |row| row.get(0))? {
                    positions.extend(Some(position?).filter(wanted));
                }
            }
        }
        positions.extend(tail.positions.iter().copied().filter(wanted).take(limit));
    }
    positions.sort_unstable();
    positions.truncate(limit);
    let mut found = Vec::with_capacity(positions.len());
    for position in positions {
        found.extend(at(connection, position)?);
    }
    Ok(found)
}
