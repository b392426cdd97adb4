//! One who speaks and many who listen: in a live room or a group of the server, or on the relay with frames of the
//! same sizes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use client::{Frame, Framing, Options, Session, servcmd};
use futures_util::{FutureExt, SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::{Instant, interval_at};
use tokio_tungstenite::tungstenite::Message;

use crate::fanout::{Kind, Tally};
use crate::pair::{self, DIGITS, MARK, Sizes, Socket, TEXT, Target, bare_socket, deliver, sign_in};
use crate::rest::Backend;

/// The group.
const GROUP: &str = "bench_crowd";
/// Who owns it and speaks in it.
const SPEAKER: &str = "bench_speaker";
/// Members one request imports (REST v4 `import_group_member`).
const IMPORTED: usize = 300;
/// How often a connection says that it is there.
const ALIVE: Duration = Duration::from_secs(30);
/// Bytes each listener keeps for reading.
const READ_BUFFER: usize = 2 << 10;

/// What the commands of pushes begin with.
const PUSHES: &str = "im_open_push.";
const CREATE: &str = "group_open_http_svc.create_group";
const JOIN: &str = "group_open_http_svc.apply_join_group";
const SEND: &str = "group_open_http_svc.send_group_msg";

/// Who speaks.
pub enum Speaker {
    /// In the server's group.
    Server {
        /// Signed in as the group's owner.
        session: Box<Session>,
        /// Bytes of requests and answers so far.
        totals: Sizes,
        /// Messages sent.
        sent: u64,
        /// Messages answered.
        answered: u64,
        /// The message in the making.
        scratch: String,
    },
    /// On the relay.
    Relay {
        /// Its connection.
        socket: Box<Socket>,
        /// What it sends.
        request: Bytes,
        /// Messages answered.
        answered: u64,
        /// Frames imitated.
        sizes: Sizes,
    },
}

/// Who listens.
pub enum Listener {
    /// A member of the server's group.
    Server(Box<Session>),
    /// A receiver of the relay, and the acknowledgement it sends, if any.
    Relay(Box<Socket>, Option<Bytes>),
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(rename = "ErrorCode", default)]
    code: i64,
    #[serde(rename = "MsgDropReason", default)]
    dropped: Option<serde_json::Value>,
}

impl Speaker {
    /// Connects whoever speaks, before anybody listens; a live room is made at once.
    pub async fn open(target: &Target, kind: Kind) -> anyhow::Result<Self> {
        match target {
            Target::Server { url, sdkappid, key } => {
                let options = Options::new(url, *sdkappid, Framing::Binary);
                let (mut session, _) = sign_in(&options, SPEAKER, key).await?;
                if kind == Kind::Room {
                    let room = json!({
                        "Type": "AVChatRoom", "Name": "bench", "GroupId": GROUP, "Owner_Account": SPEAKER,
                        "WebPushFlag": 1,
                    });
                    session.call(CREATE, room.to_string().as_bytes()).await?.ok()?;
                }
                Ok(Self::Server {
                    session: Box::new(session),
                    totals: Sizes::default(),
                    sent: 0,
                    answered: 0,
                    scratch: String::with_capacity(1024),
                })
            }
            // The relay hands on to those who came before the sender: it is connected last.
            Target::Relay { address, sizes } => {
                let query = format!("pair=0&side=s&answer={}&push={}", sizes.answer, sizes.push);
                let socket = Box::new(bare_socket(address, &query, 8 << 10).await?);
                Ok(Self::Relay { socket, request: vec![b'r'; sizes.request].into(), answered: 0, sizes: *sizes })
            }
        }
    }

    /// Queues message `number`; numbers count up from 1.
    pub async fn send(&mut self, number: u64) -> anyhow::Result<()> {
        match self {
            Self::Server { session, totals, sent, scratch, .. } => {
                write_message(scratch, number)?;
                totals.request += session.queue(SEND, scratch.as_bytes()).await?.1;
                *sent += 1;
            }
            Self::Relay { socket, request, .. } => socket.feed(Message::Binary(request.clone())).await?,
        }
        Ok(())
    }

    /// Sends what is queued.
    pub async fn flush(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Server { session, .. } => Ok(session.flush().await?),
            Self::Relay { socket, .. } => Ok(socket.flush().await?),
        }
    }

    /// Waits for an answer or for `wake`, and takes everything that has arrived.
    pub async fn wait(&mut self, wake: &Notify) -> anyhow::Result<()> {
        match self {
            Self::Server { session, totals, answered, .. } => {
                let mut next = tokio::select! {
                    () = wake.notified() => session.try_next()?,
                    frame = session.next() => Some(frame?),
                    () = tokio::time::sleep(ALIVE) => {
                        session.queue(servcmd::ALIVE, b"{}").await?;
                        None
                    }
                };
                while let Some(frame) = next {
                    if frame.servcmd() == SEND {
                        let outcome: Outcome = frame.json()?;
                        ensure!(outcome.code == 0, "message refused with code {}", outcome.code);
                        ensure!(outcome.dropped.is_none(), "message dropped by flow control");
                        *answered += 1;
                        totals.answer += frame.wire_len();
                    }
                    next = session.try_next()?;
                }
            }
            Self::Relay { socket, answered, .. } => {
                tokio::select! {
                    () = wake.notified() => {}
                    answer = socket.next() => *answered += pair::arrived(answer)?,
                }
                while let Some(answer) = socket.next().now_or_never() {
                    *answered += pair::arrived(answer)?;
                }
            }
        }
        Ok(())
    }

    /// Messages answered so far.
    pub fn answered(&self) -> u64 {
        match self {
            Self::Server { answered, .. } | Self::Relay { answered, .. } => *answered,
        }
    }

    /// Mean sizes of requests and answers; those of the relay are the ones it was given.
    pub fn sizes(&self) -> Sizes {
        let mean = |total: usize, count: u64| total.checked_div(count as usize).unwrap_or(0);
        match self {
            Self::Server { totals, sent, answered, .. } => {
                Sizes { request: mean(totals.request, *sent), answer: mean(totals.answer, *answered), push: 0, ack: 0 }
            }
            Self::Relay { sizes, .. } => *sizes,
        }
    }
}

impl Listener {
    /// Connects one.
    pub async fn open(target: &Target, index: usize) -> anyhow::Result<Self> {
        match target {
            Target::Server { url, sdkappid, key } => {
                let options = Options { read_buffer: READ_BUFFER, ..Options::new(url, *sdkappid, Framing::Binary) };
                let (session, _) = sign_in(&options, &account(index), key).await?;
                Ok(Self::Server(Box::new(session)))
            }
            Target::Relay { address, sizes } => {
                let socket = Box::new(bare_socket(address, "pair=0&side=r", READ_BUFFER).await?);
                Ok(Self::Relay(socket, (sizes.ack > 0).then(|| vec![b'k'; sizes.ack].into())))
            }
        }
    }

    /// Joins the live room; nothing else has to be joined.
    pub async fn join(&mut self, kind: Kind) -> anyhow::Result<()> {
        if let (Self::Server(session), Kind::Room) = (self, kind) {
            let join = json!({"GroupId": GROUP, "ApplyMsg": "", "UserDefinedField": "", "WebPushFlag": 1});
            let joined: serde_json::Value = session.call(JOIN, join.to_string().as_bytes()).await?.ok()?.json()?;
            ensure!(joined["JoinedStatus"] == "JoinedSuccess", "could not join: {joined}");
        }
        Ok(())
    }

    /// Takes and acknowledges whatever comes, until the connection breaks.
    pub async fn listen(self, tally: &Tally) -> anyhow::Result<()> {
        match self {
            Self::Server(session) => listen(*session, tally).await,
            Self::Relay(socket, ack) => listen_bare(*socket, ack, tally).await,
        }
    }
}

async fn listen(mut session: Session, tally: &Tally) -> anyhow::Result<()> {
    let mut alive = interval_at(Instant::now() + ALIVE, ALIVE);
    let (mut delivered, mut scratch) = (0, Vec::new());
    loop {
        let mut next = tokio::select! {
            frame = session.next() => Some(frame?),
            _ = alive.tick() => {
                session.queue(servcmd::ALIVE, b"{}").await?;
                None
            }
        };
        let before = delivered;
        let (mut push_bytes, mut ack_bytes) = (0, 0);
        while let Some(frame) = next {
            if let Some(number) = number_after(delivered, &frame)? {
                delivered = number;
                push_bytes += frame.wire_len();
            }
            if frame.servcmd().starts_with(PUSHES) {
                let push = frame.pushed()?;
                if push.need_ack == 1 {
                    scratch.clear();
                    push.write_ack(&mut scratch);
                    ack_bytes += session.queue(servcmd::PUSH_ACK, &scratch).await?.1;
                }
            }
            next = session.try_next()?;
        }
        session.flush().await?;
        tally.sized(push_bytes, ack_bytes);
        tally.got(before, delivered);
    }
}

async fn listen_bare(mut socket: Socket, ack: Option<Bytes>, tally: &Tally) -> anyhow::Result<()> {
    let mut delivered = 0;
    loop {
        let before = delivered;
        let mut next = Some(socket.next().await);
        while let Some(push) = next {
            if pair::arrived(push)? == 1 {
                delivered += 1;
                if let Some(ack) = &ack {
                    socket.feed(Message::Binary(ack.clone())).await?;
                }
            }
            next = socket.next().now_or_never();
        }
        socket.flush().await?;
        tally.got(before, delivered);
    }
}

/// Makes the stored group, whose members have all signed in before.
pub async fn import_group(target: &Target, listeners: usize) -> anyhow::Result<()> {
    let Target::Server { url, sdkappid, key } = target else { bail!("the relay has no groups") };
    let backend = Backend::new(url, *sdkappid, key)?;
    let group = json!({
        "Type": "Public", "Name": "bench", "GroupId": GROUP, "Owner_Account": SPEAKER, "MaxMemberCount": listeners + 1,
    });
    backend.ask("group_open_http_svc/import_group", &group).await?;
    let accounts: Vec<_> = (0..listeners).map(|index| json!({"Member_Account": account(index)})).collect();
    for members in accounts.chunks(IMPORTED) {
        let body = json!({"GroupId": GROUP, "MemberList": members});
        let answer = backend.ask("group_open_http_svc/import_group_member", &body).await?;
        let results = answer["MemberList"].as_array().context("no results of the members")?;
        let refused = results.iter().find(|member| member["Result"] != 1);
        ensure!(refused.is_none() && results.len() == members.len(), "a member was not imported: {refused:?}");
    }
    Ok(())
}

fn account(index: usize) -> String {
    format!("listener{index:06}")
}

/// The body of `send_group_msg` with the members the SDK sends.
fn write_message(out: &mut String, number: u64) -> anyhow::Result<()> {
    use std::fmt::Write;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let random = (number as u32).wrapping_mul(2_654_435_761);
    out.clear();
    write!(
        out,
        r#"{{"From_Account":"{SPEAKER}","GroupId":"{GROUP}","Random":{random},"ClientSeq":{number},"MsgPriority":"Normal","MsgBody":[{{"MsgType":"TIMTextElem","MsgContent":{{"Text":""#
    )?;
    let start = out.len();
    write!(out, "{MARK}{number:0DIGITS$} ")?;
    let filler = "0123456789abcdefghijklmnopqrstuvwxyz ".chars().cycle();
    out.extend(filler.take(TEXT - (out.len() - start)));
    write!(
        out,
        r#""}}}}],"CloudCustomData":"","MsgClientTime":{now},"OnlineOnlyFlag":0,"NeedReadReceipt":0,"SupportMessageExtension":0,"IsRelayMsg":0,"OfflinePushInfo":{{"PushFlag":0,"Title":"","Desc":"","Ext":"","ApnsInfo":{{}},"AndroidInfo":{{}}}}}}"#
    )?;
    Ok(())
}

/// The number of a delivered message, if the frame carries one; messages must come one after the other. Tips and
/// answers carry none.
fn number_after(delivered: u64, frame: &Frame) -> anyhow::Result<Option<u64>> {
    let body = std::str::from_utf8(frame.body())?;
    if body.contains(MARK) { deliver(delivered, body, false).map(Some) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn message_is_the_documented_request() {
        let mut text = String::new();
        write_message(&mut text, 7).unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body["GroupId"], GROUP);
        assert_eq!(body["MsgPriority"], "Normal");
        let said = body["MsgBody"][0]["MsgContent"]["Text"].as_str().unwrap();
        assert_eq!(said.len(), TEXT);
        assert_eq!(deliver(6, said, false).unwrap(), 7);
    }

    #[test]
    fn a_frame_without_message_delivers_nothing() {
        let frame = |body: &str| {
            let text = format!(r#"{{"head":{{"servcmd":"im_open_push.msg_push","seq":1}},"body":{body}}}"#);
            Frame::decode(text.into()).unwrap()
        };
        assert_eq!(number_after(3, &frame(r#"{"EventArray":[{"Event":4}]}"#)).unwrap(), None);
        let message = format!(r#"{{"Text":"{MARK}{:0DIGITS$} "}}"#, 4);
        assert_eq!(number_after(3, &frame(&message)).unwrap(), Some(4));
        assert!(number_after(2, &frame(&message)).is_err(), "one is missing");
    }
}
