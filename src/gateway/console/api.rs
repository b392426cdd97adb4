//! `POST /api/{name}`: who asks is told by a cookie, and only the console's own pages may ask.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use command::{Caller, Context, Door, SessionChange};
use model::{Code, Error, Kind};
use service::Services;
use tokio::sync::Semaphore;

use crate::{Gate, Tls, origin};

/// The longest body, in bytes.
const BODY: usize = 256 << 10;
/// Strangers' requests that are worked on at once: each may cost as much memory and time as hashing a password does.
const STRANGERS: usize = 4;
/// A header that no other site can send without being asked by the browser first.
const GUARD: &str = "x-feihong-console";
/// The cookie of the session.
const COOKIE: &str = "feihong_session";

/// What the console's door needs.
pub(super) struct Desk {
    gate: Arc<Gate>,
    strangers: Semaphore,
}

impl Desk {
    pub fn new(gate: Arc<Gate>) -> Self {
        Self { gate, strangers: Semaphore::new(STRANGERS) }
    }

    async fn ask(&self, name: &str, parts: &Parts, body: Body) -> Result<Reply, Error> {
        let services = &self.gate.services;
        if !is_own_page(&parts.headers, services.options.public_url.as_deref()) {
            return Err(Error::new(Code::Forbidden).detail("only the console's own pages may ask this"));
        }
        let body = axum::body::to_bytes(body, BODY)
            .await
            .map_err(|_| Error::new(Code::BodyTooLong).detail("the body is longer than 256 KiB or was cut off"))?;
        let caller = who(services, &parts.headers).await?;
        let _turn = match caller {
            Caller::Visitor => {
                Some(self.strangers.acquire().await.map_err(|error| Error::new(Code::Broken).source(error))?)
            }
            _ => None,
        };
        let cx =
            Arc::new(Context::new(services.clone(), None, caller, Door::Console, None, origin(services, parts).into()));
        let outcome = self.gate.dispatcher.dispatch(cx.clone(), name, body).await;
        match outcome.error {
            Some(error) => Err(error),
            None => Ok(Reply { body: outcome.body, session: cx.take_session_change() }),
        }
    }

    /// Whether browsers reach the server only over TLS, so that the cookie may insist on it.
    fn is_secure(&self, parts: &Parts) -> bool {
        let public = self.gate.services.options.public_url.as_deref();
        parts.extensions.get::<Tls>().is_some() || public.is_some_and(|url| url.starts_with("https://"))
    }
}

/// What a command answered.
struct Reply {
    body: Vec<u8>,
    session: Option<SessionChange>,
}

pub(super) async fn answer(State(desk): State<Arc<Desk>>, Path(name): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = match desk.ask(&name, &parts, body).await {
        Ok(reply) => {
            let mut response = reply.body.into_response();
            if let Some(cookie) = reply.session.and_then(|change| cookie(&change, desk.is_secure(&parts))) {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(error) => (status(error.code), refusal(&error)).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a page of the console asks. A browser says truly where a request comes from; what is no browser has no
/// cookie that others could abuse.
fn is_own_page(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let given = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if given(GUARD) != Some("1") {
        return false;
    }
    // Browsers that send it compare origins themselves, also where a proxy replaces `Host`.
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    if !headers.contains_key(header::ORIGIN.as_str()) {
        return true;
    }
    let Some((_, authority)) = given("origin").and_then(|origin| origin.split_once("://")) else { return false };
    let public = public_url.and_then(|url| url.trim_end_matches('/').split_once("://"));
    given("host") == Some(authority) || public.is_some_and(|(_, public)| public == authority)
}

async fn who(services: &Services, headers: &HeaderMap) -> Result<Caller, Error> {
    let Some(token) = token(headers) else { return Ok(Caller::Visitor) };
    let operator = services.operators.of_session(token).await?;
    Ok(operator.map_or(Caller::Visitor, |operator| Caller::Operator { operator, token: token.to_owned() }))
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE && !value.is_empty()).then_some(value))
}

/// The cookie lasts as long as the browser runs; how long the session does is for the server to say.
fn cookie(change: &SessionChange, secure: bool) -> Option<HeaderValue> {
    let value = match change {
        SessionChange::Begun(token) => token.as_str(),
        SessionChange::Ended => "; Max-Age=0",
    };
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::try_from(format!("{COOKIE}={value}; Path=/api; HttpOnly; SameSite=Strict{secure}")).ok()
}

fn status(code: Code) -> StatusCode {
    match (code, code.kind()) {
        (Code::SignInRequired | Code::SignInFailed, _) => StatusCode::UNAUTHORIZED,
        (Code::Forbidden, _) | (_, Kind::Auth) => StatusCode::FORBIDDEN,
        (Code::NotFound | Code::NoSuchCommand, _) => StatusCode::NOT_FOUND,
        (Code::TooManyAttempts, _) => StatusCode::TOO_MANY_REQUESTS,
        (_, Kind::Caller) => StatusCode::BAD_REQUEST,
        (_, Kind::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        (_, Kind::Ours) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn refusal(error: &Error) -> String {
    let message = if error.kind() == Kind::Ours { error.code.text() } else { error.detail.as_ref() };
    serde_json::json!({ "code": error.number(), "name": error.code.name(), "message": message }).to_string()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    use command::SessionChange;
    use model::{Code, Error};

    use super::{cookie, is_own_page, refusal, status, token};

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        given.iter().map(pair).collect()
    }

    #[test]
    fn the_status_says_what_to_do() {
        for (code, expected) in [
            (Code::SignInRequired, StatusCode::UNAUTHORIZED),
            (Code::SignInFailed, StatusCode::UNAUTHORIZED),
            (Code::Forbidden, StatusCode::FORBIDDEN),
            (Code::AdminRequired, StatusCode::FORBIDDEN),
            (Code::NotFound, StatusCode::NOT_FOUND),
            (Code::NoSuchCommand, StatusCode::NOT_FOUND),
            (Code::TooManyAttempts, StatusCode::TOO_MANY_REQUESTS),
            (Code::Invalid, StatusCode::BAD_REQUEST),
            (Code::AlreadySetUp, StatusCode::BAD_REQUEST),
            (Code::SetupTokenWrong, StatusCode::BAD_REQUEST),
            (Code::CommandTooFrequent, StatusCode::SERVICE_UNAVAILABLE),
            (Code::Broken, StatusCode::INTERNAL_SERVER_ERROR),
        ] {
            assert_eq!(status(code), expected, "{code:?}");
        }
        for &code in Code::ALL {
            assert!(status(code).is_client_error() || status(code).is_server_error(), "{code:?}");
        }
    }

    #[test]
    fn only_own_pages_may_ask() {
        let public = Some("https://im.example.org/");
        let own: &[&[(&str, &str)]] = &[
            &[("x-feihong-console", "1")],
            &[("x-feihong-console", "1"), ("sec-fetch-site", "same-origin")],
            &[("x-feihong-console", "1"), ("sec-fetch-site", "same-origin"), ("origin", "https://a"), ("host", "b")],
            &[("x-feihong-console", "1"), ("origin", "http://a:7400"), ("host", "a:7400")],
            &[("x-feihong-console", "1"), ("origin", "https://im.example.org"), ("host", "inner:7400")],
        ];
        for given in own {
            assert!(is_own_page(&headers(given), public), "{given:?}");
        }
        let foreign: &[&[(&str, &str)]] = &[
            &[],
            &[("sec-fetch-site", "same-origin")],
            &[("x-feihong-console", "0")],
            &[("x-feihong-console", "1"), ("sec-fetch-site", "cross-site"), ("origin", "http://a"), ("host", "a")],
            &[("x-feihong-console", "1"), ("sec-fetch-site", "same-site")],
            &[("x-feihong-console", "1"), ("sec-fetch-site", "none")],
            &[("x-feihong-console", "1"), ("origin", "https://evil.example"), ("host", "a")],
            &[("x-feihong-console", "1"), ("origin", "http://a:81"), ("host", "a:80")],
            &[("x-feihong-console", "1"), ("origin", "https://im.example.org.evil"), ("host", "a")],
            &[("x-feihong-console", "1"), ("origin", "null"), ("host", "null")],
            &[("x-feihong-console", "1"), ("origin", "https://a")],
        ];
        for given in foreign {
            assert!(!is_own_page(&headers(given), public), "{given:?}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let others = headers(&[("cookie", "a=b; xfeihong_session=no; feihong_session=abc; c=")]);
        assert_eq!(token(&others), Some("abc"));
        assert_eq!(token(&headers(&[("cookie", "feihong_session=; x")])), None);
        assert_eq!(token(&HeaderMap::new()), None);
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_sites() {
        assert_eq!(
            cookie(&SessionChange::Begun("ab".into()), false).unwrap(),
            "feihong_session=ab; Path=/api; HttpOnly; SameSite=Strict"
        );
        assert_eq!(
            cookie(&SessionChange::Ended, true).unwrap(),
            "feihong_session=; Max-Age=0; Path=/api; HttpOnly; SameSite=Strict; Secure"
        );
    }

    #[test]
    fn faults_of_ours_stay_generic() {
        let error = Error::new(Code::Broken).detail("disk full").source("/data");
        let body: serde_json::Value = serde_json::from_str(&refusal(&error)).unwrap();
        assert_eq!(body, serde_json::json!({ "code": 60008, "name": "Broken", "message": Code::Broken.text() }));
    }
}
