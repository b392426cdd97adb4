//! REST v4: `POST /v4/{service}/{command}?sdkappid=…&identifier=…&usersig=…`.
//!
//! Checks come in the order that existing clients expect; everything the service answers has status 200.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Query, Request, State},
    http::{HeaderValue, Method, header, request::Parts},
    response::{IntoResponse, Response},
    routing::any,
};
use command::{Caller, Context, Door, fail};
use model::{Code, Error, SdkAppId, State as AppState};

use crate::{Gate, address, origin};

/// The longest body that is read at all.
const BODY: usize = 1 << 20;

pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new().route("/v4", any(answer)).route("/v4/{*path}", any(answer)).with_state(gate)
}

async fn answer(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let reply = match ask(&gate, &parts, body).await {
        Ok(reply) => reply,
        Err(error) => fail(&error, false),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("X-Requested-With, Content-Type")),
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST")),
    ];
    (headers, reply).into_response()
}

async fn ask(gate: &Gate, parts: &Parts, body: Body) -> Result<Vec<u8>, Error> {
    let name = command_name(parts.uri.path())?;
    if parts.method == Method::OPTIONS {
        return Ok(Vec::new());
    }
    if parts.method != Method::POST {
        return Err(Error::new(Code::Broken).detail("commands are asked with POST"));
    }
    let Query(query) = Query::<HashMap<String, String>>::try_from_uri(&parts.uri)
        .map_err(|_| Error::new(Code::PathMalformed).detail("the query of the URL is malformed"))?;
    let given = |name: &str| query.get(name).map_or("", String::as_str);
    if given("sdkappid").is_empty() {
        return Err(Code::SdkAppIdMissing.into());
    }
    let services = &gate.services;
    let sdkappid: SdkAppId = given("sdkappid").parse().map_err(|_| Error::new(Code::SdkAppIdUnknown))?;
    let app = services.apps.get(sdkappid).ok_or(Code::SdkAppIdUnknown)?;
    if app.state(services.world.now()) == AppState::Stopped {
        return Err(Code::AppDisabled.into());
    }
    let identifier = given("identifier");
    if identifier.is_empty() {
        return Err(Error::new(Code::CredentialsMissing).detail("identifier is missing in the URL"));
    }
    let user = services.accounts.check_signature(&app, identifier, given("usersig")).await?;
    if !app.is_administrator(user.as_str()) {
        return Err(Code::AdminRequired.into());
    }
    let body = axum::body::to_bytes(body, BODY)
        .await
        .map_err(|_| Error::new(Code::BodyTooLong).detail("the body is too long or was cut off"))?;
    let cx = Context::new(
        services.clone(),
        Some(app),
        Caller::Admin { user },
        Door::Rest,
        None,
        origin(services, parts).into(),
    )
    .from_address(address(services, parts));
    Ok(gate.dispatcher.dispatch(Arc::new(cx), &name, body).await.body)
}

/// `service.command` of a path.
fn command_name(path: &str) -> Result<String, Error> {
    let mut names = path.strip_prefix("/v4/").unwrap_or_default().split('/');
    match (names.next(), names.next(), names.next()) {
        (Some(service), Some(command), None) if !service.is_empty() && !command.is_empty() => {
            Ok(format!("{service}.{command}"))
        }
        _ => Err(Error::new(Code::PathMalformed).detail("the path is /v4/service/command")),
    }
}

#[cfg(test)]
mod tests {
    use super::command_name;

    #[test]
    fn paths_have_a_service_and_a_command() {
        assert_eq!(command_name("/v4/openim/sendmsg").unwrap(), "openim.sendmsg");
        for bad in ["/v4", "/v4/", "/v4/openim", "/v4/openim/", "/v4//sendmsg", "/v4/a/b/c"] {
            assert!(command_name(bad).is_err(), "{bad}");
        }
    }
}
