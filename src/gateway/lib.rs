//! Floor 4: the doors. WebSocket, REST, console, file transfer.
//!
//! Doors authenticate and frame; what is asked goes through the dispatcher.

mod console;
mod download;
mod health;
mod rest;
mod transfer;
mod ws;

use std::sync::Arc;

use axum::{Router, http::request::Parts};
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

/// `http://host:port` as the client sees the server.
pub(crate) fn origin(services: &Services, parts: &Parts) -> String {
    if let Some(url) = &services.options.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let scheme = if parts.extensions.get::<Tls>().is_some() { "https" } else { "http" };
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("{scheme}://{host}")
}
