//! Who may be signed in together, who is sent away, and what is left of them.

use futures_util::future::join_all;
use model::{Code, Platform, usersig};
use serde_json::{Value, json};
use service::presence::{Link, Outgoing, Queue, SignIn};
use support::{App, Heard, Online, Raw, Server, code};

fn number(code: Code) -> i64 {
    code.number().into()
}

/// The `KickType` of the kick a client was told of.
fn kicked(heard: &[Heard]) -> Option<i64> {
    heard.iter().find_map(|one| match one {
        Heard::Push(command, _) if command == "im_open_status.stat_forceoffline" => {
            one.events("C2cNotifyMsgArray").first()?["KickoutMsgNotify"]["KickType"].as_i64()
        }
        _ => None,
    })
}

/// Waits until a client was told, and checks that its ticket is answered with the kick from then on.
pub(super) async fn is_kicked(client: &Online, kick_type: i64) {
    assert_eq!(client.expects("a kick", kicked).await, kick_type);
    for command in ["im_open_status.wshello", "openim.getmsg", "profile.portrait_get_all"] {
        let reply = client.ask(command, &json!({"is_web_uniapp": 0})).await;
        assert_eq!((code(&reply), &reply["KickType"]), (number(Code::KickedOut), &json!(kick_type)), "{reply}");
    }
    // Clients wait for this answer before they tell the application.
    client.ok("im_open_status.wslogout", json!({"wslogout_type": 1})).await;
    // And they reconnect at once, for ever, when this fails.
    client.ok("heartbeat.alive", json!({})).await;
}

pub(super) async fn is_alive(client: &Online) {
    client.ok("openim.getmsg", json!({"Cookie": ""})).await;
    assert_eq!(kicked(&client.heard()), None);
}

/// A sign-in on a device that has no door here: what its connection would be sent.
pub(super) async fn native(app: &App, user: &str, platform: Platform) -> Queue {
    let services = app.server.services();
    let live = services.apps.get(app.sdkappid).unwrap();
    let (link, queue) = Link::new("native".into(), None);
    services.hub.open(&link);
    let signature = app.sign(user);
    services.sign_in(&live, &link, SignIn::Signature { user, signature: &signature, platform }).await.unwrap();
    queue
}

pub(super) fn was_told_to_go(queue: &mut Queue) -> bool {
    matches!(queue.try_next(), Some(Outgoing::Push(push)) if String::from_utf8_lossy(&push.frame(false)).contains("Kick"))
}

#[tokio::test]
async fn one_web_client_more_sends_the_oldest_away() {
    let server = Server::start().await;
    let app = server.app().await;
    let alice = app.user("alice");
    for rule in ["single", "dual", "triple", "multi"] {
        app.set("multi_device", rule).await;
        for places in [1, 3] {
            app.set("web_instances", &places.to_string()).await;
            let mut clients = Vec::new();
            for _ in 0..places {
                clients.push(alice.connect().await);
            }
            // Those of the round before are gone by now, whoever they were.
            for client in &clients {
                is_alive(client).await;
            }
            let newest = alice.connect().await;
            is_kicked(&clients[0], 1).await;
            for client in clients[1..].iter().chain([&newest]) {
                is_alive(client).await;
            }
        }
    }
}

#[tokio::test]
async fn the_rule_decides_which_devices_compete() {
    let server = Server::start().await;
    let app = server.app().await;
    // Who is still there after a web client, a phone, a tablet, another phone, and a desktop signed in one by one.
    for (rule, expected) in [
        ("single", [false, false, false, false, true]),
        ("dual", [true, false, false, false, true]),
        ("triple", [true, false, false, true, true]),
        ("multi", [true, true, true, true, true]),
    ] {
        app.set("multi_device", rule).await;
        let name = format!("user of {rule}");
        let web = app.user(&name).connect().await;
        let mut devices = Vec::new();
        for platform in [Platform::Android, Platform::Ipad, Platform::Iphone, Platform::Windows] {
            devices.push(native(&app, &name, platform).await);
        }
        let mut stayed = vec![false; 5];
        web.settle().await;
        stayed[0] = kicked(&web.heard()).is_none();
        for (device, stays) in devices.iter_mut().zip(&mut stayed[1..]) {
            *stays = !was_told_to_go(device);
        }
        assert_eq!(stayed, expected, "{rule}");
        if !stayed[0] {
            is_kicked(&web, 1).await;
        }
        // And a web client that comes last.
        let web = app.user(&name).connect().await;
        assert_eq!(was_told_to_go(&mut devices[3]), rule == "single", "{rule}");
        is_alive(&web).await;
    }
}

#[tokio::test]
async fn a_changed_setting_counts_for_the_next_sign_in() {
    let server = Server::start().await;
    let app = server.app().await;
    let alice = app.user("alice");
    app.set("web_instances", "2").await;
    let (first, second) = (alice.connect().await, alice.connect().await);
    app.set("web_instances", "3").await;
    let third = alice.connect().await;
    for client in [&first, &second, &third] {
        is_alive(client).await;
    }
    // Fewer places: nobody is sent away at once, and all that are too many when the next one comes.
    app.set("web_instances", "1").await;
    is_alive(&first).await;
    let last = alice.connect().await;
    for client in [&first, &second, &third] {
        is_kicked(client, 1).await;
    }
    is_alive(&last).await;
    app.set("hello_interval", "77").await;
    assert_eq!(alice.connect().await.login.hello_interval, Some(77));
}

#[tokio::test]
async fn places_that_were_taken_before_a_restart_stay_taken() {
    let server = Server::start().await;
    let app = server.app().await;
    let alice = app.user("alice");
    app.set("web_instances", "2").await;
    let (first, second) = (alice.connect().await, alice.connect().await);
    server.restart().await;
    // Neither has come back yet, and the older one loses its place.
    let third = alice.connect().await;
    for (client, expected) in [(&first, Code::LoginTicketInvalid.number()), (&second, 0)] {
        let outcome = client.client.resume().await;
        let code = match outcome {
            Ok(_) => 0,
            Err(client::Error::Refused { code, .. }) => code,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(code, i64::from(expected));
    }
    is_alive(&second).await;
    is_alive(&third).await;
}

#[tokio::test]
async fn a_kick_by_the_backend_ends_everything_until_then() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.set("web_instances", "2").await;
    let alice = app.user("alice");
    let old = app.sign("alice");
    let (first, second) = (alice.try_connect(&old).await.unwrap(), alice.connect().await);
    let bob = app.user("bob").connect().await;
    app.admin().ok("im_open_login_svc/kick", json!({"UserID": "alice"})).await;
    for client in [&first, &second] {
        is_kicked(client, 3).await;
    }
    is_alive(&bob).await;
    let revoked = number(Code::UserSigRevoked);
    assert_eq!(alice.sign_in_code(&old).await, revoked);
    assert_eq!(alice.sign_in_code(&app.sign("alice")).await, revoked, "made in the second of the kick");
    // A restart changes nothing.
    server.restart().await;
    assert_eq!(alice.sign_in_code(&old).await, revoked);
    let mut raw = Raw::open(&app).await;
    for ticket in [&first.login.a2, &second.login.a2] {
        let sign_in = raw.ask("im_open_status.wslogin", ticket, &json!({})).await;
        assert_ne!(code(&sign_in), 0, "{sign_in}");
    }
    server.world().advance(1000);
    let again = alice.connect().await;
    is_alive(&again).await;
    assert_eq!(alice.sign_in_code(&old).await, revoked);
    assert_eq!(app.rest("alice", &old).code("openim/querystate", json!({})).await, revoked);
    let missing = app.admin().code("im_open_login_svc/kick", json!({"UserID": "nobody"})).await;
    assert_eq!(missing, number(Code::AccountMissing));
}

#[tokio::test]
async fn after_signing_out_a_ticket_is_worth_nothing() {
    let server = Server::start().await;
    let app = server.app().await;
    let alice = app.user("alice");
    let client = alice.connect().await;
    let ticket = client.login.a2.clone();
    client.ok("im_open_status.wslogout", json!({"wslogout_type": 0, "is_web_uniapp": 0})).await;
    let useless = async |what: &str| {
        let mut raw = Raw::open(&app).await;
        let reply = raw.ask("openim.getmsg", &ticket, &json!({"Cookie": ""})).await;
        assert_eq!(code(&reply), number(Code::GroupSignInRequired), "{what}: {reply}");
        let reply = raw.ask("im_open_status.wslogin", &ticket, &json!({})).await;
        assert_eq!(code(&reply), number(Code::LoginTicketInvalid), "{what}: {reply}");
        // Signing out once more is answered.
        assert_eq!(code(&raw.ask("im_open_status.wslogout", &ticket, &json!({})).await), 0, "{what}");
    };
    useless("at once").await;
    // The connection takes another sign-in.
    client.client.login("alice", &app.sign("alice")).await.unwrap();
    is_alive(&client).await;
    useless("beside another session").await;
    server.restart().await;
    useless("after a restart").await;
    let bob = app.user("bob").connect().await;
    assert_eq!(bob.code("openim.sendmsg", bob.message("alice", (1, 1), "hi")).await, 0);
}

#[tokio::test]
async fn a_second_sign_in_on_a_connection_ends_the_first() {
    let server = Server::start().await;
    let app = server.app().await;
    let client = app.user("alice").connect().await;
    let ticket = client.login.a2.clone();
    app.import(&["bob"]).await;
    client.client.login("bob", &app.sign("bob")).await.unwrap();
    let mut raw = Raw::open(&app).await;
    let reply = raw.ask("openim.getmsg", &ticket, &json!({"Cookie": ""})).await;
    assert_eq!(code(&reply), number(Code::GroupSignInRequired), "{reply}");
    let carol = app.user("carol").connect().await;
    carol.send("alice", "for alice").await;
    carol.send("bob", "for bob").await;
    client.expects_text("for bob").await;
    assert_eq!(support::received(&client.heard()).len(), 1);
}

#[tokio::test]
async fn a_resumed_session_leaves_its_old_connection() {
    let server = Server::start().await;
    let app = server.app().await;
    let alice = app.user("alice").connect().await;
    let mut raw = Raw::open(&app).await;
    let resumed = raw.ask("im_open_status.wslogin", &alice.login.a2, &json!({})).await;
    assert_eq!(resumed["A2Key"], alice.login.a2);
    assert_eq!(resumed["InstId"], alice.login.inst_id);
    assert_eq!(resumed["TinyId"], alice.login.tinyid);
    alice
        .expects("the end of the old connection", |heard| {
            heard.iter().any(|one| matches!(one, Heard::Lost)).then_some(())
        })
        .await;
    raw.ask("openim.getmsg", &alice.login.a2, &json!({"Cookie": "p0"})).await;
    let bob = app.user("bob").connect().await;
    bob.send("alice", "to the new one").await;
    let pushed = loop {
        let frame = raw.next().await.expect("the connection lives");
        if frame["head"]["servcmd"] == "im_open_push.msg_push" {
            break frame;
        }
    };
    assert!(pushed.to_string().contains("to the new one"));
}

#[tokio::test]
async fn every_way_to_be_wrong_has_its_code() {
    let server = Server::start().await;
    let app = server.app().await;
    let other = server.app().await;
    let now = server.world().second();
    let sign = |number: u32, user: &str, key: &str, time: i64, expire: i64| {
        usersig::sign(number, user, key, time, expire, None)
    };
    let good = app.sign("alice");
    let half = &good[..good.len() / 2];
    let cases = [
        ("expired", sign(app.sdkappid, "alice", &app.key, now - 7200, 3600), Code::UserSigExpired),
        ("without a lifetime", sign(app.sdkappid, "alice", &app.key, now - 1, 0), Code::UserSigExpired),
        ("empty", String::new(), Code::UserSigEmpty),
        ("cut off", half.to_owned(), Code::UserSigUndecodable),
        ("nonsense", "nonsense".into(), Code::UserSigUndecodable),
        ("very long", "e".repeat(100_000), Code::UserSigUndecodable),
        ("another key", sign(app.sdkappid, "alice", &other.key, now, 3600), Code::UserSigKeyMismatch),
        ("an empty key", sign(app.sdkappid, "alice", "", now, 3600), Code::UserSigKeyMismatch),
        ("another user", app.sign("bob"), Code::UserSigIdentifierMismatch),
        ("another case", app.sign("Alice"), Code::UserSigIdentifierMismatch),
        ("another app", other.sign("alice"), Code::UserSigAppMismatch),
        ("another kind", v1(app.sdkappid, now), Code::UserSigKeyMissing),
    ];
    let alice = app.user("alice");
    for (what, signature, expected) in &cases {
        assert_eq!(alice.sign_in_code(signature).await, number(*expected), "{what}");
    }
    assert_eq!(app.user("").sign_in_code(&app.sign("")).await, number(Code::UserSigIdentifierMismatch));
    let reserved = app.user("@TGS#1");
    assert_eq!(reserved.sign_in_code(&app.sign("@TGS#1")).await, number(Code::AccountParameterInvalid));
    // Guessing ends, for the one who is guessed at only as long as it goes wrong.
    let wrong = &cases[6].1;
    let mut codes: Vec<Value> = Vec::new();
    for _ in 0..30 {
        codes.push(alice.sign_in_code(wrong).await.into());
    }
    assert_eq!(codes.last(), Some(&json!(number(Code::UserSigTooManyFailures))), "{codes:?}");
    assert_eq!(alice.sign_in_code(&cases[0].1).await, number(Code::UserSigExpired));
    assert_eq!(alice.sign_in_code(&good).await, 0);
}

/// A signature of the first generation, by a key nobody knows.
fn v1(number: u32, now: i64) -> String {
    const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglPyeUDsx+Q/W/WD6
aZy+v1RmSPxxQwMzsPSFACzN+W2hRANCAARrbQnkhjanJXzEdIEpHtwLGkMEsBNq
xBkRMJIq5dpK3RlHhhJm7tNXRHTEmFHFUkHKO5wUjPtbJUeArE5FZuY8
-----END PRIVATE KEY-----
";
    let key = usersig::PrivateKey::from_pem(KEY).expect("the key is well-formed");
    usersig::sign_v1(number, "alice", &key, now, 3600, None)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_sign_in_slips_past_a_kick() {
    let server = Server::start().await;
    let app = server.app().await;
    app.set("web_instances", "10").await;
    let mut outlived = 0;
    for round in 0..12 {
        let name = format!("user {round}");
        app.import(&[&name]).await;
        let (user, signature) = (app.user(&name), app.sign(&name));
        let sign_ins = join_all((0..6).map(|_| user.try_connect(&signature)));
        let admin = app.admin();
        let kick = admin.ok("im_open_login_svc/kick", json!({"UserID": name}));
        let (sign_ins, _) = tokio::join!(sign_ins, kick);
        for client in sign_ins.into_iter().flatten() {
            outlived += 1;
            let reply = client.ask("openim.getmsg", &json!({"Cookie": ""})).await;
            assert_eq!(code(&reply), number(Code::KickedOut), "round {round}: {reply}");
        }
    }
    println!("{outlived} sign-ins came before their kick");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_comes_back_and_a_new_one_never_share_a_place() {
    let server = Server::start().await;
    let app = server.app().await;
    let mut before = Vec::new();
    for round in 0..20 {
        let user = app.user(&format!("user {round}"));
        before.push((user.connect().await, user));
    }
    server.restart().await;
    for (old, user) in &before {
        let (_, new) = tokio::join!(old.client.resume(), user.connect());
        let reply = old.ask("openim.getmsg", &json!({"Cookie": ""})).await;
        assert_ne!(code(&reply), 0, "{}: both are there", user.name);
        is_alive(&new).await;
    }
}
