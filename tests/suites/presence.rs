//! Who is online, who hears of it, and what users say of themselves.

use serde_json::{Value, json};
use support::{App, Heard, Online, Server};

async fn stage() -> (Server, App, Online, Online) {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    (server, app, alice, bob)
}

async fn status(asker: &Online, of: &str) -> i64 {
    let reply = asker.ok("im_open_status.ws_get_user_status", json!({"To_Account": [of]})).await;
    reply["UserStatusList"][0]["Status"].as_i64().unwrap()
}

/// What a user was told of the status of another, newest last.
fn told(heard: &[Heard], of: &str) -> Vec<Value> {
    let all = heard.iter().flat_map(|one| one.events("UserStatusList"));
    all.filter(|entry| entry["To_Account"] == of).collect()
}

#[tokio::test]
async fn who_watches_goes_on_after_a_lost_connection() {
    let (server, _, alice, bob) = stage().await;
    alice.ok("im_open_status.ws_status_subscribe", json!({"To_Account": ["bob"]})).await;
    alice.lose(&server).await;
    alice.resume().await;
    bob.lose(&server).await;
    let away = |heard: &[Heard]| told(heard, "bob").into_iter().find(|entry| entry["Status"] == 2);
    alice.expects("that bob is away", away).await;
    alice.ok("im_open_status.ws_status_unsubscribe", json!({"To_Account": ["bob"]})).await;
    let before = told(&alice.heard(), "bob").len();
    bob.resume().await;
    bob.settle().await;
    alice.settle().await;
    assert_eq!(told(&alice.heard(), "bob").len(), before);
}

#[tokio::test]
async fn the_own_words_are_told_to_all_own_devices() {
    let (_server, app, alice, bob) = stage().await;
    app.set("multi_device", "multi").await;
    app.set("web_instances", "2").await;
    let other = app.user("alice").connect().await;
    // One who watches himself hears of it once, too.
    alice.ok("im_open_status.ws_status_subscribe", json!({"To_Account": ["alice"]})).await;
    bob.ok("im_open_status.ws_status_subscribe", json!({"To_Account": ["alice"]})).await;
    alice.ok("im_open_status.ws_set_custom_status", json!({"CustomStatus": "busy"})).await;
    for device in [&alice, &other, &bob] {
        let told = |heard: &[Heard]| Some(told(heard, "alice")).filter(|told| !told.is_empty());
        device.expects("the words", told).await;
        device.settle().await;
        let entry = json!({"To_Account": "alice", "Status": 1, "CustomStatus": "YnVzeQ=="});
        assert_eq!(device.expects("the words", told).await, [entry], "{}", device.name);
    }
}

#[tokio::test]
async fn a_restart_makes_nobody_signed_out() {
    let (server, app, alice, bob) = stage().await;
    app.import(&["carol"]).await;
    bob.lose(&server).await;
    assert_eq!((status(&alice, "bob").await, status(&alice, "carol").await), (2, 3));
    server.restart().await;
    let dora = app.user("dora").connect().await;
    assert_eq!((status(&dora, "bob").await, status(&dora, "carol").await), (2, 3));
    bob.resume().await;
    assert_eq!(status(&dora, "bob").await, 1);
    bob.client.logout().await.unwrap();
    assert_eq!(status(&dora, "bob").await, 3);
}

#[tokio::test]
async fn the_console_counts_who_is_online() {
    let (server, app, _alice, bob) = stage().await;
    app.set("web_instances", "2").await;
    let second = app.user("bob").connect().await;
    let other = server.app().await;
    let _eve = other.user("eve").connect().await;
    let operator = server.operator().await;
    let online = async |app: &App| {
        let shown = operator.ask("console.app.get", &json!({"sdkAppId": app.sdkappid})).await.json();
        shown["onlineUsers"].clone()
    };
    assert_eq!((online(&app).await, online(&other).await), (json!(2), json!(1)), "users, and not their devices");
    bob.lose(&server).await;
    assert_eq!(online(&app).await, json!(2));
    second.lose(&server).await;
    assert_eq!(online(&app).await, json!(1));
}
