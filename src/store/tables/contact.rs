//! What a user keeps about each conversation: read mark, pin, mute, marks, groups, deleted messages.

use crate::{Batch, Book, Expect, Row, StoreError, params};

const ALL: &str = "SELECT c.conversation, c.peer, COALESCE(a.user_id, g.group_id, ''), c.read_sequence, c.read_time,
    c.cleared_sequence, c.left_position, c.pinned, c.mute, c.marks, c.custom_mark, c.changed
    FROM contact c LEFT JOIN account a ON a.number = c.peer LEFT JOIN chat_group g ON g.number = c.conversation
    WHERE c.account = $1 AND (c.peer < 1 OR a.number IS NOT NULL) ORDER BY c.conversation";
const ONE: &str = "SELECT c.conversation, c.peer, COALESCE(a.user_id, g.group_id, ''), c.read_sequence, c.read_time,
    c.cleared_sequence, c.left_position, c.pinned, c.mute, c.marks, c.custom_mark, c.changed
    FROM contact c LEFT JOIN account a ON a.number = c.peer LEFT JOIN chat_group g ON g.number = c.conversation
    WHERE c.account = $1 AND c.conversation = $2 AND (c.peer < 1 OR a.number IS NOT NULL)";
const PEER_TIMES: &str = "SELECT o.conversation, o.read_time FROM contact c
    JOIN contact o ON o.account = c.peer AND o.conversation = c.conversation
    WHERE c.account = $1 AND c.peer > 0 ORDER BY o.conversation";
const READ: &str = "UPDATE contact SET read_sequence = $1, read_time = $2
    WHERE account = $3 AND conversation = $4 AND read_sequence <= $1 AND read_time <= $2
    AND (read_sequence < $1 OR read_time < $2)";
const MOVE_READ: &str =
    "UPDATE contact SET read_sequence = $1, read_time = $2 WHERE account = $3 AND conversation = $4";
const ENSURE: &str = "INSERT INTO contact (account, conversation, peer, read_sequence, read_time, cleared_sequence,
    left_position, pinned, mute, marks, custom_mark, changed)
    VALUES ($1, $2, $3, 0, 0, 0, 0, 0, 0, 0, '', 0) ON CONFLICT (account, conversation) DO NOTHING";
const CLEAR: &str =
    "UPDATE contact SET cleared_sequence = $1 WHERE account = $2 AND conversation = $3 AND cleared_sequence < $1";
const READ_SEQUENCES: &str = "SELECT account, read_sequence FROM contact WHERE conversation = $1";
const LEAVE: &str = "UPDATE contact SET left_position = $1, pinned = 0 WHERE account = $2 AND conversation = $3";
const PIN: &str = "UPDATE contact SET pinned = $1, changed = $2 WHERE account = $3 AND conversation = $4";
const MUTE: &str = "UPDATE contact SET mute = $1, changed = $2 WHERE account = $3 AND conversation = $4";
const MARK: &str =
    "UPDATE contact SET marks = $1, custom_mark = $2, changed = $3 WHERE account = $4 AND conversation = $5";
const CHANGED: &str = "UPDATE contact SET changed = $1 WHERE account = $2 AND conversation = $3";
const HIDDEN: &str =
    "SELECT conversation, sequence FROM hidden_message WHERE account = $1 ORDER BY conversation, sequence";
const HIDDEN_IN: &str =
    "SELECT conversation, sequence FROM hidden_message WHERE account = $1 AND conversation = $2 ORDER BY sequence";
const HIDE: &str = "INSERT INTO hidden_message (account, conversation, sequence) VALUES ($1, $2, $3)
    ON CONFLICT (account, conversation, sequence) DO NOTHING";
const UNHIDE: &str = "DELETE FROM hidden_message WHERE account = $1 AND conversation = $2 AND sequence <= $3";
const GROUPS: &str = "SELECT number, name FROM contact_group WHERE account = $1 ORDER BY number";
const NEXT_GROUP: &str = "UPDATE counter SET value = value + 1 WHERE name = 'contact_group' RETURNING value";
const ADD_GROUP: &str = "INSERT INTO contact_group (account, number, name)
    SELECT CAST($1 AS BIGINT), value, CAST($2 AS TEXT) FROM counter WHERE name = 'contact_group'";
const RENAME_GROUP: &str = "UPDATE contact_group SET name = $1 WHERE account = $2 AND number = $3";
const REMOVE_GROUP: &str = "DELETE FROM contact_group WHERE account = $1 AND number = $2";
const MEMBERS: &str = "SELECT conversation, contact_group FROM contact_group_member WHERE account = $1 ORDER BY conversation, contact_group";
const ADD_MEMBER: &str = "INSERT INTO contact_group_member (account, contact_group, conversation) VALUES ($1, $2, $3)
    ON CONFLICT (account, contact_group, conversation) DO NOTHING";
const REMOVE_MEMBER: &str =
    "DELETE FROM contact_group_member WHERE account = $1 AND contact_group = $2 AND conversation = $3";
const REMOVE_MEMBERS: &str = "DELETE FROM contact_group_member WHERE account = $1 AND contact_group = $2";

/// The `peer` of a contact that is a group or a topic.
pub const GROUP_PEER: i64 = 0;
/// The `peer` of a contact that holds the system notices.
pub const SYSTEM_PEER: i64 = -1;

/// A conversation as one of its users keeps it.
#[derive(Clone, Debug)]
pub struct ContactRow {
    /// Its number in the log.
    pub conversation: i64,
    /// The other account; [`GROUP_PEER`] (0) for a group or a topic, [`SYSTEM_PEER`] (-1) for system notices.
    pub peer: i64,
    /// The other account's name, or the group's; empty for topics and system notices.
    pub peer_user: String,
    /// Greatest sequence read.
    pub read_sequence: i64,
    /// Time of the newest message read, seconds since 1970.
    pub read_time: i64,
    /// Messages up to this sequence are gone from the user's history.
    pub cleared_sequence: i64,
    /// The conversation is in the list only if it has a message after this position of the log.
    pub left_position: i64,
    /// When it was pinned, milliseconds since 1970; 0 when it is not.
    pub pinned: i64,
    /// 0 notify, 1 discard, 2 quiet.
    pub mute: i64,
    /// Standard marks, one bit each.
    pub marks: i64,
    /// The app's own mark.
    pub custom_mark: String,
    /// When pin, mute, marks or groups last changed, seconds since 1970.
    pub changed: i64,
}

impl ContactRow {
    /// Whether the conversation is a group or a topic.
    pub fn is_group(&self) -> bool {
        self.peer == GROUP_PEER
    }
}

/// A change of a contact.
#[derive(Clone, Debug)]
pub enum ContactChange {
    /// Moves the read mark forward to a sequence and a time in seconds.
    Read(i64, i64),
    /// Sets the read mark to exactly that sequence and time in seconds, also backwards.
    MoveRead(i64, i64),
    /// Forgets the history up to a sequence.
    Clear(i64),
    /// Takes the conversation out of the list until a message after that position.
    Leave(i64),
    /// Pins (at a time in milliseconds) or, with 0, unpins; at a time in seconds.
    Pin(i64, i64),
    /// Sets the mute at a time in seconds.
    Mute(i64, i64),
    /// Sets marks and custom mark at a time in seconds.
    Mark(i64, String, i64),
    /// Deletes messages for this user alone.
    Hide(Vec<i64>),
}

fn contact(row: &Row) -> Result<ContactRow, StoreError> {
    Ok(ContactRow {
        conversation: row.int(0)?,
        peer: row.int(1)?,
        peer_user: row.text(2)?,
        read_sequence: row.int(3)?,
        read_time: row.int(4)?,
        cleared_sequence: row.int(5)?,
        left_position: row.int(6)?,
        pinned: row.int(7)?,
        mute: row.int(8)?,
        marks: row.int(9)?,
        custom_mark: row.text(10)?,
        changed: row.int(11)?,
    })
}

fn pair(row: &Row) -> Result<(i64, i64), StoreError> {
    Ok((row.int(0)?, row.int(1)?))
}

/// Adds the removal of all that an account keeps.
pub(super) fn forget(batch: &mut Batch, account: i64) {
    const CONTACTS: &str = "DELETE FROM contact WHERE account = $1";
    const HIDDEN: &str = "DELETE FROM hidden_message WHERE account = $1";
    const GROUPS: &str = "DELETE FROM contact_group WHERE account = $1";
    const MEMBERS: &str = "DELETE FROM contact_group_member WHERE account = $1";
    for sql in [CONTACTS, HIDDEN, GROUPS, MEMBERS] {
        batch.run(sql, params![account]);
    }
}

impl Book {
    /// All conversations of an account, also groups and system notices; none whose other account is removed.
    pub async fn contacts(&self, account: i64) -> Result<Vec<ContactRow>, StoreError> {
        self.read(ALL, params![account]).await?.iter().map(contact).collect()
    }

    /// One conversation of an account.
    pub async fn contact(&self, account: i64, conversation: i64) -> Result<Option<ContactRow>, StoreError> {
        self.first(ONE, params![account, conversation]).await?.as_ref().map(contact).transpose()
    }

    /// How far everybody has read who has a conversation in the list: `(account, sequence)`.
    pub async fn read_sequences(&self, conversation: i64) -> Result<Vec<(i64, i64)>, StoreError> {
        self.read(READ_SEQUENCES, params![conversation]).await?.iter().map(pair).collect()
    }

    /// How far the peers have read in the conversations of an account: `(conversation, seconds)`.
    pub async fn peer_read_times(&self, account: i64) -> Result<Vec<(i64, i64)>, StoreError> {
        self.read(PEER_TIMES, params![account]).await?.iter().map(pair).collect()
    }

    /// Makes the contacts of accounts with a conversation of that `peer`, nothing read; those that exist stay as they
    /// are.
    pub async fn ensure_contacts(&self, conversation: i64, peer: i64, accounts: &[i64]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for account in accounts {
            batch.run(ENSURE, params![*account, conversation, peer]);
        }
        self.write(batch).await.map(drop)
    }

    /// Changes contacts `(conversation, change)`, all or none.
    pub async fn change_contacts(&self, account: i64, changes: Vec<(i64, ContactChange)>) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for (conversation, change) in changes {
            match change {
                ContactChange::Read(sequence, second) => {
                    batch.run(READ, params![sequence, second, account, conversation]);
                }
                ContactChange::MoveRead(sequence, second) => {
                    batch.run(MOVE_READ, params![sequence, second, account, conversation]);
                }
                ContactChange::Clear(sequence) => {
                    batch.run(CLEAR, params![sequence, account, conversation]);
                    batch.run(UNHIDE, params![account, conversation, sequence]);
                }
                ContactChange::Leave(position) => {
                    batch.run(LEAVE, params![position, account, conversation]);
                }
                ContactChange::Pin(time, second) => {
                    batch.run(PIN, params![time, second, account, conversation]);
                }
                ContactChange::Mute(mute, second) => {
                    batch.run(MUTE, params![mute, second, account, conversation]);
                }
                ContactChange::Mark(marks, custom, second) => {
                    batch.run(MARK, params![marks, custom, second, account, conversation]);
                }
                ContactChange::Hide(sequences) => {
                    for sequence in sequences {
                        batch.run(HIDE, params![account, conversation, sequence]);
                    }
                }
            }
        }
        self.write(batch).await.map(drop)
    }

    /// Messages an account has deleted, `(conversation, sequence)`; of one conversation or of all.
    pub async fn hidden(&self, account: i64, conversation: Option<i64>) -> Result<Vec<(i64, i64)>, StoreError> {
        let rows = match conversation {
            Some(conversation) => self.read(HIDDEN_IN, params![account, conversation]).await?,
            None => self.read(HIDDEN, params![account]).await?,
        };
        rows.iter().map(pair).collect()
    }

    /// The conversation groups of an account, `(number, name)`.
    pub async fn contact_groups(&self, account: i64) -> Result<Vec<(i64, String)>, StoreError> {
        let rows = self.read(GROUPS, params![account]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect()
    }

    /// Which conversations are in which groups, `(conversation, group)`.
    pub async fn contact_group_members(&self, account: i64) -> Result<Vec<(i64, i64)>, StoreError> {
        self.read(MEMBERS, params![account]).await?.iter().map(pair).collect()
    }

    /// Makes a conversation group; a conflict if the name is taken.
    pub async fn add_contact_group(&self, account: i64, name: &str) -> Result<i64, StoreError> {
        let mut batch = Batch::new();
        batch.must(NEXT_GROUP, params![], Expect::Rows(1));
        batch.must(ADD_GROUP, params![account, name], Expect::Rows(1));
        let rows = self.write(batch).await?;
        rows.first().and_then(|rows| rows.first()).ok_or(StoreError::Missing)?.int(0)
    }

    /// Renames a conversation group; a conflict if the name is taken.
    pub async fn rename_contact_group(&self, account: i64, group: i64, name: &str) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(RENAME_GROUP, params![name, account, group], Expect::Rows(1));
        self.write(batch).await.map(drop)
    }

    /// Removes a conversation group; its conversations stay.
    pub async fn remove_contact_group(&self, account: i64, group: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(REMOVE_MEMBERS, params![account, group]);
        batch.run(REMOVE_GROUP, params![account, group]);
        self.write(batch).await.map(drop)
    }

    /// Puts conversations into a group and takes others out, at a time in seconds.
    pub async fn change_contact_group(
        &self,
        account: i64,
        group: i64,
        added: &[i64],
        removed: &[i64],
        second: i64,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for conversation in added {
            batch.run(ADD_MEMBER, params![account, group, *conversation]);
            batch.run(CHANGED, params![second, account, *conversation]);
        }
        for conversation in removed {
            batch.run(REMOVE_MEMBER, params![account, group, *conversation]);
            batch.run(CHANGED, params![second, account, *conversation]);
        }
        self.write(batch).await.map(drop)
    }
}
