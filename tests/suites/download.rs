//! Files with an hour's messages have all of them, once, and are had only at a signed address.

use std::io::Read;

use flate2::read::GzDecoder;
use model::calendar;
use serde_json::{Value, json};
use support::{App, Server, text};

/// The hour of the present moment by its name.
fn hour(server: &Server) -> String {
    calendar::written(server.world().now()).chars().filter(char::is_ascii_digit).take(10).collect()
}

/// Asks for a file and reads it as its receiver does.
async fn file(app: &App, kind: &str, hour: &str) -> Value {
    let reply = app.admin().ok("open_msg_svc/get_history", json!({"ChatType": kind, "MsgTime": hour})).await;
    let found = &reply["File"][0];
    let url = found["URL"].as_str().unwrap();
    let path = url.splitn(4, '/').nth(3).unwrap();
    let answer = app.server.wire().ask("GET", &format!("/{path}"), &[], b"").await;
    assert_eq!((answer.status, Some(answer.body.len() as u64)), (200, found["GzipSize"].as_u64()));
    let mut read = String::new();
    GzDecoder::new(&answer.body[..]).read_to_string(&mut read).unwrap();
    assert_eq!(Some(read.len() as u64), found["FileSize"].as_u64());
    let forged = app.server.wire().ask("GET", &format!("/{}", path.replace("expires=1", "expires=2")), &[], b"").await;
    assert_eq!(forged.status, 403);
    let document: Value = serde_json::from_str(&read).unwrap();
    assert_eq!(read.lines().count(), document["MsgList"].as_array().unwrap().len() + 2, "one line a message");
    document
}

fn words(document: &Value) -> Vec<&str> {
    let list = document["MsgList"].as_array().unwrap();
    list.iter().map(|message| message["MsgBody"][0]["MsgContent"]["Text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_file_has_what_was_said_in_its_hour() {
    let server = Server::start_fixed().await;
    let (app, other) = (server.app().await, server.app().await);
    for app in [&app, &other] {
        app.import(&["alice", "bob", "carol"]).await;
    }
    app.example_groups().await;
    let (alice, stranger) = (app.user("alice").connect().await, other.user("alice").connect().await);
    let mut hours = Vec::new();
    for round in 0..3 {
        alice.send("bob", &format!("first {round}")).await;
        stranger.send("bob", "elsewhere").await;
        let recalled = alice.send("bob", "recalled").await;
        let key = format!("{}_{}_{}", recalled.sequence, recalled.random, recalled.second);
        let body = json!({"From_Account": "alice", "To_Account": "bob", "MsgKey": key});
        app.admin().ok("openim/admin_msgwithdraw", body).await;
        let group = json!({"GroupId": "hikers-01", "From_Account": "bob", "Random": round + 100,
            "MsgBody": text(&format!("group {round}")), "CloudCustomData": "line\nbreak"});
        app.admin().ok("group_open_http_svc/send_group_msg", group).await;
        hours.push(hour(&server));
        let now = json!({"ChatType": "C2C", "MsgTime": hours[round]});
        assert_eq!(app.admin().code("open_msg_svc/get_history", now).await, 1004, "the hour is not over");
        server.world().advance(calendar::HOUR);
        alice.send("bob", &format!("next {round}")).await;
        server.world().advance(calendar::HOUR);
    }
    let imported = json!({"From_Account": "bob", "To_Account": "carol", "MsgSeq": 1, "MsgRandom": 1, "SyncFromOldSystem": 2,
        "MsgTimeStamp": server.world().second() - 3600, "MsgBody": text("old")});
    app.admin().ok("openim/importmsg", imported).await;
    server.world().advance(calendar::HOUR);
    for (round, hour) in hours.iter().enumerate() {
        let pairs = file(&app, "C2C", hour).await;
        assert_eq!(words(&pairs), [format!("first {round}")], "{hour}");
        assert_eq!((&pairs["SdkAppId"], &pairs["MsgTime"]), (&json!(app.sdkappid), &json!(hour)));
        let message = &pairs["MsgList"][0];
        assert_eq!((&message["From_Account"], &message["To_Account"]), (&json!("alice"), &json!("bob")));
        let groups = file(&app, "Group", hour).await;
        let said: Vec<_> = words(&groups).into_iter().filter(|words| words.starts_with("group")).collect();
        assert_eq!(said, [format!("group {round}")], "{hour}");
        let message = groups["MsgList"].as_array().unwrap().last().unwrap();
        assert_eq!((&message["GroupId"], &message["CloudCustomData"]), (&json!("hikers-01"), &json!("line\nbreak")));
        assert_eq!(words(&file(&other, "C2C", hour).await), ["elsewhere"]);
    }
    let admin = app.admin();
    let code = async |kind: &str, hour: &str| {
        admin.code("open_msg_svc/get_history", json!({"ChatType": kind, "MsgTime": hour})).await
    };
    assert_eq!(code("All", &hours[0]).await, 1002);
    assert_eq!(code("C2C", "2027-01-15").await, 1002);
    assert_eq!(code("C2C", "2026010100").await, 1005);
    server.world().advance(8 * 86_400_000);
    let body = json!({"ChatType": "C2C", "MsgTime": hours[0]});
    assert_eq!(app.admin().code("open_msg_svc/get_history", body).await, 1005);
    let quiet = json!({"ChatType": "C2C", "MsgTime": hour(&server)});
    server.world().advance(2 * calendar::HOUR);
    assert_eq!(app.admin().code("open_msg_svc/get_history", quiet).await, 1004, "nobody said anything");
}
