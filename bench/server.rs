//! The server as a child process, and what it takes to talk to it before any client does.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Environment variable that carries the application's secret to the load generator: arguments are visible to all.
pub const KEY_VARIABLE: &str = "FEIHONG_BENCH_KEY";
/// How long a start may take. After a kill it includes the database's recovery.
const START: Duration = Duration::from_mins(1);

/// Where a server keeps its things and listens.
#[derive(Debug, Clone)]
pub struct Place {
    /// Server binary.
    pub binary: PathBuf,
    /// Data folder.
    pub data: PathBuf,
    /// File its output is appended to.
    pub log: PathBuf,
    /// Address it listens on.
    pub listen: SocketAddr,
}

/// An application made for a run.
#[derive(Debug, Clone)]
pub struct App {
    /// Number.
    pub sdkappid: u32,
    /// Secret.
    pub key: String,
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
}

impl Place {
    /// A place with an empty data folder in `folder` and a free port.
    pub fn fresh(binary: &Path, folder: &Path, name: &str) -> anyhow::Result<Self> {
        ensure!(binary.exists(), "{} does not exist: build the server first", binary.display());
        let data = folder.join(name);
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        std::fs::create_dir_all(&data)?;
        let log = folder.join(format!("{name}.log"));
        File::create(&log)?;
        let listen = StdListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        Ok(Self { binary: binary.to_owned(), data, log, listen })
    }

    /// Address for clients.
    pub fn url(&self) -> String {
        format!("ws://{}", self.listen)
    }

    /// Starts a server here and waits until it is ready.
    pub async fn start(&self) -> anyhow::Result<Server> {
        let log = File::options().append(true).open(&self.log)?;
        let child = Command::new(&self.binary)
            .arg("serve")
            .arg("--data")
            .arg(&self.data)
            .arg("--listen")
            .arg(self.listen.to_string())
            // Callbacks are measured against a server on this machine.
            .env("FEIHONG__CALLBACKS__ALLOW_PRIVATE", "true")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        let mut server = Server { child };
        let start = Instant::now();
        while !ready(self.listen).await {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended at its start with {status}: see {}", self.log.display());
            }
            ensure!(start.elapsed() < START, "the server was not ready in {} s", START.as_secs());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(server)
    }

    /// Makes an application without the limits of a trial, whose accounts may sign in ten times and whose groups are
    /// hardly held up by flow control.
    pub fn create_app(&self) -> anyhow::Result<App> {
        let printed = self.cli(&["create"], &["--name", "bench", "--edition", "pro", "--json"])?;
        let app: serde_json::Value = serde_json::from_slice(&printed).context("app create did not print JSON")?;
        let number = &app["sdkappid"];
        let sdkappid = number.as_u64().or_else(|| number.as_str()?.parse().ok()).context("no sdkappid")?;
        let key = app["key"].as_str().context("no key")?.to_owned();
        let sdkappid = u32::try_from(sdkappid)?;
        self.cli(&["set"], &[&sdkappid.to_string(), "web_instances=10", "group_messages_per_second=10000"])?;
        Ok(App { sdkappid, key })
    }

    /// Sets settings of an application.
    pub fn set(&self, app: &App, settings: &[&str]) -> anyhow::Result<()> {
        if !settings.is_empty() {
            let number = app.sdkappid.to_string();
            self.cli(&["set"], &[&[number.as_str()], settings].concat())?;
        }
        Ok(())
    }

    fn cli(&self, verb: &[&str], rest: &[&str]) -> anyhow::Result<Vec<u8>> {
        let output = Command::new(&self.binary)
            .arg("app")
            .args(verb)
            .arg("--data")
            .arg(&self.data)
            .args(rest)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "app {} failed with {}", verb.join(" "), output.status);
        Ok(output.stdout)
    }
}

impl Server {
    /// Process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills the server with SIGKILL and waits until it is gone.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already: nothing to do.
        let _ = self.kill();
    }
}

async fn ready(listen: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(listen).await?;
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await?;
        std::io::Result::Ok(&status == b"HTTP/1.1 200")
    };
    matches!(tokio::time::timeout(Duration::from_secs(2), ask).await, Ok(Ok(true)))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn only_a_200_is_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers = async {
            for status in ["503 Service Unavailable", "200 OK"] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 512];
                let length = stream.read(&mut request).await.unwrap();
                assert!(request[..length].starts_with(b"GET /readyz "));
                stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await.unwrap();
            }
        };
        let asks = async { [ready(address).await, ready(address).await] };
        assert_eq!(tokio::join!(answers, asks).1, [false, true]);
        drop(listener);
        assert!(!ready(address).await);
    }
}
