//! Every command refuses every caller it does not name, at every door, with a code that says so.

use command::{Door, Entry, Who, table};
use model::{Code, usersig};
use serde_json::{Value, json};
use support::{App, Raw, Server, check_documented, code, head};
use tokio_tungstenite::tungstenite::Message;

/// The one request of the socket that has no answer.
const SILENT: &str = "openim.ws_msg_push_ack";
const FORGED: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn number(code: Code) -> i64 {
    code.number().into()
}

fn example(entry: &Entry) -> Value {
    serde_json::from_str(entry.spec.example).unwrap()
}

fn path(name: &str) -> String {
    name.replacen('.', "/", 1)
}

/// An app whose users are those of the examples.
async fn app(server: &Server) -> App {
    let app = server.app().await;
    app.import(&["alice", "bob", "carol", "mallory", "u1001", "u1002"]).await;
    app.example_groups().await;
    app
}

/// Asks every command of the socket with a ticket that is worth nothing.
async fn strangers_are_refused(raw: &mut Raw, ticket: &str) {
    for entry in table() {
        let (spec, body) = (entry.spec, example(entry));
        if spec.name == SILENT {
            continue;
        }
        let reply = raw.ask(spec.name, ticket, &body).await;
        check_documented(&reply, &spec.name);
        match (spec.doors.has(Door::Socket), spec.who) {
            (true, Who::SignedIn) => {
                assert_eq!(code(&reply), number(Code::GroupSignInRequired), "{}: {reply}", spec.name);
            }
            (false, _) => assert_eq!(code(&reply), number(Code::NoSuchCommand), "{}: {reply}", spec.name),
            (true, Who::Anybody) => {}
        }
    }
}

#[tokio::test]
async fn strangers_on_the_socket_are_refused_everything() {
    let server = Server::start().await;
    let app = app(&server).await;
    let mut raw = Raw::open(&app).await;
    strangers_are_refused(&mut raw, "").await;
    let sign_in = raw.ask("im_open_status.wslogin", "", &json!({})).await;
    assert_eq!(code(&sign_in), number(Code::UserSigEmpty));
}

#[tokio::test]
async fn forged_and_spent_tickets_open_nothing() {
    let server = Server::start().await;
    let app = app(&server).await;
    let mut raw = Raw::open(&app).await;
    strangers_are_refused(&mut raw, FORGED).await;
    let spent = app.user("alice").connect().await;
    spent.ok("profile.portrait_get", json!({"To_Account": ["bob"], "TagList": ["Tag_Profile_IM_Nick"]})).await;
    spent.client.logout().await.unwrap();
    strangers_are_refused(&mut raw, &spent.login.a2).await;
    // Not even on the connection it was given on.
    assert_eq!(spent.code("openim.getmsg", json!({"Cookie": ""})).await, number(Code::GroupSignInRequired));
    for ticket in [FORGED, &spent.login.a2, "'; DROP TABLE session", &"a".repeat(10_000)] {
        let sign_in = raw.ask("im_open_status.wslogin", ticket, &json!({})).await;
        assert_eq!(code(&sign_in), number(Code::LoginTicketInvalid), "{sign_in}");
    }
}

#[tokio::test]
async fn a_signature_beside_a_request_signs_nobody_in() {
    let server = Server::start().await;
    let app = app(&server).await;
    let mut raw = Raw::open(&app).await;
    let (own, body) = (app.sign("alice"), json!({"file_type": 1, "file_name": "a.png"}));
    let ask = |sequence: u64, identifier: &str, usersig: &str| {
        let mut head = head("im_cos_msg.pre_sig", sequence, "");
        head["identifier"] = identifier.into();
        head["usersig"] = usersig.into();
        Message::Binary(json!({"head": head, "body": body}).to_string().into_bytes().into())
    };
    raw.send(ask(1, "alice", &own)).await;
    assert_eq!(code(&raw.next().await.unwrap()["body"]), number(Code::GroupSignInRequired));
    // Signed in as mallory, a request with alice's name stays a stranger's; with mallory's own it is hers.
    let mut sign_in = head("im_open_status.wslogin", 2, "");
    sign_in["identifier"] = "mallory".into();
    sign_in["usersig"] = app.sign("mallory").into();
    raw.send(Message::Binary(json!({"head": sign_in, "body": {}}).to_string().into_bytes().into())).await;
    assert_eq!(code(&raw.next().await.unwrap()["body"]), 0);
    let mallory = app.sign("mallory");
    for (sequence, identifier, usersig, expected) in [
        (3, "alice", own.as_str(), number(Code::GroupSignInRequired)),
        (4, "alice", mallory.as_str(), number(Code::GroupSignInRequired)),
        (5, "mallory", own.as_str(), number(Code::GroupSignInRequired)),
        (6, "mallory", mallory.as_str(), 0),
    ] {
        raw.send(ask(sequence, identifier, usersig)).await;
        let reply = raw.next().await.unwrap();
        assert_eq!((&reply["head"]["seq"], code(&reply["body"])), (&json!(sequence), expected));
    }
}

#[tokio::test]
async fn users_have_only_the_commands_of_the_socket() {
    let server = Server::start().await;
    let app = app(&server).await;
    let mallory = app.user("mallory").connect().await;
    for entry in table().filter(|entry| !entry.spec.doors.has(Door::Socket)) {
        let reply = mallory.ask(entry.spec.name, &example(entry)).await;
        assert_eq!(code(&reply), number(Code::NoSuchCommand), "{}: {reply}", entry.spec.name);
    }
    // The administrator's name gives no more rights there.
    let administrator = app.user("administrator").connect().await;
    let kick = administrator.code("im_open_login_svc.kick", json!({"UserID": "alice"})).await;
    assert_eq!(kick, number(Code::NoSuchCommand));
}

/// These take whoever signed in for the actor and do not look at the name.
const TAKES_CALLER: [&str; 5] = [
    "openim.delete_c2c_msg_ramble",
    "recentcontact.batch_delete",
    "recentcontact.clear_msg",
    "recentcontact.page_get",
    "recentcontact.top",
];

#[tokio::test]
async fn users_act_for_nobody_else() {
    let server = Server::start().await;
    let app = app(&server).await;
    let alice = app.user("alice").connect().await;
    alice.send("bob", "private").await;
    let list = json!({"From_Account": "alice", "TimeStamp": 0, "StartIndex": 0});
    let before = alice.ok("recentcontact.page_get", list.clone()).await;
    assert!(before["SessionItem"].to_string().contains("private"));
    let mallory = app.user("mallory").connect().await;
    let mut let_in = Vec::new();
    let mut looked_at = 0;
    for entry in table().filter(|entry| entry.spec.doors.has(Door::Socket)) {
        let (spec, mut body) = (entry.spec, example(entry));
        let actors = ["From_Account", "Operator_Account", "Report_Account"];
        let named = actors.into_iter().find(|name| body.get(name).is_some());
        let named = match named {
            Some(named) => named,
            // Anything that could be sent by a user could be sent for another.
            None if spec.name == "openim.sendmsg" => "From_Account",
            None => continue,
        };
        body[named] = "alice".into();
        let reply = mallory.ask(spec.name, &body).await;
        check_documented(&reply, &spec.name);
        if code(&reply) == 0 && !TAKES_CALLER.contains(&spec.name) {
            let_in.push(spec.name);
        }
        looked_at += 1;
    }
    assert!(let_in.is_empty(), "mallory acted for alice in {let_in:?}");
    assert!(looked_at > 20, "only {looked_at} commands name who acts");
    assert!(mallory.history("bob", 15).await.is_empty());
    assert_eq!(alice.history("bob", 15).await.len(), 1);
    assert_eq!(alice.ok("recentcontact.page_get", list).await["SessionItem"], before["SessionItem"]);
    let nick = json!({"To_Account": ["alice"], "TagList": ["Tag_Profile_IM_Nick"]});
    let profile = alice.ok("profile.portrait_get", nick).await;
    assert_ne!(profile["UserProfileItem"][0]["ProfileItem"][0]["Value"], "Ann");
}

/// Somebody who is not in a group may ask these about it: to be let in, and what is public, which is how many listen
/// in a live room. What was recalled lately, and members by name, is asked for many groups at once, and of this one told to
/// be nothing.
const OPEN_TO_STRANGERS: [&str; 5] = [
    "group_member_search.query",
    "group_open_http_svc.apply_join_group",
    "group_open_http_svc.batch_get_group_notify",
    "group_open_http_svc.get_group_public_info",
    "group_open_http_svc.get_online_member_num",
];

/// Whether a reply refuses everything that was asked, as a whole or item by item.
fn is_refused(reply: &Value) -> bool {
    let refusal = |name: &str, value: &Value| matches!(name, "ErrorCode" | "RetCode" | "Code") && *value != 0;
    match reply {
        Value::Object(members) => members.iter().any(|(name, value)| refusal(name, value) || is_refused(value)),
        Value::Array(list) => list.iter().any(is_refused),
        _ => false,
    }
}

/// What the backend knows of the groups of the examples.
async fn groups(app: &App) -> Vec<Value> {
    let admin = app.admin();
    let ids = ["hikers-01", "live-01", "@TGS#_birds", "@TGS#_town"];
    let mut all = vec![admin.ok("group_open_http_svc/get_group_info", json!({"GroupIdList": ids})).await];
    let group = json!({"GroupId": "hikers-01", "ReqMsgNumber": 20});
    for command in ["group_open_http_svc/group_msg_get_simple", "group_open_http_svc/get_group_counter"] {
        all.push(admin.ok(command, group.clone()).await);
    }
    all.push(admin.ok("group_open_attr_http_svc/get_group_attr", group).await);
    let topics = json!({"GroupId": "@TGS#_birds", "TopicIdList": []});
    all.push(admin.ok("million_group_open_http_svc/get_topic", topics).await);
    all
}

#[tokio::test]
async fn strangers_reach_nothing_of_a_group() {
    let server = Server::start().await;
    let app = app(&server).await;
    let before = groups(&app).await;
    assert!(before[1].to_string().contains("between members"));
    let mallory = app.user("mallory").connect().await;
    let (mut let_in, mut looked_at) = (Vec::new(), 0);
    for entry in table().filter(|entry| entry.spec.doors.has(Door::Socket)) {
        let (spec, body) = (entry.spec, example(entry));
        let names_group = ["hikers-01", "live-01", "@TGS#_"].iter().any(|id| spec.example.contains(id));
        if !names_group || OPEN_TO_STRANGERS.contains(&spec.name) {
            continue;
        }
        looked_at += 1;
        let reply = mallory.ask(spec.name, &body).await;
        check_documented(&reply, &spec.name);
        assert!(!reply.to_string().contains("between members"), "{}: {reply}", spec.name);
        if !is_refused(&reply) {
            let_in.push(format!("{}: {reply}", spec.name));
        }
    }
    assert!(let_in.is_empty(), "a stranger was let in: {let_in:#?}");
    assert!(looked_at > 40, "only {looked_at} commands name a group");
    assert_eq!(groups(&app).await, before);
}

#[tokio::test]
async fn rest_refuses_all_but_administrators() {
    let server = Server::start().await;
    let app = app(&server).await;
    let other = server.app().await;
    let world = server.world();
    let signed =
        |user: &str, key: &str, age: i64| usersig::sign(app.sdkappid, user, key, world.second() - age, 3600, None);
    let callers = [
        ("an ordinary user", app.rest("alice", &app.sign("alice")), Code::AdminRequired),
        ("a user without an account", app.rest("nobody", &app.sign("nobody")), Code::AdminRequired),
        ("nobody", app.rest("", ""), Code::CredentialsMissing),
        ("no signature", app.rest("administrator", ""), Code::UserSigEmpty),
        ("no base64", app.rest("administrator", "nonsense"), Code::UserSigUndecodable),
        ("another's signature", app.rest("administrator", &app.sign("alice")), Code::UserSigIdentifierMismatch),
        ("another app's signature", app.rest("administrator", &other.sign("administrator")), Code::UserSigAppMismatch),
        ("another key", app.rest("administrator", &signed("administrator", &other.key, 0)), Code::UserSigKeyMismatch),
        ("an old signature", app.rest("administrator", &signed("administrator", &app.key, 7200)), Code::UserSigExpired),
    ];
    for (who, caller, expected) in callers {
        for entry in table() {
            let reply = caller.ask(&path(entry.spec.name), &example(entry)).await;
            check_documented(&reply, &entry.spec.name);
            let tired = code(&reply) == number(Code::UserSigTooManyFailures);
            assert!(tired || code(&reply) == number(expected), "{who} asked {}: {reply}", entry.spec.name);
        }
    }
    // Whoever guesses locks nobody out.
    app.admin().ok("im_open_login_svc/account_check", json!({"CheckItem": [{"UserID": "alice"}]})).await;
}

#[tokio::test]
async fn administrators_have_only_the_commands_of_rest() {
    let server = Server::start().await;
    let app = app(&server).await;
    for entry in table() {
        let (spec, body) = (entry.spec, example(entry));
        let reply = app.admin().ask(&path(spec.name), &body).await;
        check_documented(&reply, &spec.name);
        let is_unknown = code(&reply) == number(Code::NoSuchCommand);
        assert_eq!(is_unknown, !spec.doors.has(Door::Rest), "{}: {reply}", spec.name);
    }
}

#[tokio::test]
async fn the_console_refuses_visitors_and_forgers() {
    let server = Server::start().await;
    let app = app(&server).await;
    let user = app.user("alice").connect().await;
    let operator = server.operator().await;
    let signed_out = server.visitor().signed_in("owner", "correct horse battery").await;
    signed_out.ask("console.session.delete", &json!({})).await;
    let forged = |token: &str| {
        let mut visitor = server.visitor();
        visitor.token = Some(token.into());
        visitor
    };
    for (who, visitor) in [
        ("a visitor", server.visitor()),
        ("a forger", forged(FORGED)),
        ("a user of an app", forged(&user.login.a2)),
        ("who signed out", signed_out),
    ] {
        for entry in table().filter(|entry| entry.spec.doors.has(Door::Console)) {
            let (spec, body) = (entry.spec, example(entry));
            if spec.who == Who::Anybody {
                continue;
            }
            let answer = visitor.ask(spec.name, &body).await;
            let reply = answer.json();
            assert_eq!((answer.status, &reply["code"]), (401, &json!(number(Code::SignInRequired))), "{who}: {reply}");
        }
    }
    // A page of another site, with a cookie that is right.
    let token = format!("feihong_session={}", operator.token.as_ref().unwrap());
    for entry in table() {
        let headers = [("cookie", token.as_str()), ("origin", "https://evil.example"), ("x-feihong-console", "1")];
        let answer = server.wire().ask("POST", &format!("/api/{}", entry.spec.name), &headers, b"{}").await;
        assert_eq!(answer.status, 403, "{}", entry.spec.name);
        let simple = [("cookie", token.as_str()), ("content-type", "text/plain")];
        let answer = server.wire().ask("POST", &format!("/api/{}", entry.spec.name), &simple, b"{}").await;
        assert_eq!(answer.status, 403, "{}", entry.spec.name);
    }
    // Operators have no way to the commands of the apps there.
    for entry in table().filter(|entry| !entry.spec.doors.has(Door::Console)) {
        let answer = operator.ask(entry.spec.name, &example(entry)).await;
        assert_eq!(answer.status, 404, "{}", entry.spec.name);
    }
    assert_eq!(operator.ask("console.session.get", &json!({})).await.status, 200);
}

#[tokio::test]
async fn a_password_is_not_guessed_for_long() {
    let server = Server::start().await;
    drop(server.operator().await);
    let mut codes = Vec::new();
    for attempt in 0..12 {
        let body = json!({"name": "owner", "password": format!("wrong password {attempt}")});
        let answer = server.visitor().ask("console.session.create", &body).await;
        assert!(answer.header("set-cookie").is_none());
        codes.push(answer.json()["code"].as_i64().unwrap());
    }
    assert_eq!(codes[0], number(Code::SignInFailed));
    assert_eq!(codes[11], number(Code::TooManyAttempts), "{codes:?}");
    let setup = json!({"token": FORGED, "name": "second", "password": "correct horse battery"});
    let answer = server.visitor().ask("console.setup.create", &setup).await;
    assert_eq!(answer.json()["code"], number(Code::AlreadySetUp));
}

#[tokio::test]
async fn unknown_commands_are_answered() {
    let server = Server::start().await;
    let app = app(&server).await;
    let alice = app.user("alice").connect().await;
    let operator = server.operator().await;
    let long = format!("a.{}", "b".repeat(5000));
    for name in ["nothing.at_all", "openim.nothing", "openim", "", ".", "openim.sendmsg.twice", "开.放", long.as_str()]
    {
        assert_eq!(alice.code(name, json!({})).await, number(Code::NoSuchCommand), "{name}");
    }
    for name in ["nothing/at_all", "openim/nothing", long.as_str().trim_start_matches("a."), "openim/SENDMSG"] {
        let target = if name.contains('/') { name.to_owned() } else { format!("openim/{name}") };
        assert_eq!(app.admin().code(&target, json!({})).await, number(Code::NoSuchCommand), "{name}");
    }
    for name in ["openim", "openim/", "openim/sendmsg/twice", "/sendmsg"] {
        assert_eq!(app.admin().code(name, json!({})).await, number(Code::PathMalformed), "{name}");
    }
    for name in ["nothing", "console.nothing.create", "console.app.delete"] {
        assert_eq!(operator.ask(name, &json!({})).await.status, 404, "{name}");
    }
    // An app that does not exist is said to be missing; the connection is not refused.
    let mut raw = Raw::open_at(server.wire().0, "/binfo?sdkappid=7").await;
    for command in ["im_open_status.wslogin", "openim.sendmsg"] {
        assert_eq!(code(&raw.ask(command, "", &json!({})).await), number(Code::AppMissing));
    }
    // Clients whose heartbeat fails reconnect at once, for ever.
    assert_eq!(code(&raw.ask("heartbeat.alive", "", &json!({})).await), 0);
}
