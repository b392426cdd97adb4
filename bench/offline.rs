//! The load generator's fifth part: messages to users who are away, and how these get them when they come back.
//!
//! Every user has signed in once, so that what it missed is what lies behind the cookie it got then. It comes back as
//! the SDKs do after a lost connection: the same instance signs in with its ticket and asks with that cookie.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use client::{Framing, LOGIN_BODY, Login, Options, Outgoing, Session, SyncPage, UserSig, servcmd, sync_body};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::pair::{TEXT, deliver, now, sign_in, write_text};
use crate::procfs::meters;
use crate::rest::Backend;
use crate::server::KEY_VARIABLE;

/// Senders that write to each user.
const PEERS: usize = 5;
/// Accounts one request imports (REST v4 `multiaccount_import`).
const ACCOUNTS: usize = 100;

/// Options of the messages to users who are away. The application's secret comes in the environment.
#[derive(Debug, Clone, clap::Args)]
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
    /// Messages in all; rounded down to the same number from each sender to each of its users
    #[arg(long, default_value_t = 100_000)]
    messages: u64,
    /// Users who are away
    #[arg(long, default_value_t = 1000)]
    users: usize,
    /// Senders, a multiple of five; five of them write to each user
    #[arg(long, default_value_t = 50)]
    senders: usize,
    /// Messages in flight per sender
    #[arg(long, default_value_t = 32)]
    window: usize,
    /// Users who come back at the same time
    #[arg(long, default_value_t = 32)]
    together: usize,
}

/// What one run measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Messages.
    pub messages: u64,
    /// Users who were away.
    pub users: usize,
    /// Messages acknowledged a second, which is when they are on disk.
    pub stored_per_s: f64,
    /// Messages a second that the users got when they came back, connecting and signing in included.
    pub drained_per_s: f64,
    /// CPU seconds of the measured process per million stored.
    pub server_cpu_s_per_1m_stored: f64,
    /// CPU seconds of the measured process per million got afterwards.
    pub server_cpu_s_per_1m_drained: f64,
}

/// A user who is away.
struct Away {
    index: usize,
    options: Options,
    login: Login,
    cookie: String,
}

/// Sends, lets the users come back, and prints the outcome as one line of JSON.
pub async fn run(args: Args) -> anyhow::Result<()> {
    ensure!(args.senders > 0 && args.senders.is_multiple_of(PEERS), "the senders are no multiple of {PEERS}");
    ensure!(args.window > 0 && args.together > 0, "nothing would be in flight");
    let each = args.messages.checked_div((args.users * PEERS) as u64).unwrap_or(0);
    ensure!(each > 0, "{} messages are too few for {} users", args.messages, args.users);
    let messages = each * (args.users * PEERS) as u64;
    let args = Arc::new(args);
    let key: Arc<str> = std::env::var(KEY_VARIABLE).with_context(|| format!("{KEY_VARIABLE} is not set"))?.into();

    import_users(&Backend::new(&args.url, args.sdkappid, &key)?, args.users).await?;
    let mut senders = Vec::with_capacity(args.senders);
    for index in 0..args.senders {
        let options = Options::new(&args.url, args.sdkappid, Framing::Binary);
        let (session, _) = sign_in(&options, &sender(index), &key).await?;
        senders.push(Sender { session, index, first: options.seq });
    }
    // The conversations are opened before anything is measured.
    let senders = send_all(&args, senders, 0..=0).await?;
    let away = bounded(&args, (0..args.users).collect(), |args, index| leave(args, Arc::clone(&key), index)).await?;

    let (begun, cpu) = (Instant::now(), meters(args.pid)?.cpu_s);
    send_all(&args, senders, 1..=each).await?;
    let (stored_s, stored_cpu_s) = (begun.elapsed().as_secs_f64(), meters(args.pid)?.cpu_s - cpu);

    let (begun, cpu) = (Instant::now(), meters(args.pid)?.cpu_s);
    bounded(&args, away, move |args, away| come_back(args, away, each)).await?;
    let (drained_s, drained_cpu_s) = (begun.elapsed().as_secs_f64(), meters(args.pid)?.cpu_s - cpu);

    let outcome = Outcome {
        messages,
        users: args.users,
        stored_per_s: messages as f64 / stored_s,
        drained_per_s: messages as f64 / drained_s,
        server_cpu_s_per_1m_stored: stored_cpu_s * 1e6 / messages as f64,
        server_cpu_s_per_1m_drained: drained_cpu_s * 1e6 / messages as f64,
    };
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

fn sender(index: usize) -> String {
    format!("away_s{index:06}")
}

fn user(index: usize) -> String {
    format!("away_r{index:06}")
}

/// The users that a sender writes to: those with its number modulo the groups of `PEERS` senders there are.
fn users_of(sender: usize, args: &Args) -> impl Iterator<Item = usize> + Clone {
    let groups = args.senders / PEERS;
    (sender % groups..args.users).step_by(groups)
}

/// The senders that write to a user.
fn senders_of(user: usize, args: &Args) -> impl Iterator<Item = usize> {
    let groups = args.senders / PEERS;
    (user % groups..args.senders).step_by(groups)
}

async fn import_users(backend: &Backend, users: usize) -> anyhow::Result<()> {
    let names: Vec<String> = (0..users).map(user).collect();
    for accounts in names.chunks(ACCOUNTS) {
        backend.ask("im_open_login_svc/multiaccount_import", &json!({"Accounts": accounts})).await?;
    }
    Ok(())
}

/// Does something for each item, so many at a time as users may come back together, and gives all results.
async fn bounded<T, R, F>(args: &Arc<Args>, items: Vec<T>, each: impl Fn(Arc<Args>, T) -> F) -> anyhow::Result<Vec<R>>
where
    R: Send + 'static,
    F: Future<Output = anyhow::Result<R>> + Send + 'static,
{
    let gate = Arc::new(Semaphore::new(args.together));
    let mut tasks = JoinSet::new();
    for item in items {
        let (gate, work) = (Arc::clone(&gate), each(Arc::clone(args), item));
        tasks.spawn(async move {
            let _turn = gate.acquire().await?;
            work.await
        });
    }
    let mut results = Vec::with_capacity(tasks.len());
    while let Some(result) = tasks.join_next().await {
        results.push(result??);
    }
    Ok(results)
}

/// One who writes to users who are away.
struct Sender {
    session: Session,
    index: usize,
    /// `MsgSeq` of its first message.
    first: u32,
}

/// Sends messages of these numbers from every sender to each of its users, until all are acknowledged.
async fn send_all(args: &Arc<Args>, senders: Vec<Sender>, numbers: RangeInclusive<u64>) -> anyhow::Result<Vec<Sender>> {
    let mut tasks = JoinSet::new();
    for sender in senders {
        tasks.spawn(sender.send(Arc::clone(args), numbers.clone()));
    }
    let mut senders = Vec::with_capacity(tasks.len());
    while let Some(sender) = tasks.join_next().await {
        senders.push(sender??);
    }
    Ok(senders)
}

impl Sender {
    async fn send(mut self, args: Arc<Args>, numbers: RangeInclusive<u64>) -> anyhow::Result<Self> {
        let from = sender(self.index);
        let (mut text, mut body) = (String::with_capacity(TEXT), Vec::with_capacity(1024));
        let users = users_of(self.index, &args);
        let mut left = numbers.flat_map(|number| users.clone().map(move |index| (number, user(index))));
        let mut in_flight = 0;
        loop {
            while in_flight < args.window {
                let Some((number, to)) = left.next() else { break };
                write_text(&mut text, number);
                body.clear();
                let (seq, random) = (self.first, self.first.wrapping_mul(2_654_435_761));
                Outgoing { from: &from, to: &to, seq, random, client_time: now(), text: &text }.write(&mut body);
                self.first = self.first.wrapping_add(1);
                self.session.queue(servcmd::SEND, &body).await?;
                in_flight += 1;
            }
            if in_flight == 0 {
                return Ok(self);
            }
            self.session.flush().await?;
            let mut next = Some(self.session.next().await?);
            while let Some(frame) = next {
                if frame.servcmd() == servcmd::SEND {
                    frame.into_reply()?.ok().context("a message was refused")?;
                    in_flight -= 1;
                }
                next = self.session.try_next()?;
            }
        }
    }
}

/// Signs a user in and goes away without a word.
async fn leave(args: Arc<Args>, key: Arc<str>, index: usize) -> anyhow::Result<Away> {
    let name = user(index);
    let mut options = Options::new(&args.url, args.sdkappid, Framing::Binary);
    let mut session = Session::open(&options).await.context("cannot connect")?;
    let login = session.login(&name, &UserSig::now(args.sdkappid, &name).sign(&key)).await?;
    let reply = session.call(servcmd::SYNC, &sync_body("", 0, false)).await?.ok()?;
    let cookie = reply.frame().sync_page()?.cookie.into_owned();
    options.seq = session.next_seq();
    Ok(Away { index, options, login, cookie })
}

/// Signs a user in again and fetches what it missed, which must be `each` messages of every one of its senders.
async fn come_back(args: Arc<Args>, away: Away, each: u64) -> anyhow::Result<()> {
    let name = user(away.index);
    let mut inbox = Inbox { to: &name, got: senders_of(away.index, &args).map(|index| (sender(index), 0)).collect() };
    let mut session = Session::open(&away.options).await.context("cannot connect")?;
    session.identify(&away.login.identity());
    let login: Login = session.call(servcmd::LOGIN, LOGIN_BODY).await?.ok()?.json()?;
    ensure!(login.inst_id == away.login.inst_id, "{name} came back as another instance");
    let (mut cookie, mut sync_flag) = (away.cookie, 0);
    while sync_flag != 2 {
        let reply = session.call(servcmd::SYNC, &sync_body(&cookie, sync_flag, false)).await?.ok()?;
        let page = reply.frame().sync_page()?;
        inbox.take(&page).with_context(|| name.clone())?;
        sync_flag = page.sync_flag;
        cookie = page.cookie.into_owned();
    }
    inbox.check(each).with_context(|| name.clone())
}

/// What a user has got since it came back.
struct Inbox<'a> {
    to: &'a str,
    /// The number of the last message of each of its senders.
    got: BTreeMap<String, u64>,
}

impl Inbox<'_> {
    /// Takes a page: every message must be the next one of its sender.
    fn take(&mut self, page: &SyncPage<'_>) -> anyhow::Result<()> {
        for message in page.messages() {
            ensure!(message.to == self.to, "a message to {} came", message.to);
            let got = self.got.get_mut(&*message.from).with_context(|| format!("{} never wrote", message.from))?;
            *got = deliver(*got, message.body.map_or("", |body| body.get()), false)?;
        }
        Ok(())
    }

    /// Whether it has got all.
    fn check(&self, each: u64) -> anyhow::Result<()> {
        for (from, got) in &self.got {
            ensure!(*got == each, "{got} of {each} messages of {from} came");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use client::Frame;

    use super::*;

    fn args() -> Args {
        Args {
            url: String::new(),
            sdkappid: 0,
            pid: 0,
            messages: 0,
            users: 23,
            senders: 3 * PEERS,
            window: 1,
            together: 1,
        }
    }

    #[test]
    fn each_user_is_written_to_by_as_many() {
        let args = args();
        let mut pairs = Vec::new();
        for index in 0..args.users {
            assert_eq!(senders_of(index, &args).count(), PEERS);
            pairs.extend(senders_of(index, &args).map(|from| (from, index)));
        }
        let mut written: Vec<_> =
            (0..args.senders).flat_map(|from| users_of(from, &args).map(move |index| (from, index))).collect();
        pairs.sort_unstable();
        written.sort_unstable();
        assert_eq!(pairs, written);
    }

    #[test]
    fn an_inbox_takes_exactly_what_was_sent_in_order() {
        let take = |messages: &[(&str, &str, u64)]| {
            let list: Vec<_> = messages
                .iter()
                .map(|(from, to, number)| {
                    let mut text = String::new();
                    write_text(&mut text, *number);
                    let body = json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}]);
                    json!({"From_Account": from, "To_Account": to, "MsgBody": body})
                })
                .collect();
            let frame = json!({"head": {"servcmd": servcmd::SYNC, "seq": 1},
                "body": {"MsgList": list, "SyncFlag": 2, "Cookie": "p"}});
            let frame = Frame::decode(frame.to_string().into()).unwrap();
            let mut inbox =
                Inbox { to: "me", got: [("a", 0), ("b", 0)].map(|(who, got)| (who.to_owned(), got)).into() };
            inbox.take(&frame.sync_page().unwrap()).and_then(|()| inbox.check(2))
        };
        let (a1, a2, b1, b2) = (("a", "me", 1), ("a", "me", 2), ("b", "me", 1), ("b", "me", 2));
        assert!(take(&[a1, b1, b2, a2]).is_ok());
        assert!(take(&[a1, a2, b2, b1]).is_err(), "out of order");
        assert!(take(&[a1, a2, b1]).is_err(), "lost");
        assert!(take(&[a1, a2, b1, b2, b2]).is_err(), "repeated");
        assert!(take(&[a1, a2, b1, b2, ("a", "me", 3)]).is_err(), "too many");
        assert!(take(&[a1, a2, b1, b2, ("c", "me", 1)]).is_err(), "of a stranger");
        assert!(take(&[a1, a2, b1, b2, ("a", "you", 3)]).is_err(), "for another");
    }
}
