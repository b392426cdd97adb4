//! The console's pages, built into the binary.

use std::borrow::Cow;

use axum::{
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// First parts of paths that belong to other doors.
const OTHERS: [&str; 7] = ["api", "v4", "files", "binfo", "info", "healthz", "readyz"];
/// Files here carry a hash of what they hold in their names.
const HASHED: &str = "assets/";

/// Shown where the console would be.
const UNBUILT: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Feihong</title>\n\
    <p>The server works, but the web console was not built into it.\n\
    <p>Run <code>make console</code>, then build the server again.\n</html>\n";

pub(super) async fn answer(method: Method, uri: Uri) -> Response {
    if OTHERS.contains(&uri.path().split('/').nth(1).unwrap_or_default()) {
        return (StatusCode::NOT_FOUND, "there is nothing at this address\n").into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
        return (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
    }
    show(uri.path().trim_start_matches('/'), |name| Built::get(name).map(File::from))
}

/// A file of the console.
struct File {
    data: Cow<'static, [u8]>,
    mime: String,
}

impl From<EmbeddedFile> for File {
    fn from(file: EmbeddedFile) -> Self {
        Self { mime: file.metadata.mimetype().to_owned(), data: file.data }
    }
}

/// The file of a path, or the one page that draws every other path by itself.
fn show(path: &str, find: impl Fn(&str) -> Option<File>) -> Response {
    let file = if path.is_empty() { None } else { find(path) };
    let hashed = path.starts_with(HASHED);
    if hashed && file.is_none() {
        return (StatusCode::NOT_FOUND, "this file is not of the present console\n").into_response();
    }
    let caching = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let caching = [(header::CACHE_CONTROL, HeaderValue::from_static(caching))];
    let Some(file) = file.or_else(|| find("index.html")) else { return (caching, Html(UNBUILT)).into_response() };
    let mime = if file.mime.starts_with("text/") { format!("{}; charset=utf-8", file.mime) } else { file.mime };
    (caching, [(header::CONTENT_TYPE, mime)], file.data).into_response()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use axum::{
        body::to_bytes,
        http::{StatusCode, header},
    };

    use super::{File, UNBUILT, show};

    fn built(name: &str) -> Option<File> {
        let (data, mime) = match name {
            "index.html" => ("the page", "text/html"),
            "assets/index-1a.js" => ("the script", "text/javascript"),
            "icon.svg" => ("the icon", "image/svg+xml"),
            _ => return None,
        };
        Some(File { data: Cow::Borrowed(data.as_bytes()), mime: mime.into() })
    }

    async fn shown(path: &str, find: impl Fn(&str) -> Option<File>) -> (StatusCode, String, String, String) {
        let response = show(path, find);
        let header = |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (status, caching, mime) = (response.status(), header(header::CACHE_CONTROL), header(header::CONTENT_TYPE));
        let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
        (status, caching, mime, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_path_is_the_page_and_the_page_is_always_asked_for_again() {
        for path in ["", "index.html", "apps", "apps/1400000001", "setup"] {
            let (status, caching, mime, body) = shown(path, built).await;
            assert_eq!((status, body.as_str()), (StatusCode::OK, "the page"), "{path}");
            assert_eq!((caching.as_str(), mime.as_str()), ("no-cache", "text/html; charset=utf-8"), "{path}");
        }
    }

    #[tokio::test]
    async fn hashed_files_are_kept_and_others_are_not() {
        let (status, caching, mime, body) = shown("assets/index-1a.js", built).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "the script"));
        assert_eq!(caching, "public, max-age=31536000, immutable");
        assert_eq!(mime, "text/javascript; charset=utf-8");
        let (_, caching, mime, body) = shown("icon.svg", built).await;
        assert_eq!((caching.as_str(), mime.as_str(), body.as_str()), ("no-cache", "image/svg+xml", "the icon"));
    }

    #[tokio::test]
    async fn a_script_of_another_build_is_missing_rather_than_a_page() {
        let (status, caching, _, _) = shown("assets/index-0f.js", built).await;
        assert_eq!((status, caching.as_str()), (StatusCode::NOT_FOUND, ""));
    }

    #[tokio::test]
    async fn an_unbuilt_console_says_how_to_build_it() {
        let (status, _, _, body) = shown("", |_| None).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, UNBUILT));
        assert!(UNBUILT.contains("make console"));
    }
}
