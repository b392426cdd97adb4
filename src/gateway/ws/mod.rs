//! The clients' WebSocket, in both framings: `/binfo` binary, `/info` text, also under a prefix.

mod answers;
#[cfg(test)]
mod bench;
mod connection;
mod frame;

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    extract::FromRequestParts,
    extract::{Query, Request, State, WebSocketUpgrade},
    response::{IntoResponse, Response},
    routing::get,
};
use model::SdkAppId;

use crate::{Gate, address, origin};
use connection::Connection;

/// The longest message of a client: a list of merged messages.
const MESSAGE_BYTES: usize = (4 << 20) + (64 << 10);
/// Idle connections keep a buffer of this size.
const READ_BUFFER: usize = 3072;
/// Frames that are written together are gathered up to this size.
const WRITE_BUFFER: usize = 16 << 10;

pub(crate) fn router(gate: Arc<Gate>) -> Router {
    let mut router = Router::new();
    for prefix in ["", "/{a}", "/{a}/{b}", "/{a}/{b}/{c}"] {
        for name in ["binfo", "info"] {
            router = router.route(&format!("{prefix}/{name}"), get(connect));
        }
    }
    router.with_state(gate)
}

async fn connect(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(refusal) => return refusal.into_response(),
    };
    let Query(query) =
        Query::<HashMap<String, String>>::try_from_uri(&parts.uri).unwrap_or_else(|_| Query(HashMap::new()));
    let given = |name: &str| query.get(name).map_or("", String::as_str);
    let connection = Connection {
        origin: origin(&gate.services, &parts).into(),
        address: address(&gate.services, &parts),
        // An app that does not exist is told so in the answers: a refused connection would be tried for ever.
        app: given("sdkappid").parse::<SdkAppId>().unwrap_or(0),
        client: given("instanceid").chars().take(64).collect(),
        binary: parts.uri.path().ends_with("/binfo"),
        compress: given("compress") == "gzip" && parts.uri.path().ends_with("/binfo"),
        gate,
    };
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES)
        .on_upgrade(|socket| connection.run(socket))
}
