//! What an operator asks for on the command line. The same functions answer in the running server, through its control
//! socket, and in the command's own process when no server runs.

mod app;
mod operator;
mod reply;
mod statistic;
mod usersig;

use std::path::PathBuf;

use model::{Code, Error, SdkAppId};
pub use reply::{AppLine, AppSheet, BackedUp, Created, Recount, RecountLine, Reply, Setting, Verified};
use serde::{Deserialize, Serialize};
use service::Services;

use crate::config::Config;

/// What can be asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "command", content = "args", rename_all = "snake_case")]
pub enum Request {
    /// Makes an app.
    AppCreate(NewApp),
    /// All apps.
    AppList {},
    /// One app with everything that is set.
    AppShow(Which),
    /// The key an app's server signs with.
    AppKey(Which),
    /// Changes an app.
    AppSet {
        /// Which app.
        sdkappid: SdkAppId,
        /// Names and values; all of them or none are changed.
        changes: Vec<(String, String)>,
    },
    /// Makes a `UserSig`.
    UsersigSign {
        /// For which app.
        sdkappid: SdkAppId,
        /// For which user.
        user: String,
        /// Seconds it is valid for.
        lifetime: i64,
    },
    /// Checks a `UserSig`.
    UsersigVerify {
        /// Of which app.
        sdkappid: SdkAppId,
        /// Of which user.
        user: String,
        /// The text.
        usersig: String,
    },
    /// Makes an operator of the console.
    OperatorCreate(Credentials),
    /// All operators.
    OperatorList {},
    /// Replaces an operator's password.
    OperatorPasswd(Credentials),
    /// Counts the messages of a day again.
    StatsRebuild {
        /// Of which app.
        sdkappid: SdkAppId,
        /// `yyyy-mm-dd` on the platform's calendar.
        day: String,
    },
    /// Copies everything into a file.
    Backup {
        /// The file; absolute, since the server may work in another directory.
        file: PathBuf,
    },
}

/// Names an app.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Which {
    /// Its number.
    pub sdkappid: SdkAppId,
}

/// What is said of a new app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewApp {
    /// Its name.
    pub name: String,
    /// One of [`model::app::KINDS`].
    pub kind: String,
    /// A description, may be empty.
    pub introduction: String,
    /// The name of an edition.
    pub edition: String,
    /// The user who may call REST.
    pub admin: String,
}

/// An operator's name and password.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("name", &self.name).field("password", &"***").finish()
    }
}

impl Request {
    /// Whether it makes sense where there is no data yet.
    pub fn is_first(&self) -> bool {
        matches!(self, Self::AppCreate(_) | Self::OperatorCreate(_))
    }
}

/// Does what is asked.
pub async fn run(services: &Services, config: &Config, request: Request) -> Result<Reply, Error> {
    let answer = match request {
        Request::AppCreate(new) => app::create(services, new).await,
        Request::AppList {} => Ok(app::list(services)),
        Request::AppShow(which) => app::show(services, which),
        Request::AppKey(which) => app::key(services, which),
        Request::AppSet { sdkappid, changes } => app::set(services, sdkappid, &changes).await,
        Request::UsersigSign { sdkappid, user, lifetime } => usersig::sign(services, sdkappid, &user, lifetime),
        Request::UsersigVerify { sdkappid, user, usersig } => usersig::verify(services, sdkappid, &user, &usersig),
        Request::OperatorCreate(new) => operator::create(services, new).await,
        Request::OperatorList {} => operator::list(services).await,
        Request::OperatorPasswd(new) => operator::set_password(services, new).await,
        Request::StatsRebuild { sdkappid, day } => statistic::rebuild(services, sdkappid, &day).await,
        Request::Backup { file } => {
            crate::backup::write(services, config, &file).await.map_err(failed).map(Reply::Backup)
        }
    };
    if let Err(error) = &answer
        && let Some(source) = &error.source
    {
        tracing::error!(code = error.code.number(), %source, "command of the operator failed");
    }
    answer
}

/// An operator is told the cause: it is their disk.
#[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn failed(error: anyhow::Error) -> Error {
    Error::new(Code::Broken).detail(format!("{error:#}"))
}
