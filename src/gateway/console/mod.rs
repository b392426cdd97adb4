//! The console: its commands at `POST /api/{name}`, and its pages everywhere that no other door answers.

mod api;
mod page;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    Router,
    handler::Handler,
    http::{HeaderName, HeaderValue, header},
    middleware::map_response,
    response::Response,
    routing::post,
};
use tower_http::compression::CompressionLayer;

use crate::Gate;

pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/api/{name}", post(api::answer))
        // Only pages, which hold no secrets: what is compressed beside a secret can betray it.
        .fallback(page::answer.layer(CompressionLayer::new()))
        .layer(map_response(guard))
        .with_state(Arc::new(api::Desk::new(gate)))
}

/// What a browser may do with anything of the console.
const GUARDS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https: http:; \
         connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

async fn guard(mut response: Response) -> Response {
    for (name, value) in GUARDS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
