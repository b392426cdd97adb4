//! The status of users: asked for, subscribed to, told.

use std::sync::{Arc, PoisonError};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{Error, SdkAppId, UserId};

use super::{Push, Session, hub::shard};
use crate::{Account, Services, broken};

/// The most accounts a session watches; beyond, those it has watched for longest are dropped.
const WATCHED: usize = 200;

/// How present a user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A live connection.
    Online = 1,
    /// Signed in, without a connection now.
    Offline = 2,
    /// Not signed in.
    NotSignedIn = 3,
}

impl Services {
    /// The status of an account.
    pub async fn status(&self, account: i64) -> Result<Status, Error> {
        let sessions = self.hub.sessions(account);
        if sessions.iter().any(|session| session.link().is_some()) {
            return Ok(Status::Online);
        }
        // After a restart the book alone knows of sessions that have not come back yet.
        let is_signed_in = !sessions.is_empty() || !self.store.book.sessions(account).await.map_err(broken)?.is_empty();
        Ok(if is_signed_in { Status::Offline } else { Status::NotSignedIn })
    }

    /// Makes a session hear of the status changes of an account.
    pub fn watch(&self, session: &Arc<Session>, account: i64) {
        let (begun, dropped) = session.start_watching(account, WATCHED);
        if let Some(dropped) = dropped {
            self.hub.unwatch(session, dropped);
        }
        if begun {
            let mut all = shard(&self.hub.watchers, account).write().unwrap_or_else(PoisonError::into_inner);
            all.entry(account).or_default().push(session.clone());
        }
    }

    /// Ends that.
    pub fn unwatch(&self, session: &Arc<Session>, account: i64) {
        session.stop_watching(account);
        self.hub.unwatch(session, account);
    }

    /// Ends all of a session's subscriptions.
    pub fn unwatch_all(&self, session: &Arc<Session>) {
        for account in session.stop_watching_all() {
            self.hub.unwatch(session, account);
        }
    }

    /// Changes a user's own status text and tells who watches, and all devices of the user: the one that asked follows
    /// what it is told, too.
    pub async fn set_custom_status(self: &Arc<Self>, account: &Account, text: &str) -> Result<(), Error> {
        self.accounts.set_preferences(account, |preferences| text.clone_into(&mut preferences.custom_status)).await?;
        self.tell_status_later(account.app, account.number, true);
        Ok(())
    }

    pub(super) fn tell_watchers(self: &Arc<Self>, account: i64) {
        let watched = {
            let all = shard(&self.hub.watchers, account).read().unwrap_or_else(PoisonError::into_inner);
            all.get(&account).and_then(|watchers| watchers.first().map(|session| session.app))
        };
        if let Some(app) = watched {
            self.tell_status_later(app, account, false);
        }
    }

    fn tell_status_later(self: &Arc<Self>, app: SdkAppId, account: i64, own: bool) {
        let services = self.clone();
        self.spawn(async move {
            if let Err(error) = services.tell_status(app, account, own).await {
                tracing::error!(%error, account, "status was not told");
            }
        });
    }

    /// Tells who watches and, with `own`, the user's devices.
    async fn tell_status(&self, app: SdkAppId, account: i64, own: bool) -> Result<(), Error> {
        let Some(account) = self.accounts.by_number(app, account).await? else { return Ok(()) };
        let text = STANDARD.encode(&account.preferences.custom_status);
        let status = self.status(account.number).await? as u8;
        let event = format!(
            r#""Event":18,"UserStatusList":[{{"To_Account":{},"Status":{status},"CustomStatus":"{text}"}}]"#,
            account.quoted
        );
        let push = Arc::new(Push::event(0, |out| out.extend_from_slice(event.as_bytes())));
        let watchers = {
            let all = shard(&self.hub.watchers, account.number).read().unwrap_or_else(PoisonError::into_inner);
            all.get(&account.number).cloned().unwrap_or_default()
        };
        for session in watchers.iter().filter(|session| !own || session.account != account.number) {
            session.push(&push);
        }
        if own {
            self.hub.push(account.number, &push, None);
        }
        Ok(())
    }

    /// How present a named user is and on which platforms, for REST `query_online_status`; `None` for nobody.
    pub async fn presence(
        &self,
        app: SdkAppId,
        user: &UserId,
    ) -> Result<Option<(Arc<Account>, Vec<model::Platform>)>, Error> {
        let Some(account) = self.accounts.find(app, user).await? else { return Ok(None) };
        let connected = |session: &Arc<Session>| session.link().is_some().then_some(session.platform);
        let platforms = self.hub.sessions(account.number).iter().filter_map(connected).collect();
        Ok(Some((account, platforms)))
    }
}
