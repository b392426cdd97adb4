//! The load generator's other half: connections that sign in and then only keep themselves alive.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use client::{Framing, Options, Session, servcmd};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::pair::{bare_socket, sign_in};
use crate::procfs::meters;
use crate::server::KEY_VARIABLE;

/// Connections that sign in at the same time.
const CONNECTING: usize = 64;
/// Silence after which a connection sends a heartbeat, as the SDKs do.
const SILENCE: Duration = Duration::from_secs(10);
/// Bytes each connection keeps for reading, on this side.
const READ_BUFFER: usize = 2 << 10;

/// Options of the idle connections. The application's secret comes in the environment.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Server address, ws://host:port
    #[arg(long, required_unless_present = "relay")]
    url: Option<String>,
    /// Application
    #[arg(long, default_value_t = 0)]
    sdkappid: u32,
    /// Relay address, host:port, instead of a server
    #[arg(long)]
    relay: Option<String>,
    /// Process whose memory is measured
    #[arg(long)]
    pid: u32,
    /// Connections, one account each
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// Seconds between the last sign-in and the measurement
    #[arg(long, default_value_t = 3.0)]
    settle: f64,
}

/// What one run measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// Connections that stayed.
    pub connections: usize,
    /// Resident memory the measured process gained, divided by them.
    pub bytes_per_connection: f64,
    /// Resident memory before the first connection, bytes.
    pub rss_before: u64,
    /// Resident memory with all of them, bytes.
    pub rss_after: u64,
    /// Time it took to connect and sign in all of them, seconds.
    pub connect_s: f64,
}

/// Holds the connections, measures, and prints the outcome as one line of JSON.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let before = meters(args.pid)?.rss;
    let start = Instant::now();
    let mut held = JoinSet::new();
    let (gate, connected) = (Arc::new(Semaphore::new(CONNECTING)), Arc::new(Semaphore::new(0)));
    let key = if args.relay.is_none() {
        std::env::var(KEY_VARIABLE).with_context(|| format!("{KEY_VARIABLE} is not set"))?
    } else {
        String::new()
    };
    for index in 0..args.connections {
        let (gate, connected) = (Arc::clone(&gate), Arc::clone(&connected));
        let (relay, url, key, sdkappid) = (args.relay.clone(), args.url.clone(), key.clone(), args.sdkappid);
        held.spawn(async move {
            let turn = gate.acquire().await?;
            match (relay, url) {
                (Some(address), _) => {
                    let mut socket = bare_socket(&address, &format!("pair={index}&side=r"), READ_BUFFER).await?;
                    connected.add_permits(1);
                    drop(turn);
                    socket.next().await.context("the relay closed a connection")??;
                    Ok(())
                }
                (None, Some(url)) => {
                    let options = Options { read_buffer: READ_BUFFER, ..Options::new(&url, sdkappid, Framing::Binary) };
                    let (session, _) = sign_in(&options, &format!("idle{index:06}"), &key).await?;
                    connected.add_permits(1);
                    drop(turn);
                    idle(session).await
                }
                (None, None) => bail!("neither a server nor a relay is named"),
            }
        });
    }
    tokio::select! {
        all = connected.acquire_many(args.connections as u32) => drop(all?),
        Some(ended) = held.join_next() => return early(ended),
    }
    let connect_s = start.elapsed().as_secs_f64();
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs_f64(args.settle)) => {}
        Some(ended) = held.join_next() => return early(ended),
    }
    let after = meters(args.pid)?.rss;
    ensure!(held.len() == args.connections, "a connection was lost");
    let outcome = Outcome {
        connections: args.connections,
        bytes_per_connection: after.saturating_sub(before) as f64 / args.connections as f64,
        rss_before: before,
        rss_after: after,
        connect_s,
    };
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

fn early(ended: Result<anyhow::Result<()>, tokio::task::JoinError>) -> anyhow::Result<()> {
    ended??;
    bail!("a connection ended early")
}

/// Keeps one connection alive until it breaks.
async fn idle(mut session: Session) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            frame = session.next() => drop(frame?),
            () = tokio::time::sleep(SILENCE) => {
                session.queue(servcmd::ALIVE, b"{}").await?;
                session.flush().await?;
            }
        }
    }
}
