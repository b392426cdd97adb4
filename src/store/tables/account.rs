//! Accounts, their sign-ins, whom they follow.

use model::statistic::Metric;

use super::statistic::{self, count_by};
use crate::{Batch, Book, Expect, Row, StoreError, params};

const GET: &str = "SELECT number, user_id, robot, created, signed_after, profile, preferences
    FROM account WHERE app = $1 AND user_id = $2";
const BY_NUMBER: &str = "SELECT number, user_id, robot, created, signed_after, profile, preferences, app
    FROM account WHERE number = $1";
const COUNT: &str = "SELECT COUNT(*) FROM account WHERE app = $1 AND robot = $2";
const ROBOTS: &str = "SELECT user_id FROM account WHERE app = $1 AND robot = 1 ORDER BY user_id";
const BEFORE: &str = "SELECT number, user_id, profile FROM account WHERE app = $1 AND number < $2
    ORDER BY number DESC LIMIT $3";
const NEXT: &str = "UPDATE counter SET value = value + 1 WHERE name = 'account' RETURNING value";
const ADD: &str = "INSERT INTO account (number, app, user_id, robot, created, signed_after, profile, preferences)
    SELECT value, CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), 0, $5, $6
    FROM counter WHERE name = 'account'
    ON CONFLICT (app, user_id) DO NOTHING";
const SET_PROFILE: &str = "UPDATE account SET profile = $1 WHERE number = $2";
const SET_PREFERENCES: &str = "UPDATE account SET preferences = $1 WHERE number = $2";
const SET_SIGNED_AFTER: &str = "UPDATE account SET signed_after = $1 WHERE number = $2";
const REMOVE: &str = "DELETE FROM account WHERE number = $1";

const ADD_SESSION: &str = "INSERT INTO session (account, instance, ticket, platform, created)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, instance) DO UPDATE SET
    ticket = EXCLUDED.ticket, platform = EXCLUDED.platform, created = EXCLUDED.created";
const SESSION: &str = "SELECT account, instance, platform, created FROM session WHERE ticket = $1";
const SESSIONS: &str = "SELECT account, instance, platform, created FROM session WHERE account = $1 ORDER BY created";
const END_SESSION: &str = "DELETE FROM session WHERE account = $1 AND instance = $2";
const END_LISTENING: &str = "DELETE FROM room_listener WHERE account = $1 AND instance = $2";
const END_ALL_LISTENING: &str = "DELETE FROM room_listener WHERE account = $1";
const END_SESSIONS: &str = "DELETE FROM session WHERE account = $1";

const FOLLOW: &str =
    "INSERT INTO follow (account, peer, created) VALUES ($1, $2, $3) ON CONFLICT (account, peer) DO NOTHING";
const UNFOLLOW: &str = "DELETE FROM follow WHERE account = $1 AND peer = $2";
const FORGET_FOLLOW: &str = "DELETE FROM follow WHERE account = $1 OR peer = $1";
const FOLLOWING: &str = "SELECT a.user_id, f.created FROM follow f JOIN account a ON a.number = f.peer
    WHERE f.account = $1 AND a.user_id > $2 ORDER BY a.user_id LIMIT $3";
const FOLLOWERS: &str = "SELECT a.user_id, f.created FROM follow f JOIN account a ON a.number = f.account
    WHERE f.peer = $1 AND a.user_id > $2 ORDER BY a.user_id LIMIT $3";
const MUTUAL: &str = "SELECT a.user_id, f.created FROM follow f JOIN account a ON a.number = f.peer
    JOIN follow b ON b.account = f.peer AND b.peer = f.account
    WHERE f.account = $1 AND a.user_id > $2 ORDER BY a.user_id LIMIT $3";
const FOLLOW_COUNTS: &str =
    "SELECT (SELECT COUNT(*) FROM follow WHERE peer = $1), (SELECT COUNT(*) FROM follow WHERE account = $1),
    (SELECT COUNT(*) FROM follow f JOIN follow b ON b.account = f.peer AND b.peer = f.account WHERE f.account = $1)";
const FOLLOWS: &str = "SELECT 1 FROM follow WHERE account = $1 AND peer = $2";

/// An account as stored.
pub struct AccountRow {
    /// Unique over all apps.
    pub number: i64,
    /// The user's name.
    pub user_id: String,
    /// A robot's account.
    pub robot: bool,
    /// Milliseconds since 1970.
    pub created: i64,
    /// `UserSig`s made up to this second are refused (REST `kick`).
    pub signed_after: i64,
    /// JSON of `model::Profile`.
    pub profile: Vec<u8>,
    /// JSON of what else the user set.
    pub preferences: Vec<u8>,
}

/// A sign-in of an account, as long as it was not ended.
pub struct SessionRow {
    /// The account's number.
    pub account: i64,
    /// The number of the sign-in within the account.
    pub instance: i64,
    /// See `model::Platform::number`.
    pub platform: i64,
    /// Milliseconds since 1970.
    pub created: i64,
}

/// Which list of followed accounts is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// Who follows the account.
    Followers,
    /// Whom the account follows.
    Following,
    /// Both.
    Mutual,
}

fn account(row: &Row) -> Result<AccountRow, StoreError> {
    Ok(AccountRow {
        number: row.int(0)?,
        user_id: row.text(1)?,
        robot: row.bool(2)?,
        created: row.int(3)?,
        signed_after: row.int(4)?,
        profile: row.blob(5)?,
        preferences: row.blob(6)?,
    })
}

fn session(row: &Row) -> Result<SessionRow, StoreError> {
    Ok(SessionRow { account: row.int(0)?, instance: row.int(1)?, platform: row.int(2)?, created: row.int(3)? })
}

impl Book {
    /// The account of that name.
    pub async fn account(&self, app: i64, user: &str) -> Result<Option<AccountRow>, StoreError> {
        self.first(GET, params![app, user]).await?.as_ref().map(account).transpose()
    }

    /// The account of that number, with its app.
    pub async fn account_by_number(&self, number: i64) -> Result<Option<(i64, AccountRow)>, StoreError> {
        let row = self.first(BY_NUMBER, params![number]).await?;
        row.map(|row| Ok((row.int(7)?, account(&row)?))).transpose()
    }

    /// How many accounts (or robots) an app has.
    pub async fn account_count(&self, app: i64, robots: bool) -> Result<i64, StoreError> {
        self.first(COUNT, params![app, robots]).await?.ok_or(StoreError::Missing)?.int(0)
    }

    /// An app's accounts with numbers below `before`, newest first: number, name, JSON of the profile.
    pub async fn accounts_before(
        &self,
        app: i64,
        before: i64,
        limit: i64,
    ) -> Result<Vec<(i64, String, Vec<u8>)>, StoreError> {
        let rows = self.read(BEFORE, params![app, before, limit]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?, row.blob(2)?))).collect()
    }

    /// The names of an app's robots.
    pub async fn robots(&self, app: i64) -> Result<Vec<String>, StoreError> {
        self.read(ROBOTS, params![app]).await?.iter().map(|row| row.text(0)).collect()
    }

    /// Adds accounts of `(name, profile)`; those that exist stay as they are.
    pub async fn add_accounts(
        &self,
        app: i64,
        robot: bool,
        now: i64,
        accounts: Vec<(String, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for (name, profile) in accounts {
            batch.run(NEXT, params![]);
            batch.run(ADD, params![app, &name, robot, now, profile, b"{}".to_vec()]);
            let slot = name.bytes().map(i64::from).sum();
            count_by(&mut batch, statistic::NEW_ACCOUNT, (now, slot), Metric::NewAccounts, params![app, name]);
        }
        self.write(batch).await.map(drop)
    }

    /// Replaces profiles, all or none.
    pub async fn set_profiles(&self, profiles: Vec<(i64, Vec<u8>)>) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for (number, profile) in profiles {
            batch.run(SET_PROFILE, params![profile, number]);
        }
        self.write(batch).await.map(drop)
    }

    /// Replaces an account's preferences.
    pub async fn set_preferences(&self, number: i64, preferences: Vec<u8>) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(SET_PREFERENCES, params![preferences, number]);
        self.write(batch).await.map(drop)
    }

    /// Ends all sign-ins of an account and makes `UserSig`s up to `second` useless.
    pub async fn revoke_account(&self, number: i64, second: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(SET_SIGNED_AFTER, params![second, number]);
        batch.run(END_SESSIONS, params![number]);
        batch.run(END_ALL_LISTENING, params![number]);
        self.write(batch).await.map(drop)
    }

    /// Removes an account with its sign-ins, relations, contacts and traces in groups. Groups that it owned stay.
    pub async fn remove_account(&self, number: i64, now: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        let at = (now, number);
        count_by(&mut batch, statistic::ACCOUNT, at, Metric::RemovedAccounts, params![number]);
        count_by(&mut batch, statistic::FRIENDSHIPS, at, Metric::FriendsLost, params![number]);
        batch.run(END_SESSIONS, params![number]);
        batch.run(END_ALL_LISTENING, params![number]);
        batch.run(FORGET_FOLLOW, params![number]);
        super::relation::forget(&mut batch, number);
        super::contact::forget(&mut batch, number);
        super::group_state::forget_account(&mut batch, number);
        super::push::forget(&mut batch, number);
        batch.must(REMOVE, params![number], Expect::Rows(1));
        self.write(batch).await.map(drop)
    }

    /// Remembers a sign-in and ends those it takes the place of.
    pub async fn add_session(&self, row: &SessionRow, ticket: &str, ended: &[i64]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for instance in ended {
            batch.run(END_SESSION, params![row.account, *instance]);
            batch.run(END_LISTENING, params![row.account, *instance]);
        }
        batch.run(ADD_SESSION, params![row.account, row.instance, ticket, row.platform, row.created]);
        let at = (row.created, row.account);
        count_by(&mut batch, statistic::ACCOUNT, at, Metric::SignIns, params![row.account]);
        self.write(batch).await.map(drop)
    }

    /// The sign-in whose ticket has that hash.
    pub async fn session(&self, ticket: &str) -> Result<Option<SessionRow>, StoreError> {
        self.first(SESSION, params![ticket]).await?.as_ref().map(session).transpose()
    }

    /// The sign-ins of an account, oldest first.
    pub async fn sessions(&self, account: i64) -> Result<Vec<SessionRow>, StoreError> {
        self.read(SESSIONS, params![account]).await?.iter().map(session).collect()
    }

    /// Ends a sign-in.
    pub async fn end_session(&self, account: i64, instance: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(END_SESSION, params![account, instance]);
        batch.run(END_LISTENING, params![account, instance]);
        self.write(batch).await.map(drop)
    }

    /// Starts to follow an account; `false` when it was followed already.
    pub async fn follow(&self, account: i64, peer: i64, now: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(FOLLOW, params![account, peer, now]);
        self.write(batch).await.map(drop)
    }

    /// Ends following an account.
    pub async fn unfollow(&self, account: i64, peer: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(UNFOLLOW, params![account, peer]);
        self.write(batch).await.map(drop)
    }

    /// A page of a list of followed accounts, by name: `(name, since when)`.
    pub async fn follows(
        &self,
        which: Follows,
        account: i64,
        after: &str,
        limit: i64,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = match which {
            Follows::Followers => FOLLOWERS,
            Follows::Following => FOLLOWING,
            Follows::Mutual => MUTUAL,
        };
        let rows = self.read(sql, params![account, after, limit]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
    }

    /// Followers, followed and mutual, counted.
    pub async fn follow_counts(&self, account: i64) -> Result<(i64, i64, i64), StoreError> {
        let row = self.first(FOLLOW_COUNTS, params![account]).await?.ok_or(StoreError::Missing)?;
        Ok((row.int(0)?, row.int(1)?, row.int(2)?))
    }

    /// Whether an account follows another.
    pub async fn does_follow(&self, account: i64, peer: i64) -> Result<bool, StoreError> {
        Ok(self.first(FOLLOWS, params![account, peer]).await?.is_some())
    }
}
