//! Topics that several change at once.

use model::Code;
use serde_json::{Value, json};
use support::{App, Server};

const GROUP: &str = "@TGS#_birds";
const TOPIC: &str = "@TGS#_birds@TOPIC#_wrens";

async fn ask(app: &App, command: &str, fields: Value) -> Value {
    let mut body = json!({"GroupId": GROUP, "TopicId": TOPIC, "From_Account": "alice"});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    app.admin().ask(&format!("million_group_open_http_svc/{command}"), &body).await
}

async fn community(server: &Server) -> App {
    let app = server.app().await;
    app.import(&["alice"]).await;
    let body =
        json!({"Owner_Account": "alice", "Type": "Community", "Name": "birds", "GroupId": GROUP, "SupportTopic": 1});
    app.admin().ok("group_open_http_svc/create_group", body).await;
    app
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_once_are_all_kept() {
    let server = Server::start().await;
    let app = community(&server).await;
    ask(&app, "create_topic", json!({"TopicName": "wrens"})).await;
    for round in 0..40 {
        let [name, words, custom] = ["n", "i", "c"].map(|what| format!("{what}{round}"));
        let replies = tokio::join!(
            ask(&app, "modify_topic", json!({"TopicName": name})),
            ask(&app, "modify_topic", json!({"Introduction": words})),
            ask(&app, "modify_topic", json!({"CustomString": custom})),
        );
        for reply in [replies.0, replies.1, replies.2] {
            assert_eq!(reply["ErrorCode"], 0, "{reply}");
        }
        let shown = ask(&app, "get_topic", json!({"TopicIdList": [TOPIC]})).await;
        let info = &shown["TopicAndSelfInfo"][0]["TopicInfo"];
        assert_eq!(
            (&info["TopicName"], &info["Introduction"], &info["CustomString"]),
            (&json!(name), &json!(words), &json!(custom))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_is_removed_meanwhile_is_missing() {
    let server = Server::start().await;
    let app = community(&server).await;
    for round in 0..40 {
        assert_eq!(ask(&app, "create_topic", json!({"TopicName": "wrens"})).await["ErrorCode"], 0);
        let remove = json!({"TopicIdList": [TOPIC]});
        let (changed, removed, again) = tokio::join!(
            ask(&app, "modify_topic", json!({"TopicName": format!("n{round}")})),
            ask(&app, "destroy_topic", remove.clone()),
            ask(&app, "destroy_topic", remove.clone()),
        );
        let known = [0, Code::GroupMissing.number()];
        assert!(known.iter().any(|code| changed["ErrorCode"] == *code), "{changed}");
        let mut codes = [removed, again].map(|reply| reply["DestroyResultItem"][0]["ErrorCode"].as_i64().unwrap());
        codes.sort_unstable();
        assert_eq!(codes, [0, Code::TopicMissing.number().into()]);
    }
}
