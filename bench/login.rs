//! The load generator's fourth part: one user with many friends and conversations who signs in, again and again.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::load::percentile;
use crate::pair::TEXT;
use crate::procfs::meters;
use crate::rest::Backend;
use crate::server::KEY_VARIABLE;
use crate::start::Start;

/// Who signs in.
const USER: &str = "bench_user";
/// Accounts one request imports (REST v4 `multiaccount_import`).
const ACCOUNTS: usize = 100;
/// Friends one request imports (REST v4 `friend_import`).
const FRIENDS: usize = 1000;
/// Between two requests of the set-up: below the 100 a second that the most limited command allows, and the 200 of the
/// others for the short ones.
const PACE: Duration = Duration::from_millis(11);
const MESSAGE_PACE: Duration = Duration::from_millis(6);

/// Options of the sign-ins. The application's secret comes in the environment.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Server address, ws://host:port
    #[arg(long)]
    url: String,
    /// Application
    #[arg(long)]
    sdkappid: u32,
    /// Process whose CPU is measured
    #[arg(long)]
    pid: u32,
    /// Friends of the user
    #[arg(long, default_value_t = 3000)]
    friends: usize,
    /// Conversations of the user, each with a friend and with one unread message
    #[arg(long, default_value_t = 500)]
    conversations: usize,
    /// Sign-ins, one after the other
    #[arg(long, default_value_t = 100)]
    logins: usize,
}

/// What one run measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Friends of the user.
    pub friends: usize,
    /// Conversations of the user.
    pub conversations: usize,
    /// Requests of one sign-in.
    pub requests: usize,
    /// CPU time of the measured process for one sign-in, milliseconds.
    pub server_cpu_ms_per_login: f64,
    /// Median time from connecting to the last answer, milliseconds.
    pub p50_ms: f64,
    /// 99 % are below, milliseconds.
    pub p99_ms: f64,
    /// Mean bytes received in one sign-in, as they came over the wire.
    pub received_bytes: usize,
    /// Sign-ins behind these figures.
    pub logins: usize,
}

/// Makes the user, signs it in, and prints the outcome as one line of JSON.
pub async fn run(args: Args) -> anyhow::Result<()> {
    ensure!(args.conversations <= args.friends, "conversations are with friends: there are not enough of them");
    ensure!(args.logins > 0, "nobody signs in");
    let key = std::env::var(KEY_VARIABLE).with_context(|| format!("{KEY_VARIABLE} is not set"))?;
    let friends: Vec<String> = (0..args.friends).map(|index| format!("friend{index:06}")).collect();
    set_up(&Backend::new(&args.url, args.sdkappid, &key)?, &friends, args.conversations).await?;

    let sign_in = async || {
        let begun = Instant::now();
        let start = Start::run(&args.url, args.sdkappid, USER, &key).await?;
        let took = begun.elapsed();
        start.check(&friends, args.conversations)?;
        anyhow::Ok((start, took))
    };
    // The first one reads what the others find in memory.
    let (first, _) = sign_in().await?;
    let (mut latencies, mut received) = (Vec::with_capacity(args.logins), 0);
    let cpu = meters(args.pid)?.cpu_s;
    for _ in 0..args.logins {
        let (start, took) = sign_in().await?;
        ensure!(start.requests == first.requests, "{} requests, then {}", first.requests, start.requests);
        latencies.push(took.as_micros() as u32);
        received += start.received;
    }
    let cpu = meters(args.pid)?.cpu_s - cpu;
    latencies.sort_unstable();
    let outcome = Outcome {
        friends: args.friends,
        conversations: args.conversations,
        requests: first.requests,
        server_cpu_ms_per_login: cpu * 1000.0 / args.logins as f64,
        p50_ms: percentile(&latencies, 0.5),
        p99_ms: percentile(&latencies, 0.99),
        received_bytes: received / args.logins,
        logins: args.logins,
    };
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

/// Imports the user, the friends, and from the first of them a message each.
async fn set_up(backend: &Backend, friends: &[String], conversations: usize) -> anyhow::Result<()> {
    let mut pace = paced(PACE);
    let all: Vec<&str> = std::iter::once(USER).chain(friends.iter().map(String::as_str)).collect();
    for users in all.chunks(ACCOUNTS) {
        let account = |user: &&str| json!({"UserID": user, "Nick": format!("Nick of {user}"), "FaceUrl": format!("https://example.org/{user}.png")});
        let body = json!({"AccountList": users.iter().map(account).collect::<Vec<_>>()});
        pace.tick().await;
        let answer = backend.ask("im_open_login_svc/multiaccount_import", &body).await?;
        ensure!(answer["FailAccounts"] == json!([]), "accounts were not imported: {}", answer["FailAccounts"]);
    }
    for users in friends.chunks(FRIENDS) {
        let friend =
            |user| json!({"To_Account": user, "AddSource": "AddSource_Type_Bench", "Remark": format!("r {user}")});
        let body = json!({"From_Account": USER, "AddFriendItem": users.iter().map(friend).collect::<Vec<_>>()});
        pace.tick().await;
        let answer = backend.ask("sns/friend_import", &body).await?;
        let results = answer["ResultItem"].as_array().context("no results of the friends")?;
        let refused = results.iter().find(|friend| friend["ResultCode"] != 0);
        ensure!(refused.is_none() && results.len() == users.len(), "a friend was not imported: {refused:?}");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut pace = paced(MESSAGE_PACE);
    for (number, friend) in friends[..conversations].iter().enumerate() {
        pace.tick().await;
        backend.ask("openim/importmsg", &message(friend, number, now)).await?;
    }
    Ok(())
}

/// An unread message from a friend to the user.
fn message(friend: &str, number: usize, second: u64) -> Value {
    let text: String = "0123456789abcdefghijklmnopqrstuvwxyz ".chars().cycle().take(TEXT).collect();
    json!({
        "SyncFromOldSystem": 5, "From_Account": friend, "To_Account": USER, "MsgSeq": number + 1,
        "MsgRandom": number + 1, "MsgTimeStamp": second,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
    })
}

/// Ticks that are never closer together than `period`, so that no second has more of them than fit.
fn paced(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
