//! Files that messages refer to: put with a signed address, read by whoever has the address in a message.

use std::{ops::Range, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Path, Query, RawQuery, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use model::SdkAppId;
use serde::Deserialize;
use service::file::{Refusal, Smaller, Ticket, UploadRow, encode, mime};
use tokio::time::{Instant, timeout};
use tower_http::cors::CorsLayer;

use crate::Gate;

/// How long a file that is being sent may be waited for until so many bytes of it have come.
const STALLED: Duration = Duration::from_secs(30);
const PROGRESS: usize = 64 << 10;
/// How much a form may have around its file.
const FORM: u64 = 64 << 10;

pub(crate) fn router(gate: Arc<Gate>) -> Router {
    // Whoever has an address may use it, from any page; there are no cookies for these paths.
    let cors = CorsLayer::new()
        .allow_origin(tower_http::cors::Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT])
        .allow_headers(tower_http::cors::Any)
        .expose_headers([header::ACCEPT_RANGES, header::CONTENT_LENGTH, header::CONTENT_RANGE, header::ETAG]);
    let paths = get(read).put(put).post(post);
    Router::new().route("/files/{app}/{token}/{file_name}", paths).layer(cors).with_state(gate)
}

#[derive(Deserialize)]
struct Address {
    app: SdkAppId,
    token: String,
    file_name: String,
}

#[derive(Deserialize)]
struct Signed {
    account: i64,
    kind: i64,
    expires: i64,
    sign: String,
}

impl Signed {
    fn ticket(self, Address { app, token, file_name }: Address) -> Ticket {
        let Self { account, kind, expires, sign } = self;
        Ticket { app, account, kind, token, file_name, expires, sign }
    }
}

/// What browsers send: the bytes and nothing else.
async fn put(
    State(gate): State<Arc<Gate>>,
    Path(address): Path<Address>,
    Query(signed): Query<Signed>,
    request: Request,
) -> Response {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let chunks = request.into_body().into_data_stream();
    receive(gate, signed.ticket(address), announced, chunks).await
}

/// What mini programs and phones send: a form whose field `file` has the bytes.
async fn post(
    State(gate): State<Arc<Gate>>,
    Path(address): Path<Address>,
    Query(signed): Query<Signed>,
    request: Request,
) -> Response {
    const NO_FILE: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "the form has no field `file`\n");
    let ticket = signed.ticket(address);
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let Some(boundary) = kind.and_then(|kind| multer::parse_boundary(kind).ok()) else {
        return NO_FILE.into_response();
    };
    let limits = multer::SizeLimit::new().per_field(FORM).for_field("file", u64::MAX);
    let body = Box::pin(unless_stalled(request.into_body().into_data_stream()));
    let limits = multer::Constraints::new().size_limit(limits);
    let mut form = multer::Multipart::with_constraints(body, boundary, limits);
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("file") {
            return receive(gate, ticket, None, field).await;
        }
    }
    NO_FILE.into_response()
}

async fn receive<E: std::error::Error + Send + Sync + 'static>(
    gate: Arc<Gate>,
    ticket: Ticket,
    announced: Option<u64>,
    chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
) -> Response {
    // When the client goes, so does this request; what was begun must be cleared away all the same.
    let task = tokio::spawn(async move {
        let chunks = Box::pin(unless_stalled(chunks));
        gate.services.receive(&ticket, announced, chunks).await
    });
    let (status, why) = match task.await.unwrap_or(Err(Refusal::Broken)) {
        Ok(()) => return StatusCode::OK.into_response(),
        Err(Refusal::Unsigned) => (StatusCode::FORBIDDEN, "the upload address is not valid any more\n"),
        Err(Refusal::TooLarge) => (StatusCode::PAYLOAD_TOO_LARGE, "the file is larger than this app allows\n"),
        Err(Refusal::CutOff) => (StatusCode::BAD_REQUEST, "the file was cut off\n"),
        Err(Refusal::Taken) => (StatusCode::CONFLICT, "the address has its file already\n"),
        // Clients repeat what a server could not take.
        Err(Refusal::Busy) => (StatusCode::SERVICE_UNAVAILABLE, "too many files arrive just now\n"),
        Err(Refusal::Broken) => (StatusCode::INTERNAL_SERVER_ERROR, "the file could not be kept\n"),
    };
    (status, why).into_response()
}

/// How fast a client sends. What it is not waited for, as while something is written, does not count.
#[derive(Default)]
struct Pace {
    waited: Duration,
    bytes: usize,
}

impl Pace {
    /// How long may be waited now.
    fn patience(&self) -> Duration {
        STALLED.saturating_sub(self.waited)
    }

    /// Notes how long was waited for so many bytes. Whether it still comes fast enough.
    fn note(&mut self, waited: Duration, bytes: usize) -> bool {
        self.waited += waited;
        self.bytes += bytes;
        if self.bytes >= PROGRESS {
            *self = Self::default();
        }
        self.waited < STALLED
    }
}

/// Ends with an error when nothing comes for too long, or too little: who trickles would keep a place for hours.
fn unless_stalled<E: std::error::Error + Send + Sync + 'static>(
    chunks: impl Stream<Item = Result<Bytes, E>> + Send,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    stream::unfold((Box::pin(chunks), Pace::default()), |(mut chunks, mut pace)| async {
        let begun = Instant::now();
        let chunk = match timeout(pace.patience(), chunks.next()).await {
            Ok(Some(Ok(bytes))) if pace.note(begun.elapsed(), bytes.len()) => Ok(bytes),
            Ok(Some(Err(error))) => Err(std::io::Error::other(error)),
            Ok(None) => return None,
            Ok(Some(Ok(_))) | Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
        };
        Some((chunk, (chunks, pace)))
    })
}

async fn read(
    State(gate): State<Arc<Gate>>,
    Path(address): Path<Address>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let answered = async {
        let Address { app, token, file_name } = &address;
        let Some(file) = gate.services.file(*app, token, file_name, query.as_deref()).await? else {
            return Ok(None);
        };
        if let Some(variant) = query.as_deref().and_then(wanted)
            && let Some(content) = gate.services.smaller(&file, variant).await?
        {
            return Ok(Some(small(&headers, &file, variant, content)));
        }
        whole(&gate, &headers, &file).await
    };
    let mut response = match answered.await {
        Ok(Some((response, file))) => {
            let seconds = gate.services.life_left(&file).min(365 * 24 * 3_600_000) / 1000;
            let mut response = response;
            if let Ok(caching) = HeaderValue::try_from(format!("private, max-age={seconds}, immutable")) {
                response.headers_mut().insert(header::CACHE_CONTROL, caching);
            }
            response
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            let error: model::Error = error;
            tracing::error!(%error, "file was not read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Nothing that was uploaded runs in this origin.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    response
}

/// The smaller variant that a query asks for, as in `imageView2/3/w/198/h/198`.
fn wanted(query: &str) -> Option<Smaller> {
    let rules = query.split('&').find_map(|part| part.strip_prefix("imageView2/"))?;
    let words: Vec<_> = rules.split('/').collect();
    let pixels = words.windows(2).find_map(|two| matches!(two[0], "w" | "h").then(|| two[1].parse().ok())?)?;
    Some(Smaller::for_side(pixels))
}

type Answer = Option<(Response, UploadRow)>;

/// Whether the client has this version.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let tags = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    tags.is_some_and(|tags| tags.split(',').any(|one| matches!(one.trim(), "*") || one.trim() == tag))
}

fn small(headers: &HeaderMap, file: &UploadRow, variant: Smaller, content: Bytes) -> (Response, UploadRow) {
    let tag = format!("\"{}-{}\"", file.name, variant as u32);
    let kind = mime(&content);
    let mut response = if is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, kind)], content).into_response()
    };
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    (response, file.clone())
}

async fn whole(gate: &Gate, headers: &HeaderMap, file: &UploadRow) -> Result<Answer, model::Error> {
    let (size, tag) = (file.bytes as u64, format!("\"{}\"", file.name));
    let mut answer = HeaderMap::new();
    let mut set = |name, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.insert(name, value);
        }
    };
    set(header::ETAG, tag.clone());
    set(header::ACCEPT_RANGES, "bytes".into());
    if is_known(headers, &tag) {
        return Ok(Some(((StatusCode::NOT_MODIFIED, answer).into_response(), file.clone())));
    }
    let is_same = headers.get(header::IF_RANGE).is_none_or(|given| given.as_bytes() == tag.as_bytes());
    let asked = headers.get(header::RANGE).filter(|_| is_same).and_then(|range| range.to_str().ok());
    let (status, range) = match asked.and_then(|range| part(range, size)) {
        None => (StatusCode::OK, 0..size),
        Some(Ok(range)) => {
            set(header::CONTENT_RANGE, format!("bytes {}-{}/{size}", range.start, range.end - 1));
            (StatusCode::PARTIAL_CONTENT, range)
        }
        Some(Err(OutOfReach)) => {
            set(header::CONTENT_RANGE, format!("bytes */{size}"));
            return Ok(Some(((StatusCode::RANGE_NOT_SATISFIABLE, answer).into_response(), file.clone())));
        }
    };
    set(header::CONTENT_LENGTH, (range.end - range.start).to_string());
    if file.mime.is_empty() {
        set(header::CONTENT_TYPE, "application/octet-stream".into());
        set(header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{}", encode(&file.file_name)));
    } else {
        set(header::CONTENT_TYPE, file.mime.clone());
    }
    let Some(content) = gate.services.file_content(file, range).await? else { return Ok(None) };
    Ok(Some(((status, answer, Body::from_stream(content)).into_response(), file.clone())))
}

/// A range that begins behind the end.
#[derive(Debug, PartialEq, Eq)]
struct OutOfReach;

/// The bytes that one range asks for. Several ranges, or one that is not understood, are answered with the whole.
fn part(range: &str, size: u64) -> Option<Result<Range<u64>, OutOfReach>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
    let range = match (first.trim(), last.trim()) {
        ("", last) => size.saturating_sub(number(last)?)..size,
        (first, "") => number(first)?..size,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(size)
        }
    };
    Some(if range.start < range.end { Ok(range) } else { Err(OutOfReach) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use service::file::Smaller;

    use super::{OutOfReach, PROGRESS, Pace, STALLED, part, wanted};

    #[test]
    fn who_trickles_is_as_slow_as_who_stalls() {
        let second = Duration::from_secs(1);
        let mut trickle = Pace::default();
        let lasted = (0..1000).take_while(|_| trickle.note(second, 1)).count();
        assert_eq!(lasted + 1, STALLED.as_secs() as usize);
        let mut slow = Pace::default();
        assert!((0..1000).all(|_| slow.note(second, PROGRESS.div_ceil(29))), "slow, and it comes");
        let mut late = Pace::default();
        assert!(late.note(STALLED.saturating_sub(second), PROGRESS - 1) && late.patience() == second);
        assert!(late.note(second, 1) && late.patience() == STALLED, "it has come in time");
        assert!(!late.note(STALLED, 0));
    }

    #[test]
    fn ranges_are_understood() {
        for (asked, bytes) in [
            ("bytes=0-0", Some(Ok(0..1))),
            ("bytes=10-19", Some(Ok(10..20))),
            ("bytes=10-", Some(Ok(10..100))),
            ("bytes=-10", Some(Ok(90..100))),
            ("bytes=-500", Some(Ok(0..100))),
            ("bytes=90-500", Some(Ok(90..100))),
            ("bytes=90-18446744073709551615", Some(Ok(90..100))),
            ("bytes=100-", Some(Err(OutOfReach))),
            ("bytes=500-600", Some(Err(OutOfReach))),
            ("bytes=-0", Some(Err(OutOfReach))),
            ("bytes=5-4", None),
            ("bytes=0-1,3-4", None),
            ("bytes=+1-2", None),
            ("bytes=99999999999999999999-", None),
            ("lines=0-1", None),
            ("bytes=-", None),
        ] {
            assert_eq!(part(asked, 100), bytes, "{asked}");
        }
        assert_eq!(part("bytes=0-0", 0), Some(Err(OutOfReach)));
    }

    #[test]
    fn queries_ask_for_variants() {
        for (query, variant) in [
            ("imageView2/3/w/198/h/198", Some(Smaller::Small)),
            ("a=b&imageView2/3/w/720/h/720", Some(Smaller::Large)),
            ("imageView2/2/h/100", Some(Smaller::Small)),
            ("imageView2/3/w/99999999999", None),
            ("imageView2/3", None),
            ("w/198", None),
        ] {
            assert_eq!(wanted(query), variant, "{query}");
        }
    }
}
