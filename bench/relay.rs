//! The machine's ceiling: a WebSocket relay that carries the same frames without parsing or storing anything.
//!
//! A message takes four frames, as with the server: the sender's request, an answer back to it, the request's bytes on
//! to the receiver as the push, the receiver's acknowledgement, which is dropped. Sizes come in the address. Any number
//! of receivers that connect before the sender get the push, as in a live room or a group.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

/// Frames that may wait for one receiver. More than the load generator ever leaves in flight per pair, so that a
/// sender is never held up by its receiver and both ends can live in one task.
const BACKLOG: usize = 2048;

/// Options of the relay.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address to listen on; the one chosen is printed on the first line
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Receivers by pair: one, or many that share one encoded frame.
type Receivers = Arc<Mutex<HashMap<u32, Vec<mpsc::Sender<Bytes>>>>>;

/// What a connection's address says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Role {
    pair: u32,
    sends: bool,
    answer: usize,
    push: usize,
}

/// Runs the relay until its process ends.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let listener = TcpListener::bind(args.listen).await?;
    println!("{}", listener.local_addr()?);
    serve(listener).await
}

/// Serves connections until the future is dropped.
pub async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    let receivers = Receivers::default();
    loop {
        let (stream, _) = listener.accept().await?;
        let receivers = Arc::clone(&receivers);
        tokio::spawn(async move {
            if let Err(error) = connection(stream, receivers).await {
                eprintln!("relay connection: {error:#}");
            }
        });
    }
}

async fn connection(stream: TcpStream, receivers: Receivers) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut role = Role::default();
    let (pushes, queue) = mpsc::channel(BACKLOG);
    #[expect(clippy::result_large_err, reason = "the type of the callback is tungstenite's")]
    let callback = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        role = parse(request.uri().query().unwrap_or_default());
        // Before the handshake is answered, so that the sender may connect as soon as the receiver has.
        if !role.sends {
            receivers.lock().unwrap_or_else(PoisonError::into_inner).entry(role.pair).or_default().push(pushes);
        }
        Ok(response)
    };
    let config = WebSocketConfig::default().read_buffer_size(4 << 10);
    let socket = accept_hdr_async_with_config(stream, callback, Some(config)).await?;
    let ended = if role.sends {
        let to = receivers.lock().unwrap_or_else(PoisonError::into_inner).get(&role.pair).cloned();
        sender(socket, &role, to.context("the receiver of this pair is not connected")?).await
    } else {
        receiver(socket, queue).await
    };
    match ended {
        // Load generators leave without a goodbye.
        Err(
            SocketError::ConnectionClosed | SocketError::AlreadyClosed | SocketError::Io(_) | SocketError::Protocol(_),
        )
        | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn sender(
    mut socket: WebSocketStream<TcpStream>,
    role: &Role,
    receivers: Vec<mpsc::Sender<Bytes>>,
) -> Result<(), SocketError> {
    let answer = Bytes::from(vec![b'a'; role.answer]);
    while let Some(first) = socket.next().await {
        let mut next = Some(first);
        while let Some(message) = next {
            if let Message::Binary(request) = message? {
                socket.feed(Message::Binary(answer.clone())).await?;
                let push = sized(&request, role.push);
                for receiver in &receivers {
                    // Awaiting room that is there would let the receivers run in between, and write each frame alone.
                    match receiver.try_send(push.clone()) {
                        Ok(()) => {}
                        Err(TrySendError::Full(push)) => {
                            if receiver.send(push).await.is_err() {
                                return Ok(());
                            }
                        }
                        Err(TrySendError::Closed(_)) => return Ok(()),
                    }
                }
            }
            next = socket.next().now_or_never().flatten();
        }
        socket.flush().await?;
    }
    Ok(())
}

async fn receiver(mut socket: WebSocketStream<TcpStream>, mut queue: mpsc::Receiver<Bytes>) -> Result<(), SocketError> {
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(acknowledgement) => drop(acknowledgement?),
                None => return Ok(()),
            },
            push = queue.recv() => {
                let mut next = push;
                while let Some(push) = next {
                    socket.feed(Message::Binary(push)).await?;
                    next = queue.try_recv().ok();
                }
                socket.flush().await?;
            }
        }
    }
}

/// The request's bytes, cut or filled to the size of a push.
fn sized(request: &Bytes, length: usize) -> Bytes {
    if request.len() >= length {
        return request.slice(..length);
    }
    let mut push = BytesMut::with_capacity(length);
    push.extend_from_slice(request);
    push.resize(length, b' ');
    push.freeze()
}

fn parse(query: &str) -> Role {
    let mut role = Role::default();
    for (name, value) in query.split('&').filter_map(|part| part.split_once('=')) {
        match name {
            "pair" => role.pair = value.parse().unwrap_or_default(),
            "side" => role.sends = value == "s",
            "answer" => role.answer = value.parse().unwrap_or_default(),
            "push" => role.push = value.parse().unwrap_or_default(),
            _ => {}
        }
    }
    role
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::connect_async;

    use super::*;

    #[test]
    fn pushes_have_the_size_asked_for() {
        assert_eq!(sized(&Bytes::from_static(b"abc"), 2), "ab");
        assert_eq!(sized(&Bytes::from_static(b"abc"), 5), "abc  ");
    }

    #[tokio::test]
    async fn one_message_is_four_frames() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let relay = tokio::spawn(serve(listener));
        let (mut to, _) = connect_async(format!("{url}/?pair=3&side=r")).await.unwrap();
        let (mut from, _) = connect_async(format!("{url}/?pair=3&side=s&answer=7&push=4")).await.unwrap();
        from.send(Message::Binary(Bytes::from_static(b"request"))).await.unwrap();
        assert_eq!(from.next().await.unwrap().unwrap().len(), 7);
        assert_eq!(to.next().await.unwrap().unwrap().into_data(), "requ");
        to.send(Message::Binary(Bytes::from_static(b"ack"))).await.unwrap();
        from.send(Message::Binary(Bytes::from_static(b"second"))).await.unwrap();
        assert_eq!(to.next().await.unwrap().unwrap().into_data(), "seco");
        relay.abort();
    }
}
