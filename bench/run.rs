//! The whole benchmark: starts the server, the relay and the load generators, collects, reports.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;

use crate::pair::Sizes;
use crate::report::{Report, Settings};
use crate::server::{App, KEY_VARIABLE, Place};
use crate::{groups, idle, load, login, offline};

/// Options of the benchmark.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Short windows and fewer messages: about 90 seconds in all
    #[arg(long)]
    quick: bool,
    /// Server binary
    #[arg(long, default_value = "target/release/feihong")]
    server: PathBuf,
    /// Folder for data, logs and the report; on the disk that is to be measured
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// Pairs of a sender and a receiver
    #[arg(long, default_value_t = 100)]
    pairs: usize,
    /// Messages in flight per pair in the closed loop
    #[arg(long, default_value_t = 8)]
    window: u64,
    /// Seconds of each measured window [default: 20, quick: 3]
    #[arg(long)]
    seconds: Option<f64>,
    /// Idle connections
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
}

/// Runs everything, prints the table and writes `report.json`.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let seconds = args.seconds.unwrap_or(if args.quick { 3.0 } else { 20.0 });
    let warmup = if args.quick { 1.0 } else { 5.0 };
    let settle = if args.quick { 1.0 } else { 5.0 };
    let loads = [
        format!("--pairs={}", args.pairs),
        format!("--window={}", args.window),
        format!("--warmup={warmup}"),
        format!("--seconds={seconds}"),
    ];
    let idles = [format!("--connections={}", args.connections), format!("--settle={settle}")];
    std::fs::create_dir_all(&args.out)?;

    eprintln!("messages through the server");
    let c2c: load::Outcome = with_server(args, "load", &loads).await?;
    eprintln!("messages that an app's own server is told of");
    let told: load::Outcome = {
        let hook = Relay::start_as("hook")?;
        let url = format!("callback_url=http://{}/", hook.address);
        with_server_set(args, "load", &loads, &[&url, "callbacks=C2C.CallbackAfterSendMsg"]).await?
    };
    eprintln!("the same frames through the relay");
    let relay: load::Outcome = {
        let relay = Relay::start()?;
        let Sizes { request, answer, push, ack } = c2c.sizes;
        let mut more = vec!["--sizes".to_owned()];
        more.extend([request, answer, push, ack].map(|size| size.to_string()));
        more.push(format!("--also-rate={}", c2c.half.rate_per_s));
        more.extend(relay.options());
        child("load", &loads, &more, None).await?
    };
    eprintln!("idle connections on the server");
    let idle: idle::Outcome = with_server(args, "idle", &idles).await?;
    eprintln!("idle connections on the relay");
    let relay_idle: idle::Outcome = {
        let relay = Relay::start()?;
        child("idle", &idles, &relay.options(), None).await?
    };

    let fan_seconds = args.seconds.unwrap_or(if args.quick { 2.0 } else { 20.0 });
    let groups = groups::measure(args, fan_seconds, warmup).await?;

    eprintln!("sign-ins of a user with many friends");
    let logins = if args.quick { 20 } else { 100 };
    let login: login::Outcome = with_server(args, "login", &[format!("--logins={logins}")]).await?;
    eprintln!("messages to users who are away");
    let messages = if args.quick { 20_000 } else { 100_000 };
    let offline: offline::Outcome = with_server(args, "offline", &[format!("--messages={messages}")]).await?;

    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let settings = Settings { quick: args.quick, pairs: args.pairs, window: args.window, seconds, processors };
    let report = Report { c2c, told, idle, relay, relay_idle, groups, login, offline, settings };
    let path = args.out.join("report.json");
    std::fs::write(&path, serde_json::to_vec_pretty(&report.json())?)?;
    println!("{}\nwritten to {}", report.table(), path.display());
    Ok(())
}

/// Runs one load generator against a server with an empty data folder of its own.
pub async fn with_server<T: DeserializeOwned + Send + 'static>(
    args: &Args,
    command: &'static str,
    options: &[String],
) -> anyhow::Result<T> {
    with_server_set(args, command, options, &[]).await
}

/// The same with settings of the app.
async fn with_server_set<T: DeserializeOwned + Send + 'static>(
    args: &Args,
    command: &'static str,
    options: &[String],
    settings: &[&str],
) -> anyhow::Result<T> {
    let place = Place::fresh(&args.server, &args.out, command)?;
    let server = place.start().await?;
    let app = place.create_app()?;
    place.set(&app, settings)?;
    let more =
        [format!("--url={}", place.url()), format!("--sdkappid={}", app.sdkappid), format!("--pid={}", server.pid())];
    let outcome = child(command, options, &more, Some(&app)).await;
    drop(server);
    let outcome = outcome.with_context(|| format!("the server's log is {}", place.log.display()))?;
    std::fs::remove_dir_all(&place.data)?;
    Ok(outcome)
}

/// Runs a load generator and reads its outcome from the last line it prints.
pub async fn child<T: DeserializeOwned + Send + 'static>(
    command: &'static str,
    options: &[String],
    more: &[String],
    app: Option<&App>,
) -> anyhow::Result<T> {
    let mut process = Command::new(std::env::current_exe()?);
    process.arg(command).args(options).args(more).stdin(Stdio::null()).stderr(Stdio::inherit());
    if let Some(app) = app {
        process.env(KEY_VARIABLE, &app.key);
    }
    tokio::task::spawn_blocking(move || {
        let output = process.output()?;
        ensure!(output.status.success(), "{command} failed with {}", output.status);
        let line = output.stdout.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        serde_json::from_slice(line).with_context(|| format!("{command} printed no outcome"))
    })
    .await?
}

/// The relay as a child process; killed when dropped.
pub struct Relay {
    process: Child,
    address: String,
}

impl Relay {
    /// Starts it on a free port.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_as("relay")
    }

    /// Starts another part of this program that prints its address.
    fn start_as(part: &str) -> anyhow::Result<Self> {
        let mut process =
            Command::new(std::env::current_exe()?).arg(part).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().context("the relay has no output")?;
        let mut relay = Self { process, address: String::new() };
        BufReader::new(output).read_line(&mut relay.address)?;
        relay.address.truncate(relay.address.trim_end().len());
        ensure!(!relay.address.is_empty(), "the relay did not start");
        Ok(relay)
    }

    /// Where it is, for a load generator.
    pub fn options(&self) -> Vec<String> {
        vec![format!("--relay={}", self.address), format!("--pid={}", self.process.id())]
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Gone already: nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
