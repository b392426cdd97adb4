//! Operators: who may use the console.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};
use model::{Code, Error, Millis};
use serde::Serialize;
use store::{Store, StoreError, tables::operator::OperatorRow};

use crate::{World, failure::broken, world::fingerprint};

/// The shortest password, in characters.
pub const PASSWORD_CHARACTERS: usize = 10;
/// How long a sign-in lasts.
pub const SESSION_MILLIS: Millis = 7 * 86_400_000;
/// Failed sign-ins of one name before further ones are refused for a while.
const FAILURES: u32 = 10;
/// How long they are refused.
const REFUSED_MILLIS: Millis = 60_000;
/// How many names with failures are remembered.
const REMEMBERED: usize = 10_000;

/// An operator without the password.
#[derive(Clone, Debug, Serialize)]
pub struct Operator {
    /// The name to sign in with.
    pub name: String,
    /// `owner`: may do everything on the platform.
    pub role: String,
    /// Milliseconds since 1970.
    pub created: Millis,
}

impl From<OperatorRow> for Operator {
    fn from(row: OperatorRow) -> Self {
        Self { name: row.name, role: row.role, created: row.created }
    }
}

/// The operators of the platform.
pub struct Operators {
    store: Arc<Store>,
    world: Arc<World>,
    setup_token: Mutex<Option<String>>,
    failures: Mutex<HashMap<String, (u32, Millis)>>,
}

impl Operators {
    pub(crate) async fn load(store: Arc<Store>, world: Arc<World>) -> Result<Self, StoreError> {
        let token = (store.book.operator_count().await? == 0).then(|| world.hex(16));
        Ok(Self { store, world, setup_token: Mutex::new(token), failures: Mutex::default() })
    }

    /// What the first-run set-up asks for; gone once there is an operator.
    pub fn setup_token(&self) -> Option<String> {
        self.setup_token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many operators there are.
    pub async fn count(&self) -> Result<i64, Error> {
        self.store.book.operator_count().await.map_err(broken)
    }

    /// All operators by name.
    pub async fn list(&self) -> Result<Vec<Operator>, Error> {
        Ok(self.store.book.operators().await.map_err(broken)?.into_iter().map(Into::into).collect())
    }

    /// Makes the first operator for whoever knows the token printed at start.
    pub async fn set_up(&self, token: &str, name: &str, password: &str) -> Result<Operator, Error> {
        let Some(expected) = self.setup_token() else { return Err(Code::AlreadySetUp.into()) };
        if fingerprint(token) != fingerprint(&expected) {
            return Err(Code::SetupTokenWrong.into());
        }
        self.create(name, password, true).await
    }

    /// Makes an operator; `first`: only if there is none yet.
    pub async fn create(&self, name: &str, password: &str, first: bool) -> Result<Operator, Error> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
            return Err(Error::new(Code::Invalid).detail("an operator's name has 1 to 64 characters"));
        }
        let password = self.hash(password).await?;
        let row = OperatorRow { name: name.into(), password, role: "owner".into(), created: self.world.now() };
        match self.store.book.add_operator(&row, first).await {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) if first => return Err(Code::AlreadySetUp.into()),
            Err(StoreError::Conflict { .. }) => {
                return Err(Error::new(Code::Invalid).detail("there is an operator of that name already"));
            }
            Err(error) => return Err(broken(error)),
        }
        *self.setup_token.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(row.into())
    }

    /// Replaces a password and ends the operator's sign-ins.
    pub async fn set_password(&self, name: &str, password: &str) -> Result<(), Error> {
        let hash = self.hash(password).await?;
        self.store.book.set_operator_password(name, &hash).await.map_err(|error| match error {
            StoreError::Conflict { .. } => Error::new(Code::NotFound).detail("there is no operator of that name"),
            error => broken(error),
        })
    }

    /// Checks a password and returns the operator with a new session's token.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<(Operator, String), Error> {
        self.check_failures(name)?;
        let row = self.store.book.operator(name.trim()).await.map_err(broken)?;
        // An unknown name costs the same time as a wrong password.
        let hash = row.as_ref().map_or_else(|| ABSENT.to_owned(), |row| row.password.clone());
        let password = password.to_owned();
        let right = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
        .map_err(|error| Error::new(Code::Broken).source(error))?;
        match row {
            Some(row) if right => {
                self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
                let token = self.start_session(&row.name).await?;
                Ok((row.into(), token))
            }
            _ => {
                self.count_failure(name);
                Err(Code::SignInFailed.into())
            }
        }
    }

    /// Starts a session and returns its token, which is stored only as a fingerprint.
    pub async fn start_session(&self, name: &str) -> Result<String, Error> {
        let (token, now) = (self.world.hex(32), self.world.now());
        let stored = fingerprint(&token);
        self.store.book.add_operator_session(&stored, name, now, now + SESSION_MILLIS).await.map_err(broken)?;
        Ok(token)
    }

    /// Who is signed in with a token.
    pub async fn of_session(&self, token: &str) -> Result<Option<Operator>, Error> {
        let row = self.store.book.operator_of_session(&fingerprint(token), self.world.now()).await.map_err(broken)?;
        Ok(row.map(Into::into))
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        self.store.book.end_operator_session(&fingerprint(token)).await.map_err(broken)
    }

    async fn hash(&self, password: &str) -> Result<String, Error> {
        if password.chars().count() < PASSWORD_CHARACTERS || password.len() > 1000 {
            return Err(Error::new(Code::Invalid).detail("a password has at least 10 characters"));
        }
        let salt = SaltString::encode_b64(self.world.hex(8).as_bytes())
            .map_err(|error| Error::new(Code::Broken).source(error.to_string()))?;
        let password = password.to_owned();
        tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string())
        })
        .await
        .map_err(|error| Error::new(Code::Broken).source(error))?
        .map_err(|error| Error::new(Code::Broken).source(error.to_string()))
    }

    fn check_failures(&self, name: &str) -> Result<(), Error> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match failures.get(name) {
            Some((count, last)) if *count >= FAILURES && self.world.now() - last < REFUSED_MILLIS => {
                Err(Error::new(Code::TooManyAttempts).detail("too many failed sign-ins, try again in a minute"))
            }
            _ => Ok(()),
        }
    }

    fn count_failure(&self, name: &str) {
        let now = self.world.now();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|_, (_, last)| now - *last < REFUSED_MILLIS);
        if failures.len() < REMEMBERED || failures.contains_key(name) {
            let entry = failures.entry(name.to_owned()).or_insert((0, now));
            *entry = (entry.0 + 1, now);
        }
    }
}

/// A hash no password has, so that names cannot be guessed by the time an answer takes.
const ABSENT: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$MDAwMDAwMDAwMDAwMDAwMA$8Q7gLz1Wd4b5o1Wm0gkTzjbM0m1aDPlGkGZ2kVQd5lQ";
