//! Groups and their members.

use model::statistic::Metric;

use super::{
    contact::GROUP_PEER,
    group_state,
    statistic::{self, count, count_by},
};
use crate::{Batch, Book, Expect, Row, StoreError, params};

const GET: &str = "SELECT number, app, group_id, kind, owner, created, body
    FROM chat_group WHERE app = $1 AND group_id = $2";
const BY_NUMBER: &str = "SELECT number, app, group_id, kind, owner, created, body FROM chat_group WHERE number = $1";
const IDS: &str = "SELECT number, group_id FROM chat_group WHERE app = $1 AND number > $2 ORDER BY number LIMIT $3";
const IDS_OF_KIND: &str = "SELECT number, group_id FROM chat_group
    WHERE app = $1 AND kind = $2 AND number > $3 ORDER BY number LIMIT $4";
const BEFORE: &str = "SELECT number, app, group_id, kind, owner, created, body FROM chat_group
    WHERE app = $1 AND kind = $2 AND number < $3 ORDER BY number DESC LIMIT $4";
const COUNT: &str = "SELECT COUNT(*) FROM chat_group WHERE app = $1";
const COUNT_OF_KIND: &str = "SELECT COUNT(*) FROM chat_group WHERE app = $1 AND kind = $2";
const MADE_SINCE: &str = "SELECT COUNT(*) FROM chat_group WHERE app = $1 AND created >= $2";
const NEXT: &str = "UPDATE counter SET value = value + 1 WHERE name = 'conversation' RETURNING value";
const ADD: &str = "INSERT INTO chat_group (number, app, group_id, kind, owner, created, body)
    SELECT value, $1, $2, $3, $4, $5, $6 FROM counter WHERE name = 'conversation'";
const CHANGE: &str = "UPDATE chat_group SET owner = $1, body = $2 WHERE number = $3";
const SET_OWNER: &str = "UPDATE chat_group SET owner = $1 WHERE number = $2";
const REMOVE: &str = "DELETE FROM chat_group WHERE number = $1";

// A new group's number is the counter's value until the batch ends.
const FOUND: &str = "INSERT INTO group_member (conversation, account, role, joined, join_sequence, name_card, fields)
    SELECT value, $1, $2, $3, $4, '', $5 FROM counter WHERE name = 'conversation'
    ON CONFLICT (conversation, account) DO NOTHING";
const FOUND_CONTACT: &str =
    "INSERT INTO contact (account, conversation, peer, read_sequence, read_time, cleared_sequence,
    left_position, pinned, mute, marks, custom_mark, changed)
    SELECT $1, value, $2, $3, 0, 0, 0, 0, $4, 0, '', 0 FROM counter WHERE name = 'conversation'
    ON CONFLICT (account, conversation) DO NOTHING";
const JOIN: &str = "INSERT INTO group_member (conversation, account, role, joined, join_sequence, name_card, fields)
    VALUES ($1, $2, $3, $4, $5, '', $6) ON CONFLICT (conversation, account) DO NOTHING";
const JOIN_CONTACT: &str =
    "INSERT INTO contact (account, conversation, peer, read_sequence, read_time, cleared_sequence,
    left_position, pinned, mute, marks, custom_mark, changed)
    VALUES ($1, $2, $3, $4, 0, 0, 0, 0, $5, 0, '', 0) ON CONFLICT (account, conversation) DO NOTHING";
const MEMBERS: &str = "SELECT m.account, a.user_id, m.role, m.joined, m.join_sequence, m.name_card, m.fields,
    c.read_sequence, c.mute FROM group_member m JOIN account a ON a.number = m.account
    JOIN contact c ON c.account = m.account AND c.conversation = m.conversation
    WHERE m.conversation = $1 ORDER BY m.joined, m.account";
const MEMBER_PROFILES: &str = "SELECT m.account, a.user_id, m.name_card, a.profile
    FROM group_member m JOIN account a ON a.number = m.account
    WHERE m.conversation = $1 AND m.account > $2 ORDER BY m.account LIMIT $3";
const CHANGE_MEMBER: &str = "UPDATE group_member SET role = $1, name_card = $2, fields = $3
    WHERE conversation = $4 AND account = $5";
const SET_ROLE: &str = "UPDATE group_member SET role = $1 WHERE conversation = $2 AND account = $3";
/// What an account keeps of a group and of its topics: `(account, group)`.
const LEAVE: [&str; 4] = [
    "DELETE FROM group_member WHERE account = $1 AND conversation = $2",
    "DELETE FROM contact WHERE account = $1
        AND conversation IN (SELECT CAST($2 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $2)",
    "DELETE FROM hidden_message WHERE account = $1
        AND conversation IN (SELECT CAST($2 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $2)",
    "DELETE FROM contact_group_member WHERE account = $1
        AND conversation IN (SELECT CAST($2 AS BIGINT) UNION ALL SELECT number FROM topic WHERE community = $2)",
];
const OF: &str = "SELECT conversation FROM group_member WHERE account = $1 ORDER BY conversation";
const COUNT_OF: &str = "SELECT COUNT(*) FROM group_member WHERE account = $1";

/// A group as stored.
#[derive(Clone, Debug)]
pub struct GroupRow {
    /// Its number in the log.
    pub number: i64,
    /// Its app.
    pub app: i64,
    /// The name that the app or the client gave it.
    pub group_id: String,
    /// See `model::GroupKind::number`.
    pub kind: i64,
    /// The owner's account, 0 when there is none.
    pub owner: i64,
    /// Milliseconds since 1970.
    pub created: i64,
    /// JSON of what else is set.
    pub body: Vec<u8>,
}

/// A group that is to be made.
#[derive(Clone, Debug)]
pub struct NewGroup<'a> {
    /// Its app.
    pub app: i64,
    /// A name that no other group of the app has.
    pub group_id: &'a str,
    /// See `model::GroupKind::number`.
    pub kind: i64,
    /// The owner's account, 0 when there is none.
    pub owner: i64,
    /// Milliseconds since 1970.
    pub created: i64,
    /// JSON of what else is set.
    pub body: Vec<u8>,
}

/// An account that joins a group.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// Its number.
    pub account: i64,
    /// See `model::Role::number`.
    pub role: i64,
    /// Seconds since 1970.
    pub joined: i64,
    /// The group's greatest sequence at that time.
    pub join_sequence: i64,
    /// Greatest sequence that counts as read.
    pub read_sequence: i64,
    /// 0 notify, 1 discard, 2 quiet.
    pub mute: i64,
    /// JSON of the member's own fields.
    pub fields: Vec<u8>,
}

/// A member of a group.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// The account's number.
    pub account: i64,
    /// The account's name.
    pub user_id: String,
    /// See `model::Role::number`.
    pub role: i64,
    /// Seconds since 1970.
    pub joined: i64,
    /// The group's greatest sequence when the member joined.
    pub join_sequence: i64,
    /// The member's name in the group.
    pub name_card: String,
    /// JSON of the member's own fields.
    pub fields: Vec<u8>,
    /// Greatest sequence read.
    pub read_sequence: i64,
    /// 0 notify, 1 discard, 2 quiet.
    pub mute: i64,
}

/// What a search looks at of a member.
#[derive(Clone, Debug)]
pub struct MemberProfile {
    /// The account's number.
    pub account: i64,
    /// The account's name.
    pub user_id: String,
    /// The member's name in the group.
    pub name_card: String,
    /// JSON of the account's profile.
    pub profile: Vec<u8>,
}

fn group(row: &Row) -> Result<GroupRow, StoreError> {
    Ok(GroupRow {
        number: row.int(0)?,
        app: row.int(1)?,
        group_id: row.text(2)?,
        kind: row.int(3)?,
        owner: row.int(4)?,
        created: row.int(5)?,
        body: row.blob(6)?,
    })
}

fn member(row: &Row) -> Result<MemberRow, StoreError> {
    Ok(MemberRow {
        account: row.int(0)?,
        user_id: row.text(1)?,
        role: row.int(2)?,
        joined: row.int(3)?,
        join_sequence: row.int(4)?,
        name_card: row.text(5)?,
        fields: row.blob(6)?,
        read_sequence: row.int(7)?,
        mute: row.int(8)?,
    })
}

/// A number of rows as `LIMIT` takes it.
pub(super) fn limited(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl Book {
    /// The group of that name.
    pub async fn group(&self, app: i64, group_id: &str) -> Result<Option<GroupRow>, StoreError> {
        self.first(GET, params![app, group_id]).await?.as_ref().map(group).transpose()
    }

    /// The group of that number.
    pub async fn group_by_number(&self, number: i64) -> Result<Option<GroupRow>, StoreError> {
        self.first(BY_NUMBER, params![number]).await?.as_ref().map(group).transpose()
    }

    /// An app's groups, of one kind or of all, with numbers greater than `after`: `(number, name)` by number.
    pub async fn group_ids(
        &self,
        app: i64,
        kind: Option<i64>,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let rows = match kind {
            Some(kind) => self.read(IDS_OF_KIND, params![app, kind, after, limited(limit)]).await?,
            None => self.read(IDS, params![app, after, limited(limit)]).await?,
        };
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect()
    }

    /// An app's groups of a kind with numbers below `before`, newest first.
    pub async fn groups_before(
        &self,
        app: i64,
        kind: i64,
        before: i64,
        limit: usize,
    ) -> Result<Vec<GroupRow>, StoreError> {
        let rows = self.read(BEFORE, params![app, kind, before, limited(limit)]).await?;
        rows.iter().map(group).collect()
    }

    /// A group's members with accounts above `after`, by account, with their profiles.
    pub async fn member_profiles(
        &self,
        conversation: i64,
        after: i64,
        limit: usize,
    ) -> Result<Vec<MemberProfile>, StoreError> {
        let rows = self.read(MEMBER_PROFILES, params![conversation, after, limited(limit)]).await?;
        let profile = |row: &Row| {
            Ok(MemberProfile {
                account: row.int(0)?,
                user_id: row.text(1)?,
                name_card: row.text(2)?,
                profile: row.blob(3)?,
            })
        };
        rows.iter().map(profile).collect()
    }

    /// How many groups of one kind or of all an app has.
    pub async fn group_count(&self, app: i64, kind: Option<i64>) -> Result<i64, StoreError> {
        let row = match kind {
            Some(kind) => self.first(COUNT_OF_KIND, params![app, kind]).await?,
            None => self.first(COUNT, params![app]).await?,
        };
        row.ok_or(StoreError::Missing)?.int(0)
    }

    /// How many of an app's groups were made at or after a time in milliseconds, and still exist.
    pub async fn groups_made_since(&self, app: i64, created: i64) -> Result<i64, StoreError> {
        self.first(MADE_SINCE, params![app, created]).await?.ok_or(StoreError::Missing)?.int(0)
    }

    /// Makes a group with its first members and returns its number; a conflict if the name is taken.
    pub async fn add_group(&self, group: NewGroup<'_>, members: &[NewMember], now: i64) -> Result<i64, StoreError> {
        let NewGroup { app, group_id, kind, owner, created, body } = group;
        let mut batch = Batch::new();
        batch.must(NEXT, params![], Expect::Rows(1));
        batch.must(ADD, params![app, group_id, kind, owner, created, body], Expect::Rows(1));
        for NewMember { account, role, joined, join_sequence, read_sequence, mute, fields } in members.iter().cloned() {
            batch.run(FOUND, params![account, role, joined, join_sequence, fields]);
            batch.run(FOUND_CONTACT, params![account, GROUP_PEER, read_sequence, mute]);
        }
        count(&mut batch, (app, now, group_id.len() as i64), Metric::NewGroups, 1);
        let rows = self.write(batch).await?;
        rows.first().and_then(|rows| rows.first()).ok_or(StoreError::Missing)?.int(0)
    }

    /// Replaces a group's owner and body; a conflict if the group is gone.
    pub async fn change_group(&self, number: i64, owner: i64, body: Vec<u8>) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(CHANGE, params![owner, body, number], Expect::Rows(1));
        self.write(batch).await.map(drop)
    }

    /// Removes a group, its topics, and all that anybody keeps about them. Their messages stay in the log.
    pub async fn remove_group(&self, number: i64, now: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        count_by(&mut batch, statistic::GROUP, (now, number), Metric::DismissedGroups, params![1, number]);
        group_state::forget_conversation(&mut batch, number);
        super::topic::forget(&mut batch, number);
        batch.run(REMOVE, params![number]);
        self.write(batch).await.map(drop)
    }

    /// The members of a group by the time they joined, then by account.
    pub async fn members(&self, conversation: i64) -> Result<Vec<MemberRow>, StoreError> {
        self.read(MEMBERS, params![conversation]).await?.iter().map(member).collect()
    }

    /// Adds members with their contacts; those already in stay as they are. With a time their coming is counted, as that
    /// of all of them.
    pub async fn add_members(
        &self,
        conversation: i64,
        members: &[NewMember],
        came: Option<i64>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for NewMember { account, role, joined, join_sequence, read_sequence, mute, fields } in members.iter().cloned() {
            batch.run(JOIN, params![conversation, account, role, joined, join_sequence, fields]);
            batch.run(JOIN_CONTACT, params![account, conversation, GROUP_PEER, read_sequence, mute]);
        }
        if let Some(now) = came {
            let values = params![members.len() as i64, conversation];
            count_by(&mut batch, statistic::GROUP, (now, conversation), Metric::Joins, values);
        }
        self.write(batch).await.map(drop)
    }

    /// Removes members and what they keep about the group and its topics. With a time their going is counted.
    pub async fn remove_members(
        &self,
        conversation: i64,
        accounts: &[i64],
        went: Option<i64>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for account in accounts {
            for sql in LEAVE {
                batch.run(sql, params![*account, conversation]);
            }
        }
        if let Some(now) = went {
            let values = params![accounts.len() as i64, conversation];
            count_by(&mut batch, statistic::GROUP, (now, conversation), Metric::Leaves, values);
        }
        self.write(batch).await.map(drop)
    }

    /// Replaces what a group knows of a member; a conflict if the account is not a member.
    pub async fn change_member(
        &self,
        conversation: i64,
        account: i64,
        role: i64,
        name_card: &str,
        fields: &[u8],
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(CHANGE_MEMBER, params![role, name_card, fields, conversation, account], Expect::Rows(1));
        self.write(batch).await.map(drop)
    }

    /// Sets roles `(account, role)` of members and the group's owner, all or none; a conflict if the group is gone or
    /// the owner is given a role and is not a member.
    pub async fn change_roles(&self, conversation: i64, roles: &[(i64, i64)], owner: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for (account, role) in roles {
            let values = params![*role, conversation, *account];
            // A former owner may be gone, its account removed.
            if *account == owner {
                batch.must(SET_ROLE, values, Expect::Rows(1));
            } else {
                batch.run(SET_ROLE, values);
            }
        }
        batch.must(SET_OWNER, params![owner, conversation], Expect::Rows(1));
        self.write(batch).await.map(drop)
    }

    /// The groups that an account is in.
    pub async fn groups_of(&self, account: i64) -> Result<Vec<i64>, StoreError> {
        self.read(OF, params![account]).await?.iter().map(|row| row.int(0)).collect()
    }

    /// How many groups an account is in.
    pub async fn group_count_of(&self, account: i64) -> Result<i64, StoreError> {
        self.first(COUNT_OF, params![account]).await?.ok_or(StoreError::Missing)?.int(0)
    }
}
