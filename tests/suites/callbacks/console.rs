//! What an operator sees of callbacks, and tries.

use std::collections::BTreeSet;

use model::Callback;
use serde_json::{Value, json};
use support::{Console, Hook, Reply, eventually};

use super::{Stage, code, send, stage, words};

const BEFORE: &str = "C2C.CallbackBeforeSendMsg";
const AFTER: &str = "C2C.CallbackAfterSendMsg";

/// What a body has only now and then.
const SOMETIMES: [&str; 8] =
    ["KickedDevice", "CloudCustomData", "TopicId", "Role", "NameCard", "Introduction", "Notification", "FaceUrl"];

fn names(body: &Value) -> BTreeSet<&str> {
    body.as_object().unwrap().keys().map(String::as_str).filter(|name| !SOMETIMES.contains(name)).collect()
}

/// Checks that the samples have what the real ones had that came so far.
pub async fn samples_are_like(operator: &Console, sdkappid: u32, hook: &Hook) {
    let all: Vec<_> =
        Callback::ALL.iter().filter_map(|one| Some((one.name(), hook.heard(one.name()).pop()?))).collect();
    assert!(!all.is_empty());
    for (command, real) in all {
        let ask = json!({"sdkAppId": sdkappid, "command": command});
        let trial = operator.ask("console.callback.test", &ask).await.json();
        assert_eq!(names(&trial["body"]), names(&real.body), "{command}");
    }
}

#[tokio::test]
async fn a_sample_of_every_callback_can_be_tried() {
    let Stage { server, app, hook, .. } = stage().await;
    let operator = server.operator().await;
    app.set("callbacks", "").await;
    app.set("callback_token", "xxxxyyyy").await;
    let ask = async |command: &str| {
        let ask = json!({"sdkAppId": app.sdkappid, "command": command});
        operator.ask("console.callback.test", &ask).await.json()
    };
    for form in ["2019", "current"] {
        app.set("callback_form", form).await;
        for callback in Callback::ALL {
            let trial = ask(callback.name()).await;
            assert_eq!((&trial["status"], trial.get("failure")), (&json!(200), None), "{trial}");
            let call = hook.heard(callback.name()).pop().expect("it was sent, though it is off");
            assert_eq!((call.body, call.query["CallbackCommand"].as_str()), (trial["body"].clone(), callback.name()));
            assert!(trial["url"].as_str().unwrap().starts_with(&format!("{}?SdkAppid={}&", hook.url, app.sdkappid)));
            assert!(call.query.contains_key("Sign"), "the token signs it");
        }
    }
    hook.answer(BEFORE, code(120_001));
    let trial = ask(BEFORE).await;
    assert!(trial["answer"].as_str().unwrap().contains("120001"), "{trial}");
    for (reply, kind, status) in [
        (Reply::Status(503), "status", json!(503)),
        (Reply::Garbage, "answer", json!(200)),
        (Reply::Close, "broken", Value::Null),
        (Reply::Hang, "timeout", Value::Null),
    ] {
        hook.answer(BEFORE, reply);
        let trial = ask(BEFORE).await;
        assert_eq!((&trial["kind"], &trial["status"]), (&json!(kind), &status), "{trial}");
    }
    app.set("callback_url", "").await;
    assert_eq!(ask(BEFORE).await["kind"], "nowhere");
    let wrong = json!({"sdkAppId": app.sdkappid, "command": "C2C.Nothing"});
    assert_eq!(operator.ask("console.callback.test", &wrong).await.status, 400);
}

#[tokio::test]
async fn a_trial_that_is_answered_ends_the_pause() {
    let Stage { server, app, hook, alice, .. } = stage().await;
    let operator = server.operator().await;
    app.set("callbacks", AFTER).await;
    hook.answer(AFTER, Reply::Close);
    assert_eq!(send(&alice, "bob", 1, "one").await, 0);
    app.set("callbacks", &format!("{BEFORE},{AFTER}")).await;
    hook.answer(BEFORE, Reply::Status(500));
    let breaker = async || {
        let ask = json!({"sdkAppId": app.sdkappid});
        operator.ask("console.callback.get", &ask).await.json()["breaker"].clone()
    };
    for number in 2..8 {
        assert_eq!(send(&alice, "bob", number, "more").await, 0);
    }
    assert_eq!(breaker().await, "open");
    hook.answer(BEFORE, code(0));
    let ask = json!({"sdkAppId": app.sdkappid, "command": BEFORE});
    operator.ask("console.callback.test", &ask).await;
    assert_eq!(breaker().await, "closed");
    hook.answer(AFTER, code(0));
    eventually("what waited", || hook.heard(AFTER).iter().any(|call| words(&call.body) == "more")).await;
}

#[tokio::test]
async fn the_log_is_searched() {
    let Stage { server, app, hook, alice, .. } = stage().await;
    let operator = server.operator().await;
    app.set("callbacks", &format!("{BEFORE},{AFTER}")).await;
    app.set("callback_retry", "false").await;
    hook.answer(AFTER, Reply::Status(503));
    let list = async |state: &str, search: &str, before: Option<i64>| {
        let ask = json!({"sdkAppId": app.sdkappid, "state": state, "search": search, "before": before});
        operator.ask("console.callback.list", &ask).await.json()
    };
    for number in 1..=4 {
        assert_eq!(send(&alice, "bob", number, &format!("Number {number}")).await, 0);
        hook.expects(AFTER, number as usize).await;
    }
    support::within("all given up", async {
        while list("dead", "", None).await["callbacks"].as_array().unwrap().len() < 4 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let found = list("dead", " number 3 ", None).await;
    let found = found["callbacks"].as_array().unwrap();
    assert_eq!((found.len(), words(&found[0]["body"]), &found[0]["kind"]), (1, "Number 3", &json!("status")));
    assert_eq!(list("dead", "number 5", None).await, json!({"callbacks": []}));
    let first = list("dead", "", None).await["callbacks"][0]["number"].as_i64();
    assert_eq!(list("dead", "", first).await["callbacks"].as_array().unwrap().len(), 3);

    let recent = list("recent", "number 4", None).await;
    let recent = recent["callbacks"].as_array().unwrap();
    let shown: Vec<_> = recent.iter().map(|one| (one["command"].as_str().unwrap(), one.get("failure"))).collect();
    assert_eq!(shown, [(AFTER, Some(&json!("status 503"))), (BEFORE, None)], "newest first");
    assert!(recent[0]["took"].is_u64());
    assert!(list("recent", "afterSENDmsg", None).await["callbacks"].as_array().unwrap().len() >= 4);
    assert_eq!(list("waiting", "", None).await, json!({"callbacks": []}));
}
