//! `feihong serve`: wires everything, says where it is, runs until told to stop, and leaves nobody in the dark.

use std::{
    io::Write,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, ensure};
use service::{Services, World, file::PURGE};
use store::Store;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    backup,
    config::{Config, Durability},
    control::Control,
    door::Door,
    private_dir,
    telemetry::Metrics,
    tls::Certificate,
};

/// How often it is looked whether the certificate's files changed.
const CERTIFICATE: Duration = Duration::from_mins(1);
/// How often what is counted is written.
const TALLY: Duration = Duration::from_secs(1);
/// In how many of those it is shown to who measures.
const SHOWN: u64 = 30;
/// Descriptors that are not connections: databases, logs, files being uploaded.
const DESCRIPTORS: u64 = 256;

/// Runs until a signal, or `stop`, ends it. What is printed for the one who started it goes to `say`.
pub async fn run(config: Config, say: &mut (dyn Write + Send), stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let config = Arc::new(config);
    let data = &config.storage.data;
    private_dir(data)?;
    ensure!(!backup::was_cut_off(data), "a restore into {} was cut off: empty it and restore again", data.display());
    let store =
        Store::open(&config.store()).await.with_context(|| format!("cannot open the data in {}", data.display()))?;
    // The doors take hold of their counters when they are made.
    let metrics = match config.server.metrics_listen {
        Some(listen) => Metrics::start(listen).await?,
        None => None,
    };
    let services = Services::start(store, World::system(), config.options()).await.context("cannot read the data")?;
    services.go_on_pushing();
    let control = Control::open(data).await?;
    let certificate = match (&config.server.tls_certificate, &config.server.tls_key) {
        (Some(chain), Some(key)) => Some(Arc::new(Certificate::open(chain, key)?)),
        _ => None,
    };
    let router = gateway::router(services.clone());
    let door =
        Door::open(config.server.listen, certificate.clone(), connections(config.server.max_connections), router)?;
    warn(&config);
    announce(&config, &services, door.address()?, say);
    if let Some(metrics) = &metrics {
        tracing::info!(address = %metrics.address()?, "metrics");
    }

    let measured = async {
        match metrics {
            Some(metrics) => {
                let services = services.clone();
                metrics.serve(move || services.measure_presence()).await;
            }
            None => std::future::pending().await,
        }
    };
    let mut signals = Signals::new()?;
    tokio::select! {
        () = door.serve() => {}
        () = control.serve(services.clone(), config.clone()) => {}
        () = measured => {}
        () = renew(certificate.as_deref(), &mut signals.hangup) => {}
        () = purge(&services) => {}
        () = tally(&services) => {}
        () = signals.end.wait() => {}
        () = stop => {}
    }
    drop(control);
    tokio::select! {
        () = drain(door, &services, Duration::from_secs(config.server.drain_seconds.into())) => {}
        () = signals.end.wait() => tracing::warn!("told to stop a second time: stopped without waiting"),
    }
    Ok(())
}

/// Accepts nothing more, lets requests finish, tells clients to come back, closes the store.
async fn drain(door: Door, services: &Services, patience: Duration) {
    tracing::info!("stopping");
    let left = door.close().finish(patience / 3).await;
    for link in services.hub.links() {
        link.close("the server is restarting");
    }
    left.gone(patience / 3).await;
    // What is acknowledged is stored already, so cutting this off loses nothing.
    if timeout(patience / 3, services.drain()).await.is_ok() {
        tracing::info!("stopped");
    } else {
        tracing::warn!("stopped before everything was closed");
    }
}

/// Removes files and notices at the end of their life. Cut off anywhere, the next run does the rest.
async fn purge(services: &Services) {
    let mut look = interval(PURGE);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        if let Err(error) = services.purge_files().await {
            tracing::warn!(%error, "files at the end of their life were not removed");
        }
        if let Err(error) = services.purge_notices().await {
            tracing::warn!(%error, "notices at the end of their life were not removed");
        }
    }
}

/// Writes what is counted. What a pass leaves undone the next one does.
async fn tally(services: &Services) {
    let mut look = interval(TALLY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    for passes in 0_u64.. {
        look.tick().await;
        if passes % SHOWN == 0
            && let Err(error) = services.statistics.show().await
        {
            tracing::debug!(%error, "what is counted is not shown");
        }
        match services.statistics.tick().await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::warn!(%error, "what is counted is not written");
            }
            Err(_) => {}
        }
    }
}

/// Reads the certificate again when told to, or when its files change.
async fn renew(certificate: Option<&Certificate>, hangup: &mut Signal) {
    let mut look = interval(CERTIFICATE);
    loop {
        tokio::select! {
            _ = hangup.recv() => if let Some(certificate) = certificate {
                certificate.reload();
            },
            _ = look.tick() => if let Some(certificate) = certificate {
                certificate.reload_if_changed();
            },
        }
    }
}

struct Signals {
    hangup: Signal,
    end: End,
}

/// Whichever signal says to stop.
struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let end = End { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? };
        Ok(Self { hangup: signal(SignalKind::hangup())?, end })
    }
}

impl End {
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn warn(config: &Config) {
    let server = &config.server;
    if !server.listen.ip().is_loopback() && server.tls_certificate.is_none() {
        tracing::warn!(
            listen = %server.listen,
            "listening without TLS on an address others can reach: set server.tls_certificate and server.tls_key, \
             or put a proxy with TLS in front"
        );
    }
    if config.storage.durability == Durability::Relaxed {
        tracing::warn!("storage.durability is relaxed: the last moments may be lost when the power fails");
    }
}

/// How many connections there may be: as configured, unless the system allows fewer open files.
fn connections(configured: u32) -> u32 {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) if files < u64::from(configured) + DESCRIPTORS => {
            let most = files.saturating_sub(DESCRIPTORS).max(1) as u32;
            tracing::info!(
                most,
                configured,
                "fewer connections than configured: the system's limit of open files is lower"
            );
            most
        }
        Ok(_) => configured,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be raised");
            configured
        }
    }
}

/// Says where the server is. Nobody may be listening, which is no reason to stop.
fn announce(config: &Config, services: &Services, address: SocketAddr, say: &mut dyn Write) {
    let scheme = if config.server.tls_certificate.is_some() { "https" } else { "http" };
    let public = config.server.public_url.as_ref().map(|url| url.as_str().to_owned());
    let base = public.unwrap_or_else(|| format!("{scheme}://{}", reachable(address)));
    let console = match services.setup_token() {
        Some(token) => format!(
            "{base}/setup?token={token}\n\
             To sign in the first time, open this address and choose a name and a password for the first operator."
        ),
        None => format!("{base}/"),
    };
    let version = env!("CARGO_PKG_VERSION");
    let written = writeln!(say, "feihong {version}\nlistening: {scheme}://{address}\nconsole: {console}");
    let _ = written.and_then(|()| say.flush());
}

/// An address a browser on this machine can open.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, v6.port()).into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::{io, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

    use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
    use tokio::{
        io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
        net::TcpStream,
        sync::{mpsc, oneshot},
        task::JoinHandle,
    };

    use super::{reachable, run};
    use crate::{
        admin::{Credentials, Reply, Request},
        client,
        config::Config,
        testing,
    };

    /// Gives what is printed to the test.
    struct Said(mpsc::UnboundedSender<String>);

    impl io::Write for Said {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            let _ = self.0.send(String::new());
            Ok(())
        }
    }

    struct Running {
        said: Vec<String>,
        stop: oneshot::Sender<()>,
        ended: JoinHandle<anyhow::Result<()>>,
    }

    impl Running {
        async fn start(config: Config) -> Self {
            let (said, mut heard) = mpsc::unbounded_channel();
            let (stop, stopped) = oneshot::channel();
            let ended = tokio::spawn(async move {
                let stop = async { stopped.await.unwrap_or_default() };
                run(config, &mut Said(said), stop).await
            });
            let mut text = String::new();
            while let Some(more) = heard.recv().await
                && !more.is_empty()
            {
                text.push_str(&more);
            }
            Self { said: text.lines().map(str::to_owned).collect(), stop, ended }
        }

        fn address(&self) -> SocketAddr {
            self.said[1].rsplit_once('/').unwrap().1.parse().unwrap()
        }

        async fn stop(self) {
            self.stop.send(()).unwrap();
            self.ended.await.unwrap().unwrap();
        }
    }

    async fn ready(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn starts_serves_stops_and_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let config = testing::config(&dir.path().join("data"));
        let server = Running::start(config.clone()).await;
        let base = format!("http://{}", server.address());
        assert_eq!(server.said[0], concat!("feihong ", env!("CARGO_PKG_VERSION")));
        assert_eq!(server.said[1], format!("listening: {base}"));
        assert!(server.said[2].starts_with(&format!("console: {base}/setup?token=")), "{}", server.said[2]);
        assert_eq!(server.said.len(), 4);
        let answer = ready(TcpStream::connect(server.address()).await.unwrap()).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        // One that says nothing must not keep the server from ending.
        let idle = TcpStream::connect(server.address()).await.unwrap();
        let operator = Credentials { name: "anna".into(), password: "correct horse".into() };
        client::ask(&config, Request::OperatorCreate(operator)).await.unwrap();
        server.stop().await;
        drop(idle);

        // Without a server the same commands work on the data.
        assert!(
            matches!(client::ask(&config, Request::OperatorList {}).await.unwrap(), Reply::Operators(all) if all.len() == 1)
        );
        let server = Running::start(config).await;
        assert_eq!(server.said[2], format!("console: http://{}/", server.address()));
        assert_eq!(server.said.len(), 3);
        server.stop().await;
    }

    #[tokio::test]
    async fn commands_work_on_an_empty_place_but_do_not_invent_one() {
        let dir = tempfile::tempdir().unwrap();
        let config = testing::config(&dir.path().join("data"));
        let refused = client::ask(&config, Request::Backup { file: dir.path().join("b") }).await.unwrap_err();
        assert!(refused.to_string().starts_with("there is no data in "), "{refused}");
        assert!(!config.storage.data.exists());
        let operator = Credentials { name: "anna".into(), password: "correct horse".into() };
        client::ask(&config, Request::OperatorCreate(operator)).await.unwrap();
        assert_eq!(config.storage.data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn a_second_server_on_the_same_data_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let config = testing::config(dir.path());
        let server = Running::start(config.clone()).await;
        let refused = run(config, &mut io::sink(), std::future::pending()).await.unwrap_err();
        assert!(format!("{refused:#}").contains("in use by another process"), "{refused:#}");
        server.stop().await;
    }

    #[tokio::test]
    async fn more_connections_than_allowed_are_closed() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = testing::config(dir.path());
        config.server.max_connections = 1;
        let server = Running::start(config).await;
        let first = TcpStream::connect(server.address()).await.unwrap();
        let mut second = TcpStream::connect(server.address()).await.unwrap();
        assert_eq!(second.read(&mut [0]).await.unwrap_or_default(), 0);
        assert!(ready(first).await.starts_with("HTTP/1.1 200"));
        server.stop().await;
    }

    #[tokio::test]
    async fn speaks_tls_when_it_has_a_certificate() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = testing::config(dir.path());
        let pem = |name| Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
        config.server.tls_certificate = Some(pem("certificate.pem"));
        config.server.tls_key = Some(pem("key.pem"));
        let server = Running::start(config).await;
        assert!(server.said[2].starts_with("console: https://127.0.0.1:"), "{}", server.said[2]);

        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(pem("certificate.pem")).unwrap()).unwrap();
        let provider = rustls::crypto::ring::default_provider().into();
        let trusting = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(trusting));
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let tcp = TcpStream::connect(server.address()).await.unwrap();
        let answer = ready(connector.connect(name, tcp).await.unwrap()).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        server.stop().await;
    }

    #[tokio::test]
    async fn a_request_that_was_begun_is_answered_while_stopping() {
        let dir = tempfile::tempdir().unwrap();
        let server = Running::start(testing::config(dir.path())).await;
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let body = r#"{"name":"anna","password":"wrong password"}"#;
        let head = format!(
            "POST /api/signin HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // The head was read when a second request on another connection is answered.
        let _ = ready(TcpStream::connect(server.address()).await.unwrap()).await;
        server.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(5), async {
            stream.write_all(body.as_bytes()).await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            assert!(text.starts_with("HTTP/1.1 "), "{text}");
        })
        .await
        .unwrap();
        server.ended.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn clients_are_told_to_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let server = Running::start(testing::config(dir.path())).await;
        let mut client = TcpStream::connect(server.address()).await.unwrap();
        let upgrade = "GET /binfo?sdkappid=1400000001 HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n\
                       upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                       sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        client.write_all(upgrade.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        // An answered ping says that the connection is known to the server.
        client.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await.unwrap();
        let mut pong = [0; 2];
        client.read_exact(&mut pong).await.unwrap();
        assert_eq!(pong, [0x8a, 0]);
        server.stop.send(()).unwrap();
        let mut close = [0; 4];
        client.read_exact(&mut close).await.unwrap();
        assert_eq!((close[0], u16::from_be_bytes([close[2], close[3]])), (0x88, 1012), "a close that says restart");
        drop(client);
        server.ended.await.unwrap().unwrap();
    }

    #[test]
    fn addresses_are_shown_so_that_a_browser_can_open_them() {
        for (bound, shown) in [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.1:1", "10.0.0.1:1")] {
            assert_eq!(reachable(bound.parse().unwrap()).to_string(), shown);
        }
    }
}
