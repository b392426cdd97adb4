//! The load generator: pairs that chat, first as fast as they can, then at a fixed rate.
//!
//! Closed loop: every pair keeps a fixed number of messages in flight; a message leaves the loop once it is answered
//! and delivered. Open loop: messages have intended send times a fixed interval apart, and a message's latency runs
//! from that time to its arrival at the receiver, however late it was sent.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use crate::pair::{Pair, Sizes, Target};
use crate::procfs::{Meters, meters};
use crate::server::KEY_VARIABLE;

/// Most messages one pair has in flight in the open loop: a server that cannot follow the rate shows in the latency,
/// not in memory. Below what the relay queues for a receiver.
const OPEN_IN_FLIGHT: u64 = 1024;
/// Pairs that connect at the same time.
const CONNECTING: usize = 32;
/// How long messages in flight may take to arrive once sending stops.
const DRAIN: Duration = Duration::from_secs(30);

/// Options of the load generator. The application's secret comes in the environment.
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
    /// Frame sizes the relay should carry: request, answer, push, acknowledgement
    #[arg(long, num_args = 4, value_names = ["REQUEST", "ANSWER", "PUSH", "ACK"], default_values_t = [1000, 150, 700, 450])]
    sizes: Vec<usize>,
    /// Process whose CPU and writes are measured
    #[arg(long)]
    pid: u32,
    /// Pairs of a sender and a receiver
    #[arg(long, default_value_t = 100)]
    pairs: usize,
    /// Messages in flight per pair in the closed loop
    #[arg(long, default_value_t = 8)]
    window: u64,
    /// Seconds before each measured window
    #[arg(long, default_value_t = 2.0)]
    warmup: f64,
    /// Seconds of each measured window
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// A second open loop at this rate, messages a second
    #[arg(long)]
    also_rate: Option<f64>,
}

/// What one run measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// Messages delivered a second in the closed loop.
    pub delivered_per_s: f64,
    /// CPU seconds of the measured process per million delivered, in the closed loop.
    pub server_cpu_s_per_1m: f64,
    /// The same of the load generator itself, to show which of the two was the limit.
    pub load_cpu_s_per_1m: f64,
    /// Bytes written per delivered message, in the closed loop.
    pub written_bytes_per_message: f64,
    /// Whether the kernel counted those at the storage.
    pub written_is_storage: bool,
    /// The open loop at half of the closed loop's rate.
    #[serde(flatten)]
    pub half: Open,
    /// The open loop at the rate asked for besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Open>,
    /// Frames as they were.
    pub sizes: Sizes,
}

/// What one open loop measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Open {
    /// Messages a second.
    pub rate_per_s: f64,
    /// CPU seconds of the measured process per million delivered.
    pub paced_cpu_s_per_1m: f64,
    /// Median latency, milliseconds.
    pub p50_ms: f64,
    /// 99 % are below, milliseconds.
    pub p99_ms: f64,
    /// 99.9 % are below, milliseconds.
    pub p999_ms: f64,
    /// Messages behind the latencies.
    pub samples: usize,
}

/// What the pairs are to do.
#[derive(Debug, Clone, Copy)]
enum Plan {
    /// Send nothing, take what arrives.
    Rest,
    /// Keep this many in flight.
    Closed(u64),
    /// Send on time.
    Open(Schedule),
    /// End.
    Stop,
}

/// Intended send times: message `n` of all pairs together is due `n` intervals after the start, pairs taking turns.
#[derive(Debug, Clone, Copy)]
struct Schedule {
    start: Instant,
    interval: Duration,
    pairs: u64,
    /// Latencies count for messages due in this part.
    measured: (Instant, Instant),
}

impl Schedule {
    /// How many messages of one pair are due.
    fn due(&self, pair: u64, now: Instant) -> u64 {
        let Some(passed) = now.checked_duration_since(self.start) else { return 0 };
        let all = (passed.as_nanos() / self.interval.as_nanos()) as u64 + 1;
        (all + self.pairs - 1 - pair) / self.pairs
    }

    /// When the pair's message, counted from 0, is due.
    fn intended(&self, pair: u64, number: u64) -> Instant {
        let nanos = self.interval.as_nanos() * u128::from(number * self.pairs + pair);
        self.start + Duration::from_nanos(nanos as u64)
    }
}

/// What the pairs and the one who measures share.
struct Control {
    version: AtomicU64,
    plan: Mutex<Plan>,
    pairs: Vec<Shared>,
}

/// One pair's part, on a cache line of its own.
#[repr(align(128))]
#[derive(Default)]
struct Shared {
    wake: Notify,
    delivered: AtomicU64,
    in_flight: AtomicU64,
}

impl Control {
    fn new(pairs: usize) -> Self {
        let pairs = std::iter::repeat_with(Shared::default).take(pairs).collect();
        Self { version: AtomicU64::new(0), plan: Mutex::new(Plan::Rest), pairs }
    }

    fn set(&self, plan: Plan) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = plan;
        self.version.fetch_add(1, Ordering::Release);
        self.pairs.iter().for_each(|pair| pair.wake.notify_one());
    }

    fn delivered(&self) -> u64 {
        self.pairs.iter().map(|pair| pair.delivered.load(Ordering::Relaxed)).sum()
    }

    fn in_flight(&self) -> u64 {
        self.pairs.iter().map(|pair| pair.in_flight.load(Ordering::Relaxed)).sum()
    }
}

/// What a pair has to tell at the end: frame sizes, and latencies in microseconds for each open loop.
type Told = (Sizes, Vec<Vec<u32>>);

/// Runs the load and prints the outcome as one line of JSON.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let target = match (&args.relay, &args.url) {
        (Some(address), _) => {
            let &[request, answer, push, ack] = &args.sizes[..] else { bail!("four sizes are needed") };
            Target::Relay { address: address.clone(), sizes: Sizes { request, answer, push, ack } }
        }
        (None, Some(url)) => {
            let key = std::env::var(KEY_VARIABLE).with_context(|| format!("{KEY_VARIABLE} is not set"))?;
            Target::Server { url: url.clone(), sdkappid: args.sdkappid, key }
        }
        (None, None) => bail!("neither a server nor a relay is named"),
    };
    let outcome = measure(&args, &target).await?;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

async fn measure(args: &Args, target: &Target) -> anyhow::Result<Outcome> {
    let (warmup, seconds) = (Duration::from_secs_f64(args.warmup), Duration::from_secs_f64(args.seconds));
    let control = Arc::new(Control::new(args.pairs));
    let mut tasks = JoinSet::new();
    for (index, pair) in open_pairs(target, args.pairs).await?.into_iter().enumerate() {
        tasks.spawn(drive(pair, index, Arc::clone(&control)));
    }

    control.set(Plan::Closed(args.window));
    pause(&mut tasks, warmup).await?;
    let closed = window(&mut tasks, &control, args.pid, seconds).await?;
    rest(&mut tasks, &control).await?;

    let delivered_per_s = closed.delivered as f64 / closed.seconds;
    let rates: Vec<f64> = [Some(delivered_per_s / 2.0), args.also_rate].into_iter().flatten().collect();
    let mut opens = Vec::new();
    for rate_per_s in rates {
        let open = open_loop(&mut tasks, &control, args.pid, rate_per_s, (warmup, seconds)).await?;
        let paced_cpu_s_per_1m = open.per_million(open.server.cpu_s);
        opens.push(Open { rate_per_s, paced_cpu_s_per_1m, ..Open::default() });
    }

    control.set(Plan::Stop);
    let (mut sizes, mut latencies) = (Sizes::default(), vec![Vec::new(); opens.len()]);
    while let Some(told) = tasks.join_next().await {
        let (size, some) = told??;
        sizes = size;
        latencies.iter_mut().zip(some).for_each(|(all, mut one)| all.append(&mut one));
    }
    for (open, latencies) in opens.iter_mut().zip(&mut latencies) {
        latencies.sort_unstable();
        open.samples = latencies.len();
        open.p50_ms = percentile(latencies, 0.5);
        open.p99_ms = percentile(latencies, 0.99);
        open.p999_ms = percentile(latencies, 0.999);
    }
    let mut opens = opens.into_iter();
    Ok(Outcome {
        delivered_per_s,
        server_cpu_s_per_1m: closed.per_million(closed.server.cpu_s),
        load_cpu_s_per_1m: closed.per_million(closed.load_cpu_s),
        written_bytes_per_message: closed.server.written as f64 / closed.delivered as f64,
        written_is_storage: closed.server.written_is_storage,
        half: opens.next().unwrap_or_default(),
        also: opens.next(),
        sizes,
    })
}

/// One open loop: sends at a rate, measures the part behind the warm-up, waits until everything has arrived.
async fn open_loop(
    tasks: &mut JoinSet<anyhow::Result<Told>>,
    control: &Arc<Control>,
    pid: u32,
    rate_per_s: f64,
    (warmup, seconds): (Duration, Duration),
) -> anyhow::Result<Window> {
    let start = Instant::now();
    let schedule = Schedule {
        start,
        interval: Duration::from_secs_f64(1.0 / rate_per_s),
        pairs: control.pairs.len() as u64,
        measured: (start + warmup, start + warmup + seconds),
    };
    control.set(Plan::Open(schedule));
    let pacer = tokio::task::spawn_blocking({
        let control = Arc::clone(control);
        move || pace(schedule, &control)
    });
    pause(tasks, warmup).await?;
    let open = window(tasks, control, pid, seconds).await?;
    pacer.await?;
    rest(tasks, control).await?;
    Ok(open)
}

async fn open_pairs(target: &Target, count: usize) -> anyhow::Result<Vec<Pair>> {
    let (target, gate) = (Arc::new(target.clone()), Arc::new(Semaphore::new(CONNECTING)));
    let mut opening = JoinSet::new();
    for index in 0..count {
        let (target, gate) = (Arc::clone(&target), Arc::clone(&gate));
        opening.spawn(async move {
            let _turn = gate.acquire().await?;
            Pair::open(&target, index).await.with_context(|| format!("pair {index}"))
        });
    }
    let mut pairs = Vec::with_capacity(count);
    while let Some(pair) = opening.join_next().await {
        pairs.push(pair??);
    }
    Ok(pairs)
}

/// What happened between two moments.
struct Window {
    seconds: f64,
    delivered: u64,
    server: Meters,
    load_cpu_s: f64,
}

impl Window {
    fn per_million(&self, cpu_s: f64) -> f64 {
        cpu_s * 1e6 / self.delivered as f64
    }
}

async fn window(
    tasks: &mut JoinSet<anyhow::Result<Told>>,
    control: &Control,
    pid: u32,
    length: Duration,
) -> anyhow::Result<Window> {
    let own = std::process::id();
    let (start, delivered, server, load) = (Instant::now(), control.delivered(), meters(pid)?, meters(own)?);
    pause(tasks, length).await?;
    let (server_then, load_then) = (meters(pid)?, meters(own)?);
    let delivered = control.delivered() - delivered;
    if delivered == 0 {
        bail!("nothing was delivered in the measured window");
    }
    Ok(Window {
        seconds: start.elapsed().as_secs_f64(),
        delivered,
        server: Meters {
            cpu_s: server_then.cpu_s - server.cpu_s,
            written: server_then.written - server.written,
            ..server_then
        },
        load_cpu_s: load_then.cpu_s - load.cpu_s,
    })
}

/// Waits, unless a pair fails meanwhile.
async fn pause(tasks: &mut JoinSet<anyhow::Result<Told>>, length: Duration) -> anyhow::Result<()> {
    tokio::select! {
        () = tokio::time::sleep(length) => Ok(()),
        Some(ended) = tasks.join_next() => {
            ended??;
            bail!("a pair ended early")
        }
    }
}

/// Stops sending and waits until everything has arrived.
async fn rest(tasks: &mut JoinSet<anyhow::Result<Told>>, control: &Control) -> anyhow::Result<()> {
    control.set(Plan::Rest);
    let start = Instant::now();
    // A pair may still be sending by the old plan; twice at rest is at rest.
    let mut quiet = 0;
    while quiet < 2 {
        pause(tasks, Duration::from_millis(20)).await?;
        quiet = if control.in_flight() == 0 { quiet + 1 } else { 0 };
        if start.elapsed() > DRAIN {
            bail!("{} messages did not arrive within {} s", control.in_flight(), DRAIN.as_secs());
        }
    }
    Ok(())
}

/// Wakes each pair when its next message is due. A thread of its own: timers of the runtime tick in milliseconds.
fn pace(schedule: Schedule, control: &Control) {
    let mut all: u64 = 0;
    loop {
        let due = schedule.start + Duration::from_nanos((schedule.interval.as_nanos() * u128::from(all)) as u64);
        if due >= schedule.measured.1 {
            return;
        }
        if let Some(early) = due.checked_duration_since(Instant::now()) {
            std::thread::sleep(early);
        }
        control.pairs[(all % schedule.pairs) as usize].wake.notify_one();
        all += 1;
    }
}

async fn drive(mut pair: Pair, index: usize, control: Arc<Control>) -> anyhow::Result<Told> {
    let (shared, index) = (&control.pairs[index], index as u64);
    let (mut version, mut plan) = (u64::MAX, Plan::Rest);
    let mut open: Option<(Schedule, u64)> = None;
    let (mut sent, mut seen): (u64, u64) = (0, 0);
    let mut latencies: Vec<Vec<u32>> = Vec::new();
    loop {
        let current = control.version.load(Ordering::Acquire);
        if current != version {
            version = current;
            plan = *control.plan.lock().unwrap_or_else(PoisonError::into_inner);
            if let Plan::Open(schedule) = plan {
                open = Some((schedule, sent));
                latencies.push(Vec::new());
            }
        }
        let done = pair.answered().min(seen);
        let until = match plan {
            Plan::Rest => sent,
            Plan::Closed(window) => done + window,
            Plan::Open(schedule) => {
                let base = open.map_or(0, |(_, base)| base);
                let now = Instant::now().min(schedule.measured.1);
                (base + schedule.due(index, now)).min(done + OPEN_IN_FLIGHT)
            }
            Plan::Stop => return Ok((pair.sizes(), latencies)),
        };
        while sent < until {
            sent += 1;
            pair.send(sent).await?;
        }
        shared.in_flight.store(sent - done, Ordering::Relaxed);
        pair.flush().await?;
        pair.wait(&shared.wake).await?;
        if pair.delivered() > seen {
            let now = Instant::now();
            if let (Some((schedule, base)), Some(latencies)) = (open, latencies.last_mut()) {
                latencies.extend((seen..pair.delivered()).filter(|number| *number >= base).filter_map(|number| {
                    let intended = schedule.intended(index, number - base);
                    let counts = (schedule.measured.0..schedule.measured.1).contains(&intended);
                    counts.then(|| now.saturating_duration_since(intended).as_micros() as u32)
                }));
            }
            seen = pair.delivered();
            shared.delivered.store(seen, Ordering::Relaxed);
        }
    }
}

/// The value below which `part` of the sorted values lie, microseconds to milliseconds.
pub fn percentile(sorted: &[u32], part: f64) -> f64 {
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).map_or(f64::NAN, |micros| f64::from(*micros) / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_take_turns_on_the_schedule() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let schedule = Schedule { start, interval: ms(10), pairs: 3, measured: (start, start + ms(1000)) };
        assert_eq!((0..3).map(|pair| schedule.due(pair, start)).collect::<Vec<_>>(), [1, 0, 0]);
        assert_eq!((0..3).map(|pair| schedule.due(pair, start + ms(45))).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(schedule.intended(1, 1), start + ms(40));
        for (pair, number) in [(0, 0), (1, 4), (2, 7)] {
            let intended = schedule.intended(pair, number);
            assert_eq!(schedule.due(pair, intended), number + 1, "due exactly when intended");
            assert_eq!(schedule.due(pair, intended.checked_sub(Duration::from_nanos(1)).unwrap()), number);
        }
    }

    #[test]
    fn percentiles_are_exact_ranks() {
        let values: Vec<u32> = (1..=1000).map(|n| n * 1000).collect();
        assert!((percentile(&values, 0.5) - 500.0).abs() < 1e-9);
        assert!((percentile(&values, 0.99) - 990.0).abs() < 1e-9);
        assert!((percentile(&values, 0.999) - 999.0).abs() < 1e-9);
        assert!(percentile(&[], 0.5).is_nan());
    }
}
