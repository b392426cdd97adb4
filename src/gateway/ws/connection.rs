//! One client connection: reads requests, answers them, sends pushes.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use command::{Caller, Context, Door, fail};
use futures_util::{FutureExt, SinkExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use model::{Code, Error, SdkAppId, State as AppState, UserId};
use service::{
    LiveApp, Services,
    presence::{Link, Outgoing, Push, Queue, Session},
};
use tokio::{
    task::unconstrained,
    time::{Instant, sleep_until, timeout},
};

use super::frame::{Broken, Frame, Head, message, reply};
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
    pub binary: bool,
    pub compress: bool,
}

/// The frame of an answer; `None` for the request that has none.
type Answer = Option<Vec<u8>>;

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
    answers: Vec<Vec<u8>>,
}

impl Connection {
    pub async fn run(self, socket: WebSocket) {
        let (link, queue) = Link::new(self.client.clone());
        let services = self.gate.services.clone();
        services.hub.open(&link);
        metrics::gauge!("feihong_connections").increment(1.0);
        let wire = Wire { socket, binary: self.binary, compress: self.compress, fed: false };
        // The loop's state is large only while requests are worked on; it lives in one allocation.
        Box::pin(self.talk(wire, link.clone(), queue)).await;
        metrics::gauge!("feihong_connections").decrement(1.0);
        services.link_closed(&link);
    }

    async fn talk(self, mut wire: Wire, link: Arc<Link>, queue: Queue) {
        let services = self.gate.services.clone();
        let mut working: FuturesUnordered<BoxFuture<'static, Answer>> = FuturesUnordered::new();
        let mut unsent = Unsent { queue, held: Vec::new(), answers: Vec::new() };
        let mut heard = Instant::now();
        let alarm = sleep_until(heard + SILENCE);
        tokio::pin!(alarm);
        loop {
            let step = tokio::select! {
                biased;
                Some(answer) = working.next(), if !working.is_empty() => {
                    unsent.answers.extend(answer);
                    Ok(())
                }
                outgoing = unsent.queue.next() => {
                    self.outgoing(&mut wire, outgoing, &link, &mut unsent.held).await
                }
                message = wire.socket.next(), if working.len() < IN_FLIGHT => {
                    heard = Instant::now();
                    self.receive(message, &mut wire, &link, &mut working).await
                }
                () = &mut alarm => {
                    alarm.as_mut().reset(heard + SILENCE);
                    if heard.elapsed() >= SILENCE { Err(Gone) } else { Ok(()) }
                }
            };
            while let Some(Some(answer)) = working.next().now_or_never() {
                unsent.answers.extend(answer);
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

    /// Takes a message from the client and those that have come behind it. Requests begin in the order they came in,
    /// and are worked on beside others. They are first polled among those, and nowhere before: else one could be found
    /// done ahead of those that were done earlier, and clients show what they said in the order of the answers.
    async fn receive(
        &self,
        first: Option<Result<Message, axum::Error>>,
        wire: &mut Wire,
        link: &Arc<Link>,
        working: &mut FuturesUnordered<BoxFuture<'static, Answer>>,
    ) -> Result<(), Gone> {
        let (mut next, mut taken) = (first, 1);
        loop {
            let work = match next {
                Some(Ok(message @ (Message::Binary(_) | Message::Text(_)))) => {
                    self.take(&message.into_data(), link).await
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => None,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
            };
            if let Some((mut work, silent)) = work {
                // What has no answer is mostly done at once.
                let done = silent && futures_util::poll!(&mut work).is_ready();
                if !done {
                    working.push(work);
                }
            }
            if working.len() >= IN_FLIGHT || taken >= TOGETHER {
                return Ok(());
            }
            taken += 1;
            match wire.socket.next().now_or_never() {
                Some(message) => next = message,
                None => return Ok(()),
            }
        }
    }

    /// Takes a request and returns the work on it, and whether it is the one that has no answer; nothing when there is
    /// nobody to answer.
    async fn take(&self, bytes: &Bytes, link: &Arc<Link>) -> Option<(BoxFuture<'static, Answer>, bool)> {
        let Ok(frame) = serde_json::from_slice::<Frame<'_>>(bytes) else {
            let Broken { head } = serde_json::from_slice::<Broken<'_>>(bytes).ok()?;
            let body = fail(&Error::new(Code::BodyNotJson).detail("the frame's head is malformed"), false);
            let answer = reply(&head.servcmd, head.seq, &body);
            return Some((async move { Some(answer) }.boxed(), false));
        };
        let (name, seq) = (frame.head.servcmd.clone().into_owned(), frame.head.seq);
        let silent = name == "openim.ws_msg_push_ack";
        let cx = match self.context(&frame.head, link).await {
            Ok(cx) => Arc::new(cx),
            Err(error) => {
                let body = fail(&error, false);
                return Some((async move { (!silent).then(|| reply(&name, seq, &body)) }.boxed(), silent));
            }
        };
        let body = frame.body.map_or(Bytes::from_static(b"{}"), |body| bytes.slice_ref(body.get().as_bytes()));
        let gate = self.gate.clone();
        let work = async move {
            let outcome = gate.dispatcher.dispatch(cx, &name, &body).await;
            (!silent).then(|| reply(&name, seq, &outcome.body))
        };
        // Budgets are for whole tasks: spent by one request, one would send a later one that is done behind those after it.
        Some((unconstrained(work).boxed(), silent))
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
            match link.session().filter(|session| *session.ticket == *head.a2) {
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
        if !unsent.answers.is_empty() {
            for answer in std::mem::take(&mut unsent.answers) {
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
