//! Files with an hour's messages, at signed addresses that end.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use model::{Millis, SdkAppId};
use serde::Deserialize;
use tower::ServiceExt;
use tower_http::services::ServeFile;

use crate::Gate;

pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new().route("/history/{app}/{name}", get(read)).with_state(gate)
}

#[derive(Deserialize)]
struct Signed {
    expires: Millis,
    sign: String,
}

async fn read(
    State(gate): State<Arc<Gate>>,
    Path((app, name)): Path<(SdkAppId, String)>,
    Query(signed): Query<Signed>,
    request: Request,
) -> Response {
    let Some(path) = gate.services.history_path(app, &name, signed.expires, &signed.sign) else {
        return (StatusCode::FORBIDDEN, "the address is not valid any more\n").into_response();
    };
    let Ok(kind) = "application/gzip".parse() else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(served) = ServeFile::new_with_mime(path, &kind).oneshot(request).await;
    let mut response = served.map(Body::new);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response.into_response()
}
