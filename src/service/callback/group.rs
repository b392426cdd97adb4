//! Callbacks about groups and topics.

use std::sync::Arc;

use model::{Callback, Code, Error, group::Fields};
use serde_json::{Value, json};
use store::Entry;

use super::{
    Body, Cause, Verdict,
    message::{content, rewritten},
    queue::{Item, Later, Payload, Source},
    wanted,
};
use crate::{
    Account, Services,
    group::{By, LiveGroup, Place},
    message::{Members, with_parts},
};

/// Accounts as lists of them are written.
pub(crate) fn members<'a>(accounts: impl IntoIterator<Item = &'a Arc<Account>>) -> Value {
    accounts.into_iter().map(|account| json!({"Member_Account": account.user})).collect()
}

/// Custom fields as they are written.
pub(crate) fn fields(fields: &Fields) -> Value {
    fields.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

fn about(cause: &Cause, callback: Callback, group: &LiveGroup) -> Body {
    let body = Body::new(cause, callback).raw("GroupId", &group.quoted);
    if callback == Callback::GroupAfterFull { body } else { body.field("Type", group.kind.name()) }
}

/// The members of a group message that its callbacks share.
fn said(
    cause: &Cause,
    callback: Callback,
    place: &Place,
    entry: &Entry,
    online_only: bool,
    operator: Option<&str>,
) -> Body {
    let sender = with_parts(&entry.body, |parts| parts.sender()).unwrap_or_default();
    let is_after = matches!(callback, Callback::GroupAfterSend | Callback::BotGroupMessage);
    let mut body = about(cause, callback, &place.group).field("From_Account", &sender);
    let operator = operator.unwrap_or(&sender);
    body = if is_after {
        body.later("Operator_Account", operator)
            .later("Random", &entry.random)
            .field("MsgSeq", &entry.sequence)
            .field("MsgTime", &(entry.time / 1000))
    } else {
        body.field("Operator_Account", operator).field("Random", &entry.random)
    };
    body = body.later("OnlineOnlyFlag", &i64::from(online_only));
    if let Some(topic) = &place.topic {
        body = body.later("TopicId", &topic.id);
    }
    content(body, entry)
}

impl Services {
    /// Asks before a group message is stored. What is to be stored, or nothing where its sender sees a success.
    pub(crate) async fn before_say(
        &self,
        cause: &Cause,
        place: &Place,
        by: &By,
        (entry, online_only): (&Entry, bool),
    ) -> Result<Option<Option<Members>>, Error> {
        let operator = Self::operator(cause, by);
        let body = said(cause, Callback::GroupBeforeSend, place, entry, online_only, Some(&operator));
        match self.ask_app(cause, body).await? {
            Verdict::Swallow => Ok(None),
            Verdict::Go(answer) => match rewritten(&entry.body, &answer, model::group::limit::MESSAGE_BYTES) {
                Ok(members) => Ok(Some(members)),
                Err(error) => Self::unusable_rewrite(cause, &error).map(|()| Some(None)),
            },
        }
    }

    /// Who asked: an administrator speaks for others at REST.
    fn operator(cause: &Cause, by: &By) -> String {
        match cause.administrator.as_ref().filter(|_| by.is_backend()) {
            Some(administrator) => administrator.to_string(),
            None => by.account.user.to_string(),
        }
    }

    /// What is told of a stored group message.
    pub(crate) fn stored_in_group(&self, cause: &Cause, entry: &Entry, place: &Place, by: Option<&By>) -> Item {
        let (cause_later, said_later, place_later) = (cause.clone(), entry.clone(), place.clone());
        let operator = by.map(|by| Self::operator(cause, by));
        let now = entry.time;
        let write = move |_| {
            let callback = Callback::GroupAfterSend;
            said(&cause_later, callback, &place_later, &said_later, false, operator.as_deref()).finish(now)
        };
        Item {
            source: Source::Log(entry.position),
            lane: entry.conversation,
            callback: Callback::GroupAfterSend,
            query: cause.query(),
            payload: Payload::Later(Arc::new(Later { reader: None, write: Box::new(write) })),
            created: self.world.now(),
            attempts: 0,
        }
    }

    /// Tells of a group message that the log does not have.
    pub(crate) async fn after_say_unstored(
        self: &Arc<Self>,
        cause: &Cause,
        place: &Place,
        by: &By,
        (entry, online_only): (&Entry, bool),
    ) -> Result<(), Error> {
        let operator = Self::operator(cause, by);
        let body = said(cause, Callback::GroupAfterSend, place, entry, online_only, Some(&operator));
        self.tell_app(cause, place.number(), body).await
    }

    /// Tells that a group message mentions robots.
    pub(crate) async fn tell_of_robots(
        self: &Arc<Self>,
        place: &Place,
        by: &By,
        entry: &Entry,
        robots: &[Arc<Account>],
    ) -> Result<(), Error> {
        let Some(cause) = wanted(Callback::BotGroupMessage).filter(|_| !robots.is_empty()) else { return Ok(()) };
        let names: Vec<&str> = robots.iter().map(|robot| robot.user.as_str()).collect();
        let operator = Self::operator(&cause, by);
        let body = said(&cause, Callback::BotGroupMessage, place, entry, false, Some(&operator));
        self.tell_app(&cause, place.number(), body.field("AtRobotAccount", &names)).await
    }

    /// Tells that a group message could not be sent.
    pub(crate) async fn tell_say_failed(
        self: &Arc<Self>,
        place: &Place,
        by: &By,
        (entry, online_only): (&Entry, bool),
        (code, why): (i32, &str),
    ) -> Result<(), Error> {
        let Some(cause) = wanted(Callback::GroupSendException) else { return Ok(()) };
        let operator = Self::operator(&cause, by);
        let body = said(&cause, Callback::GroupSendException, place, entry, online_only, Some(&operator))
            .field("ErrorCode", &code)
            .field("ErrorInfo", why);
        self.tell_app(&cause, place.number(), body).await
    }

    /// Asks before something in a group; what the answer says.
    pub(crate) async fn before_in_group(
        &self,
        callback: Callback,
        group: &LiveGroup,
        rest: &[(&str, Value)],
    ) -> Result<Vec<String>, Error> {
        let Some(cause) = wanted(callback) else { return Ok(Vec::new()) };
        let mut body = about(&cause, callback, group);
        for (name, value) in rest {
            body = body.field(name, value);
        }
        match self.ask_app(&cause, body).await? {
            Verdict::Go(answer) => Ok(answer.refused),
            Verdict::Swallow => Err(Code::GroupCallbackRefused.into()),
        }
    }

    /// Asks before a group is made.
    pub(crate) async fn before_create(
        &self,
        rest: impl FnOnce(&Cause) -> Vec<(&'static str, Value)>,
    ) -> Result<(), Error> {
        let callback = Callback::GroupBeforeCreate;
        let Some(cause) = wanted(callback) else { return Ok(()) };
        let mut body = Body::new(&cause, callback);
        for (name, value) in rest(&cause) {
            body = body.field(name, &value);
        }
        self.ask_app(&cause, body).await.map(drop)
    }

    /// Tells of something in a group.
    pub(crate) async fn tell_in_group(
        self: &Arc<Self>,
        callback: Callback,
        group: &LiveGroup,
        rest: &[(&str, Value)],
    ) -> Result<(), Error> {
        let Some(cause) = wanted(callback) else { return Ok(()) };
        let mut body = about(&cause, callback, group);
        for (name, value) in rest {
            body = body.field(name, value);
        }
        self.tell_app(&cause, group.number, body).await
    }

    /// Tells that a group has no place left, if it has none.
    pub(crate) async fn tell_if_full(self: &Arc<Self>, group: &LiveGroup) -> Result<(), Error> {
        let most = group.info().most_members;
        if most == 0 || (group.member_count() as u64) < most {
            return Ok(());
        }
        self.tell_in_group(Callback::GroupAfterFull, group, &[]).await
    }

    /// Tells that somebody could not come in for lack of place.
    pub(crate) fn tell_full_later(self: &Arc<Self>, group: &LiveGroup) {
        if let Some(cause) = wanted(Callback::GroupAfterFull) {
            let body = about(&cause, Callback::GroupAfterFull, group);
            self.tell_app_later(&cause, group.number, body);
        }
    }
}
