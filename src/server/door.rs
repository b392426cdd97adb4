//! The public port: accepts connections, speaks TLS and HTTP/1.1, and hands requests to the router.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    pin,
    sync::{Semaphore, watch},
    time::timeout,
};

use crate::{
    connection::{Connection, Place},
    telemetry::CONNECTIONS_REFUSED,
    tls::Certificate,
};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 4096;
/// How long a client may take for the head of a request, also for the next one on an idle connection.
const HEAD: Duration = Duration::from_mins(1);
/// How long a client may take for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long to wait when the system has no descriptors or memory for another connection.
const OUT_OF_RESOURCES: Duration = Duration::from_millis(100);

/// The listening port.
pub struct Door {
    listener: TcpListener,
    certificate: Option<Arc<Certificate>>,
    places: Arc<Semaphore>,
    most: u32,
    router: Router,
    http: http1::Builder,
    /// Tells connections to end after the request they are at; each that speaks HTTP holds a receiver.
    closing: watch::Sender<bool>,
}

/// A door that accepts no more, with what is left inside.
pub struct Closed {
    closing: watch::Sender<bool>,
    places: Arc<Semaphore>,
    most: u32,
}

impl Door {
    /// Listens.
    pub fn open(
        listen: SocketAddr,
        certificate: Option<Arc<Certificate>>,
        most: u32,
        router: Router,
    ) -> anyhow::Result<Self> {
        let listener = bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD);
        let places = Arc::new(Semaphore::new(most as usize));
        Ok(Self { listener, certificate, places, most, router, http, closing: watch::Sender::new(false) })
    }

    /// The address, with the port the system chose when none was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Accepts connections until dropped.
    pub async fn serve(&self) {
        let mut is_full = false;
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                // The client left before it was accepted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => {
                    tracing::error!(%error, "cannot accept a connection");
                    tokio::time::sleep(OUT_OF_RESOURCES).await;
                    continue;
                }
            };
            let was_full = is_full;
            let permit = self.places.clone().try_acquire_owned();
            is_full = permit.is_err();
            if let Ok(permit) = permit {
                self.welcome(stream, peer, Place::new(permit));
                continue;
            }
            metrics::counter!(CONNECTIONS_REFUSED).increment(1);
            if !was_full {
                tracing::warn!(most = self.most, "connections are refused: server.max_connections is reached");
            }
        }
    }

    fn welcome(&self, stream: TcpStream, peer: SocketAddr, place: Place) {
        // Small frames must not wait for the acknowledgement of earlier ones.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the client is gone");
            return;
        }
        let (router, http, mut closing) = (self.router.clone(), self.http.clone(), self.closing.subscribe());
        let certificate = self.certificate.clone();
        tokio::spawn(async move {
            let is_secure = certificate.is_some();
            let connection = match certificate {
                None => Connection::plain(stream, place),
                Some(certificate) => match timeout(HANDSHAKE, certificate.acceptor().accept(stream)).await {
                    Ok(Ok(stream)) => Connection::tls(stream, place),
                    Ok(Err(error)) => return tracing::debug!(%error, "TLS handshake failed"),
                    Err(_) => return tracing::debug!("TLS handshake took too long"),
                },
            };
            let inner = TowerToHyperService::new(router);
            let service = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                if is_secure {
                    request.extensions_mut().insert(gateway::Tls);
                }
                hyper::service::Service::call(&inner, request.map(Body::new))
            });
            let served = http.serve_connection(TokioIo::new(connection), service).with_upgrades();
            pin!(served);
            let ended = tokio::select! {
                ended = served.as_mut() => ended,
                () = async { closing.wait_for(|closing| *closing).await.map_or((), drop) } => {
                    served.as_mut().graceful_shutdown();
                    served.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "connection ended early");
            }
        });
    }

    /// Accepts no more connections.
    pub fn close(self) -> Closed {
        Closed { closing: self.closing, places: self.places, most: self.most }
    }
}

impl Closed {
    /// Lets requests that were begun finish, for so long; a WebSocket is left alone.
    pub async fn finish(self, patience: Duration) -> Left {
        self.closing.send_replace(true);
        if timeout(patience, self.closing.closed()).await.is_err() {
            tracing::warn!("requests that take too long are cut off");
        }
        Left { places: self.places, most: self.most }
    }
}

/// The connections that are left after requests have finished: each a WebSocket.
pub struct Left {
    places: Arc<Semaphore>,
    most: u32,
}

impl Left {
    /// Waits until all have gone, for so long.
    pub async fn gone(self, patience: Duration) {
        if timeout(patience, self.places.acquire_many(self.most)).await.is_err() {
            let left = self.most as usize - self.places.available_permits();
            tracing::warn!(connections = left, "connections that did not close are cut off");
        }
    }
}

fn bind(listen: SocketAddr) -> io::Result<TcpListener> {
    let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Addresses of connections that were just closed must not stand in the way of a restart.
    socket.set_reuseaddr(true)?;
    socket.bind(listen)?;
    socket.listen(BACKLOG)
}
