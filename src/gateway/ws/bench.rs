//! What reading a frame and dispatching a request cost, without sockets and storage. `make bench-parts` runs it.

#![expect(clippy::disallowed_methods, reason = "measures real time")]

use std::{hint::black_box, sync::Arc, time::Instant};

use bytes::Bytes;
use command::{Caller, Context, Dispatcher, Door};
use model::{Edition, UserId};
use service::{Import, NewApp, Options, Services, World};
use store::{Backend, Config, Durability, Store};

use super::frame::{Frame, reply};

const ROUNDS: u32 = 200_000;
/// The head of the web SDK's frames, with tickets of the usual length.
const HEAD: &str = r#""ver":"v4","platform":10,"websdkappid":537048168,"websdkversion":"3.6.6","status_instid":123456789,"sdkappid":1600000001,"contenttype":"json","reqtime":1800000000,"identifier":"alice","usersig":"","a2":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","tinyid":"144115000000000001","sdkability":35,"tjgID":"""#;

fn frame(command: &str, body: &str) -> Bytes {
    format!(r#"{{"head":{{{HEAD},"servcmd":"{command}","seq":4711}},"body":{body}}}"#).into()
}

fn message() -> String {
    let text = "x".repeat(300);
    format!(
        r#"{{"From_Account":"alice","To_Account":"bob","MsgSeq":4711,"MsgRandom":90210,"MsgClientTime":1800000000,"OnlineOnlyFlag":1,"MsgBody":[{{"MsgType":"TIMTextElem","MsgContent":{{"Text":"{text}"}}}}],"CloudCustomData":""}}"#
    )
}

fn report(what: &str, started: Instant) {
    println!("{what}: {:?}", started.elapsed() / ROUNDS);
}

#[test]
#[ignore = "a measurement, not a test"]
fn bench_frames() {
    let acknowledgement = frame("openim.ws_msg_push_ack", r#"{"SessionData":"123456789"}"#);
    for (what, bytes) in [("a message", frame("openim.sendmsg", &message())), ("an acknowledgement", acknowledgement)] {
        let started = Instant::now();
        for _ in 0..ROUNDS {
            let frame: Frame<'_> = serde_json::from_str(std::str::from_utf8(black_box(&bytes)).unwrap()).unwrap();
            assert_eq!(black_box(frame).head.seq, 4711);
        }
        report(&format!("reading the frame of {what}, {} bytes", bytes.len()), started);
    }
    let body =
        br#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","MsgTime":1800000000,"MsgKey":"4711_90210_1800000000"}"#;
    let started = Instant::now();
    for _ in 0..ROUNDS {
        black_box(reply(black_box("openim.sendmsg"), 4711, body));
    }
    report("writing the frame of an answer", started);
}

#[tokio::test]
#[ignore = "a measurement, not a test"]
async fn bench_dispatch() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { backend: Backend::Sqlite { dir: dir.path().into() }, durability: Durability::Relaxed };
    let options = Options::default();
    let world = World::fixed(1_800_000_000_000, 7);
    let services = Services::start(Store::open(&config).await.unwrap(), world, options).await.unwrap();
    let new = NewApp {
        name: "bench".into(),
        kind: "social".into(),
        introduction: String::new(),
        edition: Edition::Pro,
        administrators: vec!["administrator".into()],
    };
    let app = services.apps.create(new).await.unwrap();
    let users = ["alice", "bob"].map(|name| Import { user: UserId::new(name).unwrap(), nick: None, image: None });
    assert!(services.import_accounts(&app, users.into()).await.unwrap().is_empty());
    let dispatcher = Dispatcher::default();
    let caller = Caller::Admin { user: UserId::new("administrator").unwrap() };
    for (name, body) in [("heartbeat.alive", "{}".to_owned()), ("openim.sendmsg", message())] {
        let body = Bytes::from(body);
        let started = Instant::now();
        for _ in 0..ROUNDS {
            let (services, app, origin) = (services.clone(), Some(app.clone()), Arc::from(""));
            let context = Context::new(services, app, caller.clone(), Door::Socket, None, origin);
            let outcome = dispatcher.dispatch(Arc::new(context), name, black_box(body.clone())).await;
            assert!(outcome.error.is_none());
        }
        report(&format!("dispatching {name}, to nobody who is connected"), started);
    }
}
