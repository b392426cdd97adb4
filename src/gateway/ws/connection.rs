//! One client connection: reads requests, answers them, sends pushes.

use std::{sync::Arc, task::Poll, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use command::{Caller, Context, Door, fail};
use futures_util::{
    FutureExt, SinkExt, StreamExt,
    future::BoxFuture,
    stream::{FuturesUnordered, SplitSink},
};
use model::{Code, Error, SdkAppId, State as AppState, UserId};
use service::{
    LiveApp, Services,
    presence::{Link, Outgoing, Push, Session},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};

use super::frame::{Broken, Frame, Head, message, reply};
use crate::Gate;

/// The requests of one connection that are worked on at once; beyond, the next one is not read yet.
const IN_FLIGHT: usize = 256;
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

/// The writing half.
struct Writer {
    sink: SplitSink<WebSocket, Message>,
    binary: bool,
    compress: bool,
}

impl Connection {
    pub async fn run(self, socket: WebSocket) {
        let (link, queue) = Link::new(self.client.clone());
        let services = self.gate.services.clone();
        services.hub.open(&link);
        metrics::gauge!("feihong_connections").increment(1.0);
        let (sink, stream) = socket.split();
        let writer = Writer { sink, binary: self.binary, compress: self.compress };
        // The loop's state is large only while requests are worked on; it lives in one allocation.
        Box::pin(self.talk(writer, stream, link.clone(), queue)).await;
        metrics::gauge!("feihong_connections").decrement(1.0);
        services.link_closed(&link);
    }

    async fn talk(
        self,
        mut writer: Writer,
        mut stream: futures_util::stream::SplitStream<WebSocket>,
        link: Arc<Link>,
        mut queue: mpsc::Receiver<Outgoing>,
    ) {
        let services = self.gate.services.clone();
        let mut working: FuturesUnordered<BoxFuture<'static, Answer>> = FuturesUnordered::new();
        let mut held: Vec<Arc<Push>> = Vec::new();
        let mut heard = Instant::now();
        let alarm = sleep_until(heard + SILENCE);
        tokio::pin!(alarm);
        loop {
            let step = tokio::select! {
                biased;
                Some(answer) = working.next(), if !working.is_empty() => {
                    let ready = std::iter::once(answer)
                        .chain(std::iter::from_fn(|| working.next().now_or_never().flatten()));
                    self.answers(&mut writer, ready, &link, &mut queue, &mut held).await
                }
                Some(outgoing) = queue.recv() => {
                    let step = self.send(&mut writer, outgoing, &link, &mut queue, &mut held).await;
                    if !held.is_empty() {
                        alarm.as_mut().reset(Instant::now() + HELD);
                    }
                    step
                }
                frame = stream.next(), if working.len() < IN_FLIGHT => match frame {
                    Some(Ok(Message::Binary(bytes))) => {
                        heard = Instant::now();
                        let work = self.take(&bytes, &link).await;
                        self.begin(work, &mut writer, &mut working, &link, &mut queue, &mut held).await
                    }
                    Some(Ok(Message::Text(text))) => {
                        heard = Instant::now();
                        let work = self.take(text.as_bytes(), &link).await;
                        self.begin(work, &mut writer, &mut working, &link, &mut queue, &mut held).await
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                        heard = Instant::now();
                        Ok(())
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gone),
                },
                () = &mut alarm => {
                    let step = if heard.elapsed() >= SILENCE {
                        Err(Gone)
                    } else {
                        self.release(&mut writer, &link, &mut held).await
                    };
                    alarm.as_mut().reset(if held.is_empty() { heard + SILENCE } else { Instant::now() + HELD });
                    step
                }
            };
            if step.is_err() {
                break;
            }
            if link.is_broken() {
                tracing::debug!(link = link.id, "client was too slow");
                writer.close(TRY_AGAIN, "too slow, fetch what you missed").await;
                break;
            }
        }
        // Requests that were begun are finished: what they store is stored.
        if !working.is_empty() {
            services.spawn(async move { while working.next().await.is_some() {} });
        }
    }

    /// Takes a request and returns the work on it; nothing when there is nobody to answer.
    async fn take(&self, frame: &[u8], link: &Arc<Link>) -> Option<BoxFuture<'static, Answer>> {
        let Ok(frame) = serde_json::from_slice::<Frame<'_>>(frame) else {
            let Broken { head } = serde_json::from_slice::<Broken<'_>>(frame).ok()?;
            let body = fail(&Error::new(Code::BodyNotJson).detail("the frame's head is malformed"), false);
            let answer = reply(&head.servcmd, head.seq, &body);
            return Some(async move { Some(answer) }.boxed());
        };
        let (name, seq) = (frame.head.servcmd.clone().into_owned(), frame.head.seq);
        let silent = name == "openim.ws_msg_push_ack";
        let cx = match self.context(&frame.head, link).await {
            Ok(cx) => Arc::new(cx),
            Err(error) => {
                let body = fail(&error, false);
                return Some(async move { (!silent).then(|| reply(&name, seq, &body)) }.boxed());
            }
        };
        let body = Bytes::copy_from_slice(frame.body.map_or(b"{}", |body| body.get().as_bytes()));
        let gate = self.gate.clone();
        let work = async move {
            let outcome = gate.dispatcher.dispatch(cx, &name, &body).await;
            (!silent).then(|| reply(&name, seq, &outcome.body))
        };
        Some(work.boxed())
    }

    /// Begins to work on a request: what is done at once is answered at once, the rest is worked on beside others.
    /// Requests begin in the order they came in.
    async fn begin(
        &self,
        work: Option<BoxFuture<'static, Answer>>,
        writer: &mut Writer,
        working: &mut FuturesUnordered<BoxFuture<'static, Answer>>,
        link: &Link,
        queue: &mut mpsc::Receiver<Outgoing>,
        held: &mut Vec<Arc<Push>>,
    ) -> Result<(), Gone> {
        let Some(mut work) = work else { return Ok(()) };
        match futures_util::poll!(&mut work) {
            Poll::Pending => {
                working.push(work);
                Ok(())
            }
            Poll::Ready(None) => Ok(()),
            Poll::Ready(answer) => self.answers(writer, std::iter::once(answer), link, queue, held).await,
        }
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
            self.signed(head, link, app).await
        } else {
            match link.session().filter(|session| *session.ticket == *head.a2) {
                Some(session) => Some(session),
                None => services.session_of(app, &head.a2).await?,
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

    /// Sends the answers that are ready; pushes queued before them go out before them.
    async fn answers(
        &self,
        writer: &mut Writer,
        ready: impl Iterator<Item = Answer> + Send,
        link: &Link,
        queue: &mut mpsc::Receiver<Outgoing>,
        held: &mut Vec<Arc<Push>>,
    ) -> Result<(), Gone> {
        // The answers are taken first: what they promise was queued before.
        let ready: Vec<Answer> = ready.collect();
        self.queued(writer, link, queue, held).await?;
        let compress = writer.compress;
        for frame in ready.into_iter().flatten() {
            writer.feed(frame.into(), compress).await?;
        }
        for push in link.take_replay() {
            writer.feed(link.frame(&push), false).await?;
        }
        writer.flush().await
    }

    async fn send(
        &self,
        writer: &mut Writer,
        outgoing: Outgoing,
        link: &Link,
        queue: &mut mpsc::Receiver<Outgoing>,
        held: &mut Vec<Arc<Push>>,
    ) -> Result<(), Gone> {
        self.outgoing(writer, outgoing, link, held).await?;
        self.queued(writer, link, queue, held).await?;
        writer.flush().await
    }

    /// Writes everything that waits in the queue now.
    async fn queued(
        &self,
        writer: &mut Writer,
        link: &Link,
        queue: &mut mpsc::Receiver<Outgoing>,
        held: &mut Vec<Arc<Push>>,
    ) -> Result<(), Gone> {
        if !held.is_empty() {
            self.release(writer, link, held).await?;
        }
        while let Ok(outgoing) = queue.try_recv() {
            self.outgoing(writer, outgoing, link, held).await?;
        }
        Ok(())
    }

    async fn outgoing(
        &self,
        writer: &mut Writer,
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
                writer.feed(link.frame(&push), false).await
            }
            Outgoing::Close(why) => {
                writer.close(RESTART, why).await;
                Err(Gone)
            }
        }
    }

    /// Sends the pushes that were held back, in order, if they may go now.
    async fn release(&self, writer: &mut Writer, link: &Link, held: &mut Vec<Arc<Push>>) -> Result<(), Gone> {
        if held.is_empty() || link.is_held(self.gate.services.world.now()) {
            return Ok(());
        }
        for push in std::mem::take(held) {
            writer.feed(link.frame(&push), false).await?;
        }
        writer.flush().await
    }
}

impl Writer {
    async fn feed(&mut self, frame: Bytes, compress: bool) -> Result<(), Gone> {
        let message = message(frame, self.binary, compress);
        match timeout(STUCK, self.sink.feed(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }

    async fn flush(&mut self) -> Result<(), Gone> {
        match timeout(STUCK, self.sink.flush()).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }

    async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code, reason: reason.into() };
        let _ = timeout(STUCK, self.sink.send(Message::Close(Some(frame)))).await;
    }
}
