//! The load generator's third part: one speaks, many listen.
//!
//! Closed loop: a fixed number of messages is in flight; a message leaves the loop once it is answered and every
//! listener has it. That keeps what waits for the slowest listener below what a server queues for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;

use crate::crowd::{Listener, Speaker, import_group};
use crate::pair::{Sizes, Target};
use crate::procfs::meters;
use crate::server::KEY_VARIABLE;

/// Listeners that connect at the same time.
const CONNECTING: usize = 64;
/// Silence after the last listener has come, in which what was said about the coming of all of them passes.
const SETTLE: Duration = Duration::from_millis(500);
/// How long messages in flight may take to arrive once sending stops.
const DRAIN: Duration = Duration::from_secs(30);

/// What the listeners listen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// A live room (`AVChatRoom`), which every listener joins; nothing is stored or acknowledged.
    Room,
    /// A stored group (Public), made with its members over REST; pushes are acknowledged.
    Group,
}

/// Options of the fan-out. The application's secret comes in the environment.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the listeners listen to
    #[arg(long, value_enum)]
    kind: Kind,
    /// Server address, ws://host:port
    #[arg(long, required_unless_present = "relay")]
    url: Option<String>,
    /// Application
    #[arg(long, default_value_t = 0)]
    sdkappid: u32,
    /// Relay address, host:port, instead of a server
    #[arg(long)]
    relay: Option<String>,
    /// Frame sizes the relay should carry: request, answer, push, acknowledgement (0 for none)
    #[arg(long, num_args = 4, value_names = ["REQUEST", "ANSWER", "PUSH", "ACK"], default_values_t = [1000, 150, 900, 0])]
    sizes: Vec<usize>,
    /// Process whose CPU is measured
    #[arg(long)]
    pid: u32,
    /// Listeners, one connection and account each
    #[arg(long, default_value_t = 1000)]
    listeners: usize,
    /// Messages in flight
    #[arg(long, default_value_t = 8)]
    window: u64,
    /// Seconds before the measured window
    #[arg(long, default_value_t = 2.0)]
    warmup: f64,
    /// Seconds of the measured window
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
}

/// What one run measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Listeners.
    pub listeners: usize,
    /// Messages in flight.
    pub window: u64,
    /// Messages that came to a listener, a second.
    pub deliveries_per_s: f64,
    /// CPU seconds of the measured process per million of those.
    pub server_cpu_s_per_1m: f64,
    /// The same of the load generator itself.
    pub load_cpu_s_per_1m: f64,
    /// Time it took to connect all listeners and sign them in, and into a live room, seconds.
    pub connect_s: f64,
    /// Frames as they were.
    pub sizes: Sizes,
}

/// What the speaker, the listeners and the one who measures share.
#[derive(Debug)]
pub struct Tally {
    listeners: u64,
    /// By a message's number modulo the window, how many times such a message came to a listener. Since every listener
    /// has them in order, a multiple of the listeners means that the newest such message came to all.
    came: Vec<AtomicU64>,
    /// Messages that came to all.
    complete: AtomicU64,
    delivered: AtomicU64,
    push_bytes: AtomicU64,
    ack_bytes: AtomicU64,
    /// Messages to keep in flight; none before all listeners are there.
    window: AtomicU64,
    /// Whether the speaker may end.
    stopped: AtomicBool,
    in_flight: AtomicU64,
    wake: Notify,
}

impl Tally {
    fn new(listeners: usize, window: u64) -> Self {
        Self {
            listeners: listeners as u64,
            came: std::iter::repeat_with(AtomicU64::default).take(window as usize).collect(),
            complete: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            push_bytes: AtomicU64::new(0),
            ack_bytes: AtomicU64::new(0),
            window: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            in_flight: AtomicU64::new(0),
            wake: Notify::new(),
        }
    }

    /// One listener has got the messages behind `before`, up to and with `delivered`.
    pub fn got(&self, before: u64, delivered: u64) {
        if delivered == before {
            return;
        }
        self.delivered.fetch_add(delivered - before, Relaxed);
        for number in before + 1..=delivered {
            let came = &self.came[(number % self.came.len() as u64) as usize];
            if (came.fetch_add(1, Relaxed) + 1).is_multiple_of(self.listeners) {
                self.complete.fetch_add(1, Relaxed);
                self.wake.notify_one();
            }
        }
    }

    /// One listener has read pushes and written acknowledgements of so many bytes.
    pub fn sized(&self, push_bytes: usize, ack_bytes: usize) {
        self.push_bytes.fetch_add(push_bytes as u64, Relaxed);
        self.ack_bytes.fetch_add(ack_bytes as u64, Relaxed);
    }

    /// Has the speaker keep so many messages in flight from now on.
    fn speak(&self, window: u64) {
        self.window.store(window, Relaxed);
        self.wake.notify_one();
    }

    /// Mean size of what was counted in `bytes`.
    fn mean(&self, bytes: &AtomicU64) -> usize {
        bytes.load(Relaxed).checked_div(self.delivered.load(Relaxed)).unwrap_or(0) as usize
    }
}

/// Runs the fan-out and prints the outcome as one line of JSON.
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
    let outcome = measure(&args, Arc::new(target)).await?;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

async fn measure(args: &Args, target: Arc<Target>) -> anyhow::Result<Outcome> {
    let tally = Arc::new(Tally::new(args.listeners, args.window));
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    let on_server = matches!(*target, Target::Server { .. });
    let speak_on = |speaker| tokio::spawn(speak(speaker, Arc::clone(&tally)));
    let early = if on_server { Some(speak_on(Speaker::open(&target, args.kind).await?)) } else { None };
    listeners(args, &target, &tally, &mut tasks).await?;
    let connect_s = start.elapsed().as_secs_f64();
    if on_server && args.kind == Kind::Group {
        import_group(&target, args.listeners).await?;
    }
    let speaking = match early {
        Some(speaking) => speaking,
        None => speak_on(Speaker::open(&target, args.kind).await?),
    };
    pause(&mut tasks, SETTLE).await?;

    tally.speak(args.window);
    pause(&mut tasks, Duration::from_secs_f64(args.warmup)).await?;
    let own = std::process::id();
    let (start, delivered) = (Instant::now(), tally.delivered.load(Relaxed));
    let (server, load) = (meters(args.pid)?.cpu_s, meters(own)?.cpu_s);
    pause(&mut tasks, Duration::from_secs_f64(args.seconds)).await?;
    let (server, load) = (meters(args.pid)?.cpu_s - server, meters(own)?.cpu_s - load);
    let delivered = (tally.delivered.load(Relaxed) - delivered) as f64;
    let seconds = start.elapsed().as_secs_f64();
    if delivered < 1.0 {
        tokio::time::timeout(Duration::from_secs(1), speaking).await.context("nothing was delivered")???;
        bail!("nothing was delivered in the measured window");
    }
    tally.stopped.store(true, Relaxed);
    tally.speak(0);
    let spoken = tokio::time::timeout(DRAIN, speaking).await.with_context(|| {
        format!("{} messages did not come to all within {} s", tally.in_flight.load(Relaxed), DRAIN.as_secs())
    })???;

    let heard = Sizes { push: tally.mean(&tally.push_bytes), ack: tally.mean(&tally.ack_bytes), ..spoken };
    Ok(Outcome {
        listeners: args.listeners,
        window: args.window,
        deliveries_per_s: delivered / seconds,
        server_cpu_s_per_1m: server * 1e6 / delivered,
        load_cpu_s_per_1m: load * 1e6 / delivered,
        connect_s,
        sizes: if on_server { heard } else { spoken },
    })
}

/// Connects the listeners and, once all are connected, lets them in at once; they listen from then on. A room tells
/// those who are in it of those who come, so many a second: the longer they take to come, the more there is to tell.
async fn listeners(
    args: &Args,
    target: &Arc<Target>,
    tally: &Arc<Tally>,
    tasks: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let gate = Arc::new(Semaphore::new(CONNECTING));
    let (connected, joined) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (open, door) = watch::channel(false);
    for index in 0..args.listeners {
        let (gate, connected, joined) = (Arc::clone(&gate), Arc::clone(&connected), Arc::clone(&joined));
        let (target, tally, kind, mut door) = (Arc::clone(target), Arc::clone(tally), args.kind, door.clone());
        tasks.spawn(async move {
            let turn = gate.acquire().await?;
            let mut listener = Listener::open(&target, index).await.with_context(|| format!("listener {index}"))?;
            connected.add_permits(1);
            drop(turn);
            door.wait_for(|open| *open).await?;
            listener.join(kind).await.with_context(|| format!("listener {index}"))?;
            joined.add_permits(1);
            listener.listen(&tally).await
        });
    }
    for all in [connected, joined] {
        tokio::select! {
            all = all.acquire_many(args.listeners as u32) => drop(all?),
            Some(ended) = tasks.join_next() => early(ended)?,
        }
        open.send_replace(true);
    }
    Ok(())
}

/// Waits, unless a listener fails meanwhile.
async fn pause(tasks: &mut JoinSet<anyhow::Result<()>>, length: Duration) -> anyhow::Result<()> {
    tokio::select! {
        () = tokio::time::sleep(length) => Ok(()),
        Some(ended) = tasks.join_next() => early(ended),
    }
}

fn early(ended: Result<anyhow::Result<()>, tokio::task::JoinError>) -> anyhow::Result<()> {
    ended??;
    bail!("a listener ended early")
}

/// Keeps messages in flight until told to stop, and then waits until all of them have come to all.
async fn speak(mut speaker: Speaker, tally: Arc<Tally>) -> anyhow::Result<Sizes> {
    let mut sent = 0;
    loop {
        let done = speaker.answered().min(tally.complete.load(Relaxed));
        if done == sent && tally.stopped.load(Relaxed) {
            return Ok(speaker.sizes());
        }
        while sent < done + tally.window.load(Relaxed) {
            sent += 1;
            speaker.send(sent).await?;
        }
        tally.in_flight.store(sent - done, Relaxed);
        speaker.flush().await?;
        speaker.wait(&tally.wake).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_complete_when_all_have_it() {
        let tally = Tally::new(3, 2);
        let complete = || tally.complete.load(Relaxed);
        tally.got(0, 2);
        tally.got(0, 1);
        assert_eq!(complete(), 0);
        tally.got(0, 2);
        assert_eq!(complete(), 1);
        tally.got(1, 2);
        assert_eq!(complete(), 2);
        for _ in 0..3 {
            tally.got(2, 4);
        }
        assert_eq!((complete(), tally.delivered.load(Relaxed)), (4, 12));
    }

    #[tokio::test]
    async fn relay_hands_on_to_every_listener() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let relay = tokio::spawn(crate::relay::serve(listener));
        let sizes = Sizes { request: 90, answer: 10, push: 70, ack: 20 };
        let args = Args {
            kind: Kind::Group,
            url: None,
            sdkappid: 0,
            relay: None,
            sizes: Vec::new(),
            pid: std::process::id(),
            listeners: 7,
            window: 4,
            warmup: 0.0,
            seconds: 0.2,
        };
        let outcome = measure(&args, Arc::new(Target::Relay { address, sizes })).await.unwrap();
        assert!(outcome.deliveries_per_s >= 7.0);
        assert_eq!(outcome.sizes, sizes);
        relay.abort();
    }
}
