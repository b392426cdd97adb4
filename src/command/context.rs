//! Who asks, and what a command may use.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use model::{Callback, Code, Error, UserId, callback::OptPlatform};
use service::{
    Account, LiveApp, Operator, Services,
    callback::Cause,
    presence::{Link, Session},
};

use crate::{Door, Spec};

/// Who asks.
#[derive(Clone)]
pub enum Caller {
    /// A client before its sign-in, with what it presents.
    Stranger {
        /// `identifier` of the frame.
        identifier: String,
        /// `usersig` of the frame.
        signature: String,
        /// `a2` of the frame.
        ticket: String,
    },
    /// A signed-in client.
    User {
        /// Its session.
        session: Arc<Session>,
        /// Its account.
        account: Arc<Account>,
    },
    /// The app's backend, as one of the app's administrators.
    Admin {
        /// The administrator's name.
        user: UserId,
    },
    /// Somebody at the console who has not signed in.
    Visitor,
    /// An operator at the console.
    Operator {
        /// Who it is.
        operator: Operator,
        /// The token of the session, as the browser presents it.
        token: String,
    },
}

/// What a command did to the console's session; the door tells the browser.
#[derive(Debug, PartialEq, Eq)]
pub enum SessionChange {
    /// A session began; its token.
    Begun(String),
    /// The session ended.
    Ended,
}

/// The context of one request.
pub struct Context {
    /// What can be done.
    pub services: Arc<Services>,
    /// The app, at the doors of apps.
    pub app: Option<Arc<LiveApp>>,
    /// Who asks.
    pub caller: Caller,
    /// Where.
    pub door: Door,
    /// The connection, at the socket.
    pub link: Option<Arc<Link>>,
    /// `http://host:port` as the client sees the server.
    pub origin: Arc<str>,
    /// The address the request came from, if it is known.
    pub address: Option<IpAddr>,
    session_change: Mutex<Option<SessionChange>>,
}

impl Context {
    /// Makes the context of a request.
    pub fn new(
        services: Arc<Services>,
        app: Option<Arc<LiveApp>>,
        caller: Caller,
        door: Door,
        link: Option<Arc<Link>>,
        origin: Arc<str>,
    ) -> Self {
        let address = link.as_ref().and_then(|link| link.address);
        Self { services, app, caller, door, link, origin, address, session_change: Mutex::default() }
    }

    /// The same, of a request that came from an address.
    #[must_use]
    pub fn from_address(self, address: Option<IpAddr>) -> Self {
        Self { address, ..self }
    }

    /// The administrator who asks at REST.
    pub(crate) fn administrator(&self) -> Option<&UserId> {
        match &self.caller {
            Caller::Admin { user } => Some(user),
            _ => None,
        }
    }

    /// Whether the app wants a callback.
    pub(crate) fn wants(&self, callback: Callback) -> bool {
        self.app.as_ref().is_some_and(|app| app.callbacks().has(callback))
    }

    /// Where the request came from, in an app that has callbacks.
    pub(crate) fn cause(&self) -> Option<Cause> {
        let app = self.app.as_ref().filter(|app| !app.callbacks().is_empty())?;
        let (platform, administrator) = match &self.caller {
            Caller::User { session, .. } => (OptPlatform::Client(session.platform), None),
            Caller::Admin { user } => (OptPlatform::Rest, Some(user.clone())),
            _ => (OptPlatform::Unknown, None),
        };
        Some(Cause { app: app.clone(), platform, address: self.address, administrator })
    }

    /// The app of the request.
    pub fn app(&self) -> Result<&Arc<LiveApp>, Error> {
        self.app.as_ref().ok_or_else(|| Error::new(Code::SdkAppIdMissing))
    }

    /// The signed-in user's session, at the socket.
    pub fn session(&self) -> Option<&Arc<Session>> {
        match &self.caller {
            Caller::User { session, .. } => Some(session),
            _ => None,
        }
    }

    /// The signed-in user's instance, which is left out when others are told.
    pub fn instance(&self) -> Option<u32> {
        self.session().map(|session| session.instance)
    }

    /// The signed-in user's account number and instance, which are left out when others are told.
    pub fn origin_of_change(&self) -> Option<(i64, u32)> {
        self.session().map(|session| (session.account, session.instance))
    }

    /// Whether the app's backend asks.
    pub fn is_admin(&self) -> bool {
        matches!(self.caller, Caller::Admin { .. })
    }

    /// The signed-in user.
    pub fn me(&self) -> Result<&Arc<Account>, Error> {
        match &self.caller {
            Caller::User { account, .. } => Ok(account),
            _ => Err(Error::new(Code::AdminRequired).detail("a signed-in user asks this")),
        }
    }

    /// Settles for whom a request acts: users for themselves only, administrators for whom they name, or for
    /// themselves when they name nobody. `missing` is the code of a name without an account.
    pub async fn act_as(&self, named: Option<&str>, spec: &Spec, missing: Code) -> Result<Arc<Account>, Error> {
        match &self.caller {
            Caller::User { account, .. } => match named {
                Some(name) if name != account.user.as_str() => {
                    Err(Error::new(spec.forbidden).detail("a user acts only for itself"))
                }
                _ => Ok(account.clone()),
            },
            Caller::Admin { user } => match named {
                Some(name) => self.account(name, missing).await,
                // An administrator who never signed in has no account yet.
                None => Box::pin(self.services.accounts.sign_in(self.app()?, user)).await,
            },
            _ => Err(spec.forbidden.into()),
        }
    }

    /// The account of a name in the app, or the error that says it is missing.
    pub async fn account(&self, name: &str, missing: Code) -> Result<Arc<Account>, Error> {
        match UserId::new(name) {
            Some(user) => self.services.accounts.need(self.app()?.sdkappid, &user, missing).await,
            None => Err(Error::new(missing).detail("a user name has 1 to 32 bytes and no control characters")),
        }
    }

    /// The account of a name in the app, if there is one.
    pub async fn find(&self, name: &str) -> Result<Option<Arc<Account>>, Error> {
        match UserId::new(name) {
            Some(user) => self.services.accounts.find(self.app()?.sdkappid, &user).await,
            None => Ok(None),
        }
    }

    /// The operator at the console.
    pub fn operator(&self) -> Result<&Operator, Error> {
        match &self.caller {
            Caller::Operator { operator, .. } => Ok(operator),
            _ => Err(Code::SignInRequired.into()),
        }
    }

    /// Starts a console session for an operator in place of the present one.
    pub(crate) async fn begin_session(&self, operator: &str) -> Result<(), Error> {
        let token = self.services.operators.start_session(operator).await?;
        self.replace_session(token).await
    }

    /// Puts a console session that was started in place of the present one.
    pub(crate) async fn replace_session(&self, token: String) -> Result<(), Error> {
        self.end_session().await?;
        self.set_session_change(SessionChange::Begun(token));
        Ok(())
    }

    /// Ends the console session, if there is one.
    pub(crate) async fn end_session(&self) -> Result<(), Error> {
        if let Caller::Operator { token, .. } = &self.caller {
            self.services.operators.sign_out(token).await?;
            self.set_session_change(SessionChange::Ended);
        }
        Ok(())
    }

    /// Takes what the command did to the console's session.
    pub fn take_session_change(&self) -> Option<SessionChange> {
        self.session_change.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set_session_change(&self, change: SessionChange) {
        *self.session_change.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }
}
