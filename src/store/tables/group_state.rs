//! What goes on in groups: mutes, bans, applications, read receipts, recalls, mentions, and named extras.

use super::group::limited;
use crate::{Batch, Book, Expect, Row, StoreError, params};

const MUTES: &str = "SELECT s.account, a.user_id, s.until FROM group_mute s JOIN account a ON a.number = s.account
    WHERE s.conversation = $1 ORDER BY s.account";
const MUTE: &str = "INSERT INTO group_mute (conversation, account, until) VALUES ($1, $2, $3)
    ON CONFLICT (conversation, account) DO UPDATE SET until = EXCLUDED.until";
const UNMUTE: &str = "DELETE FROM group_mute WHERE conversation = $1 AND account = $2";
const BANS: &str = "SELECT s.account, a.user_id, s.until FROM group_ban s JOIN account a ON a.number = s.account
    WHERE s.conversation = $1 ORDER BY s.account";
const BAN: &str = "INSERT INTO group_ban (conversation, account, until, note) VALUES ($1, $2, $3, $4)
    ON CONFLICT (conversation, account) DO UPDATE SET until = EXCLUDED.until, note = EXCLUDED.note";
const UNBAN: &str = "DELETE FROM group_ban WHERE conversation = $1 AND account = $2";

const LISTEN: &str = "INSERT INTO room_listener (account, instance, conversation) VALUES ($1, $2, $3)
    ON CONFLICT (account, instance, conversation) DO NOTHING";
const UNLISTEN: &str = "DELETE FROM room_listener WHERE account = $1 AND instance = $2 AND conversation = $3";
const LISTENED: &str =
    "SELECT conversation FROM room_listener WHERE account = $1 AND instance = $2 ORDER BY conversation";

const REPLACE: &str = "DELETE FROM group_application
    WHERE conversation = $1 AND kind = $2 AND applicant = $3 AND subject = $4 AND verdict = 0";
const NEXT: &str = "UPDATE counter SET value = value + 1 WHERE name = 'application' RETURNING value";
const APPLY: &str = "INSERT INTO group_application
    (number, conversation, kind, applicant, subject, created, message, verdict, handler, answer)
    SELECT value, $1, $2, $3, $4, $5, $6, $7, $8, $9 FROM counter WHERE name = 'application'";
const OPEN: &str = "SELECT number, conversation, kind, applicant, subject, created, message, verdict, handler, answer
    FROM group_application
    WHERE conversation = $1 AND kind = $2 AND applicant = $3 AND subject = $4 AND verdict = 0";
const NUMBERED: &str =
    "SELECT number, conversation, kind, applicant, subject, created, message, verdict, handler, answer
    FROM group_application WHERE number = $1";
const FOR: &str = "SELECT p.number, p.conversation, p.kind, p.applicant, p.subject, p.created, p.message, p.verdict,
    p.handler, p.answer FROM group_member m JOIN group_application p ON p.conversation = m.conversation
    WHERE m.account = $1 AND m.role >= $2 AND p.created < $3 ORDER BY p.created DESC, p.number DESC LIMIT $4";
const CLOSE: &str =
    "UPDATE group_application SET verdict = $1, handler = $2, answer = $3 WHERE number = $4 AND verdict = 0";

const EXTRA: &str = "SELECT body FROM group_extra WHERE conversation = $1 AND name = $2";
const SET_EXTRA: &str = "INSERT INTO group_extra (conversation, name, body) VALUES ($1, $2, $3)
    ON CONFLICT (conversation, name) DO UPDATE SET body = EXCLUDED.body";

const RECEIVE: &str = "INSERT INTO group_receipt (conversation, sequence, account, created) VALUES ($1, $2, $3, $4)
    ON CONFLICT (conversation, sequence, account) DO NOTHING RETURNING sequence";
const RECEIPTS: &str = "SELECT r.account, a.user_id, r.created FROM group_receipt r
    JOIN account a ON a.number = r.account WHERE r.conversation = $1 AND r.sequence = $2
    ORDER BY r.created, r.account";
const RECEIPT_COUNT: &str = "SELECT COUNT(*) FROM group_receipt WHERE conversation = $1 AND sequence = $2";

const RECALL: &str = "INSERT INTO group_recall (conversation, sequence, created) VALUES ($1, $2, $3)
    ON CONFLICT (conversation, sequence) DO NOTHING";
const RECALLS: &str = "SELECT sequence, created FROM group_recall
    WHERE conversation = $1 AND created >= $2 AND created <= $3 ORDER BY created, sequence LIMIT $4";
const LAST_RECALLS: &str = "SELECT m.conversation,
    COALESCE((SELECT MAX(r.created) FROM group_recall r WHERE r.conversation = m.conversation), 0)
    FROM group_member m WHERE m.account = $1 ORDER BY m.conversation";

const MENTION: &str = "INSERT INTO mention (conversation, sequence, account, created) VALUES ($1, $2, $3, $4)
    ON CONFLICT (conversation, sequence, account) DO NOTHING";
const MENTIONS: &str = "SELECT m.conversation, m.sequence, m.account FROM contact c
    JOIN mention m ON m.account IN ($1, 0) AND m.conversation = c.conversation AND m.sequence > c.read_sequence
    WHERE c.account = $1 AND c.peer = 0 ORDER BY m.conversation, m.sequence, m.account";
/// In topics that the account keeps nothing of, since it came in; everybody is not who comes in the same second.
const TOPIC_MENTIONS: &str = "SELECT m.conversation, m.sequence, m.account FROM group_member g
    JOIN topic t ON t.community = g.conversation
    JOIN mention m ON m.account IN ($1, 0) AND m.conversation = t.number
    AND m.created >= g.joined * 1000 + CASE WHEN m.account = 0 THEN 1000 ELSE 0 END
    LEFT JOIN contact c ON c.account = g.account AND c.conversation = t.number
    WHERE g.account = $1 AND c.account IS NULL ORDER BY m.conversation, m.sequence, m.account";
const FORGET_MENTIONS: &str = "DELETE FROM mention WHERE account = $1 AND conversation = $2 AND sequence <= $3";

/// An application to join a group, or an invitation that has to be agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationRow {
    /// Unique over all groups; grows.
    pub number: i64,
    /// The group's number.
    pub conversation: i64,
    /// What is applied for.
    pub kind: i64,
    /// The account that applies or invites.
    pub applicant: i64,
    /// The account that would join.
    pub subject: i64,
    /// Milliseconds since 1970.
    pub created: i64,
    /// What the applicant says.
    pub message: String,
    /// 0 open, 1 agreed, 2 refused.
    pub verdict: i64,
    /// The account that decided, 0 when nobody did.
    pub handler: i64,
    /// What who decided said.
    pub answer: String,
}

fn application(row: &Row) -> Result<ApplicationRow, StoreError> {
    Ok(ApplicationRow {
        number: row.int(0)?,
        conversation: row.int(1)?,
        kind: row.int(2)?,
        applicant: row.int(3)?,
        subject: row.int(4)?,
        created: row.int(5)?,
        message: row.text(6)?,
        verdict: row.int(7)?,
        handler: row.int(8)?,
        answer: row.text(9)?,
    })
}

/// An account's number and name, with a time.
fn timed(row: &Row) -> Result<(i64, String, i64), StoreError> {
    Ok((row.int(0)?, row.text(1)?, row.int(2)?))
}

/// Adds the removal of an account's traces in groups.
pub(super) fn forget_account(batch: &mut Batch, account: i64) {
    const TRACES: [&str; 6] = [
        "DELETE FROM group_member WHERE account = $1",
        "DELETE FROM group_mute WHERE account = $1",
        "DELETE FROM group_ban WHERE account = $1",
        "DELETE FROM group_application WHERE applicant = $1 OR subject = $1",
        "DELETE FROM group_receipt WHERE account = $1",
        "DELETE FROM mention WHERE account = $1",
    ];
    for sql in TRACES {
        batch.run(sql, params![account]);
    }
}

/// Adds the removal of all that is kept about a group and its topics, or about a topic: everything but themselves.
pub(super) fn forget_conversation(batch: &mut Batch, number: i64) {
    const KEPT: [&str; 15] = [
        "DELETE FROM contact WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM hidden_message WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM contact_group_member WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM group_member WHERE conversation = $1",
        "DELETE FROM room_listener WHERE conversation = $1",
        "DELETE FROM group_mute WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM group_ban WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM group_application WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM group_extra WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM group_receipt WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM group_recall WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM mention WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM extension WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM extension_state WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
        "DELETE FROM reaction WHERE conversation
            IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $1)",
    ];
    for sql in KEPT {
        batch.run(sql, params![number]);
    }
}

impl Book {
    /// Remembers that a sign-in listens to a live room.
    pub async fn add_listener(&self, conversation: i64, account: i64, instance: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(LISTEN, params![account, instance, conversation]);
        self.write(batch).await.map(drop)
    }

    /// Forgets that a sign-in listens to a live room.
    pub async fn remove_listener(&self, conversation: i64, account: i64, instance: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(UNLISTEN, params![account, instance, conversation]);
        self.write(batch).await.map(drop)
    }

    /// The numbers of the live rooms that a sign-in listens to.
    pub async fn listened(&self, account: i64, instance: i64) -> Result<Vec<i64>, StoreError> {
        self.read(LISTENED, params![account, instance]).await?.iter().map(|row| row.int(0)).collect()
    }

    /// Mutes accounts until a time; 0 ends it.
    pub async fn set_mutes(&self, conversation: i64, accounts: &[i64], until: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for account in accounts {
            if until == 0 {
                batch.run(UNMUTE, params![conversation, *account]);
            } else {
                batch.run(MUTE, params![conversation, *account, until]);
            }
        }
        self.write(batch).await.map(drop)
    }

    /// Who is muted, also those whose time is over: `(account, name, until)`.
    pub async fn mutes(&self, conversation: i64) -> Result<Vec<(i64, String, i64)>, StoreError> {
        self.read(MUTES, params![conversation]).await?.iter().map(timed).collect()
    }

    /// Bans accounts until a time; 0 ends it.
    pub async fn set_bans(
        &self,
        conversation: i64,
        accounts: &[i64],
        until: i64,
        note: &str,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for account in accounts {
            if until == 0 {
                batch.run(UNBAN, params![conversation, *account]);
            } else {
                batch.run(BAN, params![conversation, *account, until, note]);
            }
        }
        self.write(batch).await.map(drop)
    }

    /// Who is banned, also those whose time is over: `(account, name, until)`.
    pub async fn bans(&self, conversation: i64) -> Result<Vec<(i64, String, i64)>, StoreError> {
        self.read(BANS, params![conversation]).await?.iter().map(timed).collect()
    }

    /// Adds an application in place of an open one of the same group, kind, applicant and subject, and returns its
    /// number; the number of `row` does not count.
    pub async fn add_application(&self, row: &ApplicationRow) -> Result<i64, StoreError> {
        let ApplicationRow { conversation, kind, applicant, subject, created, verdict, handler, .. } = *row;
        let mut batch = Batch::new();
        batch.run(REPLACE, params![conversation, kind, applicant, subject]);
        batch.must(NEXT, params![], Expect::Rows(1));
        let values =
            params![conversation, kind, applicant, subject, created, &row.message, verdict, handler, &row.answer];
        batch.must(APPLY, values, Expect::Rows(1));
        let rows = self.write(batch).await?;
        rows.get(1).and_then(|rows| rows.first()).ok_or(StoreError::Missing)?.int(0)
    }

    /// The application that waits for a decision.
    pub async fn open_application(
        &self,
        conversation: i64,
        kind: i64,
        applicant: i64,
        subject: i64,
    ) -> Result<Option<ApplicationRow>, StoreError> {
        let row = self.first(OPEN, params![conversation, kind, applicant, subject]).await?;
        row.as_ref().map(application).transpose()
    }

    /// The application of a number.
    pub async fn application_numbered(&self, number: i64) -> Result<Option<ApplicationRow>, StoreError> {
        self.first(NUMBERED, params![number]).await?.as_ref().map(application).transpose()
    }

    /// Applications to the groups in which an account has at least a role, decided or not, made before a time in
    /// milliseconds, newest first.
    pub async fn applications_for(
        &self,
        approver: i64,
        least_role: i64,
        before: i64,
        limit: usize,
    ) -> Result<Vec<ApplicationRow>, StoreError> {
        let rows = self.read(FOR, params![approver, least_role, before, limited(limit)]).await?;
        rows.iter().map(application).collect()
    }

    /// Decides an application; a conflict if it is not open any more.
    pub async fn close_application(
        &self,
        number: i64,
        verdict: i64,
        handler: i64,
        answer: &str,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(CLOSE, params![verdict, handler, answer, number], Expect::Rows(1));
        self.write(batch).await.map(drop)
    }

    /// What is kept about a group under a name.
    pub async fn extra(&self, conversation: i64, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.first(EXTRA, params![conversation, name]).await?.map(|row| row.blob(0)).transpose()
    }

    /// Keeps something about a group under a name.
    pub async fn set_extra(&self, conversation: i64, name: &str, body: Vec<u8>) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(SET_EXTRA, params![conversation, name, body]);
        self.write(batch).await.map(drop)
    }

    /// Remembers which messages an account has read at a time in milliseconds, and returns those it had not before.
    pub async fn add_receipts(
        &self,
        conversation: i64,
        account: i64,
        created: i64,
        sequences: &[i64],
    ) -> Result<Vec<i64>, StoreError> {
        let mut batch = Batch::new();
        for sequence in sequences {
            batch.run(RECEIVE, params![conversation, *sequence, account, created]);
        }
        self.write(batch).await?.iter().flatten().map(|row| row.int(0)).collect()
    }

    /// Who has read a message, first reader first: `(account, name, milliseconds)`.
    pub async fn receipts(&self, conversation: i64, sequence: i64) -> Result<Vec<(i64, String, i64)>, StoreError> {
        self.read(RECEIPTS, params![conversation, sequence]).await?.iter().map(timed).collect()
    }

    /// How many have read each of these messages, in the order asked: `(sequence, count)`.
    pub async fn receipt_counts(&self, conversation: i64, sequences: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
        let mut counts = Vec::with_capacity(sequences.len());
        for sequence in sequences {
            let row = self.first(RECEIPT_COUNT, params![conversation, *sequence]).await?;
            counts.push((*sequence, row.ok_or(StoreError::Missing)?.int(0)?));
        }
        Ok(counts)
    }

    /// Remembers when messages were recalled, in microseconds since 1970; the first time stays.
    pub async fn add_recalls(&self, conversation: i64, sequences: &[i64], created_us: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for sequence in sequences {
            batch.run(RECALL, params![conversation, *sequence, created_us]);
        }
        self.write(batch).await.map(drop)
    }

    /// What was recalled from one time to another, both included, oldest first: `(sequence, microseconds)`.
    pub async fn recalls(
        &self,
        conversation: i64,
        from_us: i64,
        until_us: i64,
        limit: usize,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let rows = self.read(RECALLS, params![conversation, from_us, until_us, limited(limit)]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
    }

    /// When something was last recalled in the groups that an account is in, in microseconds since 1970, 0 for never:
    /// `(conversation, microseconds)`.
    pub async fn last_recalls(&self, account: i64) -> Result<Vec<(i64, i64)>, StoreError> {
        self.read(LAST_RECALLS, params![account]).await?.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
    }

    /// Remembers whom a message mentions; the account 0 is everybody.
    pub async fn add_mentions(
        &self,
        conversation: i64,
        sequence: i64,
        accounts: &[i64],
        created: i64,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for account in accounts {
            batch.run(MENTION, params![conversation, sequence, *account, created]);
        }
        self.write(batch).await.map(drop)
    }

    /// The messages above the read marks of an account's groups and topics that mention it or everybody, by
    /// conversation and sequence: `(conversation, sequence, everybody)`. One that mentions both is there twice. In a
    /// topic of which the account keeps nothing yet it is what was said since it joined the community.
    pub async fn mentions(&self, account: i64) -> Result<Vec<(i64, i64, bool)>, StoreError> {
        let mut rows = self.read(MENTIONS, params![account]).await?;
        rows.extend(self.read(TOPIC_MENTIONS, params![account]).await?);
        let found = rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?, row.int(2)? == 0)));
        let mut found = found.collect::<Result<Vec<_>, StoreError>>()?;
        found.sort_by_key(|(conversation, sequence, everybody)| (*conversation, *sequence, !everybody));
        Ok(found)
    }

    /// Forgets the mentions of an account up to a sequence; those of everybody stay.
    pub async fn forget_mentions(
        &self,
        account: i64,
        conversation: i64,
        up_to_sequence: i64,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(FORGET_MENTIONS, params![account, conversation, up_to_sequence]);
        self.write(batch).await.map(drop)
    }
}
