//! The console's door as a browser finds it.

use std::{io::Read, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header, request::Builder},
};
use command::{Dispatcher, Door, Who};
use model::usersig;
use serde_json::{Value, json};
use service::{Options, Services, World};
use store::{Backend, Config, Durability, Store};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{Gate, Tls};

const NOW: i64 = 1_800_000_000_000;
const PASSWORD: &str = "correct horse";

struct Console {
    services: Arc<Services>,
    router: Router,
    _dir: TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The cookie as a browser sends it back.
    fn cookie(&self) -> Option<String> {
        let cookie = self.headers.get(header::SET_COOKIE)?.to_str().unwrap();
        cookie.split(';').next().map(str::to_owned)
    }

    #[track_caller]
    fn refused(&self, status: StatusCode, name: &str) {
        assert_eq!((self.status, self.json()["name"].as_str()), (status, Some(name)), "{}", self.text);
    }
}

impl Console {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = Config { backend: Backend::Sqlite { dir: dir.path().into() }, durability: Durability::Relaxed };
        let store = Store::open(&config).await.unwrap();
        let options = Options::default();
        let services = Services::start(store, World::fixed(NOW, 7), options).await.unwrap();
        let gate = Gate { services: services.clone(), dispatcher: Dispatcher::default() };
        Self { services, router: super::router(Arc::new(gate)), _dir: dir }
    }

    /// A console with one operator, and the cookie of the operator's session.
    async fn set_up() -> (Self, String) {
        let console = Self::new().await;
        let token = console.services.setup_token().unwrap();
        let ask = json!({ "token": token, "name": "owner", "password": PASSWORD });
        let answer = console.ask("console.setup.create", &ask, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let cookie = answer.cookie().unwrap();
        (console, cookie)
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 24).await.unwrap();
        let text = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    async fn ask(&self, name: &str, ask: &Value, cookie: &str) -> Answer {
        self.send(call(name, cookie).body(ask.to_string().into()).unwrap()).await
    }

    async fn done(&self, name: &str, ask: &Value, cookie: &str) -> Value {
        let answer = self.ask(name, ask, cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text);
        answer.json()
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }
}

/// What the console's pages send.
fn call(name: &str, cookie: &str) -> Builder {
    Request::post(format!("/api/{name}")).header("x-feihong-console", "1").header(header::COOKIE, cookie)
}

#[tokio::test]
async fn the_first_operator_needs_the_token_and_is_the_only_first() {
    let console = Console::new().await;
    let status = console.done("console.setup.status", &json!({}), "").await;
    assert_eq!(status, json!({ "setUp": false, "version": env!("CARGO_PKG_VERSION") }));
    let ask = |token: &str, password: &str| json!({ "token": token, "name": "owner", "password": password });

    let wrong = console.ask("console.setup.create", &ask("no", PASSWORD), "").await;
    wrong.refused(StatusCode::BAD_REQUEST, "SetupTokenWrong");
    let token = console.services.setup_token().unwrap();
    let short = console.ask("console.setup.create", &ask(&token, "short"), "").await;
    short.refused(StatusCode::BAD_REQUEST, "Invalid");
    assert_eq!(console.done("console.setup.status", &json!({}), "").await["setUp"], false);

    let made = console.ask("console.setup.create", &ask(&token, PASSWORD), "").await;
    assert_eq!(made.json(), json!({ "operator": { "name": "owner", "role": "owner" } }));
    let session = console.done("console.session.get", &json!({}), &made.cookie().unwrap()).await;
    assert_eq!(session["operator"]["name"], "owner");

    let again = console.ask("console.setup.create", &ask(&token, PASSWORD), "").await;
    again.refused(StatusCode::BAD_REQUEST, "AlreadySetUp");
    assert!(again.cookie().is_none());
    assert_eq!(console.done("console.setup.status", &json!({}), "").await["setUp"], true);
}

#[tokio::test]
async fn a_session_lasts_until_it_is_ended() {
    let (console, first) = Console::set_up().await;
    let wrong = console.ask("console.session.create", &json!({ "name": "owner", "password": "wrong horse" }), "").await;
    wrong.refused(StatusCode::UNAUTHORIZED, "SignInFailed");
    assert!(wrong.cookie().is_none());

    let right = json!({ "name": "owner", "password": PASSWORD });
    let second = console.ask("console.session.create", &right, "").await;
    assert_eq!(second.json(), json!({ "operator": { "name": "owner", "role": "owner" } }));
    let second = second.cookie().unwrap();
    // Signing in anew takes the place of the session that was.
    let third = console.ask("console.session.create", &right, &second).await.cookie().unwrap();
    let replaced = console.ask("console.session.get", &json!({}), &second).await;
    replaced.refused(StatusCode::UNAUTHORIZED, "SignInRequired");

    let ended = console.ask("console.session.delete", &json!({}), &third).await;
    assert_eq!((ended.status, ended.text.as_str()), (StatusCode::OK, "{}"));
    assert!(ended.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    let gone = console.ask("console.session.get", &json!({}), &third).await;
    gone.refused(StatusCode::UNAUTHORIZED, "SignInRequired");
    console.done("console.session.get", &json!({}), &first).await;

    console.services.world.advance(8 * 86_400_000);
    let expired = console.ask("console.session.get", &json!({}), &first).await;
    expired.refused(StatusCode::UNAUTHORIZED, "SignInRequired");
}

#[tokio::test]
async fn passwords_cannot_be_guessed_for_long() {
    let (console, _) = Console::set_up().await;
    let wrong = json!({ "name": "owner", "password": "wrong horse" });
    for _ in 0..10 {
        let answer = console.ask("console.session.create", &wrong, "").await;
        answer.refused(StatusCode::UNAUTHORIZED, "SignInFailed");
    }
    let right = json!({ "name": " owner ", "password": PASSWORD });
    let refused = console.ask("console.session.create", &right, "").await;
    refused.refused(StatusCode::TOO_MANY_REQUESTS, "TooManyAttempts");
    console.services.world.advance(60_000);
    console.done("console.session.create", &right, "").await;
}

#[tokio::test]
async fn strangers_get_nothing_but_the_way_in() {
    let (console, _) = Console::set_up().await;
    let mut public = Vec::new();
    for spec in command::table().map(|entry| entry.spec).filter(|spec| spec.doors.has(Door::Console)) {
        if spec.who == Who::Anybody {
            public.push(spec.name);
            continue;
        }
        let example = serde_json::from_str(spec.example).unwrap();
        for cookie in ["", "feihong_session=00"] {
            let answer = console.ask(spec.name, &example, cookie).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}: {}", spec.name, answer.text);
            assert_eq!(answer.json()["name"], "SignInRequired", "{}", spec.name);
        }
    }
    public.sort_unstable();
    assert_eq!(public, ["console.session.create", "console.setup.create", "console.setup.status"]);
}

#[tokio::test]
async fn commands_of_other_doors_are_not_here() {
    let (console, cookie) = Console::set_up().await;
    for spec in command::table().map(|entry| entry.spec).filter(|spec| !spec.doors.has(Door::Console)) {
        let answer = console.ask(spec.name, &json!({}), &cookie).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}: {}", spec.name, answer.text);
    }
}

#[tokio::test]
async fn other_sites_cannot_ask() {
    let (console, cookie) = Console::set_up().await;
    let bare = Request::post("/api/console.session.delete").header(header::COOKIE, &cookie);
    let unguarded = console.send(bare.body("{}".into()).unwrap()).await;
    unguarded.refused(StatusCode::FORBIDDEN, "Forbidden");
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = call("console.session.delete", &cookie).header("host", "im.example").header(name, value);
        let answer = console.send(request.body("{}".into()).unwrap()).await;
        answer.refused(StatusCode::FORBIDDEN, "Forbidden");
    }
    console.done("console.session.get", &json!({}), &cookie).await;
}

#[tokio::test]
async fn the_cookie_insists_on_tls_where_there_is_tls() {
    let (console, _) = Console::set_up().await;
    let right = json!({ "name": "owner", "password": PASSWORD }).to_string();
    for secure in [false, true] {
        let mut request = call("console.session.create", "").body(right.clone().into()).unwrap();
        if secure {
            request.extensions_mut().insert(Tls);
        }
        let answer = console.send(request).await;
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
        assert_eq!(cookie.ends_with("; Secure"), secure, "{cookie}");
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let (console, cookie) = Console::set_up().await;
    for (body, name) in [
        (String::new(), "Invalid"),
        ("[]".to_owned(), "Invalid"),
        (r#"{"name":1}"#.to_owned(), "Invalid"),
        (format!(r#"{{"name":"{}"}}"#, "x".repeat(300 << 10)), "BodyTooLong"),
    ] {
        let answer = console.send(call("console.app.create", &cookie).body(body.into()).unwrap()).await;
        answer.refused(StatusCode::BAD_REQUEST, name);
    }
}

#[tokio::test]
async fn apps_are_made_shown_and_changed() {
    let (console, cookie) = Console::set_up().await;
    let draft = json!({ "name": " 聊天 ", "type": "social", "introduction": "talks" });
    let made = console.done("console.app.create", &draft, &cookie).await;
    let number = made["sdkAppId"].clone();
    assert_eq!(
        made,
        json!({
            "sdkAppId": 1_400_000_001, "name": "聊天", "type": "social", "introduction": "talks",
            "edition": "trial", "state": "enabled", "createdAt": NOW, "updatedAt": NOW,
            "quota": {
                "accounts": 100, "avChatRooms": 10, "groupMembers": 20, "groupsPerUser": 50, "friends": 20,
                "newGroupsPerDay": 10_000
            },
            "administrators": ["administrator"],
        })
    );
    let key = console.done("console.app.key", &json!({ "sdkAppId": number }), &cookie).await;
    assert_eq!(key["key"], console.services.apps.list()[0].key.as_str());

    console.services.world.advance(5);
    let change = json!({ "sdkAppId": number, "name": "game", "type": "game", "introduction": "" });
    let changed = console.done("console.app.update", &change, &cookie).await;
    assert_eq!(
        (&changed["name"], &changed["type"], &changed["updatedAt"]),
        (&json!("game"), &json!("game"), &json!(NOW + 5))
    );
    let mut shown = changed.clone();
    shown["onlineUsers"] = json!(0);
    assert_eq!(console.done("console.app.get", &json!({ "sdkAppId": number }), &cookie).await, shown);

    let bad = json!({ "sdkAppId": number, "name": " ", "type": "game", "introduction": "" });
    console.ask("console.app.update", &bad, &cookie).await.refused(StatusCode::BAD_REQUEST, "Invalid");
    for name in ["console.app.get", "console.app.key"] {
        let missing = console.ask(name, &json!({ "sdkAppId": 1 }), &cookie).await;
        missing.refused(StatusCode::NOT_FOUND, "NotFound");
    }
}

#[tokio::test]
async fn settings_are_shown_with_all_that_a_page_needs_and_changed() {
    let (console, cookie) = Console::set_up().await;
    let app = console.done("console.app.create", &json!({ "name": "a", "type": "other" }), &cookie).await;
    let number = &app["sdkAppId"];
    let shown = |reply: &Value, name: &str| {
        let all = reply["settings"].as_array().unwrap();
        all.iter().find(|setting| setting["name"] == name).unwrap().clone()
    };
    let settings = console.done("console.settings.get", &json!({ "sdkAppId": number }), &cookie).await;
    for setting in settings["settings"].as_array().unwrap() {
        assert!(setting["kind"].is_string() && !setting["meaning"].as_str().unwrap().is_empty(), "{setting}");
        assert_eq!(setting["value"], setting["default"], "of a new app");
    }
    let mut days = shown(&settings, "roaming_days");
    days.as_object_mut().unwrap().remove("meaning");
    let expected = json!({ "name": "roaming_days", "value": "7", "default": "7", "allowed": "1..3650",
        "kind": "number", "range": [1, 3650] });
    assert_eq!(days, expected);

    let ask = json!({ "sdkAppId": number, "changes": { "roaming_days": "30", "multi_device": "multi" } });
    let changed = console.done("console.settings.set", &ask, &cookie).await;
    assert_eq!(shown(&changed, "roaming_days")["value"], "30");
    let live = console.services.apps.list()[0].clone();
    assert_eq!((live.settings.roaming_days, live.settings.multi_device), (30, model::MultiDevice::Multi));
    let bad = json!({ "sdkAppId": number, "changes": { "roaming_days": "7", "web_instances": "0" } });
    let refused = console.ask("console.settings.set", &bad, &cookie).await;
    refused.refused(StatusCode::BAD_REQUEST, "Invalid");
    assert!(refused.json()["message"].as_str().unwrap().contains("web_instances takes 1..10"));
    assert_eq!(console.services.apps.list()[0].settings.roaming_days, 30, "all or nothing");
    for (name, body) in [
        ("console.settings.get", json!({ "sdkAppId": 1 })),
        ("console.settings.set", json!({ "sdkAppId": 1, "changes": {} })),
    ] {
        console.ask(name, &body, &cookie).await.refused(StatusCode::NOT_FOUND, "NotFound");
    }
}

#[tokio::test]
async fn apps_are_listed_by_the_page() {
    let (console, cookie) = Console::set_up().await;
    for number in 0..12 {
        let draft = json!({ "name": format!("App {}", (b'a' + (number * 5 % 12)) as char), "type": "tool" });
        console.done("console.app.create", &draft, &cookie).await;
        console.services.world.advance(1);
    }
    let numbers = |reply: &Value| -> Vec<i64> {
        let apps = reply["apps"].as_array().unwrap();
        apps.iter().map(|app| app["sdkAppId"].as_i64().unwrap() - 1_400_000_000).collect()
    };
    let newest = json!({ "sort": "created", "descending": true, "page": 1, "pageSize": 10 });
    let reply = console.done("console.app.list", &newest, &cookie).await;
    assert_eq!((numbers(&reply), &reply["total"]), ((3..=12).rev().collect(), &json!(12)));
    let second = json!({ "sort": "created", "descending": true, "page": 2, "pageSize": 10 });
    assert_eq!(numbers(&console.done("console.app.list", &second, &cookie).await), [2, 1]);
    let named = json!({ "sort": "name", "page": 1, "pageSize": 10 });
    assert_eq!(numbers(&console.done("console.app.list", &named, &cookie).await), [1, 6, 11, 4, 9, 2, 7, 12, 5, 10]);

    for (search, found) in [("APP B", vec![6]), ("0012", vec![12]), ("nothing", vec![])] {
        let ask = json!({ "search": search, "state": "enabled", "edition": "trial", "page": 1, "pageSize": 20 });
        assert_eq!(numbers(&console.done("console.app.list", &ask, &cookie).await), found, "{search}");
    }
    let stopped = json!({ "state": "stopped", "page": 1, "pageSize": 50 });
    assert_eq!(console.done("console.app.list", &stopped, &cookie).await, json!({ "apps": [], "total": 0 }));
    for bad in [json!({ "page": 0, "pageSize": 10 }), json!({ "page": 1, "pageSize": 11 }), json!({ "page": 1 })] {
        console.ask("console.app.list", &bad, &cookie).await.refused(StatusCode::BAD_REQUEST, "Invalid");
    }
}

#[tokio::test]
async fn an_app_has_one_to_ten_administrators() {
    let (console, cookie) = Console::set_up().await;
    let app = console.done("console.app.create", &json!({ "name": "a", "type": "other" }), &cookie).await;
    let ask = |user: &str| json!({ "sdkAppId": app["sdkAppId"], "userId": user });
    let last = console.ask("console.administrator.remove", &ask("administrator"), &cookie).await;
    last.refused(StatusCode::BAD_REQUEST, "Invalid");
    for number in 1..10 {
        console.done("console.administrator.add", &ask(&format!("a{number}")), &cookie).await;
    }
    let many = console.ask("console.administrator.add", &ask("a10"), &cookie).await;
    many.refused(StatusCode::BAD_REQUEST, "Invalid");
    let same = console.done("console.administrator.add", &ask("a9"), &cookie).await;
    assert_eq!(same["administrators"].as_array().unwrap().len(), 10);
    let fewer = console.done("console.administrator.remove", &ask("administrator"), &cookie).await;
    assert_eq!(fewer["administrators"][0], "a1");
    console.ask("console.administrator.add", &ask(""), &cookie).await.refused(StatusCode::BAD_REQUEST, "Invalid");
}

#[tokio::test]
async fn signatures_are_made_and_judged() {
    let (console, cookie) = Console::set_up().await;
    let app = console.done("console.app.create", &json!({ "name": "a", "type": "other" }), &cookie).await;
    let number = &app["sdkAppId"];
    let ask = json!({ "sdkAppId": number, "userId": "alice", "expireSeconds": 60 });
    let signed = console.done("console.usersig.sign", &ask, &cookie).await;
    assert_eq!((&signed["issuedAt"], &signed["expiresAt"]), (&json!(NOW), &json!(NOW + 60_000)));
    let judge = |app: &Value, user: &str, sig: &Value| json!({ "sdkAppId": app, "userId": user, "userSig": sig });
    let sig = &signed["userSig"];

    let good = console.done("console.usersig.verify", &judge(number, "alice", sig), &cookie).await;
    let held = json!({
        "valid": true, "identifier": "alice", "sdkAppId": number, "issuedAt": NOW, "expiresAt": NOW + 60_000,
        "generation": "v2",
    });
    assert_eq!(good, held);
    let key = console.services.apps.list()[0].key.clone();
    let with_buffer = usersig::sign(1_400_000_001, "alice", &key, NOW / 1000, 60, Some(b"room"));
    let report = console.done("console.usersig.verify", &judge(number, "alice", &json!(with_buffer)), &cookie).await;
    assert_eq!((&report["valid"], &report["userbuf"]), (&json!(true), &json!("cm9vbQ==")));

    let foreign = json!(usersig::sign(1_400_000_001, "alice", "another key", NOW / 1000, 60, None));
    for (ask, code) in [
        (judge(number, "bob", sig), 70013),
        (judge(number, "alice", &foreign), 70009),
        (judge(&json!(1), "alice", sig), 70020),
        (judge(number, "alice", &json!("")), 70002),
        (judge(number, "alice", &json!("eJw")), 70003),
    ] {
        let report = console.done("console.usersig.verify", &ask, &cookie).await;
        assert_eq!((&report["valid"], &report["code"]), (&json!(false), &json!(code)), "{ask}");
        assert!(report["message"].is_string());
    }
    console.services.world.advance(61_000);
    let late = console.done("console.usersig.verify", &judge(number, "alice", sig), &cookie).await;
    assert_eq!((&late["valid"], &late["code"], &late["identifier"]), (&json!(false), &json!(70001), &json!("alice")));

    for (user, seconds) in [("alice", 0), ("alice", 3650 * 86_400 + 1), ("", 60)] {
        let ask = json!({ "sdkAppId": number, "userId": user, "expireSeconds": seconds });
        console.ask("console.usersig.sign", &ask, &cookie).await.refused(StatusCode::BAD_REQUEST, "Invalid");
    }
}

#[tokio::test]
async fn pages_are_guarded_and_leave_other_doors_alone() {
    let console = Console::new().await;
    for path in ["/", "/apps/1400000001", "/setup?token=1"] {
        let answer = console.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-cache", "{path}");
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'self'; style-src") && !policy.contains("script-src"), "{policy}");
        assert_eq!(answer.headers[header::X_FRAME_OPTIONS], "DENY");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(answer.headers[header::REFERRER_POLICY], "no-referrer");
    }
    for path in ["/api", "/api/a/b", "/v4/x/y/z", "/files/1", "/binfo/x", "/assets/none.js", "/../Cargo.toml/assets"] {
        let answer = console.get(path).await;
        let expected = if path.starts_with("/..") { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(answer.status, expected, "{path}");
        assert!(!answer.text.contains("[package]"), "{path}");
    }
    assert_eq!(console.get("/api/console.setup.status").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let posted = console.send(Request::post("/").body(Body::empty()).unwrap()).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn pages_are_compressed_and_answers_of_commands_are_not() {
    let console = Console::new().await;
    let plain = console.get("/apps").await;
    assert!(!plain.headers.contains_key(header::CONTENT_ENCODING));
    let accepting = |request: Builder| request.header(header::ACCEPT_ENCODING, "gzip, br");
    let page = accepting(Request::get("/apps")).body(Body::empty()).unwrap();
    let page = console.router.clone().oneshot(page).await.unwrap();
    assert_eq!(page.headers()[header::CONTENT_ENCODING], "gzip");
    let page = to_bytes(page.into_body(), 1 << 20).await.unwrap();
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(page.as_ref()).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.text);
    let asked = accepting(Request::post("/api/console.setup.status")).body(Body::from("{}")).unwrap();
    let answer = console.router.clone().oneshot(asked).await.unwrap();
    assert!(!answer.headers().contains_key(header::CONTENT_ENCODING));
}

#[tokio::test]
async fn all_doors_fit_into_one_router() {
    let mut console = Console::new().await;
    console.router = crate::router(console.services.clone());
    assert_eq!(console.get("/healthz").await.text, "ok\n");
    let rest = console.get("/v4/openim/sendmsg").await;
    assert_eq!(rest.json()["ActionStatus"], "FAIL");
    assert!(!rest.headers.contains_key(header::CONTENT_SECURITY_POLICY));
    assert_eq!(console.get("/files/1400000001/none/a.png").await.status, StatusCode::NOT_FOUND);
    assert_eq!(console.get("/apps").await.headers[header::X_FRAME_OPTIONS], "DENY");
    console.done("console.setup.status", &json!({}), "").await;
    // Also a name that the WebSocket's prefixes would match.
    console.ask("info", &json!({}), "").await.refused(StatusCode::NOT_FOUND, "NoSuchCommand");
}
