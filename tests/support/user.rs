//! Users with the Rust client on real sockets.

use std::sync::{Arc, Mutex, PoisonError};

use client::{Client, Event, Events, Framing, Login};
use serde_json::{Value, json};
use tokio::{sync::watch, time::timeout};

use crate::{App, DEADLINE, code, text, within};

/// A user of an app, signed in nowhere yet.
#[derive(Clone)]
pub struct User {
    /// The app.
    pub app: App,
    /// The name.
    pub name: String,
}

/// A user on one connection.
pub struct Online {
    /// The client.
    pub client: Client,
    /// The user's name.
    pub name: String,
    /// What the sign-in gave.
    pub login: Login,
    inbox: Arc<Inbox>,
}

/// What came in unasked, or after a lost connection.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A push: its command and its body.
    Push(String, Value),
    /// A page of what was missed.
    Missed(Value),
    /// The connection was lost.
    Lost,
}

/// A message as its receiver got it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Received {
    /// `From_Account`.
    pub from: String,
    /// `To_Account`.
    pub to: String,
    /// `MsgSeq`.
    pub sequence: u64,
    /// `MsgRandom`.
    pub random: u64,
    /// `MsgTimeStamp`.
    pub second: i64,
    /// The first text.
    pub text: String,
    /// A copy of what another client of the same user sent.
    pub is_copy: bool,
}

impl Received {
    /// Reads a message as pushes and histories show it; `None` for a notice among missed messages.
    pub fn read(message: &Value) -> Option<Self> {
        let name = |key: &str| message[key].as_str().map(str::to_owned);
        Some(Self {
            from: name("From_Account")?,
            to: name("To_Account")?,
            sequence: message["MsgSeq"].as_u64()?,
            random: message["MsgRandom"].as_u64()?,
            second: message["MsgTimeStamp"].as_i64()?,
            text: message["MsgBody"][0]["MsgContent"]["Text"].as_str().unwrap_or_default().to_owned(),
            is_copy: message["IsSyncMsg"] == 1,
        })
    }
}

impl Heard {
    /// The members of this name in the events of a push, or of those in a page of what was missed.
    pub fn events(&self, member: &str) -> Vec<Value> {
        let events: Vec<&Value> = match self {
            Self::Push(_, body) => body["EventArray"].as_array().into_iter().flatten().collect(),
            Self::Missed(body) => {
                // Those of groups stand beside the messages, those of conversations between them.
                let list = body["MsgList"].as_array().into_iter().flatten();
                list.chain([body]).filter_map(|entry| entry["EventArray"].as_array()).flatten().collect()
            }
            Self::Lost => Vec::new(),
        };
        let of = |event: &Value| event.get(member).and_then(Value::as_array).cloned();
        events.into_iter().filter_map(of).flatten().collect()
    }

    /// The messages in it.
    pub fn messages(&self) -> Vec<Received> {
        match self {
            Self::Push(..) => self.events("C2cMsgArray").iter().filter_map(Received::read).collect(),
            Self::Missed(body) => body["MsgList"].as_array().into_iter().flatten().filter_map(Received::read).collect(),
            Self::Lost => Vec::new(),
        }
    }
}

/// All messages that came in, in order.
pub fn received(heard: &[Heard]) -> Vec<Received> {
    heard.iter().flat_map(Heard::messages).collect()
}

struct Inbox {
    heard: Mutex<Vec<Heard>>,
    count: watch::Sender<usize>,
}

impl Inbox {
    async fn fill(self: Arc<Self>, mut events: Events) {
        while let Some(event) = events.next().await {
            let heard = match event {
                Event::Push(frame) => Heard::Push(frame.servcmd().to_owned(), frame.json().unwrap_or_default()),
                Event::Synced(frame) => Heard::Missed(frame.json().unwrap_or_default()),
                Event::Lost(_) => Heard::Lost,
            };
            let mut all = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            all.push(heard);
            self.count.send_replace(all.len());
        }
    }
}

impl User {
    /// Signs in with the binary framing, or fails with the server's refusal.
    pub async fn try_connect(&self, usersig: &str) -> Result<Online, client::Error> {
        self.connect_by(Framing::Binary, usersig).await
    }

    async fn connect_by(&self, framing: Framing, usersig: &str) -> Result<Online, client::Error> {
        let url = self.app.server.url();
        let connecting = Client::connect(&url, self.app.sdkappid, framing);
        let (client, events) = within("connecting", connecting).await?;
        let login = within("signing in", client.login(&self.name, usersig)).await?;
        let inbox = Arc::new(Inbox { heard: Mutex::default(), count: watch::Sender::new(0) });
        tokio::spawn(inbox.clone().fill(events));
        Ok(Online { client, name: self.name.clone(), login, inbox })
    }

    /// Signs in.
    pub async fn connect(&self) -> Online {
        self.try_connect(&self.app.sign(&self.name)).await.expect("the sign-in succeeds")
    }

    /// Signs in with text frames.
    pub async fn connect_text(&self) -> Online {
        self.connect_by(Framing::Text, &self.app.sign(&self.name)).await.expect("the sign-in succeeds")
    }

    /// The code a sign-in with this signature is refused with; 0 when it is not.
    pub async fn sign_in_code(&self, usersig: &str) -> i64 {
        match self.try_connect(usersig).await {
            Ok(_) => 0,
            Err(client::Error::Refused { code, .. }) => code,
            Err(other) => panic!("the sign-in broke: {other}"),
        }
    }
}

impl Online {
    /// Asks, and returns the body of the reply, whatever it says.
    pub async fn ask(&self, command: &str, body: &Value) -> Value {
        let reply = within(command, self.client.request(command, body.to_string())).await;
        let reply = reply.unwrap_or_else(|error| panic!("{command}: {error}"));
        reply.json().unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Asks what must succeed.
    pub async fn ok(&self, command: &str, body: Value) -> Value {
        let reply = self.ask(command, &body).await;
        assert_eq!(code(&reply), 0, "{command} {body} was answered {reply}");
        reply
    }

    /// Asks and returns the code.
    pub async fn code(&self, command: &str, body: Value) -> i64 {
        code(&self.ask(command, &body).await)
    }

    /// Sends a text that must be accepted; returns the message as its receiver gets it.
    pub async fn send(&self, to: &str, words: &str) -> Received {
        let sent = within("sending", self.client.send_text(to, words)).await.expect("the message is accepted");
        Received {
            from: self.name.clone(),
            to: to.into(),
            sequence: sent.seq.into(),
            random: sent.random.into(),
            second: sent.time as i64,
            text: words.into(),
            is_copy: false,
        }
    }

    /// The body of a message to somebody, with the numbers that name it.
    pub fn message(&self, to: &str, (sequence, random): (u32, u32), words: &str) -> Value {
        json!({"From_Account": self.name, "To_Account": to, "MsgSeq": sequence, "MsgRandom": random,
            "MsgBody": text(words), "MsgClientTime": 1_700_000_000})
    }

    /// Waits until what came in satisfies a condition.
    pub async fn expects<T>(&self, what: &str, find: impl Fn(&[Heard]) -> Option<T>) -> T {
        let mut count = self.inbox.count.subscribe();
        let waiting = async {
            loop {
                count.mark_unchanged();
                if let Some(found) = find(&self.inbox.heard.lock().unwrap_or_else(PoisonError::into_inner)) {
                    return found;
                }
                count.changed().await.expect("the inbox lives as long as its user");
            }
        };
        let Ok(found) = timeout(DEADLINE, waiting).await else {
            panic!("{} did not get {what}; it got {:#?}", self.name, self.heard());
        };
        found
    }

    /// Waits for a message with this text.
    pub async fn expects_text(&self, words: &str) -> Received {
        let find = |heard: &[Heard]| received(heard).into_iter().find(|message| message.text == words);
        self.expects(words, find).await
    }

    /// Waits until so many messages have come in, and returns them.
    pub async fn expects_messages(&self, count: usize) -> Vec<Received> {
        let find = |heard: &[Heard]| Some(received(heard)).filter(|all| all.len() >= count);
        self.expects(&format!("{count} messages"), find).await
    }

    /// Everything that came in until now.
    pub fn heard(&self) -> Vec<Heard> {
        self.inbox.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until everything that was pushed before now is here and acknowledged: a request and its answer go the
    /// same way after it.
    pub async fn settle(&self) {
        self.ask("heartbeat.alive", &json!({})).await;
        self.ask("heartbeat.alive", &json!({})).await;
    }

    /// Drops the connection as a lost network does, and waits until both ends know.
    pub async fn lose(&self, server: &crate::Server) {
        let lost = |heard: &[Heard]| heard.iter().filter(|one| matches!(one, Heard::Lost)).count();
        let before = lost(&self.heard());
        self.client.disconnect().await.expect("the client lives");
        self.expects("the loss", |heard| (lost(heard) > before).then_some(())).await;
        let services = server.services();
        let is_gone = || services.hub.by_ticket(&self.login.a2).is_none_or(|session| session.link().is_none());
        crate::eventually("the server's notice of the loss", is_gone).await;
    }

    /// Comes back after a lost connection.
    pub async fn resume(&self) {
        within("resuming", self.client.resume()).await.expect("the session goes on");
    }

    /// The whole history with a peer, oldest first, paged from the newest.
    pub async fn history(&self, peer: &str, page: u32) -> Vec<Received> {
        let (mut all, mut key, mut second) = (Vec::new(), String::new(), 0);
        loop {
            let body = json!({"Peer_Account": peer, "MaxCnt": page, "LastMsgTime": second, "MsgKey": key,
                "GetDirection": 0, "WithRecalledMsg": 1});
            let reply = self.ok("openim.getroammsg", body).await;
            let list = reply["MsgList"].as_array().expect("a history has a list");
            let mut messages: Vec<_> = list.iter().filter_map(Received::read).collect();
            messages.append(&mut all);
            all = messages;
            if reply["Complete"] == 1 {
                return all;
            }
            assert!(!list.is_empty(), "a page without messages is the last");
            second = reply["LastMsgTime"].as_i64().expect("a place");
            reply["MsgKey"].as_str().expect("a place").clone_into(&mut key);
        }
    }
}
