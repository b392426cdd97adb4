//! Callbacks about messages from one user to another.

use std::sync::Arc;

use model::{Callback, Error, MessageKey};
use serde_json::value::RawValue;
use store::Entry;

use super::{
    Body, Cause, Verdict,
    queue::{Item, Later, Payload, Source},
    wanted,
};
use crate::{
    Account, Outbound, Services,
    message::{Members, with_parts},
};

fn key_of(entry: &Entry) -> MessageKey {
    MessageKey { client_sequence: entry.client_sequence, random: entry.random, second: entry.time / 1000 }
}

/// What both callbacks about a message say.
fn said(cause: &Cause, callback: Callback, entry: &Entry, (from, to): (&Account, &Account), online_only: bool) -> Body {
    let body = Body::new(cause, callback)
        .raw("From_Account", &from.quoted)
        .raw("To_Account", &to.quoted)
        .field("MsgSeq", &entry.client_sequence)
        .field("MsgRandom", &entry.random)
        .field("MsgTime", &(entry.time / 1000))
        .later("MsgKey", &key_of(entry).to_string())
        .later("OnlineOnlyFlag", &i64::from(online_only));
    content(body, entry)
}

/// Adds the elements and the custom data of a message.
pub(super) fn content(body: Body, entry: &Entry) -> Body {
    let parts = with_parts(&entry.body, |parts| {
        (parts.body.to_owned(), parts.custom_data.map(|data| data.get().to_owned()).unwrap_or_default())
    });
    let Ok((elements, custom_data)) = parts else { return body };
    let body = body.raw("MsgBody", elements.get());
    if custom_data.is_empty() || !body.is_current() { body } else { body.raw("CloudCustomData", &custom_data) }
}

/// Another content in place of a message's own, as the app's server answered; refused when it cannot be sent.
pub(super) fn rewritten(members: &[u8], answer: &super::Answer, most: usize) -> Result<Option<Members>, Error> {
    let (elements, custom_data) = (answer.msg_body.as_deref(), answer.cloud_custom_data.as_deref());
    if elements.is_none() && custom_data.is_none() {
        return Ok(None);
    }
    if let Some(elements) = elements {
        model::message::check_body(elements)?;
    }
    let length = elements.map_or(0, |body| body.get().len()) + custom_data.map_or(0, str::len);
    if length > most {
        return Err(model::Code::BodyTooLong.into());
    }
    with_parts(members, |parts| Some(parts.replaced(elements.map(RawValue::get), custom_data)))
}

impl Services {
    /// Asks before a message is stored; whether it goes on, perhaps changed. Otherwise its sender sees a success.
    pub(crate) async fn before_c2c(&self, cause: &Cause, message: &mut Outbound, entry: Entry) -> Result<bool, Error> {
        let body = said(cause, Callback::C2cBeforeSend, &entry, (&message.from, &message.to), message.online_only);
        match self.ask_app(cause, body).await? {
            Verdict::Swallow => Ok(false),
            Verdict::Go(answer) => {
                match rewritten(&entry.body, &answer, model::message::MESSAGE_BYTES) {
                    Ok(Some(members)) => message.members = members,
                    Ok(None) => {}
                    Err(error) => Self::unusable_rewrite(cause, &error)?,
                }
                Ok(true)
            }
        }
    }

    /// A rewritten message that cannot be sent is no usable answer.
    pub(super) fn unusable_rewrite(cause: &Cause, error: &Error) -> Result<(), Error> {
        tracing::debug!(app = cause.app.sdkappid, %error, "a callback's other content cannot be sent");
        match cause.app.settings.callback_on_failure {
            model::callback::CallbackPolicy::Deliver => Ok(()),
            model::callback::CallbackPolicy::Refuse => Err(model::Code::CallbackFailed.into()),
        }
    }

    /// What is told of a stored message.
    pub(crate) fn stored_c2c(&self, cause: &Cause, entry: &Entry, from: &Arc<Account>, to: &Arc<Account>) -> Item {
        let (cause_later, said_later) = (cause.clone(), entry.clone());
        let (sender, receiver) = (from.clone(), to.clone());
        let now = entry.time;
        let write = move |unread: i64| {
            let body = said(&cause_later, Callback::C2cAfterSend, &said_later, (&sender, &receiver), false);
            sent(body, None, unread).finish(now)
        };
        Item {
            source: Source::Log(entry.position),
            lane: entry.conversation,
            callback: Callback::C2cAfterSend,
            query: cause.query(),
            payload: Payload::Later(Arc::new(Later { reader: Some(to.clone()), write: Box::new(write) })),
            created: self.world.now(),
            attempts: 0,
        }
    }

    /// Has the app's server told of a message that is in the log.
    pub(crate) fn tell_stored(self: &Arc<Self>, cause: &Cause, item: Item) {
        self.offer(cause.app.sdkappid, item);
    }

    /// Tells of a message that was not stored: for who is connected only, or refused.
    pub(crate) async fn after_c2c_unstored(
        self: &Arc<Self>,
        cause: &Cause,
        entry: &Entry,
        (from, to): (&Account, &Account),
        refused: Option<&Error>,
    ) -> Result<(), Error> {
        let body = said(cause, Callback::C2cAfterSend, entry, (from, to), refused.is_none());
        let unread = self.unread_of_absent(to).await;
        self.tell_app(cause, lane_of(from.number.min(to.number)), sent(body, refused, unread)).await
    }

    /// Tells of a message to a robot.
    pub(crate) async fn tell_of_robot(
        self: &Arc<Self>,
        entry: &Entry,
        from: &Account,
        to: &Account,
    ) -> Result<(), Error> {
        let Some(cause) = wanted(Callback::BotC2cMessage).filter(|_| to.robot) else { return Ok(()) };
        let body = said(&cause, Callback::BotC2cMessage, entry, (from, to), false);
        self.tell_app(&cause, lane_of(to.number), sent(body, None, -1)).await
    }

    /// Tells that a user has read what a peer wrote up to a second.
    pub(crate) async fn tell_c2c_read(
        self: &Arc<Self>,
        me: &Account,
        peer: &Account,
        second: i64,
    ) -> Result<(), Error> {
        let Some(cause) = wanted(Callback::C2cAfterRead) else { return Ok(()) };
        let body = Body::new(&cause, Callback::C2cAfterRead)
            .raw("Report_Account", &me.quoted)
            .raw("Peer_Account", &peer.quoted)
            .field("LastReadTime", &second)
            .field("UnreadMsgNum", &self.unread_total(me).await);
        self.tell_app(&cause, lane_of(me.number), body).await
    }

    /// Tells that a message was recalled.
    pub(crate) async fn tell_c2c_recall(
        self: &Arc<Self>,
        entry: &Entry,
        from: &Account,
        to: &Account,
    ) -> Result<(), Error> {
        let Some(cause) = wanted(Callback::C2cAfterRecall) else { return Ok(()) };
        let body = Body::new(&cause, Callback::C2cAfterRecall)
            .raw("From_Account", &from.quoted)
            .raw("To_Account", &to.quoted)
            .field("MsgKey", &key_of(entry).to_string())
            .field("UnreadMsgNum", &self.unread_total(to).await);
        self.tell_app(&cause, entry.conversation, body).await
    }
}

/// The lane of what concerns one account; conversations have those of their numbers.
pub(super) fn lane_of(account: i64) -> i64 {
    -1 - account
}

fn sent(body: Body, refused: Option<&Error>, unread: i64) -> Body {
    let body = match refused {
        None => body.field("SendMsgResult", &0).field("ErrorInfo", "send msg succeed"),
        Some(error) => body.field("SendMsgResult", &error.number()).field("ErrorInfo", &error.detail),
    };
    body.later("UnreadMsgNum", &unread)
}
