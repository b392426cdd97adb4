//! Sending: checked, stored, acknowledged, delivered, in this order.

use std::{sync::Arc, task::Poll};

use bytes::Bytes;
use model::{
    Callback, Code, Error, MessageKey, Millis, UserId, flags,
    statistic::{Said, Tally},
};
use store::{Append, Appended, Entry, StoreError};
use tokio::sync::{OwnedMutexGuard, oneshot};

use super::{
    Conversation, Members,
    wire::{Reading, write_message},
};
use crate::{
    Account, LiveApp, Services, broken,
    callback::{Cause, Forbidden, wanted},
    presence::{Push, Session},
};

/// A message on its way.
pub struct Outbound {
    /// The sender.
    pub from: Arc<Account>,
    /// The receiver.
    pub to: Arc<Account>,
    /// Chosen by the sender.
    pub client_sequence: u32,
    /// Chosen by the sender.
    pub random: u32,
    /// The sender's clock, seconds since 1970.
    pub client_time: u32,
    /// The content.
    pub members: Members,
    /// See `model::flags`.
    pub flags: u32,
    /// Deliver to who is connected, store nothing.
    pub online_only: bool,
    /// The time an imported message carries, milliseconds since 1970.
    pub dated: Option<Millis>,
    /// Whether the receiver's connections get it; imported history is not pushed.
    pub push: bool,
    /// Whether the sender's other connections get a copy.
    pub copy: bool,
    /// The session it came from, if it came from a client.
    pub origin: Option<Arc<Session>>,
    /// Held until the message is queued, so that a client's messages keep the order they came in.
    pub order: Option<OwnedMutexGuard<()>>,
    /// The callbacks that its sender forbids.
    pub forbidden: Forbidden,
}

impl Outbound {
    /// The message as an entry that has no place yet.
    fn entry(&self, conversation: i64, now: Millis) -> Entry {
        Entry {
            position: 0,
            conversation,
            sequence: 0,
            time: self.dated.unwrap_or(now),
            sender: self.from.number,
            client_sequence: self.client_sequence,
            random: self.random,
            client_time: self.client_time,
            flags: self.flags,
            version: 0,
            body: self.members.clone().into_bytes().into(),
        }
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// The server's time, milliseconds since 1970.
    pub time: Millis,
    /// The message's name.
    pub key: MessageKey,
}

impl Outbound {
    /// Whether the app's server is asked about it: not about imports.
    fn is_asked_about(&self) -> bool {
        !self.forbidden.before && self.dated.is_none()
    }

    /// Whether the app's server is told of it.
    fn is_told_of(&self) -> bool {
        !self.forbidden.after && self.dated.is_none()
    }

    /// What its sender sees when it is not sent and is not to know.
    fn unsent(&self, now: Millis) -> Sent {
        let key = MessageKey { client_sequence: self.client_sequence, random: self.random, second: now / 1000 };
        Sent { time: now, key }
    }
}

/// Keeps the order of a client's messages to one receiver or group while the app's server is asked about them, and lets
/// go of the order of all of them: so those to others do not wait. What is returned is held until the message is queued.
pub(crate) async fn take_turn(
    session: Option<&Arc<Session>>,
    place: i64,
    order: Option<OwnedMutexGuard<()>>,
) -> Option<OwnedMutexGuard<()>> {
    // Its first look is a real one, however much the task has done already.
    let turn = tokio::task::unconstrained(session?.turn_to(place).lock_owned());
    tokio::pin!(turn);
    // The first look takes a place in the line; waiting goes on without the order.
    if let Poll::Ready(turn) = futures_util::poll!(turn.as_mut()) {
        return Some(turn);
    }
    drop(order);
    Some(turn.await)
}

impl Services {
    /// Tells the app's server of a message that was refused, as far as it wants to know.
    pub async fn tell_refused(self: &Arc<Self>, message: &Outbound, error: &Error) -> Result<(), Error> {
        let Some(cause) = wanted(Callback::C2cAfterSend).filter(|_| message.is_told_of()) else { return Ok(()) };
        let entry = message.entry(0, self.world.now());
        self.after_c2c_unstored(&cause, &entry, (&message.from, &message.to), Some(error)).await
    }

    /// Checks whether a user's message to a named user may go, and returns the receiver. `None`: the app wants
    /// blocked senders to believe that it went.
    pub async fn receiver_for(
        &self,
        app: &LiveApp,
        from: &Account,
        to: &UserId,
    ) -> Result<Option<Arc<Account>>, Error> {
        if from.preferences.silence.pairs > self.world.second() {
            return Err(Code::SenderMuted.into());
        }
        let receiver = self.accounts.need(app.sdkappid, to, Code::PeerUnknown).await?;
        if self.blocks(&receiver, from).await? {
            if app.settings.blocked_sender_sees_success {
                return Ok(None);
            }
            return Err(Code::Blocked.into());
        }
        if app.settings.relation_check && receiver.number != from.number {
            self.check_friendship(from, &receiver).await?;
        }
        Ok(Some(receiver))
    }

    /// Sends a message; returns when it is on disk. Repeats get the first answer and are not delivered again.
    pub fn send(self: &Arc<Self>, message: Outbound) -> impl Future<Output = Result<Sent, Error>> + Send {
        self.send_at(message, self.world.now())
    }

    /// The same at a time that copies for several receivers share, so that they share their name as well.
    pub async fn send_at(self: &Arc<Self>, mut message: Outbound, now: Millis) -> Result<Sent, Error> {
        let mut in_turn = None;
        if let Some(cause) = wanted(Callback::C2cBeforeSend).filter(|_| message.is_asked_about()) {
            in_turn = take_turn(message.origin.as_ref(), message.to.number, message.order.take()).await;
            let entry = message.entry(0, now);
            if !Box::pin(self.before_c2c(&cause, &mut message, entry)).await? {
                // Its sender is told of success.
                self.statistics.said_loosely(message.from.app, message.from.number, 0);
                return Ok(message.unsent(now));
            }
        }
        let after = wanted(Callback::C2cAfterSend).filter(|_| message.is_told_of());
        if message.online_only {
            let sent = self.send_online(&message, now);
            if let Some(cause) = after {
                let entry = message.entry(0, now);
                Box::pin(self.after_c2c_unstored(&cause, &entry, (&message.from, &message.to), None)).await?;
            }
            return Ok(sent);
        }
        let order = message.order.take();
        let conversation = self.make_conversation(&message.from, &message.to).await?;
        let mut importing = None;
        if let Some(time) = message.dated {
            importing = Some(self.importing[(conversation.number % 64) as usize].lock().await);
            Box::pin(self.check_order(&message, &conversation, time)).await?;
        }
        let (done, outcome) = oneshot::channel();
        let key = (message.client_sequence, message.random);
        let robot = (message.to.robot && message.is_told_of())
            .then(|| (message.entry(conversation.number, now), message.from.clone(), message.to.clone()));
        self.queue(conversation.number, message, now, (done, after)).await?;
        drop((order, in_turn));
        let appended = outcome.await.map_err(crate::fault)?.map_err(broken)?;
        drop(importing);
        if let Some((entry, from, to)) = robot.filter(|_| !appended.repeated) {
            Box::pin(self.tell_of_robot(&entry, &from, &to)).await?;
        }
        Ok(Sent {
            time: appended.time,
            key: MessageKey { client_sequence: key.0, random: key.1, second: appended.time / 1000 },
        })
    }

    async fn queue(
        self: &Arc<Self>,
        conversation: i64,
        message: Outbound,
        now: Millis,
        (done, after): (oneshot::Sender<Result<Appended, StoreError>>, Option<Cause>),
    ) -> Result<(), Error> {
        let services = self.clone();
        let mut entry = message.entry(conversation, now);
        if let Some(cause) = &after {
            entry.flags |= flags::CALLBACK | cause.platform.number() << flags::CAUSE_SHIFT;
        }
        let (from, to, origin) = (message.from, message.to, message.origin);
        let (push, copy) = (message.push, message.copy);
        let except = origin.as_ref().map(|session| session.instance);
        let dated = message.dated.is_some();
        let tally = if dated {
            0
        } else {
            let reach = self.reach(&from, &to, (push, copy), except);
            Tally { app: from.app, said: Said::Single, reach }.pack()
        };
        let deliver = move |entry: Entry| {
            services.deliver(&entry, &from, &to, (push, copy), except);
            if let Some(cause) = after {
                services.tell_stored(&cause, services.stored_c2c(&cause, &entry, &from, &to));
            }
        };
        self.append_message((entry, tally), dated, origin, done, deliver).await
    }

    /// Queues what somebody says: it is stored, `done` is told, and `deliver` gets it with its place, unless it was said
    /// before. `tally` is what it counts for, and `origin` the session that has it already.
    pub(crate) async fn append_message(
        &self,
        (mut entry, tally): (Entry, i64),
        dated: bool,
        origin: Option<Arc<Session>>,
        done: oneshot::Sender<Result<Appended, StoreError>>,
        deliver: impl FnOnce(Entry) + Send + 'static,
    ) -> Result<(), Error> {
        let append = Append {
            conversation: entry.conversation,
            sender: entry.sender,
            client_sequence: entry.client_sequence,
            random: entry.random,
            time: entry.time,
            dated,
            client_time: entry.client_time,
            flags: entry.flags,
            tally,
            body: entry.body.clone(),
            done: Box::new(move |outcome| {
                if let Ok(appended) = &outcome
                    && !appended.repeated
                {
                    (entry.position, entry.sequence, entry.time) =
                        (appended.position, appended.sequence, appended.time);
                    if let Some(session) = &origin {
                        session.acknowledge(entry.position);
                    }
                    crate::metric::STORED.increment(1);
                    // The sender learns of the success first: a receiver's answer cannot overtake it.
                    let _ = done.send(outcome);
                    deliver(entry);
                    return;
                }
                // Whoever waited may have gone; the message is stored or refused all the same.
                let _ = done.send(outcome);
            }),
        };
        self.store.log.append(append).await.map_err(broken)
    }

    /// To how many connections a message goes when it is taken.
    fn reach(&self, from: &Account, to: &Account, (push, copy): (bool, bool), except: Option<u32>) -> u32 {
        let received = if push { self.hub.connections(to.number, except) } else { 0 };
        let copied = if copy && from.number != to.number { self.hub.connections(from.number, except) } else { 0 };
        received + copied
    }

    /// Delivers a stored message to the receiver's connections and a copy to the sender's others.
    fn deliver(&self, entry: &Entry, from: &Account, to: &Account, (push, copy): (bool, bool), except: Option<u32>) {
        let online_only = entry.position == 0;
        if push && self.hub.reaches(to.number, except) {
            let reading = Reading { copy: false, online_only };
            self.hub.push(to.number, &Arc::new(message_push(entry, from, to, reading)), except);
        }
        if copy && from.number != to.number && self.hub.reaches(from.number, except) {
            let reading = Reading { copy: true, online_only };
            self.hub.push(from.number, &Arc::new(message_push(entry, from, to, reading)), except);
        }
    }

    fn send_online(&self, message: &Outbound, now: Millis) -> Sent {
        let entry = message.entry(0, now);
        let except = message.origin.as_ref().map(|session| session.instance);
        let reach = self.reach(&message.from, &message.to, (message.push, message.copy), except);
        self.statistics.said_loosely(message.from.app, message.from.number, reach);
        self.deliver(&entry, &message.from, &message.to, (message.push, message.copy), except);
        let key =
            MessageKey { client_sequence: entry.client_sequence, random: entry.random, second: entry.time / 1000 };
        Sent { time: entry.time, key }
    }

    /// An import older than the newest message makes the conversation one that is read by time.
    async fn check_order(&self, message: &Outbound, conversation: &Conversation, time: Millis) -> Result<(), Error> {
        let heads = self.store.log.heads(&[conversation.number]).await.map_err(broken)?;
        if heads.first().is_some_and(|head| head.time > time) {
            self.mix(&message.from, &message.to, conversation).await?;
        }
        Ok(())
    }

    /// Puts a control entry into a conversation, so that who is away learns of a change on coming back, and
    /// tells those who are connected. `event` is the members of the event object.
    pub(super) async fn append_notice(
        self: &Arc<Self>,
        conversation: i64,
        (from, to): (&Arc<Account>, &Arc<Account>),
        event: String,
        except: Option<u32>,
    ) -> Result<(), Error> {
        let (done, outcome) = oneshot::channel();
        let services = self.clone();
        let (one, other) = (from.number, to.number);
        let body = Bytes::from(event.clone().into_bytes());
        let append = Append {
            conversation,
            sender: from.number,
            client_sequence: 0,
            random: self.world.number() as u32,
            time: self.world.now(),
            dated: false,
            client_time: 0,
            flags: flags::NOTICE | flags::NO_UNREAD | flags::NO_LAST,
            tally: 0,
            body,
            done: Box::new(move |result| {
                if let Ok(appended) = &result
                    && !appended.repeated
                {
                    let push = Push::event(appended.position, |out| out.extend_from_slice(event.as_bytes()));
                    let push = Arc::new(push);
                    services.hub.push(one, &push, except);
                    if other != one {
                        services.hub.push(other, &push, except);
                    }
                }
                let _ = done.send(result);
            }),
        };
        self.store.log.append(append).await.map_err(broken)?;
        outcome.await.map_err(crate::fault)?.map_err(broken).map(drop)
    }
}

fn message_push(entry: &Entry, from: &Account, to: &Account, reading: Reading) -> Push {
    Push::event(entry.position, |out| {
        out.extend_from_slice(b"\"Event\":9,\"C2cMsgArray\":[");
        write_message(out, entry, from, to, reading);
        out.push(b']');
    })
}
