//! What the app's server is told afterwards, until it has taken it.

use serde_json::json;
use support::{Reply, eventually, text};

use super::{Stage, console::samples_are_like, send, stage, words};

const AFTER: &str = "C2C.CallbackAfterSendMsg";

#[tokio::test]
async fn a_conversation_is_told_in_order() {
    let Stage { app, hook, alice, .. } = stage().await;
    app.set("callbacks", AFTER).await;
    for number in 1..=50 {
        assert_eq!(send(&alice, "bob", number, &format!("{number}")).await, 0);
    }
    let calls = hook.expects(AFTER, 50).await;
    let told: Vec<_> = calls.iter().map(|call| words(&call.body).parse::<u32>().unwrap()).collect();
    assert_eq!(told, (1..=50).collect::<Vec<_>>());
    assert_eq!((calls[0].query["ClientIP"].as_str(), calls[0].query["OptPlatform"].as_str()), ("127.0.0.1", "Web"));
    assert!(hook.connections() <= 16, "connections stay open");
}

#[tokio::test]
async fn what_failed_is_told_again_until_it_is_taken() {
    let Stage { app, hook, alice, .. } = stage().await;
    app.set("callbacks", AFTER).await;
    hook.answer(AFTER, Reply::Status(500));
    assert_eq!(send(&alice, "bob", 1, "one").await, 0);
    assert_eq!(send(&alice, "bob", 2, "two").await, 0);
    hook.expects(AFTER, 2).await;
    assert!(hook.heard(AFTER).iter().all(|call| words(&call.body) == "one"), "the second waits for the first");
    hook.answer(AFTER, Reply::Json(support::fine()));
    eventually("the second", || hook.heard(AFTER).last().is_some_and(|call| words(&call.body) == "two")).await;
}

#[tokio::test]
async fn what_is_not_taken_survives_a_restart() {
    let Stage { server, app, hook, alice, .. } = stage().await;
    app.set("callbacks", AFTER).await;
    hook.answer(AFTER, Reply::Close);
    for number in 1..=3 {
        assert_eq!(send(&alice, "bob", number, &format!("{number}")).await, 0);
    }
    hook.expects(AFTER, 1).await;
    server.restart().await;
    hook.answer(AFTER, Reply::Json(support::fine()));
    eventually("the last", || hook.heard(AFTER).last().is_some_and(|call| words(&call.body) == "3")).await;
    let call = hook.heard(AFTER).pop().unwrap();
    assert_eq!((call.query["ClientIP"].as_str(), call.query["OptPlatform"].as_str()), ("127.0.0.1", "Web"));
}

#[tokio::test]
async fn what_is_given_up_can_be_sent_again() {
    let Stage { server, app, hook, alice, .. } = stage().await;
    app.set("callbacks", AFTER).await;
    app.set("callback_retry", "false").await;
    let operator = server.operator().await;
    let named = json!({"sdkAppId": app.sdkappid});
    hook.answer(AFTER, Reply::Status(503));
    for number in 1..=2 {
        assert_eq!(send(&alice, "bob", number, &format!("{number}")).await, 0);
    }
    let dead = async || operator.ask("console.callback.list", &named).await.json()["callbacks"].clone();
    support::within("two dead letters", async {
        while dead().await.as_array().is_none_or(|dead| dead.len() < 2) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let list = dead().await;
    assert_eq!((&list[0]["command"], &list[0]["failure"]), (&json!(AFTER), &json!("status 503")));
    assert_eq!(words(&list[1]["body"]), "1");
    let state = operator.ask("console.callback.get", &named).await.json();
    assert_eq!((&state["dead"], &state["breaker"]), (&json!(2), &json!("closed")));
    // Others came before, when everything was on and answered.
    let count = |name: &str| state[name].as_u64().unwrap();
    assert_eq!(count("asked") - count("answered"), 2);
    assert_eq!(state["lastFailure"]["why"], "status 503");
    hook.answer(AFTER, Reply::Json(support::fine()));
    let one = json!({"sdkAppId": app.sdkappid, "numbers": [list[1]["number"]]});
    operator.ask("console.callback.replay", &one).await;
    hook.expects(AFTER, 3).await;
    assert_eq!(dead().await.as_array().unwrap().len(), 1);
    operator.ask("console.callback.discard", &named).await;
    assert_eq!(dead().await, json!([]));
}

#[tokio::test]
async fn failures_online_messages_and_batches_are_told_too() {
    let Stage { server, app, hook, alice, bob } = stage().await;
    app.set("callbacks", AFTER).await;
    bob.ok("sns.black_list_add", json!({"From_Account": "bob", "To_Account": ["alice"]})).await;
    assert_eq!(send(&alice, "bob", 1, "blocked").await, 20007);
    let call = hook.expects(AFTER, 1).await.remove(0);
    assert_eq!((words(&call.body), &call.body["SendMsgResult"]), ("blocked", &json!(20007)));
    let mut online = alice.message("carol", (2, 2), "now or never");
    online["OnlineOnlyFlag"] = json!(1);
    alice.ok("openim.sendmsg", online).await;
    let call = hook.expects(AFTER, 2).await.remove(1);
    assert_eq!((&call.body["OnlineOnlyFlag"], &call.body["SendMsgResult"]), (&json!(1), &json!(0)));
    let batch = json!({"To_Account": ["bob", "carol"], "MsgRandom": 3, "MsgBody": text("all")});
    app.admin().ok("openim/batchsendmsg", batch).await;
    let mut to: Vec<_> = hook.expects(AFTER, 4).await[2..].iter().map(|call| call.body["To_Account"].clone()).collect();
    to.sort_by_key(ToString::to_string);
    assert_eq!(to, [json!("bob"), json!("carol")]);
    // Carol is away, so her unread messages are counted; bob is connected and counts himself.
    let unread = |name: &str| {
        hook.heard(AFTER).into_iter().rev().find(|call| call.body["To_Account"] == name).unwrap().body["UnreadMsgNum"]
            .clone()
    };
    assert_eq!((unread("carol"), unread("bob")), (json!(1), json!(-1)));
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}

#[tokio::test]
async fn reading_and_recalling_are_told() {
    let Stage { server, app, hook, alice, bob } = stage().await;
    let sent = alice.ok("openim.sendmsg", alice.message("bob", (7, 8), "one")).await;
    let second = sent["MsgTime"].as_i64().unwrap();
    let read =
        json!({"C2CMsgReaded": {"Cookie": "", "C2CMsgReadedItem": [{"To_Account": "alice", "LastedMsgTime": second}]}});
    bob.ok("openim.msgreaded", read).await;
    let call = hook.expects("C2C.CallbackAfterMsgReport", 1).await.remove(0);
    let body = &call.body;
    assert_eq!(
        (&body["Report_Account"], &body["Peer_Account"], &body["LastReadTime"], &body["UnreadMsgNum"]),
        (&json!("bob"), &json!("alice"), &json!(second), &json!(0))
    );
    let recall = json!({"MsgInfo": {"From_Account": "alice", "To_Account": "bob", "MsgTimeStamp": second, "MsgSeq": 7, "MsgRandom": 8}});
    alice.ok("openim.msgwithdraw", recall).await;
    let call = hook.expects("C2C.CallbackAfterMsgWithDraw", 1).await.remove(0);
    assert_eq!((&call.body["From_Account"], &call.body["MsgKey"]), (&json!("alice"), &json!(format!("7_8_{second}"))));
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}
