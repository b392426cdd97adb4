//! The log's tables in PostgreSQL.

use crate::engine::Migration;

/// `name` is the client sequence (high half) and the random number; `repeat` a hash of it and the conversation,
/// so that one narrow index finds repeats. `log_purged` keeps the heads of conversations whose newest entry was
/// deleted, `log_state` the greatest position that was.
pub(super) const MIGRATIONS: &[Migration] = &[
    (
        1,
        "log",
        "CREATE TABLE log_messages (
        position BIGINT PRIMARY KEY,
        conversation BIGINT NOT NULL,
        sequence BIGINT NOT NULL,
        time BIGINT NOT NULL,
        sender BIGINT NOT NULL,
        name BIGINT NOT NULL,
        repeat BIGINT NOT NULL,
        client_time BIGINT NOT NULL,
        flags BIGINT NOT NULL,
        version BIGINT NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (conversation, sequence)
    );
    CREATE INDEX log_repeats ON log_messages (repeat);
    CREATE TABLE log_purged (
        conversation BIGINT PRIMARY KEY,
        sequence BIGINT NOT NULL,
        time BIGINT NOT NULL,
        position BIGINT NOT NULL
    );
    CREATE TABLE log_state (
        id BIGINT PRIMARY KEY CHECK (id = 1),
        position BIGINT NOT NULL
    );
    INSERT INTO log_state VALUES (1, 0);",
    ),
    (2, "tally", "ALTER TABLE log_messages ADD COLUMN tally BIGINT NOT NULL DEFAULT 0"),
];

/// The columns of an entry, in the order [`super::postgres::entry`] reads them.
macro_rules! columns {
    () => {
        "m.position, m.conversation, m.sequence, m.time, m.sender, m.name, m.client_time, m.flags, m.version, m.body"
    };
}
pub(super) use columns;
