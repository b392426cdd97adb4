//! A server in a process of its own, that can be killed, with a clock that its test moves.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use model::{Edition, SdkAppId, usersig};
use serde_json::{Value, json};
use service::{NewApp, Options, Services, World, file::Place};
use store::{Backend, Config, Durability, Store};
use support::{Admin, Wire};
use tempfile::TempDir;

/// What the child is told.
const TOLD: &str = "FEIHONG_TEST_SERVER";
const ADMINISTRATOR: &str = "administrator";

/// Where the data is.
pub struct Data {
    dir: TempDir,
    postgres: Option<Postgres>,
}

impl Data {
    pub fn embedded() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), postgres: None }
    }

    /// `None` only where the tester said to go without PostgreSQL.
    pub fn clustered() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let postgres = Some(Postgres::start()?);
        Some(Self { dir, postgres })
    }
}

/// A server of its own for one test.
struct Postgres {
    dir: TempDir,
    tools: PathBuf,
    port: u16,
}

impl Postgres {
    fn start() -> Option<Self> {
        let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = installed.map(|version| version.path().join("bin")).collect();
        found.sort();
        let path = std::env::var_os("PATH")?;
        let mut places = std::env::split_paths(&path).chain(found.into_iter().rev());
        let Some(tools) = places.find(|dir| dir.join("initdb").exists()) else {
            let without = std::env::var("FEIHONG_TEST_WITHOUT_POSTGRES").is_ok_and(|value| value == "1");
            assert!(without, "PostgreSQL is not installed: install it, or set FEIHONG_TEST_WITHOUT_POSTGRES=1");
            eprintln!("NOT TESTED: PostgreSQL is not installed");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { dir: tempfile::tempdir().unwrap(), tools, port };
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(server.dir.path()).status().unwrap().success());
        }
        let options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
        assert!(server.run("initdb", &options), "initdb failed");
        let options = format!(
            "-p {port} -h 127.0.0.1 -c unix_socket_directories= -c fsync=off -c full_page_writes=off \
             -c log_min_messages=fatal"
        );
        let log = server.dir.path().join("log");
        assert!(server.run("pg_ctl", &["-l", &log.to_string_lossy(), "-w", "-o", &options, "start"]));
        Some(server)
    }

    /// PostgreSQL refuses to be run by root.
    fn run(&self, tool: &str, arguments: &[&str]) -> bool {
        let tool = self.tools.join(tool);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(tool);
            command
        } else {
            Command::new(tool)
        };
        let data = self.dir.path().join("data");
        command.current_dir("/").arg("-D").arg(data).args(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.run("pg_ctl", &["-w", "-m", "immediate", "stop"]);
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}

/// The server.
pub struct Process {
    child: Child,
    tell: ChildStdin,
    heard: BufReader<ChildStdout>,
    pub address: SocketAddr,
    pub app: SdkAppId,
    key: String,
    pub now: i64,
}

impl Process {
    /// Starts it at a time; the first time it makes an app.
    pub fn start(data: &Data, now: i64) -> Self {
        let postgres = data.postgres.as_ref().map(Postgres::url);
        let told = json!({"dir": data.dir.path(), "postgres": postgres, "now": now});
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "statistics::process::the_server", "--ignored", "--nocapture", "--test-threads=1"])
            .env(TOLD, told.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let tell = child.stdin.take().unwrap();
        let heard = BufReader::new(child.stdout.take().unwrap());
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut process = Self { child, tell, heard, address, app: 0, key: String::new(), now };
        let ready = process.hear();
        process.address = ready["address"].as_str().unwrap().parse().unwrap();
        process.app = ready["app"].as_u64().unwrap() as SdkAppId;
        ready["key"].as_str().unwrap().clone_into(&mut process.key);
        process
    }

    fn hear(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.heard.read_line(&mut line).unwrap() > 0, "the server ended");
            // The test runner says something too.
            if let Some(at) = line.find("SERVER ") {
                return serde_json::from_str(&line[at + 7..]).unwrap();
            }
        }
    }

    fn ask(&mut self, what: &Value) -> Value {
        writeln!(self.tell, "{what}").unwrap();
        self.hear()
    }

    /// Moves the clock on.
    pub fn advance(&mut self, millis: i64) {
        self.now += millis;
        self.ask(&json!({"advance": millis}));
    }

    /// Has it do what it does every second.
    pub fn tick(&mut self) {
        self.ask(&json!({"tick": true}));
    }

    /// What differs when the day of a moment is counted again.
    pub fn recount(&mut self, time: i64) -> Value {
        self.ask(&json!({"recount": time}))
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn sign(&self, user: &str) -> String {
        usersig::sign(self.app, user, &self.key, self.now / 1000, 86_400, None)
    }

    pub fn admin(&self) -> Admin {
        let query = format!(
            "sdkappid={}&identifier={ADMINISTRATOR}&usersig={}&random=99999999&contenttype=json",
            self.app,
            self.sign(ADMINISTRATOR)
        );
        Admin::new(Wire(self.address), query)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the server that other tests start"]
async fn the_server() {
    let Ok(told) = std::env::var(TOLD) else { return };
    let told: Value = serde_json::from_str(&told).unwrap();
    let dir = Path::new(told["dir"].as_str().unwrap());
    let backend = match told["postgres"].as_str() {
        Some(url) => Backend::Postgres { url: url.into(), pool: 8 },
        None => Backend::Sqlite { dir: dir.join("data") },
    };
    let store = Store::open(&Config { backend, durability: Durability::Full }).await.unwrap();
    let world = World::fixed(told["now"].as_i64().unwrap(), World::system().number());
    let options =
        Options { files: Place::Disk { dir: dir.join("files") }, history: dir.join("history"), ..Options::default() };
    let services = Services::start(store, world.clone(), options).await.unwrap();
    if services.apps.list().is_empty() {
        let new = NewApp {
            name: "statistics".into(),
            kind: "social".into(),
            introduction: String::new(),
            edition: Edition::Pro,
            administrators: vec![ADMINISTRATOR.into()],
        };
        let app = services.apps.create(new).await.unwrap();
        let change = |app: &mut model::App| {
            app.settings.set("web_instances", "3").unwrap();
            app.settings.set("multi_device", "multi").unwrap();
            Ok(())
        };
        services.apps.change(app.sdkappid, change).await.unwrap();
    }
    let app = services.apps.list().first().unwrap().clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = gateway::router(services.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    say(&json!({"address": address, "app": app.sdkappid, "key": app.key}));
    loop {
        let line = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        let line = line.await.unwrap().unwrap();
        // The test is gone.
        let Ok(asked) = serde_json::from_str::<Value>(&line) else { return };
        let mut answer = Value::Null;
        if let Some(millis) = asked["advance"].as_i64() {
            world.advance(millis);
        } else if let Some(time) = asked["recount"].as_i64() {
            let zone = services.statistics.zone().ahead();
            let day = model::calendar::day_start_hour(model::statistic::hour_of(time), zone);
            let lines = services.statistics.recount(app.sdkappid, day).await.unwrap();
            let differing = lines.iter().filter(|line| line.counted != line.stored);
            answer = differing.map(|line| json!([line.metric.key(), line.counted, line.stored])).collect();
        } else {
            services.statistics.tick().await.unwrap();
        }
        say(&answer);
    }
}

fn say(what: &Value) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nSERVER {what}").unwrap();
    out.flush().unwrap();
}
