//! The crash test: kills the server with SIGKILL under load, again and again, and then asks for everything that was
//! acknowledged.
//!
//! Clients behave as the SDKs: a lost connection is opened again, pending requests are sent again unchanged, the
//! session signs in with its ticket and fetches from its cookie. A received message is dropped only while the same one
//! is in the client's list.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use client::{C2cMessage, Client, Error, Event, Events, Framing, UserSig, servcmd};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::check::{Chance, Key, Memory, compare};
use crate::server::{App, Place};

/// What the text of a message begins with; its number follows.
const MARK: &str = "crash:";
/// Messages asked for in one page of history.
const PAGE: u32 = 100;
/// How long pending requests and deliveries may take once sending stops.
const SETTLE: Duration = Duration::from_secs(30);
/// How long a single try to resume may take.
const RESUME: Duration = Duration::from_secs(20);

/// Options of the crash test.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Kills
    #[arg(long, default_value_t = 20)]
    rounds: u32,
    /// Server binary
    #[arg(long, default_value = "target/release/feihong")]
    server: PathBuf,
    /// Folder for data and logs
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// Pairs of a sender and a receiver
    #[arg(long, default_value_t = 8)]
    pairs: usize,
    /// Messages in flight per pair
    #[arg(long, default_value_t = 6)]
    window: usize,
    /// Earliest and latest moment of a kill, milliseconds after the server is ready
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], default_values_t = [50, 1500])]
    delay_ms: Vec<u64>,
    /// Seed of the moments [default: from the clock; printed]
    #[arg(long)]
    seed: Option<u64>,
    /// When a receiver loses its connection, it forgets what it had received this many milliseconds before or earlier,
    /// as applications do that open the conversation: the server must remember the acknowledgements [default: never]
    #[arg(long)]
    forget_ms: Option<u64>,
}

/// What is known about one pair.
struct Pair {
    from: String,
    to: String,
    /// Number and time of every acknowledged message.
    acknowledged: Mutex<BTreeMap<u64, u64>>,
    /// Number and code of every refused message.
    refused: Mutex<Vec<(u64, i64)>>,
    inbox: Mutex<Inbox>,
}

/// What a receiver's application saw.
struct Inbox {
    memory: Memory,
    forget: Option<Duration>,
    /// Whether it caught up since it last lost its connection. Until then the last acknowledgements may have been lost.
    caught_up: bool,
    /// Number and time, in order.
    seen: Vec<(u64, u64)>,
    pushed: u64,
    fetched: u64,
    dropped: u64,
}

/// What all tasks share.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    resumed: AtomicU64,
}

/// Runs the test; an error when anything was violated.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let &[earliest, latest] = &args.delay_ms[..] else { bail!("two delays are needed") };
    ensure!(earliest < latest, "the earliest delay must be below the latest");
    let clock = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let seed = args.seed.unwrap_or(clock.as_millis() as u64);
    println!("crash test: {} rounds, seed {seed}", args.rounds);
    let mut chance = Chance(seed);

    std::fs::create_dir_all(&args.out)?;
    let place = Place::fresh(&args.server, &args.out, "crash")?;
    let mut server = place.start().await?;
    let app = place.create_app()?;

    let shared = Arc::new(Shared::default());
    let (mut clients, mut senders) = (JoinSet::new(), JoinSet::new());
    let (mut pairs, mut receivers) = (Vec::new(), Vec::new());
    for index in 0..args.pairs {
        let pair = Arc::new(Pair::new(index, args.forget_ms.map(Duration::from_millis)));
        let (receiver, events) = sign_in(&place, &app, &pair.to).await?;
        accompany(&mut clients, &receiver, events, Some(Arc::clone(&pair)), &shared);
        let (sender, events) = sign_in(&place, &app, &pair.from).await?;
        accompany(&mut clients, &sender, events, None, &shared);
        senders.spawn(send(sender, Arc::clone(&pair), args.window, Arc::clone(&shared)));
        pairs.push(pair);
        receivers.push(receiver);
    }

    for round in 1..=args.rounds {
        let delay = chance.between(earliest..latest);
        unless_failed(&mut clients, &mut senders, Duration::from_millis(delay)).await?;
        server.kill()?;
        let start = Instant::now();
        server = place.start().await.with_context(|| format!("round {round}"))?;
        let acknowledged: usize = pairs.iter().map(|pair| lock(&pair.acknowledged).len()).sum();
        println!(
            "round {round}: killed after {delay} ms, {acknowledged} acknowledged so far, ready again in {} ms",
            start.elapsed().as_millis()
        );
    }
    unless_failed(&mut clients, &mut senders, Duration::from_millis(latest)).await?;
    shared.stop.store(true, Ordering::Relaxed);
    settle(&mut clients, &mut senders, &pairs).await?;

    let mut violations = 0;
    for (pair, receiver) in pairs.iter().zip(&receivers) {
        let acknowledged = lock(&pair.acknowledged).clone();
        let stored = compare(&acknowledged, &history(receiver, &pair.from).await?);
        let delivered = compare(&acknowledged, &lock(&pair.inbox).seen);
        violations += stored.count() + delivered.count();
        if stored.count() + delivered.count() > 0 {
            println!("{} to {}\n  history: {stored}\n  delivery: {delivered}", pair.from, pair.to);
        }
    }
    summarize(&pairs, &shared);
    drop(server);
    if violations > 0 {
        bail!("{violations} violations (seed {seed}); data is kept in {}", place.data.display());
    }
    std::fs::remove_dir_all(&place.data)?;
    println!("passed: nothing acknowledged was lost, nothing came twice, everything is in order");
    Ok(())
}

impl Pair {
    fn new(index: usize, forget: Option<Duration>) -> Self {
        let inbox = Inbox {
            memory: Memory::default(),
            forget,
            caught_up: false,
            seen: Vec::new(),
            pushed: 0,
            fetched: 0,
            dropped: 0,
        };
        Self {
            from: format!("crash_s{index}"),
            to: format!("crash_r{index}"),
            acknowledged: Mutex::default(),
            refused: Mutex::default(),
            inbox: Mutex::new(inbox),
        }
    }

    fn arrived<'a>(&self, messages: impl Iterator<Item = &'a C2cMessage<'a>>, fetched: bool) -> anyhow::Result<()> {
        let mut inbox = lock(&self.inbox);
        for message in messages.filter(|message| message.from == self.from) {
            *if fetched { &mut inbox.fetched } else { &mut inbox.pushed } += 1;
            let key = Key {
                from: message.from.clone().into_owned(),
                to: message.to.clone().into_owned(),
                random: message.random,
                seq: message.seq,
                time: message.time,
            };
            if inbox.memory.take(key, Instant::now()) {
                inbox.seen.push((number(message)?, message.time));
            } else {
                inbox.dropped += 1;
            }
        }
        Ok(())
    }
}

impl Inbox {
    fn disconnected(&mut self, now: Instant) {
        if let (true, Some(age)) = (std::mem::take(&mut self.caught_up), self.forget) {
            self.memory.forget(age, now);
        }
    }
}

fn number(message: &C2cMessage<'_>) -> anyhow::Result<u64> {
    let text = message.text().context("a message without text arrived")?;
    let number = text.strip_prefix(MARK).with_context(|| format!("an unknown message arrived: {text}"))?;
    Ok(number.parse()?)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn sign_in(place: &Place, app: &App, account: &str) -> anyhow::Result<(Arc<Client>, Events)> {
    let (client, events) = Client::connect(&place.url(), app.sdkappid, Framing::Binary).await?;
    client.login(account, &UserSig::now(app.sdkappid, account).sign(&app.key)).await.context("cannot sign in")?;
    Ok((Arc::new(client), events))
}

/// Starts the two tasks every client needs: one takes its events, one brings it back.
fn accompany(
    tasks: &mut JoinSet<anyhow::Result<()>>,
    client: &Arc<Client>,
    events: Events,
    inbox: Option<Arc<Pair>>,
    shared: &Arc<Shared>,
) {
    let lost = Arc::new(Notify::new());
    tasks.spawn(listen(events, inbox, Arc::clone(&lost)));
    tasks.spawn(revive(Arc::clone(client), lost, Arc::clone(shared)));
}

async fn listen(mut events: Events, inbox: Option<Arc<Pair>>, lost: Arc<Notify>) -> anyhow::Result<()> {
    while let Some(event) = events.next().await {
        match (event, &inbox) {
            (Event::Lost(_), inbox) => {
                if let Some(pair) = inbox {
                    lock(&pair.inbox).disconnected(Instant::now());
                }
                lost.notify_one();
            }
            (Event::Push(frame), Some(pair)) => pair.arrived(frame.pushed()?.messages(), false)?,
            (Event::Synced(frame), Some(pair)) => {
                let page = frame.sync_page()?;
                pair.arrived(page.messages(), true)?;
                lock(&pair.inbox).caught_up = page.sync_flag == 2;
            }
            (_, None) => {}
        }
    }
    Ok(())
}

async fn revive(client: Arc<Client>, lost: Arc<Notify>, shared: Arc<Shared>) -> anyhow::Result<()> {
    loop {
        lost.notified().await;
        loop {
            match timeout(RESUME, client.resume()).await {
                Ok(Ok(_)) => break,
                Ok(Err(error @ (Error::Refused { .. } | Error::NotSignedIn))) => {
                    return Err(error).context("a session was not taken back after a kill");
                }
                // The server is not back yet, or was killed again meanwhile.
                Ok(Err(_)) => sleep(Duration::from_millis(20)).await,
                Err(_) => bail!("a session was not resumed in {} s", RESUME.as_secs()),
            }
        }
        shared.resumed.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Deserialize)]
struct Accepted {
    #[serde(rename = "MsgTime")]
    time: u64,
}

/// Sends numbered messages, several in flight, until told to stop and everything is answered.
async fn send(client: Arc<Client>, pair: Arc<Pair>, window: usize, shared: Arc<Shared>) -> anyhow::Result<()> {
    let mut in_flight = FuturesUnordered::new();
    let mut last = 0;
    loop {
        while in_flight.len() < window && !shared.stop.load(Ordering::Relaxed) {
            last += 1;
            let number = last;
            let (_, _, pending) = client.submit_text(&pair.to, &format!("{MARK}{number}")).await?;
            in_flight.push(async move { (number, pending.reply().await) });
        }
        let Some((number, reply)) = in_flight.next().await else { return Ok(()) };
        let reply = reply?;
        if reply.code == 0 {
            lock(&pair.acknowledged).insert(number, reply.json::<Accepted>()?.time);
        } else {
            lock(&pair.refused).push((number, reply.code));
        }
    }
}

/// Waits, unless a task fails meanwhile.
async fn unless_failed(
    clients: &mut JoinSet<anyhow::Result<()>>,
    senders: &mut JoinSet<anyhow::Result<()>>,
    length: Duration,
) -> anyhow::Result<()> {
    tokio::select! {
        () = sleep(length) => Ok(()),
        Some(ended) = clients.join_next() => {
            ended??;
            bail!("a client ended early")
        }
        Some(ended) = senders.join_next() => {
            ended??;
            bail!("a sender ended early")
        }
    }
}

/// Waits until every request is answered, and then until every receiver has what was acknowledged, or time is up.
async fn settle(
    clients: &mut JoinSet<anyhow::Result<()>>,
    senders: &mut JoinSet<anyhow::Result<()>>,
    pairs: &[Arc<Pair>],
) -> anyhow::Result<()> {
    let answered = async {
        while let Some(ended) = senders.join_next().await {
            ended??;
        }
        anyhow::Ok(())
    };
    timeout(SETTLE, answered).await.context("requests were left without an answer")??;
    let start = Instant::now();
    let behind = |pair: &Arc<Pair>| !compare(&lock(&pair.acknowledged), &lock(&pair.inbox).seen).lost.is_empty();
    while pairs.iter().any(behind) && start.elapsed() < SETTLE {
        unless_failed(clients, &mut JoinSet::new(), Duration::from_millis(200)).await?;
    }
    // What should not come at all gets a moment to show.
    unless_failed(clients, &mut JoinSet::new(), Duration::from_millis(500)).await
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page<'a> {
    #[serde(default)]
    complete: u8,
    #[serde(default, borrow)]
    msg_list: Vec<C2cMessage<'a>>,
    #[serde(default)]
    last_msg_time: u64,
    #[serde(default)]
    msg_key: String,
}

/// The receiver's whole history with its sender: number and time, oldest first.
async fn history(client: &Client, peer: &str) -> anyhow::Result<Vec<(u64, u64)>> {
    let (mut pages, mut time, mut key) = (Vec::new(), 0, String::new());
    loop {
        let body = json!({"Peer_Account": peer, "MaxCnt": PAGE, "LastMsgTime": time, "MsgKey": key,
            "WithRecalledMsg": 1, "GetDirection": 0});
        let reply = client.request(servcmd::ROAMING, body.to_string()).await?.ok()?;
        let page: Page<'_> = reply.json()?;
        let messages = page.msg_list.iter().map(|message| Ok((number(message)?, message.time)));
        pages.push(messages.collect::<anyhow::Result<Vec<_>>>()?);
        if page.complete == 1 {
            break;
        }
        ensure!(!page.msg_list.is_empty(), "an empty page of history that is not the last");
        (time, key) = (page.last_msg_time, page.msg_key);
    }
    pages.reverse();
    Ok(pages.concat())
}

fn summarize(pairs: &[Arc<Pair>], shared: &Shared) {
    let sum = |of: &dyn Fn(&Inbox) -> u64| pairs.iter().map(|pair| of(&lock(&pair.inbox))).sum::<u64>();
    let refused: Vec<(u64, i64)> = pairs.iter().flat_map(|pair| lock(&pair.refused).clone()).collect();
    println!(
        "{} acknowledged, {} refused, {} sessions resumed",
        pairs.iter().map(|pair| lock(&pair.acknowledged).len()).sum::<usize>(),
        refused.len(),
        shared.resumed.load(Ordering::Relaxed),
    );
    println!(
        "{} came as pushes, {} were fetched, {} of these were already in the receiver's list",
        sum(&|inbox| inbox.pushed),
        sum(&|inbox| inbox.fetched),
        sum(&|inbox| inbox.dropped),
    );
    if !refused.is_empty() {
        println!("refused (number, code): {:?}", &refused[..refused.len().min(5)]);
    }
}
