//! One commit to the log's SQLite file, and what the committer remembers between commits.

use std::{
    collections::{BTreeMap, HashMap, btree_map},
    sync::Arc,
    time::Duration,
};

use model::flags;
use rusqlite::Connection;

use super::{
    committer::{Outcome, Write},
    memory::{Imports, REPEATS, Repeats, within},
    sqlite::Shared,
    sqlite_bulk::Bulk,
    sqlite_read as read,
    tails::Tail,
    types::{Appended, Change, Entry, Head, Key, Message, Name},
};
use crate::{StoreError, metric};

/// When what is put off gets done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// A conversation with so many entries not in the index fills a page of it by itself.
    pub tail: usize,
    /// So many entries are kept out of the index: the more, the fewer pages are written for each.
    pub tails: usize,
    /// Entries deleted by one commit of a purge.
    pub purge: usize,
    /// Size of the write-ahead log from which it is copied into the database, in pages.
    pub wal_pages: i64,
    /// Size from which commits wait for the copying to end, in pages.
    pub wal_most: i64,
    /// Commits between two looks at that size.
    pub wal_look: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { tail: 256, tails: 65_536, purge: 2_000, wal_pages: 32_768, wal_most: 262_144, wal_look: 16 }
    }
}

/// The version of an entry that was never changed.
const FIRST_VERSION: i64 = 0;
const AMEND: &str = "UPDATE messages SET flags = $1, version = $2 WHERE position = $3";
const REWRITE: &str = "UPDATE messages SET flags = $1, version = $2, body = $3 WHERE position = $4";
const KEYS: &str = "SELECT client_sequence, random, time, sequence, position FROM messages WHERE position = $1";
const INDEXED_KEYS: &str = "SELECT m.client_sequence, m.random, m.time, m.sequence, m.position
    FROM places p CROSS JOIN messages m ON m.position = p.position WHERE p.conversation = $1 ORDER BY p.sequence";

/// The writing connection and everything the committer remembers.
pub(super) struct Core {
    pub connection: Connection,
    messages: Bulk,
    places: Bulk,
    shared: Arc<Shared>,
    repeats: Repeats,
    imports: Imports,
    /// The next free position.
    next: i64,
    sweep: Sweep,
    /// A commit failed: what is remembered has to be read again.
    stale: bool,
    commits: u32,
    limits: Limits,
    /// Size of the write-ahead log when last looked at.
    pub wal_pages: i64,
    /// The log was copied into the database: what came meanwhile is little, and the file can start over.
    pub restart_wal: bool,
}

/// Where writing tails to the index has come, conversation by conversation, over and over.
#[derive(Clone, Copy)]
struct Sweep {
    cursor: i64,
    /// The next free position when this round began: when it ends, everything below is in the index.
    started: i64,
    /// Everything below is in the index.
    indexed: i64,
}

/// What a commit will change in memory once it has succeeded.
struct Draft<'a> {
    next: i64,
    /// What is not inserted yet.
    rows: Vec<(&'a Message, Appended)>,
    heads: HashMap<i64, Head>,
    added: Vec<(Name, Appended, bool)>,
    names: HashMap<Name, Appended>,
    /// Only kept when an import is among the writes.
    keys: Option<HashMap<Key, Appended>>,
    /// Conversations and the sequences through which they leave their tails.
    gone: Vec<(i64, i64)>,
    purged: Option<(i64, i64)>,
    sweep: Sweep,
    conflicts: usize,
}

impl Core {
    pub fn open(connection: Connection, shared: Arc<Shared>, limits: Limits) -> Result<Self, StoreError> {
        connection.execute_batch("PRAGMA wal_autocheckpoint = 0")?;
        let mut core = Self {
            connection,
            messages: Bulk::new("messages", 12),
            places: Bulk::new("places", 3),
            shared,
            repeats: Repeats::default(),
            imports: Imports::default(),
            next: 1,
            sweep: Sweep { cursor: i64::MIN, started: 1, indexed: 1 },
            stale: true,
            commits: 0,
            limits,
            wal_pages: 0,
            restart_wal: false,
        };
        core.load()?;
        Ok(core)
    }

    /// The greatest position given so far.
    pub fn position(&self) -> i64 {
        self.next - 1
    }

    pub fn commit(&mut self, writes: &[Write]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(writes.len());
        let purge = |write: &Write| matches!(write, Write::Purge { .. });
        for group in writes.chunk_by(|one, next| !purge(one) && !purge(next)) {
            match self.attempt(group) {
                Ok(done) => outcomes.extend(done),
                Err(error) => {
                    tracing::error!(%error, writes = group.len(), "commit of the log failed");
                    self.stale = true;
                    if !self.connection.is_autocommit()
                        && let Err(error) = self.connection.execute_batch("ROLLBACK")
                    {
                        tracing::error!(%error, "rollback of the log failed");
                    }
                    outcomes.extend(group.iter().map(|write| write.failed(&error)));
                }
            }
        }
        outcomes
    }

    fn attempt(&mut self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        let timer = metric::Commit::start(metric::LOG);
        if self.stale {
            self.load()?;
        }
        self.restart_wal()?;
        let mut draft = self.draft(writes);
        self.command("BEGIN IMMEDIATE")?;
        let mut outcomes = Vec::with_capacity(writes.len());
        for write in writes {
            outcomes.push(match write {
                Write::Append(message) => Outcome::Appended(Ok(self.append(&mut draft, message)?)),
                Write::Amend { conversation, sequence, change, .. } => {
                    self.insert(&mut draft)?;
                    Outcome::Amended(self.amend(&draft, *conversation, *sequence, change)?)
                }
                Write::Purge { conversation, up_to, .. } => {
                    Outcome::Purged(Ok(self.purge(&mut draft, *conversation, *up_to)?))
                }
            });
        }
        self.insert(&mut draft)?;
        self.index(&mut draft)?;
        self.command("COMMIT")?;
        timer.end(writes.len(), draft.added.len(), draft.conflicts);
        self.accept(draft);
        self.look_at_wal();
        Ok(outcomes)
    }

    fn command(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.raw_execute()?;
        Ok(())
    }

    fn draft<'a>(&self, writes: &'a [Write]) -> Draft<'a> {
        let imports = writes.iter().any(|write| matches!(write, Write::Append(message) if message.dated));
        Draft {
            next: self.next,
            rows: Vec::with_capacity(writes.len()),
            heads: HashMap::new(),
            added: Vec::with_capacity(writes.len()),
            names: HashMap::with_capacity(writes.len()),
            keys: imports.then(HashMap::new),
            gone: Vec::new(),
            purged: None,
            sweep: self.sweep,
            conflicts: 0,
        }
    }

    /// Takes over what was committed.
    fn accept(&mut self, draft: Draft<'_>) {
        self.next = draft.next;
        self.sweep = draft.sweep;
        if let Some((conversation, up_to)) = draft.purged {
            self.imports.forget(conversation);
            self.repeats.forget(conversation, up_to);
        }
        for (name, appended, dated) in &draft.added {
            self.imports.add(name.key(appended.time), *appended);
            if !dated {
                self.repeats.add(*name, *appended);
            }
        }
        let added = draft.added.iter();
        let added = added.map(|(name, appended, _)| (name.conversation, appended.sequence, appended.position));
        self.shared.tails.update(draft.gone.into_iter(), added);
        let mut heads = self.shared.heads();
        draft.heads.into_values().for_each(|head| heads.put(head));
    }

    fn append<'a>(&mut self, draft: &mut Draft<'a>, message: &'a Message) -> Result<Appended, StoreError> {
        let name = message.name();
        if let Some(first) = self.repeated(draft, message, &name)? {
            draft.conflicts += 1;
            return Ok(Appended { repeated: true, ..first });
        }
        let head = self.head(draft, message.conversation)?;
        let sequence = head.map_or(0, |head| head.sequence) + 1;
        let time = match head {
            Some(head) if !message.dated => message.time.max(head.time),
            _ => message.time,
        };
        let position = draft.next;
        draft.next += 1;
        let appended = Appended { position, sequence, time, repeated: false };
        draft.rows.push((message, appended));
        draft.heads.insert(message.conversation, Head { conversation: message.conversation, sequence, time, position });
        draft.added.push((name, appended, message.dated));
        if !message.dated {
            draft.names.insert(name, appended);
        }
        if let Some(keys) = &mut draft.keys {
            keys.insert(name.key(time), appended);
        }
        Ok(appended)
    }

    /// Inserts the rows that wait for it.
    fn insert(&self, draft: &mut Draft<'_>) -> Result<(), StoreError> {
        self.messages.insert(&self.connection, &draft.rows, |(message, appended), bind| {
            bind(&appended.position)?;
            bind(&message.conversation)?;
            bind(&appended.sequence)?;
            bind(&appended.time)?;
            bind(&message.sender)?;
            bind(&message.client_sequence)?;
            bind(&message.random)?;
            bind(&message.client_time)?;
            bind(&message.flags)?;
            bind(&FIRST_VERSION)?;
            bind(&message.body.as_ref())?;
            bind(&message.tally)
        })?;
        draft.rows.clear();
        Ok(())
    }

    /// The first answer, if the entry was here before.
    fn repeated(&mut self, draft: &Draft<'_>, message: &Message, name: &Name) -> Result<Option<Appended>, StoreError> {
        if !message.dated {
            let here = draft.names.get(name).copied().filter(|first| within(first.time, message.time));
            return Ok(here.or_else(|| self.repeats.get(name, message.time)));
        }
        let key = name.key(message.time);
        if let Some(first) = draft.keys.as_ref().and_then(|keys| keys.get(&key)) {
            return Ok(Some(*first));
        }
        if self.imports.get(message.conversation).is_none() {
            let keys = self.stored_keys(message.conversation)?;
            self.imports.load(message.conversation, keys);
        }
        Ok(self.imports.get(message.conversation).and_then(|keys| keys.get(&key)).copied())
    }

    /// The keys of all entries of a conversation, as of the last commit.
    fn stored_keys(&self, conversation: i64) -> Result<HashMap<Key, Appended>, StoreError> {
        let read = |row: &rusqlite::Row<'_>| {
            let name = Name { conversation, sender: 0, client_sequence: row.get(0)?, random: row.get(1)? };
            let appended =
                Appended { time: row.get(2)?, sequence: row.get(3)?, position: row.get(4)?, repeated: false };
            Ok::<_, rusqlite::Error>((name.key(appended.time), appended))
        };
        let tail = self.shared.tails.get(conversation);
        let mut indexed = self.connection.prepare_cached(INDEXED_KEYS)?;
        let mut keys = indexed.query_map([conversation], read)?.collect::<Result<HashMap<_, _>, _>>()?;
        let mut one = self.connection.prepare_cached(KEYS)?;
        for position in &tail.positions {
            keys.extend([one.query_row([position], read)?]);
        }
        Ok(keys)
    }

    fn head(&self, draft: &Draft<'_>, conversation: i64) -> Result<Option<Head>, StoreError> {
        if let Some(head) = draft.heads.get(&conversation) {
            return Ok(Some(*head));
        }
        if let Some(head) = self.shared.heads().get(conversation) {
            return Ok(Some(head));
        }
        read::head(&self.connection, &self.shared.tails.get(conversation), conversation)
    }

    fn amend(
        &self,
        draft: &Draft<'_>,
        conversation: i64,
        sequence: i64,
        change: &Change,
    ) -> Result<Result<Entry, StoreError>, StoreError> {
        let fresh = draft
            .added
            .iter()
            .find(|(name, appended, _)| name.conversation == conversation && appended.sequence == sequence)
            .map(|(_, appended, _)| appended.position);
        let tail = self.shared.tails.get(conversation);
        let position = match fresh {
            Some(position) => Some(position),
            None => read::place(&self.connection, &tail, conversation, sequence)?,
        };
        let stored = position.map_or(Ok(None), |position| read::at(&self.connection, position))?;
        let Some(mut entry) = stored else { return Ok(Err(StoreError::Missing)) };
        match change.apply(entry.flags, entry.version) {
            Ok((flags, version)) => (entry.flags, entry.version) = (flags, version),
            Err(conflict) => return Ok(Err(conflict)),
        }
        if let Some(body) = &change.body {
            entry.body = body.clone();
            let row = (entry.flags, entry.version, body.as_ref(), entry.position);
            self.connection.prepare_cached(REWRITE)?.execute(row)?;
        } else {
            let row = (entry.flags, entry.version, entry.position);
            self.connection.prepare_cached(AMEND)?.execute(row)?;
        }
        Ok(Ok(entry))
    }

    /// Deletes the oldest entries; whether there may be more.
    fn purge(&self, draft: &mut Draft<'_>, conversation: i64, up_to: i64) -> Result<bool, StoreError> {
        let tail = self.shared.tails.get(conversation);
        let mut doomed = self
            .connection
            .prepare_cached(
                "SELECT sequence, position FROM places WHERE conversation = $1 AND sequence <= $2
                 ORDER BY sequence LIMIT $3",
            )?
            .query_map((conversation, up_to, self.limits.purge as i64), |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(i64, i64)>, _>>()?;
        let room = self.limits.purge - doomed.len();
        doomed.extend(tail.entries().take_while(|(sequence, _)| *sequence <= up_to).take(room));
        let Some((last, _)) = doomed.last().copied() else { return Ok(false) };
        if let Some(head) = self.head(draft, conversation)?
            && head.sequence == last
        {
            let remember = "INSERT INTO purged VALUES ($1, $2, $3, $4)
                ON CONFLICT (conversation) DO UPDATE
                SET sequence = excluded.sequence, time = excluded.time, position = excluded.position";
            self.connection.execute(remember, (conversation, head.sequence, head.time, head.position))?;
            self.connection.execute("UPDATE state SET position = $1", [self.next - 1])?;
        }
        let mut delete = self.connection.prepare_cached("DELETE FROM messages WHERE position = $1")?;
        for (_, position) in &doomed {
            delete.execute([position])?;
        }
        let unplace = "DELETE FROM places WHERE conversation = $1 AND sequence <= $2";
        self.connection.execute(unplace, (conversation, last))?;
        draft.gone.push((conversation, last));
        draft.purged = Some((conversation, last));
        Ok(doomed.len() == self.limits.purge)
    }

    /// Writes to the index the tails that fill a page, and about as many others as entries were added.
    fn index(&self, draft: &mut Draft<'_>) -> Result<(), StoreError> {
        let tails = &self.shared.tails;
        if draft.purged.is_some() {
            return Ok(());
        }
        let mut full: BTreeMap<i64, Tail> =
            tails.long(draft.heads.keys().copied(), self.limits.tail).into_iter().collect();
        let held = tails.len();
        let lag = usize::try_from(self.next - draft.sweep.indexed).unwrap_or(usize::MAX);
        if held > self.limits.tails || lag > 3 * self.limits.tails {
            let budget = draft.added.len() + 16 + held.saturating_sub(self.limits.tails) / 64;
            let mut taken = 0;
            while taken < budget {
                if let Some((conversation, tail)) = tails.after(draft.sweep.cursor) {
                    draft.sweep.cursor = conversation;
                    taken += tail.positions.len();
                    full.insert(conversation, tail);
                } else {
                    draft.sweep = Sweep { cursor: i64::MIN, started: self.next, indexed: draft.sweep.started };
                    self.connection.execute("UPDATE state SET indexed = $1", [draft.sweep.indexed])?;
                    break;
                }
            }
        }
        for (conversation, tail) in full {
            let entries: Vec<_> = tail.entries().collect();
            self.places.insert(&self.connection, &entries, |(sequence, position), bind| {
                bind(&conversation)?;
                bind(sequence)?;
                bind(position)
            })?;
            draft.gone.extend(tail.last().map(|last| (conversation, last)));
        }
        Ok(())
    }

    /// Reads again everything that is remembered.
    fn load(&mut self) -> Result<(), StoreError> {
        let (indexed, used): (i64, i64) =
            self.connection
                .query_row("SELECT indexed, position FROM state", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let newest: Option<i64> =
            self.connection.query_row("SELECT max(position) FROM messages", [], |row| row.get(0))?;
        let next = newest.unwrap_or(0).max(used) + 1;
        let mut repeats = Repeats::default();
        let mut tails: BTreeMap<i64, (i64, Tail)> = BTreeMap::new();
        let mut statement = self.connection.prepare(
            "SELECT position, conversation, sequence, time, sender, client_sequence, random, flags
             FROM messages WHERE position >= $1 ORDER BY position",
        )?;
        let mut rows = statement.query([indexed.min(next - REPEATS as i64)])?;
        while let Some(row) = rows.next()? {
            let appended =
                Appended { position: row.get(0)?, sequence: row.get(2)?, time: row.get(3)?, repeated: false };
            let conversation = row.get(1)?;
            let flags: u32 = row.get(7)?;
            if flags & flags::IMPORTED == 0 {
                let name =
                    Name { conversation, sender: row.get(4)?, client_sequence: row.get(5)?, random: row.get(6)? };
                repeats.add(name, appended);
            }
            if appended.position < indexed {
                continue;
            }
            let (placed, tail) = match tails.entry(conversation) {
                btree_map::Entry::Occupied(found) => found.into_mut(),
                btree_map::Entry::Vacant(free) => {
                    let placed = read::last_place(&self.connection, conversation)?;
                    free.insert((placed.map_or(0, |(sequence, _)| sequence), Tail::none()))
                }
            };
            if appended.sequence > *placed {
                if tail.positions.is_empty() {
                    tail.first = appended.sequence;
                }
                if tail.first + tail.positions.len() as i64 != appended.sequence {
                    return Err(StoreError::other(format!("conversation {conversation} has a gap")));
                }
                tail.positions.push(appended.position);
            }
        }
        let tails = tails.into_iter().map(|(conversation, (_, tail))| (conversation, tail));
        self.shared.tails.replace(tails.filter(|(_, tail)| !tail.positions.is_empty()).collect());
        self.shared.heads().clear();
        self.imports.clear();
        self.repeats = repeats;
        self.next = next;
        self.sweep = Sweep { cursor: i64::MIN, started: next, indexed };
        self.stale = false;
        Ok(())
    }

    fn look_at_wal(&mut self) {
        self.commits = self.commits.wrapping_add(1);
        if self.commits.is_multiple_of(self.limits.wal_look) {
            // Not worth failing a commit for that is already on disk.
            let pages = self.connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1));
            self.wal_pages = pages.unwrap_or_default();
        }
    }

    fn restart_wal(&mut self) -> Result<(), StoreError> {
        if std::mem::take(&mut self.restart_wal) {
            // Readers that began before are over in a moment; if not, the next round comes here again.
            self.connection.busy_timeout(Duration::from_millis(50))?;
            let restarted = self.connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()));
            self.connection.busy_timeout(Duration::from_secs(10))?;
            restarted?;
        }
        Ok(())
    }
}
