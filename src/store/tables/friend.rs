//! Lists of relations as they are read: friends, friend groups, applications, blocks.

use std::collections::HashMap;

use crate::{Book, Row, StoreError, params};

const NUMBERS: &str = "SELECT peer FROM friend WHERE account = $1 ORDER BY peer";
const HOLDERS: &str = "SELECT account FROM friend WHERE peer = $1 ORDER BY account";
const PAGE: &str = "SELECT f.peer, a.user_id, f.created, f.body FROM friend f JOIN account a ON a.number = f.peer
    WHERE f.account = $1 ORDER BY f.created, f.peer LIMIT $2 OFFSET $3";
const PAGE_GROUPS: &str = "SELECT p.peer, g.name
    FROM (SELECT peer FROM friend WHERE account = $1 ORDER BY created, peer LIMIT $2 OFFSET $3) p
    JOIN friend_group_member m ON m.account = $1 AND m.peer = p.peer
    JOIN friend_group g ON g.account = $1 AND g.number = m.friend_group ORDER BY p.peer, g.number";
const ONE: &str = "SELECT f.peer, a.user_id, f.created, f.body FROM friend f JOIN account a ON a.number = f.peer
    WHERE f.account = $1 AND f.peer = $2";
const ONE_GROUPS: &str = "SELECT m.peer, g.name FROM friend_group_member m
    JOIN friend_group g ON g.account = m.account AND g.number = m.friend_group
    WHERE m.account = $1 AND m.peer = $2 ORDER BY g.number";

const GROUPS: &str = "SELECT g.name, COUNT(m.peer) FROM friend_group g
    LEFT JOIN friend_group_member m ON m.account = g.account AND m.friend_group = g.number
    WHERE g.account = $1 GROUP BY g.number, g.name ORDER BY g.number";
const MEMBERS: &str = "SELECT g.name, a.user_id FROM friend_group g
    JOIN friend_group_member m ON m.account = g.account AND m.friend_group = g.number
    JOIN account a ON a.number = m.peer WHERE g.account = $1 ORDER BY g.number, m.peer";

const APPLICATIONS: &str = "SELECT p.peer, a.user_id, p.sent, p.created, p.body FROM friend_application p
    JOIN account a ON a.number = p.peer WHERE p.account = $1 ORDER BY p.created DESC, p.peer, p.sent";
const ABOUT: &str = "SELECT account, peer, sent FROM friend_application WHERE account = $1 OR peer = $1
    ORDER BY account, peer, sent";
const APPLICATION: &str = "SELECT p.peer, a.user_id, p.sent, p.created, p.body FROM friend_application p
    JOIN account a ON a.number = p.peer WHERE p.account = $1 AND p.peer = $2 AND p.sent = $3";
const APPLICATION_COUNT: &str = "SELECT COUNT(*) FROM friend_application WHERE account = $1 AND sent = $2";

const BLOCKED: &str = "SELECT peer FROM blocked WHERE account = $1 ORDER BY peer";
const BLOCKED_PAGE: &str = "SELECT a.user_id, b.created FROM blocked b JOIN account a ON a.number = b.peer
    WHERE b.account = $1 ORDER BY b.created, b.peer LIMIT $2 OFFSET $3";

/// A friend as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FriendRow {
    /// The friend's account.
    pub peer: i64,
    /// The friend's name.
    pub user: String,
    /// Milliseconds since 1970.
    pub created: i64,
    /// JSON of `model::Friend`.
    pub body: Vec<u8>,
    /// The names of the groups the friend is in, in the order the groups were made.
    pub groups: Vec<String>,
}

/// An application in one side's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FriendApplicationRow {
    /// The other side's account.
    pub peer: i64,
    /// The other side's name.
    pub user: String,
    /// The account sent it; otherwise it came in.
    pub sent: bool,
    /// Milliseconds since 1970.
    pub created: i64,
    /// JSON of what was said.
    pub body: Vec<u8>,
}

/// A friend group as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FriendGroupRow {
    /// Its name.
    pub name: String,
    /// How many friends are in it.
    pub count: i64,
}

fn friends(rows: &[Row], groups: &[Row]) -> Result<Vec<FriendRow>, StoreError> {
    let mut named: HashMap<i64, Vec<String>> = HashMap::new();
    for row in groups {
        named.entry(row.int(0)?).or_default().push(row.text(1)?);
    }
    let mut of = |row: &Row| {
        let peer = row.int(0)?;
        let groups = named.remove(&peer).unwrap_or_default();
        Ok(FriendRow { peer, user: row.text(1)?, created: row.int(2)?, body: row.blob(3)?, groups })
    };
    rows.iter().map(&mut of).collect()
}

fn application(row: &Row) -> Result<FriendApplicationRow, StoreError> {
    Ok(FriendApplicationRow {
        peer: row.int(0)?,
        user: row.text(1)?,
        sent: row.bool(2)?,
        created: row.int(3)?,
        body: row.blob(4)?,
    })
}

impl Book {
    /// The numbers of an account's friends, growing.
    pub async fn friend_numbers(&self, account: i64) -> Result<Vec<i64>, StoreError> {
        self.read(NUMBERS, params![account]).await?.iter().map(|row| row.int(0)).collect()
    }

    /// The numbers of the accounts that have an account as a friend, growing.
    pub async fn friend_holders(&self, peer: i64) -> Result<Vec<i64>, StoreError> {
        self.read(HOLDERS, params![peer]).await?.iter().map(|row| row.int(0)).collect()
    }

    /// A page of an account's friends, in the order they were added.
    pub async fn friends(&self, account: i64, start: i64, limit: i64) -> Result<Vec<FriendRow>, StoreError> {
        let rows = self.read(PAGE, params![account, limit, start]).await?;
        let groups = self.read(PAGE_GROUPS, params![account, limit, start]).await?;
        friends(&rows, &groups)
    }

    /// One friend of an account.
    pub async fn friend(&self, account: i64, peer: i64) -> Result<Option<FriendRow>, StoreError> {
        let rows = self.read(ONE, params![account, peer]).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let groups = self.read(ONE_GROUPS, params![account, peer]).await?;
        Ok(friends(&rows, &groups)?.pop())
    }

    /// An account's friend groups, in the order they were made.
    pub async fn friend_groups(&self, account: i64) -> Result<Vec<FriendGroupRow>, StoreError> {
        let rows = self.read(GROUPS, params![account]).await?;
        rows.iter().map(|row| Ok(FriendGroupRow { name: row.text(0)?, count: row.int(1)? })).collect()
    }

    /// Who is in an account's friend groups: `(group, name)`.
    pub async fn friend_group_members(&self, account: i64) -> Result<Vec<(String, String)>, StoreError> {
        let rows = self.read(MEMBERS, params![account]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }

    /// All applications in an account's list, newest first.
    pub async fn friend_applications(&self, account: i64) -> Result<Vec<FriendApplicationRow>, StoreError> {
        self.read(APPLICATIONS, params![account]).await?.iter().map(application).collect()
    }

    /// All applications from and to an account, in whosever list: `(account of the list, the other side, sent)`.
    pub async fn friend_applications_about(&self, account: i64) -> Result<Vec<(i64, i64, bool)>, StoreError> {
        let rows = self.read(ABOUT, params![account]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?, row.bool(2)?))).collect()
    }

    /// One application in an account's list.
    pub async fn friend_application(
        &self,
        account: i64,
        peer: i64,
        sent: bool,
    ) -> Result<Option<FriendApplicationRow>, StoreError> {
        let row = self.first(APPLICATION, params![account, peer, sent]).await?;
        row.as_ref().map(application).transpose()
    }

    /// How many applications an account has sent, or how many came in.
    pub async fn friend_application_count(&self, account: i64, sent: bool) -> Result<i64, StoreError> {
        self.first(APPLICATION_COUNT, params![account, sent]).await?.ok_or(StoreError::Missing)?.int(0)
    }

    /// The numbers of those whom an account blocks, growing.
    pub async fn blocked_numbers(&self, account: i64) -> Result<Vec<i64>, StoreError> {
        self.read(BLOCKED, params![account]).await?.iter().map(|row| row.int(0)).collect()
    }

    /// A page of those whom an account blocks, in the order they were blocked: name, since when.
    pub async fn blocked(&self, account: i64, start: i64, limit: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self.read(BLOCKED_PAGE, params![account, limit, start]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
    }
}
