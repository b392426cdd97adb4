//! The client bots and tests use: a handle to a background task that owns the connection.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};

use crate::driver::{Command, Driver};
use crate::message::LOGOUT_BODY;
use crate::session::now;
use crate::{Error, Frame, Framing, Login, Options, Outgoing, Reply, Session, servcmd};

/// Requests that may queue before their caller waits.
const COMMANDS: usize = 256;
/// Events that may queue before the connection is no longer read.
const EVENTS: usize = 1024;

/// What the server says unasked, and what became of the connection.
#[derive(Debug)]
pub enum Event {
    /// A push of any kind, already acknowledged if it asked for that.
    Push(Frame),
    /// A page of missed messages, fetched after a sign-in, a resumption or a push that asked for it.
    Synced(Frame),
    /// The connection is gone. Requests stay pending until [`Client::resume`] succeeds.
    Lost(Error),
}

/// Events of one client, in order. They must be read: when many wait, the connection is no longer read and replies
/// stop too. Dropping it discards them.
#[derive(Debug)]
pub struct Events(mpsc::Receiver<Event>);

impl Events {
    /// Waits for the next event; `None` once the client is gone.
    pub async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }

    /// The next event if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.0.try_recv().ok()
    }
}

/// A request on its way.
#[derive(Debug)]
#[must_use = "the reply is lost unless awaited"]
pub struct Pending(oneshot::Receiver<Result<Reply, Error>>);

impl Pending {
    /// Waits for the reply, over reconnections if need be. A refusal is a reply.
    pub async fn reply(self) -> Result<Reply, Error> {
        self.0.await.map_err(|_| Error::Closed)?
    }
}

/// An accepted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// `MsgSeq` it was sent with.
    pub seq: u32,
    /// `MsgRandom` it was sent with.
    pub random: u32,
    /// Time the server gave it, seconds since 1970.
    pub time: u64,
}

/// One SDK instance: at most one connection, at most one account at a time.
#[derive(Debug)]
pub struct Client {
    commands: mpsc::Sender<Command>,
    account: Mutex<String>,
    message: AtomicU32,
}

impl Client {
    /// Connects to `ws://host:port` as a new instance of an application.
    pub async fn connect(url: &str, sdkappid: u32, framing: Framing) -> Result<(Self, Events), Error> {
        Self::connect_with(Options::new(url, sdkappid, framing)).await
    }

    /// Connects with options of the caller's making.
    pub async fn connect_with(options: Options) -> Result<(Self, Events), Error> {
        let session = Session::open(&options).await?;
        let (commands, queue) = mpsc::channel(COMMANDS);
        let (events, stream) = mpsc::channel(EVENTS);
        let first = options.seq;
        tokio::spawn(Driver::new(options, session, events).run(queue));
        Ok((Self { commands, account: Mutex::default(), message: AtomicU32::new(first) }, Events(stream)))
    }

    /// Signs in and fetches what is unread, which arrives as [`Event::Synced`].
    pub async fn login(&self, identifier: &str, usersig: &str) -> Result<Login, Error> {
        identifier.clone_into(&mut self.account.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let (identifier, usersig) = (identifier.to_owned(), usersig.to_owned());
        self.ask(|reply| Command::Login { identifier, usersig, reply }).await
    }

    /// Opens a new connection for the session signed in before: sends every pending request again, signs in with the
    /// ticket, fetches what was missed. On failure the client stays without connection and may try again; on a session
    /// that is connected it does nothing.
    pub async fn resume(&self) -> Result<Login, Error> {
        self.ask(|reply| Command::Resume { reply }).await
    }

    /// Drops the connection without a word, as a lost network does. [`Event::Lost`] follows.
    pub async fn disconnect(&self) -> Result<(), Error> {
        self.commands.send(Command::Disconnect).await.map_err(|_| Error::Closed)
    }

    /// Ends the session; the connection stays.
    pub async fn logout(&self) -> Result<Reply, Error> {
        self.request(servcmd::LOGOUT, LOGOUT_BODY).await
    }

    /// Sends a request and gives its pending reply. Requests leave in the order of these calls.
    pub async fn submit(&self, servcmd: &str, body: impl Into<Bytes> + Send) -> Result<Pending, Error> {
        let (reply, pending) = oneshot::channel();
        let command = Command::Request { servcmd: servcmd.to_owned(), body: body.into(), reply };
        self.commands.send(command).await.map_err(|_| Error::Closed)?;
        Ok(Pending(pending))
    }

    /// Sends a request and waits for its reply. A refusal is a reply; [`Reply::ok`] makes it an error.
    pub async fn request(&self, servcmd: &str, body: impl Into<Bytes> + Send) -> Result<Reply, Error> {
        self.submit(servcmd, body).await?.reply().await
    }

    /// Sends a text to an account and waits until the server has accepted it.
    pub async fn send_text(&self, to: &str, text: &str) -> Result<Sent, Error> {
        let (seq, random, pending) = self.submit_text(to, text).await?;
        let reply = pending.reply().await?.ok()?;
        Ok(Sent { seq, random, time: reply.json::<Accepted>()?.time })
    }

    /// Sends a text and gives its `MsgSeq`, its `MsgRandom` and the pending reply.
    pub async fn submit_text(&self, to: &str, text: &str) -> Result<(u32, u32, Pending), Error> {
        let seq = self.message.fetch_add(1, Ordering::Relaxed);
        let random = chance();
        let mut body = Vec::with_capacity(text.len() + 384);
        let from = self.account.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        Outgoing { from: &from, to, seq, random, client_time: now(), text }.write(&mut body);
        Ok((seq, random, self.submit(servcmd::SEND, body).await?))
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Command) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }
}

/// The one member of a send reply this client needs.
#[derive(Deserialize)]
struct Accepted {
    #[serde(rename = "MsgTime")]
    time: u64,
}

fn chance() -> u32 {
    let mut bytes = [0; 4];
    // A failing system source leaves zero, which is a valid number too.
    let _ = SystemRandom::new().fill(&mut bytes);
    u32::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt, StreamExt};
    use serde_json::{Value, json};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

    use super::*;

    /// The server's side of one connection, played by the test.
    struct Peer(WebSocketStream<TcpStream>);

    impl Peer {
        async fn accept(listener: &TcpListener) -> Self {
            Self(accept_async(listener.accept().await.unwrap().0).await.unwrap())
        }

        async fn hears(&mut self, servcmd: &str) -> Value {
            let Some(Ok(Message::Binary(payload))) = self.0.next().await else { panic!("expected {servcmd}") };
            let frame: Value = serde_json::from_slice(&payload).unwrap();
            assert_eq!(frame["head"]["servcmd"], servcmd, "{frame}");
            frame
        }

        async fn says(&mut self, servcmd: &str, seq: &Value, body: Value) {
            let frame = json!({"head": {"servcmd": servcmd, "seq": seq}, "body": body}).to_string();
            self.0.send(Message::Binary(frame.into())).await.unwrap();
        }

        async fn answers(&mut self, request: &Value, body: Value) {
            let head = &request["head"];
            self.says(head["servcmd"].as_str().unwrap(), &head["seq"], body).await;
        }
    }

    fn login_body() -> Value {
        json!({"ErrorCode": 0, "A2Key": "ticket", "TinyId": "144", "InstId": 5, "HelloInterval": 30, "TimeStamp": 9})
    }

    async fn signed_in() -> (TcpListener, Peer, Client, Events) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (connected, mut peer) = tokio::join!(Client::connect(&url, 7, Framing::Binary), Peer::accept(&listener));
        let (client, mut events) = connected.unwrap();
        let (login, ()) = tokio::join!(client.login("me", "sig"), async {
            let request = peer.hears(servcmd::LOGIN).await;
            assert_eq!(request["head"]["identifier"], "me");
            assert_eq!(request["head"]["usersig"], "sig");
            peer.answers(&request, login_body()).await;
            let sync = peer.hears(servcmd::SYNC).await;
            assert_eq!(sync["head"]["a2"], "ticket");
            assert_eq!(sync["body"]["Cookie"], "");
            peer.answers(&sync, json!({"ErrorCode": 0, "MsgList": [], "SyncFlag": 2, "Cookie": "c1"})).await;
        });
        assert_eq!(login.unwrap().inst_id, 5);
        assert!(matches!(events.next().await, Some(Event::Synced(_))));
        (listener, peer, client, events)
    }

    #[tokio::test]
    async fn replies_out_of_order_find_their_requests() {
        let (_listener, mut peer, client, _events) = signed_in().await;
        let first = client.submit("a.b", "{\"n\":1}").await.unwrap();
        let second = client.submit("a.b", "{\"n\":2}").await.unwrap();
        let (one, two) = (peer.hears("a.b").await, peer.hears("a.b").await);
        assert_eq!((&one["body"]["n"], &two["body"]["n"]), (&json!(1), &json!(2)));
        peer.answers(&two, json!({"ErrorCode": 0, "n": 2})).await;
        peer.answers(&one, json!({"ErrorCode": 70_001, "ErrorInfo": "no"})).await;
        assert_eq!(second.reply().await.unwrap().json::<Value>().unwrap()["n"], 2);
        let refused = first.reply().await.unwrap();
        assert!(matches!(refused.ok(), Err(Error::Refused { code: 70_001, .. })));
    }

    #[tokio::test]
    async fn push_is_acknowledged_and_flag_fetches_from_the_cookie() {
        let (_listener, mut peer, _client, mut events) = signed_in().await;
        let message = json!({"From_Account": "x", "To_Account": "me", "MsgSeq": 1, "MsgRandom": 2, "MsgTimeStamp": 3,
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}]});
        let body = json!({"EventArray": [{"Event": 9, "C2cMsgArray": [message]}], "NeedAck": 1, "SessionData": "s1", "Flag": 1});
        peer.says("im_open_push.msg_push", &json!(1), body).await;
        let ack = peer.hears(servcmd::PUSH_ACK).await;
        assert_eq!(ack["body"]["SessionData"], "s1");
        let sync = peer.hears(servcmd::SYNC).await;
        assert_eq!((&sync["body"]["Cookie"], &sync["body"]["IsOnlineSync"]), (&json!("c1"), &json!(1)));
        peer.answers(&sync, json!({"MsgList": [], "SyncFlag": 1, "Cookie": "c2"})).await;
        let more = peer.hears(servcmd::SYNC).await;
        assert_eq!(more["body"]["Cookie"], "c2");
        let Some(Event::Push(frame)) = events.next().await else { panic!("expected the push") };
        let texts: Vec<_> =
            frame.pushed().unwrap().messages().map(|message| message.text().unwrap().into_owned()).collect();
        assert_eq!(texts, ["hi"]);
    }

    #[tokio::test]
    async fn resumption_sends_pending_requests_before_the_ticket_sign_in() {
        let (listener, mut peer, client, mut events) = signed_in().await;
        let (seq, random, pending) = client.submit_text("you", "again").await.unwrap();
        let lost = peer.hears(servcmd::SEND).await;
        assert_eq!(client.resume().await.unwrap().a2, "ticket", "a connected session stays as it is");
        client.disconnect().await.unwrap();
        assert!(matches!(events.next().await, Some(Event::Lost(_))));
        let (resumed, _peer) = tokio::join!(client.resume(), async {
            let mut peer = Peer::accept(&listener).await;
            let again = peer.hears(servcmd::SEND).await;
            assert_eq!(again["head"]["seq"], lost["head"]["seq"]);
            assert_eq!(again["head"]["a2"], "ticket");
            assert_eq!(again["body"], lost["body"]);
            let login = peer.hears(servcmd::LOGIN).await;
            assert_eq!(login["head"]["a2"], "ticket");
            assert!(login["head"].get("usersig").is_none());
            peer.answers(&again, json!({"ErrorCode": 0, "MsgTime": 77})).await;
            peer.answers(&login, login_body()).await;
            let sync = peer.hears(servcmd::SYNC).await;
            assert_eq!(sync["body"]["Cookie"], "c1");
            peer.answers(&sync, json!({"MsgList": [], "SyncFlag": 2, "Cookie": "c2"})).await;
            peer
        });
        assert_eq!(resumed.unwrap().a2, "ticket");
        let reply = pending.reply().await.unwrap();
        assert_eq!(reply.json::<Value>().unwrap()["MsgTime"], 77);
        assert_eq!(lost["body"]["MsgSeq"], seq);
        assert_eq!(lost["body"]["MsgRandom"], random);
    }

    #[tokio::test]
    async fn nothing_to_resume_before_the_first_sign_in() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (connected, _peer) = tokio::join!(Client::connect(&url, 7, Framing::Binary), Peer::accept(&listener));
        assert!(matches!(connected.unwrap().0.resume().await, Err(Error::NotSignedIn)));
    }
}
