//! A sender and a receiver, driven by one task: through the server with real frames, or through the relay with
//! frames of the same sizes.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use client::{Framing, Options, Outgoing, Session, UserSig, servcmd, sync_body};
use futures_util::{FutureExt, SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::{Message, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Bytes of text in a message.
pub const TEXT: usize = 300;
/// What the text of a message begins with; its number follows.
pub const MARK: &str = "bench:";
/// Digits of a message's number.
pub const DIGITS: usize = 12;

/// Mean sizes of the four frames a message takes, bytes of WebSocket payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Sender's request.
    pub request: usize,
    /// Server's answer to it.
    pub answer: usize,
    /// Server's push to the receiver.
    pub push: usize,
    /// Receiver's acknowledgement.
    pub ack: usize,
}

/// Where a pair's messages go through.
#[derive(Debug, Clone)]
pub enum Target {
    /// The server, as accounts of one application.
    Server {
        /// `ws://host:port`.
        url: String,
        /// Application.
        sdkappid: u32,
        /// Its secret.
        key: String,
    },
    /// The bare relay.
    Relay {
        /// `host:port`.
        address: String,
        /// Frames to imitate.
        sizes: Sizes,
    },
}

/// One sender and one receiver.
pub enum Pair {
    /// Through the server.
    Server(Box<Chat>),
    /// Through the relay.
    Relay(Box<Bare>),
}

impl Pair {
    /// Connects both ends and signs them in; `index` tells pairs apart.
    pub async fn open(target: &Target, index: usize) -> anyhow::Result<Self> {
        match target {
            Target::Server { url, sdkappid, key } => {
                Ok(Self::Server(Box::new(Chat::open(url, *sdkappid, key, index).await?)))
            }
            Target::Relay { address, sizes } => Ok(Self::Relay(Box::new(Bare::open(address, *sizes, index).await?))),
        }
    }

    /// Queues message `number`; numbers count up from 1.
    pub async fn send(&mut self, number: u64) -> anyhow::Result<()> {
        match self {
            Self::Server(chat) => chat.send(number).await,
            Self::Relay(bare) => Ok(bare.sender.feed(Message::Binary(bare.request.clone())).await?),
        }
    }

    /// Sends what is queued at both ends.
    pub async fn flush(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Server(chat) => {
                chat.sender.flush().await?;
                Ok(chat.receiver.flush().await?)
            }
            Self::Relay(bare) => {
                bare.sender.flush().await?;
                Ok(bare.receiver.flush().await?)
            }
        }
    }

    /// Waits until something arrived at either end or `wake` is notified, and takes everything that has arrived.
    /// Acknowledgements are queued. Must be left to finish: what it has read is lost otherwise.
    pub async fn wait(&mut self, wake: &Notify) -> anyhow::Result<()> {
        match self {
            Self::Server(chat) => chat.wait(wake).await,
            Self::Relay(bare) => bare.wait(wake).await,
        }
    }

    /// Messages answered so far.
    pub fn answered(&self) -> u64 {
        match self {
            Self::Server(chat) => chat.answered,
            Self::Relay(bare) => bare.answered,
        }
    }

    /// Messages delivered so far, which is also the number of the last one: order is checked on the way.
    pub fn delivered(&self) -> u64 {
        match self {
            Self::Server(chat) => chat.delivered,
            Self::Relay(bare) => bare.delivered,
        }
    }

    /// Mean sizes of the frames so far.
    pub fn sizes(&self) -> Sizes {
        match self {
            Self::Server(chat) => chat.mean_sizes(),
            Self::Relay(bare) => bare.sizes,
        }
    }
}

/// A pair that chats through the server.
pub struct Chat {
    sender: Session,
    receiver: Session,
    from: String,
    to: String,
    cookie: String,
    first_seq: u32,
    sent: u64,
    answered: u64,
    pushed: u64,
    delivered: u64,
    totals: Sizes,
    text: String,
    scratch: Vec<u8>,
}

impl Chat {
    async fn open(url: &str, sdkappid: u32, key: &str, index: usize) -> anyhow::Result<Self> {
        let (from, to) = (format!("bench_s{index:06}"), format!("bench_r{index:06}"));
        let options = Options::new(url, sdkappid, Framing::Binary);
        let first_seq = options.seq;
        let (sender, _) = sign_in(&options, &from, key).await?;
        let (receiver, cookie) = sign_in(&Options::new(url, sdkappid, Framing::Binary), &to, key).await?;
        Ok(Self {
            sender,
            receiver,
            from,
            to,
            cookie,
            first_seq,
            sent: 0,
            answered: 0,
            pushed: 0,
            delivered: 0,
            totals: Sizes::default(),
            text: String::with_capacity(TEXT),
            scratch: Vec::with_capacity(1024),
        })
    }

    async fn send(&mut self, number: u64) -> anyhow::Result<()> {
        write_text(&mut self.text, number);
        self.scratch.clear();
        let outgoing = Outgoing {
            from: &self.from,
            to: &self.to,
            seq: self.first_seq.wrapping_add(number as u32),
            random: (number as u32).wrapping_mul(2_654_435_761),
            client_time: now(),
            text: &self.text,
        };
        outgoing.write(&mut self.scratch);
        let (_, length) = self.sender.queue(servcmd::SEND, &self.scratch).await?;
        self.totals.request += length;
        self.sent += 1;
        Ok(())
    }

    async fn wait(&mut self, wake: &Notify) -> anyhow::Result<()> {
        tokio::select! {
            () = wake.notified() => {}
            frame = self.sender.next() => self.heard(&frame?)?,
            frame = self.receiver.next() => self.received(&frame?).await?,
        }
        while let Some(frame) = self.sender.try_next()? {
            self.heard(&frame)?;
        }
        while let Some(frame) = self.receiver.try_next()? {
            self.received(&frame).await?;
        }
        Ok(())
    }

    fn heard(&mut self, frame: &client::Frame) -> anyhow::Result<()> {
        if frame.servcmd() == servcmd::SEND {
            let outcome: Outcome = frame.json()?;
            ensure!(outcome.code == 0, "message refused with code {}", outcome.code);
            self.answered += 1;
            self.totals.answer += frame.wire_len();
        }
        Ok(())
    }

    async fn received(&mut self, frame: &client::Frame) -> anyhow::Result<()> {
        if frame.servcmd() == servcmd::SYNC {
            let page = frame.sync_page()?;
            for message in page.messages() {
                self.delivered = deliver(self.delivered, message.body.map_or("", |body| body.get()), true)?;
            }
            let complete = page.sync_flag == 2;
            self.cookie = page.cookie.into_owned();
            return if complete { Ok(()) } else { self.fetch(page.sync_flag).await };
        }
        let push = frame.pushed()?;
        for message in push.messages().filter(|message| message.from == self.from) {
            self.delivered = deliver(self.delivered, message.body.map_or("", |body| body.get()), push.flag == 1)?;
        }
        self.totals.push += frame.wire_len();
        self.pushed += 1;
        if push.need_ack == 1 {
            self.scratch.clear();
            push.write_ack(&mut self.scratch);
            let (_, length) = self.receiver.queue(servcmd::PUSH_ACK, &self.scratch).await?;
            self.totals.ack += length;
        }
        if push.flag == 1 { self.fetch(0).await } else { Ok(()) }
    }

    async fn fetch(&mut self, sync_flag: u8) -> anyhow::Result<()> {
        self.receiver.queue(servcmd::SYNC, &sync_body(&self.cookie, sync_flag, true)).await?;
        Ok(())
    }

    fn mean_sizes(&self) -> Sizes {
        let mean = |total: usize, count: u64| total.checked_div(count as usize).unwrap_or(0);
        Sizes {
            request: mean(self.totals.request, self.sent),
            answer: mean(self.totals.answer, self.answered),
            push: mean(self.totals.push, self.pushed),
            ack: mean(self.totals.ack, self.pushed),
        }
    }
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(rename = "ErrorCode", default)]
    code: i64,
}

/// Connects, signs in and fetches once, as the SDK does; gives the cookie too.
pub async fn sign_in(options: &Options, account: &str, key: &str) -> anyhow::Result<(Session, String)> {
    let mut session = Session::open(options).await.context("cannot connect")?;
    let usersig = UserSig::now(options.sdkappid, account).sign(key);
    session.login(account, &usersig).await.context("cannot sign in")?;
    let reply = session.call(servcmd::SYNC, &sync_body("", 0, false)).await?.ok()?;
    let cookie = reply.frame().sync_page()?.cookie.into_owned();
    Ok((session, cookie))
}

/// Makes `out` the text of message `number`.
///
/// # Panics
///
/// Never: writing to memory does not fail.
pub fn write_text(out: &mut String, number: u64) {
    use std::fmt::Write;
    out.clear();
    write!(out, "{MARK}{number:0DIGITS$} ").expect("a string takes every write");
    let filler = "0123456789abcdefghijklmnopqrstuvwxyz ".chars().cycle();
    out.extend(filler.take(TEXT - out.len()));
}

/// Takes one message's body and gives the number delivered now. With `again`, a message delivered before is passed
/// over: pages of missed messages may overlap with pushes.
pub fn deliver(delivered: u64, body: &str, again: bool) -> anyhow::Result<u64> {
    let start = body.find(MARK).context("a message without number was delivered")? + MARK.len();
    let number: u64 = body.get(start..start + DIGITS).context("a message with half a number was delivered")?.parse()?;
    if again && number <= delivered {
        return Ok(delivered);
    }
    if number != delivered + 1 {
        bail!("message {number} was delivered after message {delivered}");
    }
    Ok(number)
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A pair on the relay.
pub struct Bare {
    sender: Socket,
    receiver: Socket,
    request: Bytes,
    ack: Bytes,
    sizes: Sizes,
    answered: u64,
    delivered: u64,
}

/// A WebSocket without any protocol above it.
pub type Socket = WebSocketStream<TcpStream>;

impl Bare {
    async fn open(address: &str, sizes: Sizes, index: usize) -> anyhow::Result<Self> {
        let receiver = bare_socket(address, &format!("pair={index}&side=r"), 8 << 10).await?;
        let query = format!("pair={index}&side=s&answer={}&push={}", sizes.answer, sizes.push);
        let sender = bare_socket(address, &query, 8 << 10).await?;
        let request = Bytes::from(vec![b'r'; sizes.request]);
        let ack = Bytes::from(vec![b'k'; sizes.ack]);
        Ok(Self { sender, receiver, request, ack, sizes, answered: 0, delivered: 0 })
    }

    async fn wait(&mut self, wake: &Notify) -> anyhow::Result<()> {
        tokio::select! {
            () = wake.notified() => {}
            answer = self.sender.next() => self.answered += arrived(answer)?,
            push = self.receiver.next() => self.received(push).await?,
        }
        while let Some(answer) = self.sender.next().now_or_never() {
            self.answered += arrived(answer)?;
        }
        while let Some(push) = self.receiver.next().now_or_never() {
            self.received(push).await?;
        }
        Ok(())
    }

    async fn received(&mut self, push: Arrival) -> anyhow::Result<()> {
        let count = arrived(push)?;
        self.delivered += count;
        if count == 1 {
            self.receiver.feed(Message::Binary(self.ack.clone())).await?;
        }
        Ok(())
    }
}

/// What reading one gave.
pub type Arrival = Option<Result<Message, tokio_tungstenite::tungstenite::Error>>;

/// 1 for a data frame, 0 for a control frame.
pub fn arrived(message: Arrival) -> anyhow::Result<u64> {
    Ok(u64::from(message.context("the relay closed a connection")??.is_binary()))
}

/// A WebSocket to the relay.
pub async fn bare_socket(address: &str, query: &str, read_buffer: usize) -> anyhow::Result<Socket> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(read_buffer);
    let (socket, _) = client_async_with_config(format!("ws://{address}/?{query}"), stream, Some(config)).await?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_delivered_in_order_or_not_at_all() {
        let body = |number: u64| format!(r#"[{{"MsgContent":{{"Text":"{MARK}{number:0DIGITS$} xyz"}}}}]"#);
        assert_eq!(deliver(6, &body(7), false).unwrap(), 7);
        assert!(deliver(7, &body(7), false).is_err(), "repeated");
        assert!(deliver(7, &body(9), false).is_err(), "lost");
        assert_eq!(deliver(7, &body(5), true).unwrap(), 7);
        assert!(deliver(7, &body(9), true).is_err(), "lost");
        assert!(deliver(7, "[]", false).is_err());
    }

    #[tokio::test]
    async fn pair_on_the_relay_counts_answers_and_deliveries() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let relay = tokio::spawn(crate::relay::serve(listener));
        let sizes = Sizes { request: 90, answer: 10, push: 70, ack: 20 };
        let mut pair = Pair::open(&Target::Relay { address, sizes }, 4).await.unwrap();
        for number in 1..=3 {
            pair.send(number).await.unwrap();
        }
        while pair.answered().min(pair.delivered()) < 3 {
            pair.flush().await.unwrap();
            pair.wait(&Notify::new()).await.unwrap();
        }
        assert_eq!((pair.answered(), pair.delivered()), (3, 3));
        relay.abort();
    }
}
