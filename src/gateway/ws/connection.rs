//! One client connection: reads requests, answers them, sends pushes.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use command::{Caller, Context, Door, Entry, fail};
use futures_util::{FutureExt, SinkExt, StreamExt, stream::FuturesUnordered};
use model::{Code, Error, SdkAppId, State as AppState, UserId};
use serde_json::value::RawValue;
use service::{
    LiveApp, Services,
    presence::{Link, Outgoing, Push, Queue, Session},
};
use tokio::{
    task::unconstrained,
    time::{Instant, sleep_until, timeout},
};

use super::{
    answers::Answers,
    frame::{Broken, Frame, Head, message, reply},
};
use crate::Gate;

/// The requests of one connection that are worked on at once; beyond, the next one is not read yet.
const IN_FLIGHT: usize = 256;
/// Requests that are begun before answers to the first of them are written.
const TOGETHER: usize = 64;
/// Clients show a sign of life every ten seconds.
const SILENCE: Duration = Duration::from_secs(90);
/// How long a client may take nothing of what is written.
const STUCK: Duration = Duration::from_secs(20);
/// How often it is looked whether pushes that were held back may go.
const HELD: Duration = Duration::from_millis(40);
/// WebSocket close codes: going away for a restart, and try again later.
const RESTART: u16 = 1012;
const TRY_AGAIN: u16 = 1013;

/// What is known of a connection from its URL.
pub(super) struct Connection {
    pub gate: Arc<Gate>,
    pub app: SdkAppId,
    pub client: String,
    pub origin: Arc<str>,
    pub address: Option<IpAddr>,
    pub binary: bool,
    pub compress: bool,
}

/// A request that was read and not begun.
struct Asked {
    /// Who asks, or why nobody may.
    context: Result<Arc<Context>, Error>,
    name: String,
    seq: u64,
    body: Bytes,
    /// The command, if there is one of that name.
    entry: Option<&'static Entry>,
}

/// What becomes of a request.
struct Answer {
    turn: Option<u64>,
    /// `None` for a request that has no answer.
    frame: Option<Vec<u8>>,
}

/// The client is gone, or must go.
struct Gone;

/// The socket, with the framing that this client wants.
struct Wire {
    socket: WebSocket,
    binary: bool,
    compress: bool,
    /// Something was put into the buffer.
    fed: bool,
}

/// What waits to be written.
struct Unsent {
    queue: Queue,
    /// Pushes that were held back, in order.
    held: Vec<Arc<Push>>,
    /// Answers, none of which promises a push that is not queued yet.
    answers: Answers,
}

impl Unsent {
    fn answer(&mut self, Answer { turn, frame }: Answer) {
        if let Some(frame) = frame {
            self.answers.put(turn, frame);
        }
    }
}

impl Connection {
    /// Talks with the client until one of both ends it.
    pub fn run(self, socket: WebSocket) -> impl Future<Output = ()> + Send {
        let (link, queue) = Link::new(self.client.clone(), self.address);
        let services = self.gate.services.clone();
        services.hub.open(&link);
        metrics::gauge!("feihong_connections").increment(1.0);
        let wire = Wire { socket, binary: self.binary, compress: self.compress, fed: false };
        // The loop's state is large and lives in one allocation. Made in the future below it would have room there too.
        let talk = Box::pin(self.talk(wire, link.clone(), queue));
        async move {
            talk.await;
            metrics::gauge!("feihong_connections").decrement(1.0);
            services.link_closed(&link);
        }
    }

    async fn talk(self, mut wire: Wire, link: Arc<Link>, queue: Queue) {
        let services = self.gate.services.clone();
        let mut working = FuturesUnordered::new();
        let mut unsent = Unsent { queue, held: Vec::new(), answers: Answers::default() };
        let mut heard = Instant::now();
        let alarm = sleep_until(heard + SILENCE);
        tokio::pin!(alarm);
        loop {
            let step = tokio::select! {
                biased;
                Some(answer) = working.next(), if !working.is_empty() => {
                    unsent.answer(answer);
                    Ok(())
                }
                outgoing = unsent.queue.next() => {
                    self.outgoing(&mut wire, outgoing, &link, &mut unsent.held).await
                }
                message = wire.socket.next(), if working.len() < IN_FLIGHT => {
                    heard = Instant::now();
                    let most = TOGETHER.min(IN_FLIGHT - working.len());
                    let received = self.receive(message, &mut wire, &link, most).await;
                    received.map(|asked| working.extend(asked.into_iter().map(|asked| {
                        let is_ordered = asked.entry.is_some_and(|entry| entry.spec.ordered);
                        self.begin(asked, is_ordered.then(|| unsent.answers.turn()))
                    })))
                }
                () = &mut alarm => {
                    alarm.as_mut().reset(heard + SILENCE);
                    if heard.elapsed() >= SILENCE {
                        link.gave_no_sign();
                        Err(Gone)
                    } else {
                        Ok(())
                    }
                }
            };
            while let Some(Some(answer)) = working.next().now_or_never() {
                unsent.answer(answer);
            }
            if step.is_err() || self.write(&mut wire, &link, &mut unsent).await.is_err() {
                break;
            }
            if !unsent.held.is_empty() && alarm.deadline() > Instant::now() + HELD {
                alarm.as_mut().reset(Instant::now() + HELD);
            }
            if link.is_broken() {
                tracing::debug!(link = link.id, "client was too slow");
                wire.close(TRY_AGAIN, "too slow, fetch what you missed").await;
                break;
            }
        }
        // Requests that were begun are finished: what they store is stored.
        if !working.is_empty() {
            services.spawn(async move { while working.next().await.is_some() {} });
        }
    }

    /// Takes a message from the client and those that have come behind it, in the order they came in.
    async fn receive(
        &self,
        first: Option<Result<Message, axum::Error>>,
        wire: &mut Wire,
        link: &Arc<Link>,
        most: usize,
    ) -> Result<Vec<Asked>, Gone> {
        let (mut next, mut taken, mut asked) = (first, 1, Vec::new());
        loop {
            match next {
                Some(Ok(message @ (Message::Binary(_) | Message::Text(_)))) => {
                    asked.extend(self.take(&message.into_data(), link).await);
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
            }
            if taken >= most {
                return Ok(asked);
            }
            taken += 1;
            match wire.socket.next().now_or_never() {
                Some(message) => next = message,
                None => return Ok(asked),
            }
        }
    }

    /// Reads a request; nothing when there is nobody to answer, or nothing left to do.
    async fn take(&self, bytes: &Bytes, link: &Arc<Link>) -> Option<Asked> {
        let frame = std::str::from_utf8(bytes).ok().and_then(|text| serde_json::from_str::<Frame<'_>>(text).ok());
        let Some(Frame { head, body }) = frame else {
            let Broken { head } = serde_json::from_slice::<Broken<'_>>(bytes).ok()?;
            let error = Error::new(Code::BodyNotJson).detail("the frame's head is malformed");
            let (name, seq) = (head.servcmd.into_owned(), head.seq);
            return Some(Asked { context: Err(error), name, seq, body: Bytes::new(), entry: None });
        };
        let body = body.map_or("{}", RawValue::get).as_bytes();
        let (services, dispatcher) = (&self.gate.services, &self.gate.dispatcher);
        let entry = dispatcher.entry(&head.servcmd);
        // Half of all that clients say is that they have a push.
        if entry.is_some_and(Entry::is_silent)
            && let Some(session) = own_session(link, &head.a2)
            && Services::check_alive(&session).is_ok()
            && dispatcher.note(services, &session, &head.servcmd, body)
        {
            return None;
        }
        let context = self.context(&head, link).await.map(Arc::new);
        let body = if body == b"{}" { Bytes::from_static(b"{}") } else { bytes.slice_ref(body) };
        Some(Asked { context, name: head.servcmd.into_owned(), seq: head.seq, body, entry })
    }

    /// The work on a request.
    fn begin(&self, asked: Asked, turn: Option<u64>) -> impl Future<Output = Answer> + Send + use<> {
        let gate = self.gate.clone();
        // Budgets are for whole tasks: spent by one request, one would leave a later one waiting that is done.
        unconstrained(async move {
            let Asked { context, name, seq, body, entry } = asked;
            let body = match context {
                Ok(cx) => gate.dispatcher.dispatch(cx, &name, body).await.body,
                Err(error) => fail(&error, false),
            };
            let is_silent = entry.is_some_and(Entry::is_silent);
            Answer { turn, frame: (!is_silent).then(|| reply(&name, seq, &body)) }
        })
    }

    /// Who asks: by the ticket in the request, not by the connection it came on.
    async fn context(&self, head: &Head<'_>, link: &Arc<Link>) -> Result<Context, Error> {
        let services = &self.gate.services;
        // Clients reconnect at once when this fails, and ask again: it must not depend on sessions or apps.
        if head.servcmd == "heartbeat.alive" {
            let (link, origin) = (Some(link.clone()), self.origin.clone());
            return Ok(Context::new(services.clone(), None, Caller::Visitor, Door::Socket, link, origin));
        }
        let app = services.apps.get(self.app).ok_or(Code::AppMissing)?;
        if app.state(services.world.now()) == AppState::Stopped {
            return Err(Code::AppDisabled.into());
        }
        let caller = self.caller(head, link, &app).await?;
        Ok(Context::new(services.clone(), Some(app), caller, Door::Socket, Some(link.clone()), self.origin.clone()))
    }

    async fn caller(&self, head: &Head<'_>, link: &Arc<Link>, app: &LiveApp) -> Result<Caller, Error> {
        let services = &self.gate.services;
        let stranger = || Caller::Stranger {
            identifier: head.identifier.clone().into_owned(),
            signature: head.usersig.clone().into_owned(),
            ticket: head.a2.clone().into_owned(),
        };
        let session = if head.a2.is_empty() {
            Box::pin(self.signed(head, link, app)).await
        } else {
            match own_session(link, &head.a2) {
                Some(session) => Some(session),
                None => Box::pin(services.session_of(app, &head.a2)).await?,
            }
        };
        let Some(session) = session else { return Ok(stranger()) };
        if let Err(ended) = Services::check_alive(&session) {
            let passes = head.servcmd == "im_open_status.wslogin" || head.servcmd == "im_open_status.wslogout";
            return if passes { Ok(stranger()) } else { Err(ended) };
        }
        match services.accounts.find(app.sdkappid, &session.user).await? {
            Some(account) => Ok(Caller::User { session, account }),
            None => Ok(stranger()),
        }
    }

    /// Some requests carry a signature in place of the ticket; they count for the session of this connection.
    async fn signed(&self, head: &Head<'_>, link: &Link, app: &LiveApp) -> Option<Arc<Session>> {
        let session = link.session()?;
        let is_sign_in = head.servcmd == "im_open_status.wslogin";
        let same = UserId::new(&head.identifier).is_some_and(|user| user == session.user);
        if is_sign_in || !same {
            return None;
        }
        let checked = self.gate.services.accounts.check_signature(app, &head.identifier, &head.usersig).await;
        checked.is_ok().then_some(session)
    }

    /// Writes all that waits. Answers go last: they promise that what was queued before them has arrived.
    async fn write(&self, wire: &mut Wire, link: &Link, unsent: &mut Unsent) -> Result<(), Gone> {
        self.release(wire, link, &mut unsent.held).await?;
        while let Some(outgoing) = unsent.queue.try_next() {
            self.outgoing(wire, outgoing, link, &mut unsent.held).await?;
        }
        let answers = unsent.answers.take();
        if !answers.is_empty() {
            for answer in answers {
                wire.feed(answer.into(), wire.compress).await?;
            }
            for push in link.take_replay() {
                wire.feed(link.frame(&push), false).await?;
            }
        }
        wire.flush().await
    }

    async fn outgoing(
        &self,
        wire: &mut Wire,
        outgoing: Outgoing,
        link: &Link,
        held: &mut Vec<Arc<Push>>,
    ) -> Result<(), Gone> {
        match outgoing {
            Outgoing::Push(push) if link.is_fetched(&push) => Ok(()),
            Outgoing::Push(push) => {
                let waits = push.position > 0 && link.is_held(self.gate.services.world.now());
                if waits || (push.position > 0 && !held.is_empty()) {
                    held.push(push);
                    return Ok(());
                }
                wire.feed(link.frame(&push), false).await
            }
            Outgoing::Close(why) => {
                wire.close(RESTART, why).await;
                Err(Gone)
            }
        }
    }

    /// Sends the pushes that were held back, in order, if they may go now.
    async fn release(&self, wire: &mut Wire, link: &Link, held: &mut Vec<Arc<Push>>) -> Result<(), Gone> {
        if held.is_empty() || link.is_held(self.gate.services.world.now()) {
            return Ok(());
        }
        for push in std::mem::take(held) {
            wire.feed(link.frame(&push), false).await?;
        }
        Ok(())
    }
}

/// The session of a ticket, if it is the one that is signed in on the connection.
fn own_session(link: &Link, ticket: &str) -> Option<Arc<Session>> {
    link.session().filter(|session| *session.ticket == *ticket)
}

impl Wire {
    /// Puts a frame into the buffer that [`Self::flush`] writes, or writes it when the buffer is full.
    async fn feed(&mut self, frame: Bytes, compress: bool) -> Result<(), Gone> {
        let message = message(frame, self.binary, compress);
        self.fed = true;
        match timeout(STUCK, self.socket.feed(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }

    async fn flush(&mut self) -> Result<(), Gone> {
        if !std::mem::take(&mut self.fed) {
            return Ok(());
        }
        match timeout(STUCK, self.socket.flush()).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }

    async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code, reason: reason.into() };
        let _ = timeout(STUCK, self.socket.send(Message::Close(Some(frame)))).await;
    }
}
