//! One connection, owned by whoever reads and writes it. No task, no channel.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::message::LOGIN_BODY;
use crate::{Encoder, Error, Frame, Identity, Login, Reply, servcmd};

/// Path of the connection and with it the kind of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// `/binfo`: binary frames, which the server may compress.
    Binary,
    /// `/info`: text frames, never compressed.
    Text,
}

/// How to reach the server, and as which instance.
#[derive(Debug, Clone)]
pub struct Options {
    /// What an application gives the SDK as `proxyServer`: `ws://host:port`, perhaps with a path.
    pub url: String,
    /// Application.
    pub sdkappid: u32,
    /// Kind of frames.
    pub framing: Framing,
    /// Name of this instance, the same over reconnects: 32 hexadecimal digits.
    pub instance: String,
    /// `seq` of the first request.
    pub seq: u32,
    /// Bytes kept for reading, allocated at once.
    pub read_buffer: usize,
    /// Source address, for more connections than one address has ports.
    pub source: Option<IpAddr>,
}

impl Options {
    /// The usual options with a fresh instance name from the system's randomness.
    pub fn new(url: &str, sdkappid: u32, framing: Framing) -> Self {
        let mut chance = [0; 16];
        // Without system randomness the name is all zeros: still a valid instance, only no longer a distinct one.
        let _ = SystemRandom::new().fill(&mut chance);
        let number = u128::from_be_bytes(chance);
        Self {
            url: url.trim_end_matches('/').to_owned(),
            sdkappid,
            framing,
            instance: format!("{number:032x}"),
            seq: (number % 100_000_000) as u32,
            read_buffer: 8 << 10,
            source: None,
        }
    }

    /// Address of the connection, with the parameters the SDK sends.
    fn address(&self) -> String {
        let path = match self.framing {
            Framing::Binary => "binfo",
            Framing::Text => "info",
        };
        format!(
            "{}/{path}?sdkappid={}&instanceid={}&random=0.5&platform=7&host=unknown&version=-1&sdkversion=3.6.6&compress=gzip",
            self.url, self.sdkappid, self.instance
        )
    }

    fn host(&self) -> Result<&str, Error> {
        let rest =
            self.url.strip_prefix("ws://").ok_or_else(|| Error::Address(self.url.clone(), "not a ws:// address"))?;
        Ok(rest.split('/').next().unwrap_or(rest))
    }
}

/// A WebSocket to the server and the state of the SDK instance that uses it.
#[derive(Debug)]
pub struct Session {
    socket: WebSocketStream<TcpStream>,
    framing: Framing,
    encoder: Encoder,
    waiting: VecDeque<Frame>,
}

impl Session {
    /// Connects. Nothing is sent beyond the handshake.
    pub async fn open(options: &Options) -> Result<Self, Error> {
        let encoder = Encoder::new(options.sdkappid, options.seq);
        Self::open_with(options, encoder).await
    }

    /// Connects and goes on counting and identifying where `encoder` stands.
    pub(crate) async fn open_with(options: &Options, encoder: Encoder) -> Result<Self, Error> {
        let socket = connect(options.host()?, &options.address(), options.read_buffer, options.source).await?;
        Ok(Self { socket, framing: options.framing, encoder, waiting: VecDeque::new() })
    }

    /// Gives up the connection and keeps the counting and the identity.
    pub(crate) fn into_encoder(self) -> Encoder {
        self.encoder
    }

    /// Sets who the following requests come from.
    pub fn identify(&mut self, identity: &Identity) {
        self.encoder.identify(identity);
    }

    /// Takes the next `seq`.
    pub fn next_seq(&mut self) -> u32 {
        self.encoder.next_seq()
    }

    /// Queues a request and gives its `seq` and its size on the wire in bytes. It leaves with the next [`Self::flush`]
    /// or when the write buffer is full.
    pub async fn queue(&mut self, servcmd: &str, body: &[u8]) -> Result<(u32, usize), Error> {
        let seq = self.encoder.next_seq();
        let length = self.queue_as(seq, servcmd, body).await?;
        Ok((seq, length))
    }

    /// Queues a request under a `seq` taken before.
    pub async fn queue_as(&mut self, seq: u32, servcmd: &str, body: &[u8]) -> Result<usize, Error> {
        let frame = self.encoder.encode(servcmd, seq, body, now());
        let length = frame.len();
        let message = match self.framing {
            Framing::Binary => Message::Binary(frame),
            Framing::Text => Message::Text(
                Utf8Bytes::try_from(frame).map_err(|_| Error::Address(servcmd.to_owned(), "body is not UTF-8"))?,
            ),
        };
        self.socket.feed(message).await?;
        Ok(length)
    }

    /// Sends what is queued.
    pub async fn flush(&mut self) -> Result<(), Error> {
        Ok(self.socket.flush().await?)
    }

    /// Waits for the next frame. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Frame, Error> {
        if let Some(frame) = self.waiting.pop_front() {
            return Ok(frame);
        }
        self.read().await
    }

    /// The next frame if it is already here.
    pub fn try_next(&mut self) -> Result<Option<Frame>, Error> {
        self.next().now_or_never().transpose()
    }

    /// Sends one request and waits for its reply. Frames that arrive in between wait for [`Self::next`].
    pub async fn call(&mut self, servcmd: &str, body: &[u8]) -> Result<Reply, Error> {
        let (seq, _) = self.queue(servcmd, body).await?;
        self.flush().await?;
        loop {
            let frame = self.read().await?;
            if frame.seq() == u64::from(seq) && frame.servcmd() == servcmd {
                return frame.into_reply();
            }
            self.waiting.push_back(frame);
        }
    }

    /// Signs in with a `UserSig`; the ticket identifies every later request.
    pub async fn login(&mut self, identifier: &str, usersig: &str) -> Result<Login, Error> {
        self.identify(&Identity::UserSig { identifier: identifier.to_owned(), usersig: usersig.to_owned() });
        let login: Login = self.call(servcmd::LOGIN, LOGIN_BODY).await?.ok()?.json()?;
        self.identify(&login.identity());
        Ok(login)
    }

    async fn read(&mut self) -> Result<Frame, Error> {
        loop {
            let payload: Bytes = match self.socket.next().await {
                None | Some(Ok(Message::Close(_))) => return Err(Error::Closed),
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(Message::Binary(payload))) if self.framing == Framing::Binary => payload,
                Some(Ok(Message::Text(payload))) if self.framing == Framing::Text => payload.into(),
                // Control frames are answered below us; a frame of the other kind is not understood, as in the SDKs.
                Some(Ok(_)) => continue,
            };
            return Frame::decode(payload);
        }
    }
}

impl Login {
    /// The identity this sign-in gives later requests.
    pub fn identity(&self) -> Identity {
        Identity::Ticket { a2: self.a2.clone(), tinyid: self.tinyid.clone(), inst_id: self.inst_id }
    }
}

async fn connect(
    host: &str,
    address: &str,
    read_buffer: usize,
    source: Option<IpAddr>,
) -> Result<WebSocketStream<TcpStream>, Error> {
    let authority = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let peer = lookup_host(&authority)
        .await?
        .next()
        .ok_or_else(|| Error::Address(address.to_owned(), "the host has no address"))?;
    let socket = if peer.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = source {
        socket.bind((source, 0).into())?;
    }
    let stream = socket.connect(peer).await?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(read_buffer);
    let (socket, _) = client_async_with_config(address, stream, Some(config)).await?;
    Ok(socket)
}

/// Seconds since 1970 by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "a client has no world to take time from; the server never trusts this")]
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_the_sdks() {
        let options = Options { instance: "ab".into(), ..Options::new("ws://h:1/p/", 7, Framing::Binary) };
        assert_eq!(
            options.address(),
            "ws://h:1/p/binfo?sdkappid=7&instanceid=ab&random=0.5&platform=7&host=unknown&version=-1&sdkversion=3.6.6&compress=gzip"
        );
        assert_eq!(options.host().unwrap(), "h:1");
        assert!(Options::new("http://h", 7, Framing::Text).host().is_err());
    }

    #[test]
    fn instances_differ() {
        let (a, b) = (Options::new("ws://h", 1, Framing::Text), Options::new("ws://h", 1, Framing::Text));
        assert_eq!(a.instance.len(), 32);
        assert_ne!(a.instance, b.instance);
    }
}
