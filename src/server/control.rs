//! The control socket: how the command line reaches the running server, which alone owns the data.
//!
//! A Unix socket in the data directory, for its owner only. One line of JSON asks, one line answers:
//! `{"command": …, "args": …}` and `{"ok": …}` or `{"error": …}`.

use std::{
    fs::{self, File, Permissions},
    io,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use service::Services;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    time::timeout,
};

use crate::{
    admin::{self, Reply, Request},
    config::Config,
};

/// The socket's name in the data directory.
const NAME: &str = "control.sock";
/// The longest line either side reads, in bytes.
const LINE: u64 = 1 << 20;
/// How long the asking side may take for its line.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest path of a Unix socket that every system takes.
const PATH: usize = 100;

/// An answer on the wire.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Ok(Reply),
    Error(Refusal),
}

/// Why the server refused, as it is told to the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The number of the code.
    pub code: i32,
    /// A sentence.
    pub text: String,
}

impl From<&model::Error> for Refusal {
    fn from(error: &model::Error) -> Self {
        Self { code: error.number(), text: error.detail.to_string() }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refusal {}

/// The listening socket; its file goes when it is dropped.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Listens in a data directory. What a killed server left there is replaced.
    pub async fn open(data: &Path) -> anyhow::Result<Self> {
        let path = data.join(NAME);
        let short = Short::of(data)?;
        if UnixStream::connect(short.path()).await.is_ok() {
            bail!("another server runs on {}", data.display());
        }
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot replace {}", path.display())),
        }
        let listener = UnixListener::bind(short.path()).with_context(|| format!("cannot open {}", path.display()))?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers until dropped.
    pub async fn serve(&self, services: Arc<Services>, config: Arc<Config>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let (services, config) = (services.clone(), config.clone());
                    tokio::spawn(async move {
                        if let Err(error) = answer(stream, &services, &config).await {
                            tracing::debug!(%error, "control connection ended early");
                        }
                    });
                }
                Err(error) => {
                    tracing::error!(%error, "cannot accept on the control socket");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // Gone already: nothing to do.
        let _ = fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream, services: &Services, config: &Config) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut lines = BufReader::new(read.take(LINE));
    timeout(PATIENCE, lines.read_line(&mut line)).await??;
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) => match admin::run(services, config, request).await {
            Ok(reply) => Answer::Ok(reply),
            Err(error) => Answer::Error(Refusal::from(&error)),
        },
        Err(error) => Answer::Error(Refusal {
            code: model::Code::Invalid.number(),
            text: format!("the server does not know this command, it may be of another version: {error}"),
        }),
    };
    let mut text = serde_json::to_vec(&answer)?;
    text.push(b'\n');
    write.write_all(&text).await?;
    write.shutdown().await
}

/// Asks the server that runs on a data directory; `None` when none does.
pub async fn ask(data: &Path, request: &Request) -> anyhow::Result<Option<Reply>> {
    let Ok(short) = Short::of(data) else { return Ok(None) };
    let stream = match UnixStream::connect(short.path()).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error).with_context(|| format!("cannot reach the server in {}", data.display())),
    };
    let (read, mut write) = stream.into_split();
    let mut text = serde_json::to_vec(request)?;
    text.push(b'\n');
    write.write_all(&text).await?;
    let mut line = String::new();
    BufReader::new(read).read_line(&mut line).await?;
    match serde_json::from_str(&line).context("the server ended before it answered")? {
        Answer::Ok(reply) => Ok(Some(reply)),
        Answer::Error(refusal) => Err(refusal.into()),
    }
}

/// The socket's address, also where the directory's path is too long for one.
struct Short {
    path: PathBuf,
    /// Names the directory while it is open.
    _dir: Option<File>,
}

impl Short {
    fn of(data: &Path) -> io::Result<Self> {
        let path = data.join(NAME);
        if path.as_os_str().len() <= PATH {
            return Ok(Self { path, _dir: None });
        }
        let dir = File::open(data)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd())).join(NAME);
        Ok(Self { path, _dir: Some(dir) })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::UnixStream,
    };

    use super::{Control, NAME, Refusal, ask};
    use crate::{
        admin::{NewApp, Reply, Request, Which},
        testing,
    };

    fn new_app(name: &str) -> Request {
        Request::AppCreate(NewApp {
            name: name.into(),
            kind: "other".into(),
            introduction: String::new(),
            edition: "pro".into(),
            admin: "administrator".into(),
        })
    }

    #[tokio::test]
    async fn the_running_server_answers_and_sees_changes_at_once() {
        let (server, dir) = testing::services().await;
        let control = Control::open(dir.path()).await.unwrap();
        let mode = dir.path().join(NAME).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let asks = async {
            let Some(Reply::Created(app)) = ask(dir.path(), &new_app("one")).await.unwrap() else { panic!() };
            let live = server.services.apps.get(app.sdkappid).unwrap();
            assert_eq!((&live.key, live.edition), (&app.key, model::Edition::Pro));
            let set = |name: &str, value: &str| Request::AppSet {
                sdkappid: app.sdkappid,
                changes: vec![("name".into(), "two".into()), (name.into(), value.into())],
            };
            ask(dir.path(), &set("web_instances", "2")).await.unwrap().unwrap();
            let live = server.services.apps.get(app.sdkappid).unwrap();
            assert_eq!((&*live.name, live.settings.web_instances), ("two", 2));
            let refused = ask(dir.path(), &set("web_instances", "99")).await.unwrap_err();
            assert_eq!(refused.downcast::<Refusal>().unwrap().text, "web_instances takes 1..10");
            let sign = Request::UsersigSign { sdkappid: app.sdkappid, user: "u".into(), lifetime: 60 };
            let Some(Reply::UserSig { usersig }) = ask(dir.path(), &sign).await.unwrap() else { panic!() };
            let verify = |user: &str| Request::UsersigVerify {
                sdkappid: app.sdkappid,
                user: user.into(),
                usersig: usersig.clone(),
            };
            assert!(matches!(ask(dir.path(), &verify("u")).await.unwrap(), Some(Reply::Verified(_))));
            let refused = ask(dir.path(), &verify("v")).await.unwrap_err().downcast::<Refusal>().unwrap();
            assert_eq!(refused.code, 70013);
        };
        tokio::select! {
            () = control.serve(server.services.clone(), Arc::new(server.config.clone())) => {}
            () = asks => {}
        }
    }

    #[tokio::test]
    async fn garbage_is_answered_with_an_error() {
        let (server, dir) = testing::services().await;
        let control = Control::open(dir.path()).await.unwrap();
        let asks = async {
            let mut stream = UnixStream::connect(dir.path().join(NAME)).await.unwrap();
            stream.write_all(b"{\"command\":\"dance\"}\n").await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            assert!(text.starts_with("{\"error\":{\"code\":1000006,") && text.ends_with("}\n"), "{text}");
        };
        tokio::select! {
            () = control.serve(server.services.clone(), Arc::new(server.config.clone())) => {}
            () = asks => {}
        }
    }

    #[tokio::test]
    async fn nobody_answers_where_no_server_runs() {
        let dir = tempfile::tempdir().unwrap();
        let request = Request::AppShow(Which { sdkappid: 1 });
        assert!(ask(dir.path(), &request).await.unwrap().is_none());
        assert!(ask(Path::new("/nowhere"), &request).await.unwrap().is_none());
        // What a killed server left behind.
        drop(std::os::unix::net::UnixListener::bind(dir.path().join(NAME)).unwrap());
        assert!(ask(dir.path(), &request).await.unwrap().is_none());
        let control = Control::open(dir.path()).await.unwrap();
        assert!(Control::open(dir.path()).await.is_err(), "a second server must not take the socket");
        drop(control);
        assert!(!dir.path().join(NAME).exists());
    }

    #[tokio::test]
    async fn a_long_path_is_reached_too() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("d".repeat(150));
        std::fs::create_dir(&deep).unwrap();
        let control = Control::open(&deep).await.unwrap();
        assert!(Control::open(&deep).await.is_err());
        drop(control);
        assert!(!deep.join(NAME).exists());
    }
}
