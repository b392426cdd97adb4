//! Signing in, resuming, signing out and being kicked.

use std::sync::Arc;

use model::{Code, Error, Platform};
use store::tables::account::SessionRow;

use super::{End, Kick, Link, Session, notice};
use crate::{Account, LiveApp, Services, callback::StatusChange, failure::broken, world::fingerprint};

/// What a client presents to sign in.
pub enum SignIn<'a> {
    /// A user's name with a `UserSig`.
    Signature {
        /// The name.
        user: &'a str,
        /// The signature.
        signature: &'a str,
        /// What the client runs on.
        platform: Platform,
    },
    /// The ticket of a session that lost its connection.
    Ticket(&'a str),
}

/// A session that can be used now.
pub struct SignedIn {
    /// The session.
    pub session: Arc<Session>,
    /// Its account.
    pub account: Arc<Account>,
}

impl Services {
    /// Signs a connection in; may end other sessions of the user by the app's multi-device rule.
    pub async fn sign_in(self: &Arc<Self>, app: &LiveApp, link: &Arc<Link>, by: SignIn<'_>) -> Result<SignedIn, Error> {
        match by {
            SignIn::Signature { user, signature, platform } => {
                let user = self.accounts.check_signature(app, user, signature).await?;
                let account = self.accounts.sign_in(app, &user).await?;
                self.start_session(app, &account, signature, link, platform).await
            }
            SignIn::Ticket(ticket) => {
                let Some(session) = self.session_of(app, ticket).await? else {
                    return Err(Error::new(Code::LoginTicketInvalid).detail("the session is not known, sign in again"));
                };
                check_alive(&session)?;
                let account = self.accounts.need(app.sdkappid, &session.user, Code::AccountMissing).await?;
                self.attach(&session, link, true).await;
                self.tell_state(&session, StatusChange::Login, &[]);
                self.rejoin_rooms(&session).await?;
                Ok(SignedIn { session, account })
            }
        }
    }

    async fn start_session(
        self: &Arc<Self>,
        app: &LiveApp,
        account: &Account,
        signature: &str,
        link: &Arc<Link>,
        platform: Platform,
    ) -> Result<SignedIn, Error> {
        let _one_at_a_time = self.signing_in[(account.number % 64) as usize].lock().await;
        // A kick may have come since, and it has revoked the signature.
        self.accounts.check_signature(app, account.user.as_str(), signature).await?;
        // A second sign-in on the same connection takes the place of the first, whoever that was.
        if let Some(earlier) = link.session().filter(|earlier| earlier.ended().is_none()) {
            self.end_session(&earlier, None).await?;
        }
        let ended = self.outnumbered(app, account, platform).await?;
        let instance = loop {
            let number = (self.world.number() & 0x7fff_ffff) as u32;
            if number > 0 && !self.hub.sessions(account.number).iter().any(|other| other.instance == number) {
                break number;
            }
        };
        let who = (app.sdkappid, account.number, account.user.clone());
        let session = Session::new(who, instance, self.world.hex(32), platform, false);
        let row = SessionRow {
            account: account.number,
            instance: instance.into(),
            platform: platform.number(),
            created: self.world.now(),
        };
        let numbers: Vec<i64> = ended.iter().map(|(instance, _)| *instance).collect();
        self.store.book.add_session(&row, &fingerprint(&session.ticket), &numbers).await.map_err(broken)?;
        let mut kicked = Vec::new();
        for other in ended.into_iter().filter_map(|(_, session)| session) {
            kicked.push(other.platform);
            self.kick(&other, Kick::OtherSignIn);
        }
        self.hub.add(&session);
        self.statistics.signed_in(app.sdkappid, session.account);
        self.attach(&session, link, false).await;
        self.tell_state(&session, StatusChange::Login, &kicked);
        let account = self.accounts.need(app.sdkappid, &account.user, Code::AccountMissing).await?;
        Ok(SignedIn { session, account })
    }

    /// The oldest sessions that must go for a new one, in memory or only in the book.
    async fn outnumbered(
        &self,
        app: &LiveApp,
        account: &Account,
        platform: Platform,
    ) -> Result<Vec<(i64, Option<Arc<Session>>)>, Error> {
        let rule = app.settings.multi_device;
        let rows = self.store.book.sessions(account.number).await.map_err(broken)?;
        let live = self.hub.sessions(account.number);
        let rivals: Vec<_> =
            rows.into_iter().filter(|row| rule.compete(Platform::from_number(row.platform), platform)).collect();
        let places = rule.places(platform, app.settings.web_instances as usize);
        let surplus = (rivals.len() + 1).saturating_sub(places);
        Ok(rivals
            .into_iter()
            .take(surplus)
            .map(|row| {
                let session = live.iter().find(|session| i64::from(session.instance) == row.instance).cloned();
                (row.instance, session)
            })
            .collect())
    }

    /// The session of a ticket in an app: from memory, or from the book after a restart.
    pub async fn session_of(&self, app: &LiveApp, ticket: &str) -> Result<Option<Arc<Session>>, Error> {
        if let Some(session) = self.hub.by_ticket(ticket) {
            return Ok((session.app == app.sdkappid).then_some(session));
        }
        let Some(row) = self.store.book.session(&fingerprint(ticket)).await.map_err(broken)? else { return Ok(None) };
        let Some(account) = self.accounts.by_number(app.sdkappid, row.account).await? else { return Ok(None) };
        let _one_at_a_time = self.signing_in[(account.number % 64) as usize].lock().await;
        if let Some(session) = self.hub.by_ticket(ticket) {
            return Ok(Some(session));
        }
        // A sign-in or a kick may have ended it meanwhile.
        if self.store.book.session(&fingerprint(ticket)).await.map_err(broken)?.is_none() {
            return Ok(None);
        }
        let who = (app.sdkappid, account.number, account.user.clone());
        let platform = Platform::from_number(row.platform);
        let session = Session::new(who, row.instance as u32, ticket.to_owned(), platform, true);
        self.hub.add(&session);
        Ok(Some(session))
    }

    async fn attach(self: &Arc<Self>, session: &Arc<Session>, link: &Arc<Link>, resumed: bool) {
        let was_online = self.hub.is_online(session.account);
        let log = &self.store.log;
        let (came, old) = session.attach(link, log.position(), log.handing());
        let news = came && self.statistics.came(session.app, session.account);
        if let Some(old) = old {
            old.set_session(None);
            old.close("the session went on on another connection");
        }
        link.set_session(Some(session.clone()));
        // Read after attaching: what is handed on later is pushed here, what was handed on before is fetched, and
        // what is both is not sent, since this connection writes nothing until its sign-in is answered.
        link.begin(log.handing(), resumed.then(|| self.world.now()));
        metrics::counter!(crate::metric::SIGN_INS).increment(1);
        if !was_online {
            self.tell_watchers(session.account);
        }
        if news {
            self.statistics.keep_arrival().await;
        }
    }

    /// Takes a closed connection off its session, which stays for the client to resume.
    pub fn link_closed(self: &Arc<Self>, link: &Arc<Link>) {
        self.hub.closed(link);
        // Not what is being handed on: whether that came before the end of the connection is not known.
        let handed = self.store.log.position();
        if let Some(session) = link.set_session(None)
            && session.detach(link, handed, self.world.now())
        {
            self.statistics.went(session.app, session.account);
            let change = if link.was_silent() { StatusChange::TimeOut } else { StatusChange::LinkClose };
            self.tell_state(&session, change, &[]);
            if !self.hub.is_online(session.account) {
                self.tell_watchers(session.account);
            }
        }
    }

    /// Ends a session by sign-out: its ticket is worth nothing from now on.
    pub async fn end_session(self: &Arc<Self>, session: &Arc<Session>, kick: Option<Kick>) -> Result<(), Error> {
        self.store.book.end_session(session.account, session.instance.into()).await.map_err(broken)?;
        if let Some(kick) = kick {
            self.kick(session, kick);
        } else {
            if let Some(link) = session.end(End::SignedOut) {
                self.statistics.went(session.app, session.account);
                link.set_session(None);
            }
            self.hub.forget(session);
            self.left(session);
            self.tell_state(session, StatusChange::Logout, &[]);
        }
        Ok(())
    }

    /// Ends a session in memory and tells its client; the book has it ended already.
    fn kick(self: &Arc<Self>, session: &Arc<Session>, kick: Kick) {
        if let Some(link) = session.end(End::Kicked(kick)) {
            self.statistics.went(session.app, session.account);
            link.push(&Arc::new(notice("im_open_status.stat_forceoffline", &kick_body(session, kick))));
            link.set_session(None);
        }
        metrics::counter!(crate::metric::KICKS).increment(1);
        self.left(session);
        self.kicked(session);
    }

    fn left(self: &Arc<Self>, session: &Arc<Session>) {
        self.unwatch_all(session);
        Self::leave_rooms(session);
        self.hub.remove(session);
        if !self.hub.is_online(session.account) {
            self.tell_watchers(session.account);
        }
    }

    /// Ends all sessions of an account and refuses its signatures made until now (REST `kick`).
    pub async fn kick_account(self: &Arc<Self>, account: &Account) -> Result<(), Error> {
        let _one_at_a_time = self.signing_in[(account.number % 64) as usize].lock().await;
        self.accounts.revoke(account).await?;
        for session in self.hub.sessions(account.number) {
            self.kick(&session, Kick::Administrator);
        }
        Ok(())
    }

    /// Removes an account with all it keeps. What it wrote stays stored, but no list leads there any more.
    pub async fn remove_account(self: &Arc<Self>, account: &Account) -> Result<(), Error> {
        let _one_at_a_time = self.signing_in[(account.number % 64) as usize].lock().await;
        self.leave_all_groups(account).await?;
        self.remove_with_relations(account).await?;
        for session in self.hub.sessions(account.number) {
            self.kick(&session, Kick::Administrator);
        }
        Ok(())
    }
}

/// Refuses what comes from a session that has ended.
pub(crate) fn check_alive(session: &Session) -> Result<(), Error> {
    match session.ended() {
        None => Ok(()),
        Some(End::Kicked(kick)) => {
            let fields = serde_json::value::RawValue::from_string(format!(r#"{{"KickType":{}}}"#, kick as u8));
            let error = Error::new(Code::KickedOut);
            Err(match fields {
                Ok(fields) => error.fields(fields),
                Err(_) => error,
            })
        }
        Some(End::SignedOut) => Err(Error::new(Code::TicketExpired).detail("the session was signed out")),
    }
}

fn kick_body(session: &Session, kick: Kick) -> String {
    format!(
        r#"{{"EventArray":[{{"Event":10,"C2cNotifyMsgArray":[{{"KickoutMsgNotify":{{"KickType":{},"NewInstInfo":{{"Instid":{},"SdkAppid":{},"Platform":"{}"}}}}}}]}}]}}"#,
        kick as u8,
        session.instance,
        session.app,
        session.platform.name(),
    )
}
