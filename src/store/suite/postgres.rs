//! A PostgreSQL server for the tests: started by the first who needs it, stopped by the last who leaves, also
//! across processes, since some test runners give every test a process of its own.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

const WITHOUT: &str = "FEIHONG_TEST_WITHOUT_POSTGRES";

/// Holds the server for as long as it lives.
pub struct Cluster {
    dir: PathBuf,
    users: Option<File>,
}

impl Cluster {
    /// A new database on the server, and how to reach it. `None`, loudly, if the tester said so.
    pub async fn database() -> Option<(Self, String)> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Some(tools) = tools() else {
            assert!(
                std::env::var(WITHOUT).is_ok_and(|value| value == "1"),
                "PostgreSQL is not installed (no initdb in PATH or /usr/lib/postgresql): install it, or set {WITHOUT}=1"
            );
            eprintln!("NOT TESTED: PostgreSQL is not installed and {WITHOUT}=1");
            return None;
        };
        let (cluster, port) = tokio::task::spawn_blocking(move || Self::join(&tools)).await.unwrap();
        let name = format!("t{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let server = format!("postgres://postgres@127.0.0.1:{port}");
        let (client, connection) =
            tokio_postgres::connect(&format!("{server}/postgres"), tokio_postgres::NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        drop(client);
        connection.await.unwrap().unwrap();
        Some((cluster, format!("{server}/{name}")))
    }

    fn join(tools: &Path) -> (Self, u16) {
        let dir = std::env::temp_dir().join(format!("feihong-postgres-{}", user()));
        fs::create_dir_all(&dir).unwrap();
        let _gate = locked(&dir, "gate");
        let users = open(&dir, "users");
        users.lock_shared().unwrap();
        let cluster = Self { dir, users: Some(users) };
        let running = fs::read_to_string(cluster.dir.join("port"))
            .ok()
            .and_then(|port| port.parse().ok())
            .filter(|port| std::net::TcpStream::connect(("127.0.0.1", *port)).is_ok());
        let port = running.unwrap_or_else(|| cluster.start(tools));
        (cluster, port)
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn start(&self, tools: &Path) -> u16 {
        let _ = fs::remove_dir_all(self.data());
        fs::create_dir(self.data()).unwrap();
        if user() == "root" {
            assert!(Command::new("chown").arg("postgres").arg(self.data()).status().unwrap().success());
        }
        let mut command = as_server(&tools.join("initdb"));
        command.arg("-D").arg(self.data()).args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        check(&command.output().unwrap());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let options = format!(
            "-p {port} -h 127.0.0.1 -c unix_socket_directories= -c max_connections=300 -c fsync=off \
             -c full_page_writes=off -c log_min_messages=fatal"
        );
        let mut command = as_server(&tools.join("pg_ctl"));
        command.arg("-D").arg(self.data()).arg("-l").arg(self.data().join("log")).args(["-w", "-o", &options, "start"]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        assert!(command.status().unwrap().success(), "PostgreSQL did not start: see {}", self.data().display());
        fs::write(self.dir.join("port"), port.to_string()).unwrap();
        port
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _gate = locked(&self.dir, "gate");
        drop(self.users.take());
        if open(&self.dir, "users").try_lock().is_ok()
            && let Some(tools) = tools()
        {
            let mut command = as_server(&tools.join("pg_ctl"));
            let _ = command.arg("-D").arg(self.data()).args(["-w", "-m", "immediate", "stop"]).output();
            let _ = fs::remove_file(self.dir.join("port"));
            let _ = fs::remove_dir_all(self.data());
        }
    }
}

/// The folder of the newest installed server's programs.
fn tools() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = installed.map(|version| version.path().join("bin")).collect();
    installed.sort();
    std::env::split_paths(&path).chain(installed.into_iter().rev()).find(|dir| dir.join("initdb").exists())
}

fn user() -> String {
    String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned()
}

/// PostgreSQL refuses to be run by root.
fn as_server(program: &Path) -> Command {
    let mut command = if user() == "root" {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    command
}

fn check(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn open(dir: &Path, name: &str) -> File {
    File::options().create(true).truncate(false).write(true).open(dir.join(name)).unwrap()
}

fn locked(dir: &Path, name: &str) -> File {
    let file = open(dir, name);
    file.lock().unwrap();
    file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_compares_text_otherwise_is_refused() {
    let Some((_cluster, url)) = Cluster::database().await else { return };
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let name = format!("other_{}", std::process::id());
    let create = format!("CREATE DATABASE {name} ENCODING 'SQL_ASCII' TEMPLATE template0");
    client.batch_execute(&create).await.unwrap();
    let (server, _) = url.rsplit_once('/').unwrap();
    let backend = crate::Backend::Postgres { url: format!("{server}/{name}"), pool: 4 };
    let config = crate::Config { backend, durability: crate::Durability::Full };
    let Err(refused) = crate::Store::open(&config).await else { panic!("opened") };
    assert!(refused.to_string().contains("encoding SQL_ASCII"), "{refused}");
}
