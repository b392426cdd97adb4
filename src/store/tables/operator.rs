//! Operators of the platform and their sign-ins.

use crate::{Batch, Book, Expect, Row, StoreError, params};

const COUNT: &str = "SELECT COUNT(*) FROM operator";
const ADD: &str = "INSERT INTO operator (name, password, role, created) VALUES ($1, $2, $3, $4)";
const ADD_FIRST: &str = "INSERT INTO operator (name, password, role, created)
    SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT) WHERE NOT EXISTS (SELECT 1 FROM operator)";
const GET: &str = "SELECT name, password, role, created FROM operator WHERE name = $1";
const ALL: &str = "SELECT name, password, role, created FROM operator ORDER BY name";
const SET_PASSWORD: &str = "UPDATE operator SET password = $1 WHERE name = $2";
const SIGN_IN: &str = "INSERT INTO operator_session (token, operator, created, expires) VALUES ($1, $2, $3, $4)";
const SIGNED_IN: &str = "SELECT o.name, o.password, o.role, o.created FROM operator_session s
    JOIN operator o ON o.name = s.operator WHERE s.token = $1 AND s.expires > $2";
const SIGN_OUT: &str = "DELETE FROM operator_session WHERE token = $1";
const SIGN_OUT_ALL: &str = "DELETE FROM operator_session WHERE operator = $1";
const FORGET: &str = "DELETE FROM operator_session WHERE expires <= $1";

/// An operator as stored.
pub struct OperatorRow {
    /// The name to sign in with.
    pub name: String,
    /// An argon2 hash.
    pub password: String,
    /// `owner`.
    pub role: String,
    /// Milliseconds since 1970.
    pub created: i64,
}

fn operator(row: &Row) -> Result<OperatorRow, StoreError> {
    Ok(OperatorRow { name: row.text(0)?, password: row.text(1)?, role: row.text(2)?, created: row.int(3)? })
}

impl Book {
    /// How many operators there are.
    pub async fn operator_count(&self) -> Result<i64, StoreError> {
        self.first(COUNT, params![]).await?.ok_or(StoreError::Missing)?.int(0)
    }

    /// Adds an operator; `first`: only if there is none yet. A conflict if the name is taken or there is one.
    pub async fn add_operator(&self, row: &OperatorRow, first: bool) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        let values = params![&row.name, &row.password, &row.role, row.created];
        batch.must(if first { ADD_FIRST } else { ADD }, values, Expect::Rows(1));
        self.write(batch).await.map(drop)
    }

    /// The operator of that name.
    pub async fn operator(&self, name: &str) -> Result<Option<OperatorRow>, StoreError> {
        self.first(GET, params![name]).await?.as_ref().map(operator).transpose()
    }

    /// All operators by name.
    pub async fn operators(&self) -> Result<Vec<OperatorRow>, StoreError> {
        self.read(ALL, params![]).await?.iter().map(operator).collect()
    }

    /// Replaces an operator's password and signs the operator out everywhere.
    pub async fn set_operator_password(&self, name: &str, hash: &str) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.must(SET_PASSWORD, params![hash, name], Expect::Rows(1));
        batch.run(SIGN_OUT_ALL, params![name]);
        self.write(batch).await.map(drop)
    }

    /// Remembers a sign-in by the hash of its token.
    pub async fn add_operator_session(&self, token: &str, name: &str, now: i64, end: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(FORGET, params![now]);
        batch.run(SIGN_IN, params![token, name, now, end]);
        self.write(batch).await.map(drop)
    }

    /// Who is signed in with the token of that hash.
    pub async fn operator_of_session(&self, token: &str, now: i64) -> Result<Option<OperatorRow>, StoreError> {
        self.first(SIGNED_IN, params![token, now]).await?.as_ref().map(operator).transpose()
    }

    /// Ends a sign-in.
    pub async fn end_operator_session(&self, token: &str) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.run(SIGN_OUT, params![token]);
        self.write(batch).await.map(drop)
    }
}
