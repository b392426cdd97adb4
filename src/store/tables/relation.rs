//! Changes of relations: friends, friend groups, applications, blocks. Each counts up the sequences of its list.

use std::collections::BTreeMap;

use model::statistic::Metric;

use super::statistic::{self, count_by};
use crate::{Batch, Book, Expect, Row, StoreError, params};

const ALIVE: &str = "SELECT number FROM account WHERE number = $1";
const COUNT_UP: &str = "INSERT INTO relation_state (account, standard, custom, grouped, blocked, applied, reported)
    VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (account) DO UPDATE SET
    standard = relation_state.standard + EXCLUDED.standard, custom = relation_state.custom + EXCLUDED.custom,
    grouped = relation_state.grouped + EXCLUDED.grouped, blocked = relation_state.blocked + EXCLUDED.blocked,
    applied = relation_state.applied + EXCLUDED.applied";
const STATE: &str =
    "SELECT standard, custom, grouped, blocked, applied, reported FROM relation_state WHERE account = $1";
const REPORT: &str = "INSERT INTO relation_state (account, standard, custom, grouped, blocked, applied, reported)
    VALUES ($1, 0, 0, 0, 0, 1, $2) ON CONFLICT (account) DO UPDATE SET applied = relation_state.applied + 1,
    reported = CASE WHEN EXCLUDED.reported > relation_state.reported
        THEN EXCLUDED.reported ELSE relation_state.reported END";

const PUT: &str = "INSERT INTO friend (account, peer, created, body) VALUES ($1, $2, $3, $4)
    ON CONFLICT (account, peer) DO UPDATE SET created = EXCLUDED.created, body = EXCLUDED.body";
const REMOVE: &str = "DELETE FROM friend WHERE account = $1 AND peer = $2";
const LEAVE_ALL: &str = "DELETE FROM friend_group_member WHERE account = $1 AND peer = $2";

const ADD_GROUP: &str = "INSERT INTO friend_group (account, number, name)
    SELECT CAST($1 AS BIGINT), COALESCE(MAX(number), 0) + 1, CAST($2 AS TEXT) FROM friend_group WHERE account = $1
    ON CONFLICT (account, name) DO NOTHING";
const RENAME_GROUP: &str = "UPDATE friend_group SET name = $1 WHERE account = $2 AND name = $3";
const EMPTY_GROUP: &str = "DELETE FROM friend_group_member WHERE account = $1
    AND friend_group IN (SELECT number FROM friend_group WHERE account = $1 AND name = $2)";
const REMOVE_GROUP: &str = "DELETE FROM friend_group WHERE account = $1 AND name = $2";
const JOIN: &str = "INSERT INTO friend_group_member (account, peer, friend_group)
    SELECT f.account, f.peer, g.number FROM friend f JOIN friend_group g ON g.account = f.account
    WHERE f.account = $1 AND f.peer = $2 AND g.name = $3 ON CONFLICT (account, peer, friend_group) DO NOTHING";
const LEAVE: &str = "DELETE FROM friend_group_member WHERE account = $1 AND peer = $2
    AND friend_group IN (SELECT number FROM friend_group WHERE account = $1 AND name = $3)";

const APPLY: &str = "INSERT INTO friend_application (account, peer, sent, created, body) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (account, peer, sent) DO UPDATE SET created = EXCLUDED.created, body = EXCLUDED.body";
const WITHDRAW: &str = "DELETE FROM friend_application WHERE account = $1 AND peer = $2 AND sent = $3";

const BLOCK: &str =
    "INSERT INTO blocked (account, peer, created) VALUES ($1, $2, $3) ON CONFLICT (account, peer) DO NOTHING";
const UNBLOCK: &str = "DELETE FROM blocked WHERE account = $1 AND peer = $2";

/// The sequences of an account's lists, and what it has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelationState {
    /// Of friends and their standard fields.
    pub standard: i64,
    /// Of the custom fields of friends.
    pub custom: i64,
    /// Of friend groups and who is in them.
    pub grouped: i64,
    /// Of the block list.
    pub blocked: i64,
    /// Of applications.
    pub applied: i64,
    /// Applications made before were seen: milliseconds since 1970.
    pub reported: i64,
}

/// A change of one list of one account.
#[derive(Clone, Debug)]
pub enum RelationChange {
    /// Puts a peer into the list of friends, or replaces what is kept about it.
    Put {
        /// Milliseconds since 1970.
        created: i64,
        /// JSON of `model::Friend`.
        body: Vec<u8>,
        /// Whether custom fields are among what changes.
        custom: bool,
    },
    /// Takes a peer out of the list of friends and out of all groups.
    Remove,
    /// Puts a friend into a group.
    Join(String),
    /// Takes a friend out of a group.
    Leave(String),
    /// Takes a friend out of all groups.
    LeaveAll,
    /// Adds or replaces an application.
    Apply {
        /// The account sent it; otherwise it came in.
        sent: bool,
        /// Milliseconds since 1970.
        created: i64,
        /// JSON of what was said.
        body: Vec<u8>,
    },
    /// Takes an application out of the account's list.
    Withdraw {
        /// The account sent it; otherwise it came in.
        sent: bool,
    },
    /// Blocks a peer at a time in milliseconds.
    Block(i64),
    /// Ends the blocking of a peer.
    Unblock,
}

impl RelationChange {
    fn count(&self, state: &mut RelationState) {
        match self {
            Self::Put { custom, .. } => {
                state.standard += 1;
                state.custom += i64::from(*custom);
            }
            Self::Remove => {
                state.standard += 1;
                state.custom += 1;
                state.grouped += 1;
            }
            Self::Join(_) | Self::Leave(_) | Self::LeaveAll => {
                state.standard += 1;
                state.grouped += 1;
            }
            Self::Apply { .. } | Self::Withdraw { .. } => state.applied += 1,
            Self::Block(_) | Self::Unblock => state.blocked += 1,
        }
    }

    fn write(&self, batch: &mut Batch, account: i64, peer: i64) {
        match self {
            Self::Put { created, body, .. } => batch.run(PUT, params![account, peer, *created, body.clone()]),
            Self::Remove => batch.run(LEAVE_ALL, params![account, peer]).run(REMOVE, params![account, peer]),
            Self::Join(name) => batch.run(JOIN, params![account, peer, name]),
            Self::Leave(name) => batch.run(LEAVE, params![account, peer, name]),
            Self::LeaveAll => batch.run(LEAVE_ALL, params![account, peer]),
            Self::Apply { sent, created, body } => {
                batch.run(APPLY, params![account, peer, *sent, *created, body.clone()])
            }
            Self::Withdraw { sent } => batch.run(WITHDRAW, params![account, peer, *sent]),
            Self::Block(now) => batch.run(BLOCK, params![account, peer, *now]),
            Self::Unblock => batch.run(UNBLOCK, params![account, peer]),
        };
    }
}

/// A change of the friend groups themselves.
#[derive(Clone, Debug)]
pub enum GroupingChange {
    /// Makes a group; one that exists stays.
    Add(String),
    /// Gives a group another name.
    Rename(String, String),
    /// Removes a group; its members stay friends.
    Remove(String),
}

/// What is to be written about relations, all or nothing.
#[derive(Default)]
pub struct RelationBatch {
    groups: Vec<(i64, GroupingChange)>,
    changes: Vec<(i64, i64, RelationChange)>,
}

impl RelationBatch {
    /// Adds a change of what an account keeps about a peer.
    pub fn change(&mut self, account: i64, peer: i64, change: RelationChange) -> &mut Self {
        self.changes.push((account, peer, change));
        self
    }

    /// Adds a change of an account's groups, which is made before those of friends.
    pub fn group(&mut self, account: i64, change: GroupingChange) -> &mut Self {
        self.groups.push((account, change));
        self
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.changes.is_empty()
    }

    /// Whose lists change.
    pub fn accounts(&self) -> impl Iterator<Item = i64> {
        self.changes.iter().map(|(account, ..)| *account).chain(self.groups.iter().map(|(account, _)| *account))
    }
}

fn state(row: &Row) -> Result<RelationState, StoreError> {
    Ok(RelationState {
        standard: row.int(0)?,
        custom: row.int(1)?,
        grouped: row.int(2)?,
        blocked: row.int(3)?,
        applied: row.int(4)?,
        reported: row.int(5)?,
    })
}

/// Adds the removal of an account's relations, and counts up the sequences of those who had any with it.
pub(super) fn forget(batch: &mut Batch, account: i64) {
    const TRACES: [&str; 9] = [
        "UPDATE relation_state SET standard = standard + 1, custom = custom + 1, grouped = grouped + 1
            WHERE account IN (SELECT account FROM friend WHERE peer = $1)",
        "UPDATE relation_state SET applied = applied + 1
            WHERE account IN (SELECT account FROM friend_application WHERE peer = $1)",
        "UPDATE relation_state SET blocked = blocked + 1 WHERE account IN (SELECT account FROM blocked WHERE peer = $1)",
        "DELETE FROM friend_group_member WHERE account = $1 OR peer = $1",
        "DELETE FROM friend_group WHERE account = $1",
        "DELETE FROM friend WHERE account = $1 OR peer = $1",
        "DELETE FROM friend_application WHERE account = $1 OR peer = $1",
        "DELETE FROM blocked WHERE account = $1 OR peer = $1",
        "DELETE FROM relation_state WHERE account = $1",
    ];
    for sql in TRACES {
        batch.run(sql, params![account]);
    }
}

impl Book {
    /// Writes changes of relations; a conflict when one of the accounts is gone.
    pub async fn change_relations(&self, relations: &RelationBatch, now: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        let mut counts: BTreeMap<i64, RelationState> = BTreeMap::new();
        let mut peers = Vec::new();
        for (account, peer, change) in &relations.changes {
            change.count(counts.entry(*account).or_default());
            if matches!(change, RelationChange::Put { .. } | RelationChange::Apply { .. } | RelationChange::Block(_)) {
                peers.push(*peer);
            }
        }
        for (account, _) in &relations.groups {
            let state = counts.entry(*account).or_default();
            state.grouped += 1;
            state.standard += 1;
        }
        peers.extend(counts.keys());
        peers.sort_unstable();
        peers.dedup();
        for peer in peers {
            batch.must(ALIVE, params![peer], Expect::Rows(1));
        }
        for (account, change) in &relations.groups {
            match change {
                GroupingChange::Add(name) => batch.run(ADD_GROUP, params![*account, name]),
                GroupingChange::Rename(old, new) => {
                    batch.must(RENAME_GROUP, params![new, *account, old], Expect::Rows(1))
                }
                GroupingChange::Remove(name) => {
                    batch.run(EMPTY_GROUP, params![*account, name]).run(REMOVE_GROUP, params![*account, name])
                }
            };
        }
        for (account, peer, change) in &relations.changes {
            let (at, pair) = ((now, *account), params![*account, *peer]);
            match change {
                RelationChange::Put { .. } => {
                    count_by(&mut batch, statistic::STRANGERS, at, Metric::FriendsMade, pair);
                }
                RelationChange::Remove => {
                    count_by(&mut batch, statistic::LAST_FRIENDSHIP, at, Metric::FriendsLost, pair);
                }
                _ => {}
            }
            change.write(&mut batch, *account, *peer);
        }
        for (account, state) in counts {
            let RelationState { standard, custom, grouped, blocked, applied, .. } = state;
            batch.run(COUNT_UP, params![account, standard, custom, grouped, blocked, applied]);
        }
        self.write(batch).await.map(drop)
    }

    /// The sequences of an account's lists.
    pub async fn relation_state(&self, account: i64) -> Result<RelationState, StoreError> {
        let row = self.first(STATE, params![account]).await?;
        row.as_ref().map_or_else(|| Ok(RelationState::default()), state)
    }

    /// Remembers that an account has seen its applications made before a time in milliseconds; never goes back.
    pub async fn report_applications(&self, account: i64, before: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(ALIVE, params![account], Expect::Rows(1));
        batch.run(REPORT, params![account, before]);
        self.write(batch).await.map(drop)
    }
}
