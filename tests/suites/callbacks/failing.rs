//! Servers that do not behave: each app gets the policy it chose, and no other app notices.

use std::time::Duration;

use serde_json::json;
use support::{Hook, Reply, Server, text};
use tokio::time::Instant;

use super::{Stage, code, send, stage};

const BEFORE: &str = "C2C.CallbackBeforeSendMsg";

#[tokio::test]
async fn each_kind_of_failure_gets_the_policy() {
    let Stage { app, hook, alice, bob, .. } = stage().await;
    app.set("callbacks", BEFORE).await;
    let other = Hook::start().await;
    let kinds = [Reply::Status(500), Reply::Garbage, Reply::Close, Reply::Redirect(other.url.clone()), Reply::Hang];
    for (number, reply) in (1..).zip(kinds) {
        hook.answer(BEFORE, reply.clone());
        app.set("callback_on_failure", "deliver").await;
        assert_eq!(send(&alice, "bob", number, &format!("{number}")).await, 0, "{reply:?}");
        bob.expects_text(&format!("{number}")).await;
        app.set("callback_on_failure", "refuse").await;
        assert_eq!(send(&alice, "bob", 100 + number, "no").await, 80003, "{reply:?}");
        hook.answer(BEFORE, code(0));
        assert_eq!(send(&alice, "bob", 200 + number, "between").await, 0, "a success closes the breaker");
    }
    assert!(other.heard(BEFORE).is_empty(), "redirects are not followed");
    app.set("callback_url", "http://127.0.0.1:1/").await;
    assert_eq!(send(&alice, "bob", 300, "no").await, 80003, "nobody listens there");
}

#[tokio::test]
async fn a_dead_server_is_left_alone_and_holds_up_nobody_else() {
    let server = Server::start().await;
    let (slow, other) = (server.app().await, server.app().await);
    let hook = Hook::start().await;
    hook.answer_all(Some(Reply::Hang));
    for app in [&slow, &other] {
        app.import(&["alice", "bob"]).await;
    }
    slow.set("callback_url", &hook.url).await;
    slow.set("callbacks", BEFORE).await;
    let body =
        |random: u32| json!({"From_Account": "alice", "To_Account": "bob", "MsgRandom": random, "MsgBody": text("x")});
    let hanging: Vec<_> = (0..80)
        .map(|random| {
            let admin = slow.admin();
            tokio::spawn(async move { admin.ok("openim/sendmsg", body(random)).await })
        })
        .collect();
    hook.expects(BEFORE, 5).await;
    let began = Instant::now();
    for random in 0..20 {
        other.admin().ok("openim/sendmsg", body(random)).await;
    }
    assert!(!hanging.iter().all(tokio::task::JoinHandle::is_finished), "the slow ones still wait");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    for one in hanging {
        one.await.unwrap();
    }
    // A few of those that waited get their turn before the breaker opens.
    assert!(hook.heard(BEFORE).len() < 64 + 5, "so many are asked at a time");
    let operator = server.operator().await;
    let state = operator.ask("console.callback.get", &json!({"sdkAppId": slow.sdkappid})).await.json();
    assert_eq!(state["breaker"], "open", "{state}");
    let asked = hook.heard(BEFORE).len();
    let began = Instant::now();
    slow.admin().ok("openim/sendmsg", body(900)).await;
    assert!(began.elapsed() < Duration::from_secs(1), "nobody waits for it any more");
    assert_eq!(hook.heard(BEFORE).len(), asked);
    hook.answer_all(None);
    let fresh = Hook::start().await;
    slow.set("callback_url", &fresh.url).await;
    slow.admin().ok("openim/sendmsg", body(901)).await;
    assert_eq!(fresh.heard(BEFORE).len(), 1, "another address is asked at once");
}

#[tokio::test]
async fn private_addresses_are_refused_by_default() {
    let server = Server::start_strict().await;
    let app = server.app().await;
    let hook = Hook::start().await;
    app.import(&["alice", "bob"]).await;
    app.set("callback_on_failure", "refuse").await;
    app.set("callbacks", BEFORE).await;
    let port = hook.url.rsplit(':').next().unwrap().split('/').next().unwrap();
    for (random, host) in (0..).zip(["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]) {
        app.set("callback_url", &format!("http://{host}:{port}/")).await;
        let body = json!({"From_Account": "alice", "To_Account": "bob", "MsgRandom": random, "MsgBody": text("x")});
        assert_eq!(app.admin().code("openim/sendmsg", body).await, 80003, "{host}");
        let state = server.services().callback_state(app.sdkappid).await.unwrap();
        assert!(state.failure.as_ref().is_some_and(|(_, why)| why.kind() == "forbidden"), "{host}: {state:?}");
    }
    assert_eq!(hook.connections(), 0);
}
