//! Whether the process lives, and whether it can serve.

use std::sync::Arc;

use axum::{Router, extract::State, http::StatusCode, routing::get};

use crate::Gate;

pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready)).with_state(gate)
}

async fn ready(State(gate): State<Arc<Gate>>) -> (StatusCode, &'static str) {
    if gate.services.is_ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
    }
}
