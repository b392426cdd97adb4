//! Files that messages refer to: put with a signed address, read by whoever knows the name.

use std::{path::Path as FilePath, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::StreamExt;
use model::SdkAppId;
use serde::Deserialize;
use service::file::Ticket;
use tokio::io::AsyncWriteExt;
use tower::ServiceExt;
use tower_http::{cors::CorsLayer, services::ServeFile};

use crate::Gate;

pub(crate) fn router(gate: Arc<Gate>) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(tower_http::cors::Any)
        .allow_methods([Method::GET, Method::HEAD, Method::PUT])
        .allow_headers(tower_http::cors::Any);
    Router::new().route("/files/{app}/{name}/{file_name}", get(read).put(write)).layer(cors).with_state(gate)
}

#[derive(Deserialize)]
struct Address {
    app: SdkAppId,
    name: String,
    file_name: String,
}

#[derive(Deserialize)]
struct Signed {
    account: i64,
    kind: i64,
    expires: i64,
    sign: String,
}

/// Why an upload ended.
type Refusal = (StatusCode, &'static str);

async fn write(
    State(gate): State<Arc<Gate>>,
    Path(address): Path<Address>,
    Query(signed): Query<Signed>,
    body: Body,
) -> Result<StatusCode, Refusal> {
    const UNSIGNED: Refusal = (StatusCode::FORBIDDEN, "the upload address is not valid any more\n");
    let ticket = Ticket {
        app: address.app,
        account: signed.account,
        kind: signed.kind,
        name: address.name,
        file_name: address.file_name,
    };
    if !gate.services.check_upload(&ticket, signed.expires, &signed.sign) {
        return Err(UNSIGNED);
    }
    let (Some(path), Some(limit)) =
        (gate.services.file_path(ticket.app, &ticket.name), gate.services.upload_limit(ticket.app))
    else {
        return Err(UNSIGNED);
    };
    let bytes = receive(&path, body, limit).await?;
    gate.services.uploaded(&ticket, bytes).await.map_err(|error| {
        tracing::error!(%error, "upload was not recorded");
        UNKEPT
    })?;
    Ok(StatusCode::OK)
}

const UNKEPT: Refusal = (StatusCode::INTERNAL_SERVER_ERROR, "the file could not be kept\n");

/// Writes a body to a file of a temporary name and, when it is all on disk, gives it its own.
async fn receive(path: &FilePath, body: Body, limit: usize) -> Result<u64, Refusal> {
    let unkept = |error: std::io::Error| {
        tracing::error!(%error, "file was not kept");
        UNKEPT
    };
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(unkept)?;
    }
    let part = path.with_extension("part");
    let mut file = tokio::fs::File::create(&part).await.map_err(unkept)?;
    let (mut stream, mut bytes) = (body.into_data_stream(), 0);
    while let Some(chunk) = stream.next().await {
        let refused = match chunk {
            Ok(chunk) if bytes + chunk.len() <= limit => {
                bytes += chunk.len();
                file.write_all(&chunk).await.map_err(unkept)?;
                continue;
            }
            Ok(_) => (StatusCode::PAYLOAD_TOO_LARGE, "the file is larger than this app allows\n"),
            Err(_) => (StatusCode::BAD_REQUEST, "the file was cut off\n"),
        };
        let _ = tokio::fs::remove_file(&part).await;
        return Err(refused);
    }
    file.sync_all().await.map_err(unkept)?;
    tokio::fs::rename(&part, path).await.map_err(unkept)?;
    Ok(bytes as u64)
}

/// Types a browser may show in place; everything else is offered for saving.
const SHOWN: [(&str, &str); 13] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("bmp", "image/bmp"),
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("wav", "audio/wav"),
    ("aac", "audio/aac"),
];

async fn read(State(gate): State<Arc<Gate>>, Path(address): Path<Address>, request: Request) -> Response {
    let Some(path) = gate.services.file_path(address.app, &address.name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let ending = address.file_name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let shown = SHOWN.iter().find(|(name, _)| *name == ending).map(|(_, kind)| *kind);
    let kind = shown.unwrap_or("application/octet-stream");
    let Ok(mime) = kind.parse() else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(served) = ServeFile::new_with_mime(path, &mime).oneshot(request).await;
    let mut response = served.map(Body::new);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Nothing that was uploaded runs in this origin.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    if shown.is_none() {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    response.into_response()
}
