//! Floor 4: the doors. WebSocket, REST, console, file transfer.
//!
//! Doors authenticate and frame; what is asked goes through the dispatcher.

mod console;
mod download;
mod health;
mod rest;
mod transfer;
mod ws;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{Router, extract::ConnectInfo, http::request::Parts};
use command::Dispatcher;
use service::Services;

/// What every door needs.
pub struct Gate {
    /// What can be done.
    pub services: Arc<Services>,
    /// The way to the commands.
    pub dispatcher: Dispatcher,
}

/// How a connection is protected; put into the requests of connections with TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tls;

/// Everything that the public port answers.
pub fn router(services: Arc<Services>) -> Router {
    let gate = Arc::new(Gate { services, dispatcher: Dispatcher::default() });
    Router::new()
        .merge(ws::router(gate.clone()))
        .merge(rest::router(gate.clone()))
        .merge(transfer::router(gate.clone()))
        .merge(download::router(gate.clone()))
        .merge(health::router(gate.clone()))
        .merge(console::router(gate))
}

/// The address a request came from: that of its connection, or what a proxy in front says, where one is configured.
pub(crate) fn address(services: &Services, parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let Some(header) = &services.options.address_header else { return peer };
    let said = parts.headers.get_all(header.as_str()).iter().next_back().and_then(|value| value.to_str().ok());
    // Each proxy adds to the end what it sees; what stands before it was said by others.
    said.and_then(|said| said.rsplit(',').next()?.trim().parse().ok()).or(peer)
}

/// `http://host:port` as the client sees the server.
pub(crate) fn origin(services: &Services, parts: &Parts) -> String {
    if let Some(url) = &services.options.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let scheme = if parts.extensions.get::<Tls>().is_some() { "https" } else { "http" };
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("{scheme}://{host}")
}
