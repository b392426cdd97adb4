//! What an operator sets in the console is in effect with the answer, for clients that are online all the while.

use model::{Code, Platform};
use serde_json::{Value, json};
use support::{App, Console, Online, Received, Server, code};

use crate::sessions::{is_alive, is_kicked, native, was_told_to_go};

fn number(code: Code) -> i64 {
    code.number().into()
}

/// An operator at the settings of an app, and a user who stays online.
struct Stage {
    server: Server,
    app: App,
    console: Console,
    alice: Online,
}

impl Stage {
    async fn new() -> Self {
        let server = Server::start_fixed().await;
        let app = server.app().await;
        app.import(&["alice", "bob"]).await;
        let alice = app.user("alice").connect().await;
        Self { console: server.operator().await, server, app, alice }
    }

    async fn ask(&self, changes: &Value) -> support::Answer {
        let body = json!({"sdkAppId": self.app.sdkappid, "changes": changes});
        self.console.ask("console.settings.set", &body).await
    }

    /// Changes one setting, and checks that the answer shows it.
    async fn set(&self, name: &str, value: &str) {
        let answer = self.ask(&json!({name: value})).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        assert_eq!(shown(&answer.json(), name)["value"], value);
    }

    /// The value that the console shows.
    async fn value(&self, name: &str) -> Value {
        let answer = self.console.ask("console.settings.get", &json!({"sdkAppId": self.app.sdkappid})).await;
        shown(&answer.json(), name)["value"].clone()
    }

    async fn recall(&self, message: &Received) -> i64 {
        let info = json!({"From_Account": "alice", "To_Account": message.to, "MsgTimeStamp": message.second,
            "MsgSeq": message.sequence, "MsgRandom": message.random});
        self.alice.code("openim.msgwithdraw", json!({"MsgInfo": info})).await
    }

    /// The status of an upload of so many bytes.
    async fn put(&self, bytes: usize) -> u16 {
        let body = json!({"file_type": 255, "file_name": "a.bin", "upload_method": 0, "Duration": 900});
        let signed = self.alice.ok("im_cos_msg.pre_sig", body).await;
        let url = signed["upload_url"].as_str().unwrap();
        let address = &url[url[8..].find('/').unwrap() + 8..];
        self.server.wire().ask("PUT", address, &[], &vec![7; bytes]).await.status
    }
}

fn shown(reply: &Value, name: &str) -> Value {
    let all = reply["settings"].as_array().unwrap();
    all.iter().find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("no {name} in {reply}")).clone()
}

#[tokio::test]
async fn the_time_for_recalls_changes_for_messages_already_sent() {
    let stage = Stage::new().await;
    let message = stage.alice.send("bob", "oops").await;
    stage.server.world().advance(200_000);
    assert_eq!(stage.recall(&message).await, number(Code::RecallTooLate));
    stage.set("recall_seconds", "300").await;
    assert_eq!(stage.recall(&message).await, 0);
}

#[tokio::test]
async fn the_check_of_friendship_begins_and_ends_at_once() {
    let stage = Stage::new().await;
    let send = async |at| stage.alice.code("openim.sendmsg", stage.alice.message("bob", (at, at), "hi")).await;
    assert_eq!(send(1).await, 0);
    stage.set("relation_check", "true").await;
    assert_eq!(send(2).await, 20009);
    stage.set("relation_check", "false").await;
    assert_eq!(send(3).await, 0);
}

#[tokio::test]
async fn roaming_is_taken_away_and_given_back_with_all_of_it() {
    let stage = Stage::new().await;
    stage.alice.send("bob", "hello").await;
    stage.set("client_roaming", "false").await;
    assert_eq!(stage.alice.history("bob", 10).await, []);
    stage.set("client_roaming", "true").await;
    assert_eq!(stage.alice.history("bob", 10).await.len(), 1);
    stage.server.world().advance(8 * 86_400_000);
    let alice = stage.app.user("alice").connect().await;
    assert_eq!(alice.history("bob", 10).await, [], "a week is the default");
    // An operator's session is over by then as well.
    let console = stage.server.visitor().signed_in("owner", "correct horse battery").await;
    let stage = Stage { console, alice, ..stage };
    stage.set("roaming_days", "30").await;
    assert_eq!(stage.alice.history("bob", 10).await.len(), 1);
}

#[tokio::test]
async fn the_status_of_others_is_shown_or_not() {
    let stage = Stage::new().await;
    let status = async || stage.alice.ask("im_open_status.ws_get_user_status", &json!({"To_Account": ["bob"]})).await;
    assert_eq!(code(&status().await), 0);
    stage.set("user_status", "false").await;
    assert_eq!(code(&status().await), number(Code::UserStatusDisabled));
    stage.set("user_status", "true").await;
    assert_eq!(code(&status().await), 0);
}

#[tokio::test]
async fn devices_have_the_places_of_now() {
    let stage = Stage::new().await;
    stage.set("web_instances", "2").await;
    // Who came first has to go first.
    stage.server.world().advance(1);
    let second = stage.app.user("alice").connect().await;
    is_alive(&stage.alice).await;
    stage.server.world().advance(1);
    let mut phone = native(&stage.app, "alice", Platform::Android).await;
    is_alive(&stage.alice).await;
    assert!(!was_told_to_go(&mut phone));
    stage.set("multi_device", "single").await;
    is_alive(&second).await;
    let third = stage.app.user("alice").connect().await;
    is_alive(&third).await;
    is_kicked(&stage.alice, 1).await;
}

#[tokio::test]
async fn a_larger_file_is_taken_after_the_change() {
    let stage = Stage::new().await;
    stage.set("upload_megabytes", "1").await;
    assert_eq!(stage.put((1 << 20) + 1).await, 413);
    stage.set("upload_megabytes", "2").await;
    assert_eq!(stage.put((1 << 20) + 1).await, 200);
}

#[tokio::test]
async fn mistakes_are_named_and_nothing_changes() {
    let stage = Stage::new().await;
    let changes = json!({"recall_seconds": "300", "web_instances": "11", "multi_device": "five", "colour": "red"});
    let answer = stage.ask(&changes).await;
    assert_eq!((answer.status, &answer.json()["name"]), (400, &json!("Invalid")));
    let said = answer.json()["message"].as_str().unwrap().to_owned();
    for part in
        ["web_instances takes 1..10", "multi_device takes single|dual|triple|multi", "there is no setting colour"]
    {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(stage.value("recall_seconds").await, "120");
    let changes = json!({"recall_seconds": "300", "web_instances": "10"});
    assert_eq!(stage.ask(&changes).await.status, 200);
    stage.server.restart().await;
    assert_eq!((stage.value("recall_seconds").await, stage.value("web_instances").await), (json!("300"), json!("10")));
}
