//! The task behind a [`Client`](crate::Client): owns the connection, matches replies, acknowledges, fetches, resumes.

use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::message::{HELLO_BODY, LOGIN_BODY};
use crate::{Encoder, Error, Event, Frame, Identity, Login, Options, Reply, Session, servcmd, sync_body};

/// Silence after which the connection is probed.
const SILENCE: Duration = Duration::from_secs(10);
/// How long a probe may stay unanswered.
const PROBE: Duration = Duration::from_secs(3);
/// Commands or frames handled before what they queued is sent.
const BATCH: usize = 64;

type Answer<T> = oneshot::Sender<Result<T, Error>>;

/// What the handle asks of the task.
pub(crate) enum Command {
    Request { servcmd: String, body: Bytes, reply: Answer<Reply> },
    Login { identifier: String, usersig: String, reply: Answer<Login> },
    Resume { reply: Answer<Login> },
    Disconnect,
}

/// A request that waits for its reply.
struct Waiting {
    servcmd: String,
    purpose: Purpose,
}

enum Purpose {
    /// Asked by the handle; sent again when the session resumes.
    Caller {
        body: Bytes,
        reply: Answer<Reply>,
    },
    SignIn {
        reply: Answer<Login>,
    },
    Sync {
        online: bool,
    },
    Upkeep,
}

pub(crate) struct Driver {
    options: Options,
    session: Option<Session>,
    /// Counting and identity while there is no connection.
    spare: Encoder,
    /// By `seq`, which is the order of sending: it wraps once in billions of requests.
    waiting: BTreeMap<u32, Waiting>,
    login: Option<Login>,
    /// Sign-ins that are complete once the running fetch is.
    signing_in: Vec<Answer<Login>>,
    /// Connected, signed in and caught up.
    ready: bool,
    cookie: String,
    syncing: bool,
    sync_again: bool,
    last_frame: Instant,
    probed: Option<Instant>,
    said_hello: Instant,
    events: mpsc::Sender<Event>,
    scratch: Vec<u8>,
}

impl Driver {
    pub(crate) fn new(options: Options, session: Session, events: mpsc::Sender<Event>) -> Self {
        let spare = Encoder::new(options.sdkappid, options.seq);
        let now = Instant::now();
        Self {
            options,
            session: Some(session),
            spare,
            waiting: BTreeMap::new(),
            login: None,
            signing_in: Vec::new(),
            ready: false,
            cookie: String::new(),
            syncing: false,
            sync_again: false,
            last_frame: now,
            probed: None,
            said_hello: now,
            events,
            scratch: Vec::new(),
        }
    }

    /// Runs until every handle is dropped.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut upkeep = interval(Duration::from_secs(1));
        upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let outcome = tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command, &mut commands).await,
                    None => return,
                },
                frame = next(self.session.as_mut()) => self.hear(frame).await,
                _ = upkeep.tick() => self.keep_up().await,
            };
            if let Err(error) = outcome {
                self.lose(error).await;
            }
        }
    }

    async fn obey(&mut self, command: Command, more: &mut mpsc::Receiver<Command>) -> Result<(), Error> {
        self.obey_one(command).await?;
        for _ in 0..BATCH {
            let Ok(command) = more.try_recv() else { break };
            self.obey_one(command).await?;
        }
        self.flush().await
    }

    async fn obey_one(&mut self, command: Command) -> Result<(), Error> {
        match command {
            Command::Request { servcmd, body, reply } => {
                self.ask(&servcmd, body.clone(), Purpose::Caller { body, reply }).await
            }
            Command::Login { identifier, usersig, reply } => {
                self.identify(&Identity::UserSig { identifier, usersig });
                self.cookie.clear();
                self.ready = false;
                self.ask(servcmd::LOGIN, Bytes::from_static(LOGIN_BODY), Purpose::SignIn { reply }).await
            }
            Command::Resume { reply } => self.resume(reply).await,
            Command::Disconnect => Err(Error::Closed),
        }
    }

    async fn hear(&mut self, first: Result<Frame, Error>) -> Result<(), Error> {
        let mut next = Some(first);
        let mut left = BATCH;
        while let Some(frame) = next {
            match frame {
                Ok(frame) => self.handle(frame).await?,
                // A frame that is not understood is ignored, as in the SDKs.
                Err(Error::Shape(..)) => {}
                Err(error) => return Err(error),
            }
            left -= 1;
            next =
                if left == 0 { None } else { self.session.as_mut().and_then(|session| session.try_next().transpose()) };
        }
        self.flush().await
    }

    async fn handle(&mut self, frame: Frame) -> Result<(), Error> {
        self.last_frame = Instant::now();
        self.probed = None;
        let seq = u32::try_from(frame.seq()).unwrap_or(u32::MAX);
        let awaited = self.waiting.get(&seq).is_some_and(|waiting| waiting.servcmd == frame.servcmd());
        let Some(waiting) = awaited.then(|| self.waiting.remove(&seq)).flatten() else {
            return self.pushed(frame).await;
        };
        match waiting.purpose {
            Purpose::Caller { reply, .. } => drop(reply.send(frame.into_reply())),
            Purpose::SignIn { reply } => return self.signed_in(frame, reply).await,
            Purpose::Sync { online } => return self.synced(frame, online).await,
            Purpose::Upkeep => {}
        }
        Ok(())
    }

    async fn signed_in(&mut self, frame: Frame, reply: Answer<Login>) -> Result<(), Error> {
        let login: Login = match frame.into_reply().and_then(Reply::ok).and_then(|reply| reply.json()) {
            Ok(login) => login,
            Err(error) => {
                drop(reply.send(Err(error)));
                return Ok(());
            }
        };
        self.identify(&login.identity());
        self.login = Some(login);
        self.said_hello = Instant::now();
        self.signing_in.push(reply);
        self.sync(false).await
    }

    async fn pushed(&mut self, frame: Frame) -> Result<(), Error> {
        let (mut ack, mut flag) = (false, false);
        if let Ok(push) = frame.pushed() {
            flag = push.flag == 1;
            if push.need_ack == 1 {
                self.scratch.clear();
                push.write_ack(&mut self.scratch);
                ack = true;
            }
        }
        if ack && let Some(session) = &mut self.session {
            session.queue(servcmd::PUSH_ACK, &self.scratch).await?;
        }
        self.emit(Event::Push(frame)).await;
        if flag { self.sync(true).await } else { Ok(()) }
    }

    async fn sync(&mut self, online: bool) -> Result<(), Error> {
        if self.syncing {
            self.sync_again = true;
            return Ok(());
        }
        self.syncing = true;
        self.sync_page(0, online).await
    }

    async fn sync_page(&mut self, sync_flag: u8, online: bool) -> Result<(), Error> {
        let body = sync_body(&self.cookie, sync_flag, online).into();
        self.ask(servcmd::SYNC, body, Purpose::Sync { online }).await
    }

    async fn synced(&mut self, frame: Frame, online: bool) -> Result<(), Error> {
        let page = match frame.sync_page() {
            Ok(page) if !page.cookie.is_empty() => Some((page.cookie.into_owned(), page.sync_flag)),
            // With an empty cookie nothing in the reply is used, as in the SDKs.
            _ => None,
        };
        let Some((cookie, sync_flag)) = page else {
            self.syncing = false;
            let refusal = frame.into_reply().and_then(Reply::ok).err().unwrap_or(Error::Closed);
            self.finish_sign_in(Some(refusal));
            return Ok(());
        };
        self.cookie = cookie;
        self.emit(Event::Synced(frame)).await;
        if sync_flag != 2 {
            return self.sync_page(sync_flag, online).await;
        }
        self.syncing = false;
        self.finish_sign_in(None);
        if std::mem::take(&mut self.sync_again) { self.sync(true).await } else { Ok(()) }
    }

    fn finish_sign_in(&mut self, mut failure: Option<Error>) {
        self.ready |= failure.is_none();
        for reply in self.signing_in.drain(..) {
            let outcome = match (failure.take(), &self.login) {
                (None, Some(login)) => Ok(login.clone()),
                (failure, _) => Err(failure.unwrap_or(Error::Closed)),
            };
            drop(reply.send(outcome));
        }
    }

    async fn resume(&mut self, reply: Answer<Login>) -> Result<(), Error> {
        let Some(login) = &self.login else {
            drop(reply.send(Err(Error::NotSignedIn)));
            return Ok(());
        };
        if self.ready {
            drop(reply.send(Ok(login.clone())));
            return Ok(());
        }
        self.forget_connection();
        match Session::open_with(&self.options, self.spare.clone()).await {
            Ok(session) => self.session = Some(session),
            Err(error) => {
                drop(reply.send(Err(error)));
                return Ok(());
            }
        }
        self.last_frame = Instant::now();
        self.waiting.retain(|_, waiting| match &waiting.purpose {
            Purpose::Caller { reply, .. } => !reply.is_closed(),
            _ => false,
        });
        if let Some(session) = &mut self.session {
            for (seq, waiting) in &self.waiting {
                if let Purpose::Caller { body, .. } = &waiting.purpose {
                    session.queue_as(*seq, &waiting.servcmd, body).await?;
                }
            }
        }
        self.ask(servcmd::LOGIN, Bytes::from_static(LOGIN_BODY), Purpose::SignIn { reply }).await
    }

    async fn keep_up(&mut self) -> Result<(), Error> {
        if self.session.is_none() {
            return Ok(());
        }
        let now = Instant::now();
        if self.probed.is_some_and(|probed| now - probed >= PROBE) {
            return Err(Error::Closed);
        }
        if self.probed.is_none() && now - self.last_frame >= SILENCE {
            self.probed = Some(now);
            self.ask(servcmd::ALIVE, Bytes::from_static(b"{}"), Purpose::Upkeep).await?;
        }
        let hello = self.login.as_ref().and_then(|login| login.hello_interval).filter(|seconds| *seconds > 0);
        if hello.is_some_and(|seconds| now - self.said_hello >= Duration::from_secs(seconds)) {
            self.said_hello = now;
            self.ask(servcmd::HELLO, Bytes::from_static(HELLO_BODY), Purpose::Upkeep).await?;
        }
        self.flush().await
    }

    /// Sends a request, or keeps it for the next connection.
    async fn ask(&mut self, servcmd: &str, body: Bytes, purpose: Purpose) -> Result<(), Error> {
        let seq = match &mut self.session {
            Some(session) => session.next_seq(),
            None => self.spare.next_seq(),
        };
        self.waiting.insert(seq, Waiting { servcmd: servcmd.to_owned(), purpose });
        if let Some(session) = &mut self.session {
            session.queue_as(seq, servcmd, &body).await?;
        }
        Ok(())
    }

    fn identify(&mut self, identity: &Identity) {
        match &mut self.session {
            Some(session) => session.identify(identity),
            None => self.spare.identify(identity),
        }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        match &mut self.session {
            Some(session) => session.flush().await,
            None => Ok(()),
        }
    }

    async fn emit(&self, event: Event) {
        // Nobody listens any more: events are discarded, requests go on.
        let _ = self.events.send(event).await;
    }

    async fn lose(&mut self, error: Error) {
        self.forget_connection();
        self.emit(Event::Lost(error)).await;
    }

    fn forget_connection(&mut self) {
        if let Some(session) = self.session.take() {
            self.spare = session.into_encoder();
        }
        // Dropping a sign-in's answer tells its caller that the connection closed.
        self.waiting.retain(|_, waiting| matches!(waiting.purpose, Purpose::Caller { .. }));
        self.signing_in.clear();
        self.ready = false;
        self.syncing = false;
        self.sync_again = false;
        self.probed = None;
    }
}

async fn next(session: Option<&mut Session>) -> Result<Frame, Error> {
    match session {
        Some(session) => session.next().await,
        None => pending().await,
    }
}
