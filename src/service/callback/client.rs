//! The HTTP client of callbacks: one app's server, over connections that stay open.
//!
//! Every address that the host's name has is checked, and one that was checked is connected to; redirects are answers
//! like others, and not followed.

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use model::{Settings, callback::UrlParts};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::{
    net::{TcpStream, lookup_host},
    sync::OnceCell,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::address::is_public;

/// How long a callback may take in all.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// The longest answer.
const ANSWER: usize = 1 << 20;
/// Connections that stay open while nobody uses them.
const IDLE: usize = 64;

/// How failures begin that say more.
const STATUS: &str = "status ";
const TLS: &str = "no secure connection: ";

/// Why there is no usable answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer within two seconds.
    Timeout,
    /// The breaker is open.
    Open,
    /// The host's name has no address.
    Name,
    /// The address is not a public one.
    Forbidden,
    /// The server takes no connections.
    Connect,
    /// The certificates do not fit, or the handshake failed.
    Tls(String),
    /// The connection ended.
    Broken,
    /// The status is not 200.
    Status(u16),
    /// The answer is not what it must be.
    Answer,
    /// The app has no address.
    Nowhere,
}

impl Failure {
    /// The kind, for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Open => "open",
            Self::Name => "name",
            Self::Forbidden => "forbidden",
            Self::Connect => "connect",
            Self::Tls(_) => "tls",
            Self::Broken => "broken",
            Self::Status(_) => "status",
            Self::Answer => "answer",
            Self::Nowhere => "nowhere",
        }
    }

    /// The kind of a failure of which only the words are left; `other` when they are those of another version.
    pub fn kind_of(words: &str) -> &'static str {
        const PLAIN: [Failure; 8] = [
            Failure::Timeout,
            Failure::Open,
            Failure::Name,
            Failure::Forbidden,
            Failure::Connect,
            Failure::Broken,
            Failure::Answer,
            Failure::Nowhere,
        ];
        match PLAIN.iter().find(|failure| failure.to_string() == words) {
            Some(failure) => failure.kind(),
            None if words.starts_with(STATUS) => "status",
            None if words.starts_with(TLS) => "tls",
            None => "other",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("no answer in time"),
            Self::Open => f.write_str("the server did not answer before and is left alone for a while"),
            Self::Name => f.write_str("the host's name has no address"),
            Self::Forbidden => f.write_str("the address is private, and this platform does not allow those"),
            Self::Connect => f.write_str("the server takes no connection"),
            Self::Tls(why) => write!(f, "{TLS}{why}"),
            Self::Broken => f.write_str("the connection ended without an answer"),
            Self::Status(status) => write!(f, "{STATUS}{status}"),
            Self::Answer => f.write_str("the answer is not JSON as documented"),
            Self::Nowhere => f.write_str("there is no address"),
        }
    }
}

type Sender = http1::SendRequest<Full<Bytes>>;

/// The client of one app's server.
pub(super) struct Client {
    target: UrlParts,
    host: String,
    connector: Option<Result<TlsConnector, String>>,
    allow_private: bool,
    idle: Mutex<Vec<Sender>>,
}

/// The roots that the system trusts, read once.
static ROOTS: OnceCell<Arc<RootCertStore>> = OnceCell::const_new();

async fn system_roots() -> Arc<RootCertStore> {
    let read = || async {
        let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
        let mut roots = RootCertStore::empty();
        if let Ok(found) = found {
            roots.add_parsable_certificates(found.certs);
        }
        Arc::new(roots)
    };
    ROOTS.get_or_init(read).await.clone()
}

fn own_roots(pem: &str) -> Result<Arc<RootCertStore>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| format!("callback_ca cannot be read: {error}"))?;
        roots.add(certificate).map_err(|error| format!("callback_ca cannot be used: {error}"))?;
    }
    Ok(Arc::new(roots))
}

async fn connector(settings: &Settings) -> Result<TlsConnector, String> {
    let own = settings.callback_ca.as_str();
    let roots = if own.is_empty() { system_roots().await } else { own_roots(own)? };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots);
    let certificate = settings.callback_certificate.as_str();
    let config = if certificate.is_empty() {
        builder.with_no_client_auth()
    } else {
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|error| format!("callback_certificate cannot be read: {error}"))?;
        let key = PrivateKeyDer::from_pem_slice(settings.callback_key.reveal().as_bytes());
        let key = key.map_err(|error| format!("callback_key cannot be read: {error}"))?;
        builder.with_client_auth_cert(chain, key).map_err(|error| format!("callback_certificate: {error}"))?
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

impl Client {
    /// The client of the server that an app names; nothing when it names none.
    pub async fn of(settings: &Settings, allow_private: bool) -> Option<Self> {
        let target = settings.callback_url.parts()?;
        let connector = if target.secure { Some(connector(settings).await) } else { None };
        let name = if target.host.contains(':') { format!("[{}]", target.host) } else { target.host.clone() };
        let usual = if target.secure { 443 } else { 80 };
        let host = if target.port == usual { name } else { format!("{name}:{}", target.port) };
        Some(Self { target, host, connector, allow_private, idle: Mutex::default() })
    }

    /// Sends a body with a query added to the address, and returns the body of the answer, in two seconds at most.
    pub async fn post(&self, query: &str, body: Bytes) -> Result<Bytes, Failure> {
        match self.exchange_in_time(query, body).await? {
            (200, answer) => Ok(answer),
            (status, _) => Err(Failure::Status(status)),
        }
    }

    /// The same with an answer of any status.
    pub async fn exchange_in_time(&self, query: &str, body: Bytes) -> Result<(u16, Bytes), Failure> {
        timeout(PATIENCE, self.exchange_patiently(query, body)).await.unwrap_or(Err(Failure::Timeout))
    }

    /// The whole address with a query added.
    pub fn address(&self, query: &str) -> String {
        let scheme = if self.target.secure { "https" } else { "http" };
        format!("{scheme}://{}{}", self.host, self.path(query))
    }

    fn path(&self, query: &str) -> String {
        let separator = if self.target.path.contains('?') { '&' } else { '?' };
        format!("{}{separator}{query}", self.target.path)
    }

    async fn exchange_patiently(&self, query: &str, body: Bytes) -> Result<(u16, Bytes), Failure> {
        while let Some(idle) = self.take_idle() {
            match self.exchange(idle, query, body.clone()).await {
                // The server had closed it while nobody used it.
                Err(Failure::Broken) => {}
                other => return other,
            }
        }
        let fresh = self.connect().await?;
        self.exchange(fresh, query, body).await
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Sender>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_idle(&self) -> Option<Sender> {
        let mut idle = self.idle();
        while let Some(sender) = idle.pop() {
            if sender.is_ready() {
                return Some(sender);
            }
        }
        None
    }

    async fn exchange(&self, mut sender: Sender, query: &str, body: Bytes) -> Result<(u16, Bytes), Failure> {
        let request = Request::post(self.path(query))
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|_| Failure::Nowhere)?;
        let answer = sender.send_request(request).await.map_err(|_| Failure::Broken)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER).collect().await.map_err(|_| Failure::Answer)?.to_bytes();
        if sender.ready().await.is_ok() {
            let mut idle = self.idle();
            if idle.len() < IDLE {
                idle.push(sender);
            }
        }
        Ok((status.as_u16(), body))
    }

    async fn connect(&self) -> Result<Sender, Failure> {
        let stream = self.reach().await?;
        // Small requests must not wait for the acknowledgement of earlier ones.
        stream.set_nodelay(true).map_err(|_| Failure::Connect)?;
        match &self.connector {
            None => begin(stream).await,
            Some(Err(why)) => Err(Failure::Tls(why.clone())),
            Some(Ok(connector)) => {
                let name = ServerName::try_from(self.target.host.clone()).map_err(|_| Failure::Name)?;
                let stream = connector.connect(name, stream).await;
                begin(stream.map_err(|error| Failure::Tls(error.to_string()))?).await
            }
        }
    }

    /// A connection to one of the addresses that the host has now, all of which must be allowed.
    async fn reach(&self) -> Result<TcpStream, Failure> {
        let found = lookup_host((self.target.host.as_str(), self.target.port)).await.map_err(|_| Failure::Name)?;
        let addresses: Vec<SocketAddr> = found.collect();
        if addresses.is_empty() {
            return Err(Failure::Name);
        }
        if !self.allow_private && !addresses.iter().all(|address| is_public(address.ip())) {
            return Err(Failure::Forbidden);
        }
        for address in addresses {
            if let Ok(stream) = TcpStream::connect(address).await {
                return Ok(stream);
            }
        }
        Err(Failure::Connect)
    }
}

async fn begin(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
) -> Result<Sender, Failure> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Failure::Broken)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to an app's server ended");
        }
    });
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn the_kind_of_a_failure_is_found_in_its_words() {
        for failure in [
            Failure::Timeout,
            Failure::Open,
            Failure::Name,
            Failure::Forbidden,
            Failure::Connect,
            Failure::Tls("unknown issuer".into()),
            Failure::Broken,
            Failure::Status(503),
            Failure::Answer,
            Failure::Nowhere,
        ] {
            assert_eq!(Failure::kind_of(&failure.to_string()), failure.kind());
        }
        assert_eq!(Failure::kind_of("bad luck"), "other");
    }
}
