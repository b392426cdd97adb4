//! The log's SQLite file: messages in the order they came, and where each conversation's are.

use crate::engine::Migration;

/// `messages` is written at its end only. `places` is the index, written in bulk (see `tails`), so it is a
/// table of its own. `purged` keeps the heads of conversations whose newest entry was deleted. `state` has one
/// row: everything below `indexed` is in `places`; positions up to `position` were used, whatever is left.
pub(super) const MIGRATIONS: &[Migration] = &[
    (
        1,
        "log",
        "CREATE TABLE messages (
        position INTEGER PRIMARY KEY,
        conversation INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        time INTEGER NOT NULL,
        sender INTEGER NOT NULL,
        client_sequence INTEGER NOT NULL,
        random INTEGER NOT NULL,
        client_time INTEGER NOT NULL,
        flags INTEGER NOT NULL,
        version INTEGER NOT NULL,
        body BLOB NOT NULL
    );
    CREATE TABLE places (
        conversation INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (conversation, sequence)
    ) WITHOUT ROWID;
    CREATE TABLE purged (
        conversation INTEGER PRIMARY KEY,
        sequence INTEGER NOT NULL,
        time INTEGER NOT NULL,
        position INTEGER NOT NULL
    );
    CREATE TABLE state (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        indexed INTEGER NOT NULL,
        position INTEGER NOT NULL
    );
    INSERT INTO state VALUES (1, 1, 0);",
    ),
    (2, "tally", "ALTER TABLE messages ADD COLUMN tally INTEGER NOT NULL DEFAULT 0"),
];
