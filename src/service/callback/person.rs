//! Callbacks about users: their status, their profiles, their relations.

use std::sync::Arc;

use model::{
    Callback, Error, Platform, UserId,
    callback::{CallbackForm, OptPlatform, device_name},
    profile,
};
use serde_json::{Value, json};

use super::{Answer, Body, Cause, Verdict, message::lane_of, wanted};
use crate::{Account, Services, presence::Session};

/// How the status of a user changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusChange {
    /// A connection has a session, newly or again.
    Login,
    /// Signed out.
    Logout,
    /// The connection ended.
    LinkClose,
    /// The client was silent for too long.
    TimeOut,
}

/// Two users, one of whom did something to the other.
pub(crate) type Pair = (UserId, UserId);

impl Services {
    /// Tells of a change of status; `kicked`: the platforms of the sessions that had to go for it.
    pub(crate) fn tell_state(self: &Arc<Self>, session: &Session, change: StatusChange, kicked: &[Platform]) {
        let Some(app) = self.apps.get(session.app).filter(|app| app.callbacks().has(Callback::StateChange)) else {
            return;
        };
        let old = app.settings.callback_form == CallbackForm::Old;
        let (action, reason) = match change {
            StatusChange::Login => ("Login", "Register"),
            StatusChange::Logout => ("Logout", "Unregister"),
            StatusChange::LinkClose => (if old { "Logout" } else { "Disconnect" }, "LinkClose"),
            StatusChange::TimeOut => (if old { "Logout" } else { "Disconnect" }, "TimeOut"),
        };
        let platform = OptPlatform::Client(session.platform);
        let cause = Cause { app, platform, address: session.address(), administrator: None };
        let info = json!({"Action": action, "To_Account": session.user, "Reason": reason});
        let mut body = Body::new(&cause, Callback::StateChange).field("Info", &info);
        if !kicked.is_empty() {
            let kicked: Vec<Value> = kicked.iter().map(|one| json!({"Platform": device_name(*one)})).collect();
            body = body.field("KickedDevice", &kicked);
        }
        self.tell_app_later(&cause, lane_of(session.account), body);
    }

    /// Tells that a profile was changed.
    pub(crate) async fn tell_profile_set(
        self: &Arc<Self>,
        account: &Account,
        operator: &UserId,
        items: &[profile::Item],
    ) -> Result<(), Error> {
        let Some(cause) = wanted(Callback::PortraitSet) else { return Ok(()) };
        let items: Vec<Value> = items.iter().map(|item| json!({"Tag": item.tag, "Value": item.value})).collect();
        let body = Body::new(&cause, Callback::PortraitSet)
            .field("Operator_Account", operator)
            .raw("From_Account", &account.quoted)
            .field("ProfileItem", &items);
        self.tell_app(&cause, lane_of(account.number), body).await
    }

    /// Tells of a change between users whose body has nothing but them.
    pub(crate) async fn tell_pairs(
        self: &Arc<Self>,
        callback: Callback,
        me: &Account,
        pairs: &[Pair],
    ) -> Result<(), Error> {
        let Some(cause) = wanted(callback).filter(|_| !pairs.is_empty()) else { return Ok(()) };
        let pairs: Vec<Value> =
            pairs.iter().map(|(from, to)| json!({"From_Account": from, "To_Account": to})).collect();
        let body = Body::new(&cause, callback).field("PairList", &pairs);
        self.tell_app(&cause, lane_of(me.number), body).await
    }

    /// Tells that users have become friends; each pair says who has whom now. `initiator`: who asked for it first.
    pub(crate) async fn tell_befriended(
        self: &Arc<Self>,
        me: &Account,
        pairs: &[(UserId, UserId, UserId)],
        command: &str,
        (admin, force): (Option<&UserId>, bool),
    ) -> Result<(), Error> {
        let Some(cause) = wanted(Callback::FriendAdd).filter(|_| !pairs.is_empty()) else { return Ok(()) };
        let pairs: Vec<Value> = pairs
            .iter()
            .map(
                |(from, to, initiator)| json!({"From_Account": from, "To_Account": to, "Initiator_Account": initiator}),
            )
            .collect();
        let body = Body::new(&cause, Callback::FriendAdd)
            .field("PairList", &pairs)
            .field("ClientCmd", command)
            .field("Admin_Account", admin.map_or("", UserId::as_str))
            .field("ForceFlag", &i64::from(force));
        self.tell_app(&cause, lane_of(me.number), body).await
    }

    /// Asks before a client's request about friends; returns who is refused, if anybody. `items`: the member of the
    /// request that names them, with its name, and what else the body has.
    pub async fn before_relation(
        &self,
        callback: Callback,
        me: &Account,
        (name, items): (&str, &Value),
        rest: &[(&str, Value)],
    ) -> Result<Refusals, Error> {
        // Only what clients ask.
        let is_client = |cause: &Cause| matches!(cause.platform, OptPlatform::Client(_));
        let Some(cause) = wanted(callback).filter(is_client) else { return Ok(Refusals::default()) };
        let mut body = Body::new(&cause, callback)
            .raw("Requester_Account", &me.quoted)
            .raw("From_Account", &me.quoted)
            .field(name, items);
        for (name, value) in rest {
            body = body.field(name, value);
        }
        match self.ask_app(&cause, body).await? {
            Verdict::Go(answer) => Ok(Refusals(Some(answer))),
            Verdict::Swallow => Ok(Refusals::default()),
        }
    }
}

/// Whom the app's server refused.
#[derive(Default)]
pub struct Refusals(Option<Box<Answer>>);

impl Refusals {
    /// The refusal of a user, if it was refused.
    pub fn of(&self, user: &str) -> Option<Error> {
        super::refusal_of(&self.0.as_ref()?.result_item, user)
    }
}
