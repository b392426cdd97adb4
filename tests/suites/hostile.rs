//! Whatever is sent: an answer with a documented code or none, bounded memory, and nobody else feels it.

use command::{Door, Entry, table};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use support::{Admin, App, Chance, Online, Raw, Server, check_documented, head, within};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};
use tokio_tungstenite::tungstenite::Message;

/// The one request of the socket that has no answer.
const SILENT: &str = "openim.ws_msg_push_ack";
/// What ends the session that the others are asked with.
const ENDING: &str = "im_open_status.wslogout";
/// How much more memory the process may hold after all of it, in KiB: generous, and far below what is thrown at it.
const KEPT_KIB: u64 = 200 * 1024;

/// What the process holds in memory, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn asked_at(door: Door) -> impl Iterator<Item = &'static Entry> {
    table().filter(move |entry| entry.spec.doors.has(door) && ![SILENT, ENDING].contains(&entry.spec.name))
}

fn path(name: &str) -> String {
    name.replacen('.', "/", 1)
}

/// Two users who keep talking while others misbehave.
struct Pair {
    stop: oneshot::Sender<()>,
    talk: JoinHandle<u32>,
}

impl Pair {
    async fn begin(app: &App) -> Self {
        let (one, other) = (app.user("steady").connect().await, app.user("calm").connect().await);
        let (stop, mut stopped) = oneshot::channel();
        let talk = tokio::spawn(async move {
            let mut rounds = 0;
            while stopped.try_recv().is_err() {
                rounds += 1;
                let words = format!("round {rounds}");
                one.send("calm", &words).await;
                other.expects_text(&words).await;
                other.send("steady", &words).await;
                one.expects_text(&words).await;
            }
            // Pushes to all users may come in between.
            let talked = |user: &Online| {
                support::received(&user.heard()).iter().filter(|one| one.text.starts_with("round")).count()
            };
            assert_eq!((talked(&one), talked(&other)), (rounds, rounds));
            u32::try_from(rounds).unwrap()
        });
        Self { stop, talk }
    }

    /// Ends the talk and checks that it went on all the time.
    async fn end(self) {
        // The talk ends by itself only when it has failed, and then says why.
        let _ = self.stop.send(());
        assert!(within("the end of the talk", self.talk).await.unwrap() > 0);
    }
}

/// An app with the users of the examples, one of them signed in, and somebody to ask its REST.
async fn app(server: &Server) -> (App, Online, Admin) {
    let app = server.app().await;
    app.import(&["alice", "bob", "carol", "u1001", "u1002", "steady", "calm"]).await;
    let alice = app.user("alice").connect().await;
    alice.send("bob", "something to refer to").await;
    app.example_groups().await;
    let admin = app.admin();
    (app, alice, admin)
}

/// Every body that differs from a right one in one value.
fn with_wrong_values(right: &Value) -> Vec<Value> {
    let wrong = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(""),
        json!("\u{0}\u{7f}\u{202e}"),
        json!("x".repeat(5000)),
        json!([]),
        json!([null]),
        json!({}),
        json!({"a": {"b": []}}),
    ];
    let mut bodies = Vec::new();
    for pointer in pointers(right, "") {
        for value in &wrong {
            let mut body = right.clone();
            *body.pointer_mut(&pointer).unwrap() = value.clone();
            bodies.push(body);
        }
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut body = right.clone();
        if let Some(Value::Object(members)) = body.pointer_mut(parent) {
            members.remove(name);
            bodies.push(body);
        }
    }
    bodies
}

/// Where every value in a value is.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, child)| (format!("{at}/{name}"), child)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(at_, child)| (format!("{at}/{at_}"), child)).collect(),
        _ => Vec::new(),
    };
    children
        .into_iter()
        .flat_map(|(pointer, child)| [vec![pointer.clone()], pointers(child, &pointer)].concat())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_values_in_every_field_of_every_command_are_answered() {
    let server = Server::start().await;
    let (app, alice, admin) = app(&server).await;
    let pair = Pair::begin(&app).await;
    let mut asked = 0;
    for entry in asked_at(Door::Socket) {
        // Some commands remove what the next ones ask about.
        app.example_groups().await;
        let bodies = with_wrong_values(&serde_json::from_str(entry.spec.example).unwrap());
        asked += bodies.len();
        let ask = async |body: Value| check_documented(&alice.ask(entry.spec.name, &body).await, &body);
        stream::iter(bodies).for_each_concurrent(64, ask).await;
    }
    for entry in asked_at(Door::Rest) {
        app.example_groups().await;
        let bodies = with_wrong_values(&serde_json::from_str(entry.spec.example).unwrap());
        asked += bodies.len();
        let target = path(entry.spec.name);
        let ask = async |body: Value| check_documented(&admin.ask(&target, &body).await, &body);
        stream::iter(bodies).for_each_concurrent(16, ask).await;
    }
    assert!(asked > 3000, "only {asked} were asked");
    pair.end().await;
}

#[tokio::test]
async fn bodies_that_are_no_objects_are_refused() {
    let server = Server::start().await;
    let (app, _, admin) = app(&server).await;
    let mut raw = Raw::open(&app).await;
    let alice = app.user("alice").connect().await;
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let bodies = ["", " ", "null", "[]", "7", "\"x\"", "{", "{\"a\":}", "{'a':1}", "\u{feff}{}", &deep];
    for entry in asked_at(Door::Rest) {
        for body in bodies {
            let reply = admin.send(&path(entry.spec.name), body.as_bytes()).await.json();
            check_documented(&reply, &entry.spec.name);
            assert_ne!(reply["ErrorCode"], 0, "{} took {body:.20}", entry.spec.name);
        }
        let reply = admin.send(&path(entry.spec.name), b"\xff\xfe{\"a\":\"\xc3\x28\"}").await.json();
        check_documented(&reply, &entry.spec.name);
    }
    for (sequence, entry) in asked_at(Door::Socket).enumerate() {
        for body in ["null", "[]", "7", "\"x\"", "[[{}]]"] {
            let head = head(entry.spec.name, sequence as u64, &alice.login.a2);
            let frame = format!("{{\"head\":{head},\"body\":{body}}}");
            raw.send(Message::Binary(frame.into_bytes().into())).await;
            let reply = raw.next().await.expect("the connection lives");
            assert_eq!(reply["head"]["servcmd"], entry.spec.name);
            check_documented(&reply["body"], &entry.spec.name);
        }
    }
}

/// Changes bytes of a frame or a body.
fn damaged(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    const TOKENS: [&str; 14] = [
        "null",
        "true",
        "-1",
        "1e999",
        "99999999999999999999",
        "\"\"",
        "[]",
        "{}",
        "[",
        "}",
        "\\u0000",
        "\\ud800",
        ",",
        ":",
    ];
    let mut bytes = bytes.to_vec();
    for _ in 0..=chance.below(3) {
        if bytes.is_empty() {
            break;
        }
        let at = chance.below(bytes.len());
        let end = (at + 1 + chance.below(24)).min(bytes.len());
        match chance.below(8) {
            0 => bytes[at] ^= 1 << chance.below(8),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.truncate(at),
            3 => {
                let copy = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, copy));
            }
            4 => {
                let noise: Vec<u8> = (0..chance.below(16)).map(|_| chance.number() as u8).collect();
                drop(bytes.splice(at..end, noise));
            }
            5 => drop(bytes.splice(at..end, chance.pick(&TOKENS).bytes())),
            6 => drop(bytes.splice(at..at, vec![b'9'; chance.below(400)])),
            _ => {
                let other = chance.below(bytes.len());
                bytes.swap(at, other);
            }
        }
    }
    bytes
}

/// Changes a value within a body, so that it stays JSON.
fn bent(body: &Value, chance: &mut Chance) -> Value {
    let mut bodies = with_wrong_values(body);
    if bodies.is_empty() { json!([]) } else { bodies.swap_remove(chance.below(bodies.len())) }
}

/// Reads answers until the one to a heartbeat; checks each.
async fn answers(raw: &mut Raw, heartbeat: u64) -> bool {
    loop {
        let Some(frame) = raw.next().await else { return false };
        if frame["head"]["seq"] == heartbeat && frame["head"]["servcmd"] == "heartbeat.alive" {
            return true;
        }
        if frame["body"].get("ErrorCode").is_some() {
            check_documented(&frame["body"], &frame["head"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_damaged_frames_and_bodies_harm_nobody() {
    let mut chance = Chance::from_environment();
    let server = Server::start().await;
    let (app, alice, admin) = app(&server).await;
    let pair = Pair::begin(&app).await;
    let before = resident();

    let commands: Vec<_> = asked_at(Door::Socket).collect();
    let mut raw = Raw::open(&app).await;
    for round in 0..120 {
        app.example_groups().await;
        for number in 0..50 {
            let spec = chance.pick(&commands).spec;
            let body: Value = serde_json::from_str(spec.example).unwrap();
            let body = if chance.below(2) == 0 { bent(&body, &mut chance) } else { body };
            let frame =
                json!({"head": head(spec.name, number, &alice.login.a2), "body": body}).to_string().into_bytes();
            let frame = if chance.below(4) > 0 { damaged(&frame, &mut chance) } else { frame };
            raw.feed(Message::Binary(frame.into())).await;
        }
        let heartbeat = 900_000_000 + round;
        let alive = json!({"head": head("heartbeat.alive", heartbeat, ""), "body": {}}).to_string();
        raw.send(Message::Binary(alive.into_bytes().into())).await;
        assert!(answers(&mut raw, heartbeat).await, "the connection was closed");
    }

    let commands: Vec<_> = asked_at(Door::Rest).collect();
    let mut requests = Vec::new();
    for _ in 0..4000 {
        let spec = chance.pick(&commands).spec;
        let body: Value = serde_json::from_str(spec.example).unwrap();
        let body = if chance.below(2) == 0 { bent(&body, &mut chance) } else { body };
        let bytes = body.to_string().into_bytes();
        let bytes = if chance.below(4) > 0 { damaged(&bytes, &mut chance) } else { bytes };
        requests.push((path(spec.name), bytes));
    }
    let ask = async |(target, body): (String, Vec<u8>)| {
        let reply = admin.send(&target, &body).await.json();
        check_documented(&reply, &target);
    };
    stream::iter(requests).for_each_concurrent(16, ask).await;

    let kept = resident().saturating_sub(before);
    assert!(kept < KEPT_KIB, "{kept} KiB are held");
    pair.end().await;
}

#[tokio::test]
async fn frames_that_say_nothing_are_ignored_or_answered() {
    let server = Server::start().await;
    let (app, ..) = app(&server).await;
    let mut raw = Raw::open(&app).await;
    for frame in [
        "",
        " ",
        "null",
        "[]",
        "{}",
        "7",
        "{\"head\":{}}",
        "{\"body\":{}}",
        "{\"head\":null,\"body\":null}",
        "{\"head\":{\"servcmd\":5,\"seq\":1},\"body\":{}}",
        "{\"head\":{\"servcmd\":\"a.b\",\"seq\":\"x\"},\"body\":{}}",
        "{\"head\":{\"servcmd\":\"a.b\",\"seq\":-1},\"body\":{}}",
        "{\"head\":{\"servcmd\":\"a.b\",\"seq\":99999999999999999999},\"body\":{}}",
        "COMP",
        "COMPx\u{1}",
    ] {
        raw.send(Message::Binary(frame.to_owned().into_bytes().into())).await;
        raw.send(Message::text(frame)).await;
    }
    raw.send(Message::Ping(vec![1; 100].into())).await;
    raw.send(Message::Pong(vec![2; 100].into())).await;
    // Nothing of it was answered, and the connection takes requests.
    let alive = json!({"head": head("heartbeat.alive", 5, ""), "body": {}}).to_string();
    raw.send(Message::Binary(alive.into_bytes().into())).await;
    assert_eq!(raw.next().await.unwrap()["head"]["seq"], 5);
    // What can be answered is answered, with the head it came with.
    for (frame, name, sequence) in [
        (r#"{"head":{"servcmd":"a.b","seq":6,"a2":7},"body":{}}"#, "a.b", json!(6)),
        (r#"{"head":{"servcmd":"a\".b","seq":18446744073709551615}}"#, "a\".b", json!(u64::MAX)),
        (r#"{"body":{},"head":{"seq":8,"servcmd":"openim.sendmsg","a2":""}}"#, "openim.sendmsg", json!(8)),
        (r#"{"head":{"servcmd":"","seq":0},"body":{}}"#, "", json!(0)),
    ] {
        raw.send(Message::Binary(frame.as_bytes().to_vec().into())).await;
        let reply = raw.next().await.unwrap();
        assert_eq!((&reply["head"]["servcmd"], &reply["head"]["seq"]), (&json!(name), &sequence));
        check_documented(&reply["body"], &frame);
        assert_ne!(reply["body"]["ErrorCode"], 0);
    }
}

/// Does the handshake by hand, for frames that no library writes.
async fn handshake(app: &App) -> TcpStream {
    let address = app.server.wire().0;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /binfo?sdkappid={} HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        app.sdkappid
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(within("the handshake", stream.read_u8()).await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
    stream
}

/// The header of a frame from a client, with a mask of zeros.
fn header(first: u8, length: u64) -> Vec<u8> {
    let mut header = vec![first, 0x80 | 127];
    header.extend_from_slice(&length.to_be_bytes());
    header.extend_from_slice(&[0; 4]);
    header
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_end_and_hold_nothing() {
    let server = Server::start().await;
    let (app, ..) = app(&server).await;
    let pair = Pair::begin(&app).await;
    let before = resident();
    let links = server.services().hub.links().len();
    let beginnings: Vec<(&str, Vec<u8>)> = vec![
        ("a length beyond everything", header(0x82, u64::MAX >> 1)),
        ("a length beyond the limit", header(0x82, 64 << 20)),
        ("reserved bits", vec![0xF2, 0x80, 0, 0, 0, 0]),
        ("an unknown kind", vec![0x8B, 0x80, 0, 0, 0, 0]),
        ("no mask", vec![0x82, 0x02, b'{', b'}']),
        ("text that is no text", vec![0x81, 0x82, 0, 0, 0, 0, 0xFF, 0xFE]),
        ("a long control frame", [header(0x89, 4000), vec![b'x'; 4000]].concat()),
        ("a control frame in parts", vec![0x09, 0x80, 0, 0, 0, 0]),
        ("a continuation of nothing", vec![0x80, 0x80, 0, 0, 0, 0]),
        ("a plain request", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
    ];
    for (what, bytes) in &beginnings {
        let mut stream = handshake(&app).await;
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        // The end may come as a reset.
        let _ = within(what, stream.read_to_end(&mut rest)).await;
    }
    // Announced and never sent: each of them keeps no more than what came.
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let mut stream = handshake(&app).await;
        stream.write_all(&header(0x82, 4 << 20)).await.unwrap();
        stream.write_all(&[b'x'; 100]).await.unwrap();
        waiting.push(stream);
    }
    let mut raw = Raw::open(&app).await;
    raw.ask("heartbeat.alive", "", &json!({})).await;
    let kept = resident().saturating_sub(before);
    assert!(kept < KEPT_KIB, "{kept} KiB are held for what never came");
    drop(waiting);
    drop(raw);
    // A message of many parts beyond the limit.
    let mut stream = handshake(&app).await;
    let part = [header(0x00, 1 << 20), vec![b'x'; 1 << 20]].concat();
    let sending = async {
        stream.write_all(&header(0x02, 0)).await?;
        for _ in 0..6 {
            stream.write_all(&part).await?;
        }
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await
    };
    let _ = within("the end of the long message", sending).await;
    let services = server.services();
    support::eventually("the end of the connections", || services.hub.links().len() == links).await;
    let kept = resident().saturating_sub(before);
    assert!(kept < KEPT_KIB, "{kept} KiB are held");
    pair.end().await;
}

#[tokio::test]
async fn what_is_too_long_is_refused_with_its_code() {
    let server = Server::start().await;
    let (app, alice, admin) = app(&server).await;
    for entry in asked_at(Door::Rest) {
        let (limit, code) = entry.spec.body;
        let mut body: Value = serde_json::from_str(entry.spec.example).unwrap();
        body["Padding"] = "x".repeat(limit).into();
        let reply = admin.ask(&path(entry.spec.name), &body).await;
        assert_eq!(reply["ErrorCode"], code.number(), "{}: {reply}", entry.spec.name);
    }
    for entry in asked_at(Door::Socket) {
        let (limit, code) = entry.spec.body;
        let mut body: Value = serde_json::from_str(entry.spec.example).unwrap();
        body["Padding"] = "x".repeat(limit).into();
        let reply = alice.ask(entry.spec.name, &body).await;
        assert_eq!(reply["ErrorCode"], code.number(), "{}: {reply}", entry.spec.name);
    }
    // Longer than anything that is read at all.
    let headers = [("content-type", "application/json")];
    let target = format!("/v4/openim/sendmsg?{}", admin.query);
    for body in [2 << 20, 20 << 20] {
        let body = vec![b' '; body];
        // The server may end the connection while the rest is still being sent.
        if let Ok(answer) = server.wire().try_ask("POST", &target, &headers, &body).await {
            check_documented(&answer.json(), &"a very long body");
        }
    }
    admin.ok("im_open_login_svc/account_check", json!({"CheckItem": [{"UserID": "alice"}]})).await;
    // A message of the longest kind passes.
    let body = alice.message("bob", (1, 1), &"y".repeat(11_000));
    alice.ok("openim.sendmsg", body).await;
    drop(app);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_nothing_slows_nobody() {
    let server = Server::start().await;
    let (app, alice, _) = app(&server).await;
    let pair = Pair::begin(&app).await;
    let before = resident();
    // Signs in and then takes nothing of what is sent to it.
    let mut stream = handshake(&app).await;
    let mut sign_in = head("im_open_status.wslogin", 1, "");
    sign_in["identifier"] = "bob".into();
    sign_in["usersig"] = app.sign("bob").into();
    let frame = json!({"head": sign_in, "body": {}}).to_string();
    stream.write_all(&[header(0x82, frame.len() as u64), frame.into_bytes()].concat()).await.unwrap();
    let services = server.services();
    let bob = services.accounts.find(app.sdkappid, &model::UserId::new("bob").unwrap()).await.unwrap().unwrap();
    support::eventually("bob's sign-in", || services.hub.is_online(bob.number)).await;
    // Until what waits for it is more than may wait.
    let words = "z".repeat(11_000);
    let mut sent = 0;
    while !services.hub.links().iter().any(|link| link.is_broken()) {
        assert!(sent < 10_000, "everything waits for a client that reads nothing");
        sent += 200;
        let mut waiting = Vec::new();
        for _ in 0..200 {
            waiting.push(alice.client.submit_text("bob", &words).await.unwrap().2);
        }
        for pending in waiting {
            within("an answer", pending.reply()).await.unwrap().ok().unwrap();
        }
    }
    let kept = resident().saturating_sub(before);
    assert!(kept < KEPT_KIB, "{kept} KiB are held");
    drop(stream);
    support::eventually("bob's end", || !services.hub.is_online(bob.number)).await;
    pair.end().await;
    // Nothing of it is lost to him.
    let bob = app.user("bob").connect().await;
    assert_eq!(bob.history("alice", 100).await.len(), sent + 1);
}
