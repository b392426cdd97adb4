//! Messages that the app's server is asked about before they are stored.

use serde_json::json;
use support::{Reply, text};

use super::{Stage, code, send, stage, words};

const BEFORE: &str = "C2C.CallbackBeforeSendMsg";
const AFTER: &str = "C2C.CallbackAfterSendMsg";

#[tokio::test]
async fn the_request_is_as_documented() {
    let Stage { app, hook, alice, .. } = stage().await;
    assert_eq!(send(&alice, "bob", 7, "hi").await, 0);
    let call = hook.expects(BEFORE, 1).await.remove(0);
    assert_eq!(call.path, "/im/hook");
    let query = |name: &str| call.query.get(name).map(String::as_str);
    assert_eq!(query("SdkAppid"), Some(app.sdkappid.to_string().as_str()));
    assert_eq!(query("CallbackCommand"), Some(BEFORE));
    assert_eq!(
        (query("contenttype"), query("ClientIP"), query("OptPlatform")),
        (Some("json"), Some("127.0.0.1"), Some("Web"))
    );
    assert_eq!((query("Sign"), query("RequestTime")), (None, None), "there is no token");
    assert!(call.head.to_lowercase().contains("content-type: application/json"), "{}", call.head);
    let body = &call.body;
    assert_eq!(
        (&body["From_Account"], &body["To_Account"], &body["MsgSeq"], &body["MsgRandom"]),
        (&json!("alice"), &json!("bob"), &json!(7), &json!(7))
    );
    assert_eq!((words(body), &body["OnlineOnlyFlag"]), ("hi", &json!(0)));
    assert!(body["MsgTime"].is_i64() && body["EventTime"].is_i64(), "{body}");
    assert_eq!(body["MsgKey"], json!(format!("7_7_{}", body["MsgTime"])));

    let body = json!({"From_Account": "bob", "To_Account": "alice", "MsgRandom": 1, "MsgBody": text("rest"), "CloudCustomData": "x"});
    app.admin().ok("openim/sendmsg", body).await;
    let call = hook.expects(BEFORE, 2).await.remove(1);
    assert_eq!((call.query["OptPlatform"].as_str(), &call.body["CloudCustomData"]), ("RESTAPI", &json!("x")));
}

#[tokio::test]
async fn each_code_has_its_effect_on_clients_and_backends() {
    let Stage { app, hook, alice, bob, .. } = stage().await;
    let rest = async |number: u32| {
        let body = json!({"From_Account": "alice", "To_Account": "bob", "MsgRandom": number, "MsgBody": text("no")});
        app.admin().ask("openim/sendmsg", &body).await
    };
    for (answer, number, info) in [
        (1, 20006, None),
        (120_001, 120_001, Some("house rules")),
        (130_000, 130_000, Some("house rules")),
        (5, 20006, None),
    ] {
        hook.answer(BEFORE, code(answer));
        let reply = alice.ask("openim.sendmsg", &alice.message("bob", (9, answer as u32), "no")).await;
        for reply in [reply, rest(answer as u32).await] {
            assert_eq!(reply["ErrorCode"], number, "{answer}: {reply}");
            assert!(info.is_none_or(|info| reply["ErrorInfo"] == info), "{reply}");
        }
    }
    hook.answer(BEFORE, code(2));
    let reply = alice.ok("openim.sendmsg", alice.message("bob", (3, 3), "into the void")).await;
    assert!(reply["MsgTime"].as_i64().is_some_and(|time| time > 0), "{reply}");
    assert_eq!(rest(4).await["ErrorCode"], 0);
    hook.answer(BEFORE, code(0));
    assert_eq!(send(&alice, "bob", 5, "yes").await, 0);
    bob.expects_text("yes").await;
    bob.settle().await;
    assert_eq!(support::received(&bob.heard()).len(), 1, "nothing else came");
    assert_eq!(alice.history("bob", 20).await.len(), 1, "nothing else is kept");
    assert_eq!(hook.expects(AFTER, 1).await.len(), 1, "what was refused is not told afterwards");
}

#[tokio::test]
async fn a_message_is_rewritten() {
    let Stage { hook, alice, bob, .. } = stage().await;
    let answer =
        json!({"ActionStatus": "OK", "ErrorCode": 0, "MsgBody": text("hi (edited)"), "CloudCustomData": "seal"});
    hook.answer(BEFORE, Reply::Json(answer));
    assert_eq!(send(&alice, "bob", 1, "hi").await, 0);
    bob.expects_text("hi (edited)").await;
    let call = hook.expects(AFTER, 1).await.remove(0);
    assert_eq!((words(&call.body), &call.body["CloudCustomData"]), ("hi (edited)", &json!("seal")));
    assert_eq!((&call.body["SendMsgResult"], &call.body["ErrorInfo"]), (&json!(0), &json!("send msg succeed")));
    assert_eq!(alice.history("bob", 20).await[0].text, "hi (edited)");
    // What cannot be sent is no usable answer, and the app lets events go on then.
    hook.answer(BEFORE, Reply::Json(json!({"ErrorCode": 0, "MsgBody": [{"MsgType": "Nonsense"}]})));
    assert_eq!(send(&alice, "bob", 2, "as it was").await, 0);
    bob.expects_text("as it was").await;
    let long = json!({"ErrorCode": 0, "MsgBody": text(&"x".repeat(13_000))});
    hook.answer(BEFORE, Reply::Json(long));
    assert_eq!(send(&alice, "bob", 3, "short").await, 0);
    bob.expects_text("short").await;
}

#[tokio::test]
async fn a_backend_forbids_callbacks_and_imports_have_none() {
    let Stage { app, hook, alice, bob, .. } = stage().await;
    let say = async |random: u32, forbid: &[&str]| {
        let body = json!({"From_Account": "alice", "To_Account": "bob", "MsgRandom": random, "MsgBody": text("quiet"),
            "ForbidCallbackControl": forbid});
        app.admin().ok("openim/sendmsg", body).await;
    };
    say(1, &["ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"]).await;
    say(2, &["ForbidBeforeSendMsgCallback"]).await;
    say(3, &["ForbidAfterSendMsgCallback"]).await;
    let import = json!({"SyncFromOldSystem": 2, "From_Account": "alice", "To_Account": "bob", "MsgRandom": 4,
        "MsgTimeStamp": 1_700_000_000, "MsgBody": text("old")});
    app.admin().ok("openim/importmsg", import).await;
    assert_eq!(send(&bob, "alice", 5, "loud").await, 0);
    hook.expects_with(AFTER, "From_Account", "bob").await;
    let randoms =
        |command: &str| hook.heard(command).iter().map(|call| call.body["MsgRandom"].clone()).collect::<Vec<_>>();
    assert_eq!(randoms(BEFORE), [json!(3), json!(5)]);
    let mut after = randoms(AFTER);
    after.sort_by_key(serde_json::Value::as_i64);
    assert_eq!(after, [json!(2), json!(5)]);
    drop(alice);
}

#[tokio::test]
async fn a_slow_answer_holds_up_one_conversation() {
    let Stage { hook, alice, bob, .. } = stage().await;
    hook.answer(BEFORE, Reply::Hang);
    let (slow, alice) = (alice.message("carol", (1, 1), "slow"), std::sync::Arc::new(alice));
    let waiting = tokio::spawn({
        let alice = alice.clone();
        async move { alice.code("openim.sendmsg", slow).await }
    });
    hook.expects(BEFORE, 1).await;
    hook.answer(BEFORE, code(0));
    let quick = tokio::spawn({
        let alice = alice.clone();
        let message = alice.message("bob", (2, 2), "quick");
        async move { alice.code("openim.sendmsg", message).await }
    });
    bob.expects_text("quick").await;
    assert!(!waiting.is_finished(), "the other one still waits");
    assert_eq!((waiting.await.unwrap(), quick.await.unwrap()), (0, 0));
}
