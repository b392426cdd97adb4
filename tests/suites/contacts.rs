//! The conversation list: what is in it, what is new in it, what is pinned.

use serde_json::{Value, json};
use support::{App, Online, Server, code};

const TOO_MANY: i64 = 51012;

async fn one() -> (Server, App, Online) {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["bob", "carol"]).await;
    let alice = app.user("alice").connect().await;
    (server, app, alice)
}

/// Everybody in the list with something new since a second, in order.
async fn listed(user: &Online, since: i64) -> Vec<String> {
    let (mut names, mut start) = (Vec::new(), 0);
    loop {
        let page = json!({"From_Account": user.name, "TimeStamp": since, "StartIndex": start});
        let reply = user.ok("recentcontact.page_get", page).await;
        names.extend(reply["SessionItem"].as_array().unwrap().iter().map(|item| {
            let name = if item["Type"] == 1 { &item["To_Account"] } else { &item["ToAccount"] };
            name.as_str().unwrap().to_owned()
        }));
        if reply["CompleteFlag"] == 1 {
            return names;
        }
        start = reply["StartIndex"].as_i64().unwrap();
    }
}

fn pair(user: &str) -> Value {
    json!({"Type": 1, "To_Account": user})
}

async fn pin(user: &Online, kind: i64, peers: &[String]) -> i64 {
    let items: Vec<_> = peers.iter().map(|peer| pair(peer)).collect();
    let body = json!({"From_Account": user.name, "OperationType": kind, "RecentContactItem": items});
    user.code("recentcontact.top", body).await
}

async fn delete(user: &Online, peers: &[String]) {
    let items: Vec<_> = peers.iter().map(|peer| pair(peer)).collect();
    let body = json!({"From_Account": user.name, "ContactItem": items, "ClearRamble": 0});
    let reply = user.ok("recentcontact.batch_delete", body).await;
    assert!(reply["ResultItem"].as_array().unwrap().iter().all(|item| item["ResultCode"] == 0), "{reply}");
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("user{number}")).collect()
}

#[tokio::test]
async fn what_was_deleted_takes_nobodys_place() {
    let (server, app, alice) = one().await;
    app.set("recent_contacts", "100").await;
    let users = names(110);
    for some in users.chunks(50) {
        app.import(&some.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    for user in &users {
        server.world().advance(1);
        alice.send(user, "hello").await;
    }
    let newest = |count: usize| users.iter().rev().take(count).cloned().collect::<Vec<_>>();
    assert_eq!(listed(&alice, 0).await, newest(100));
    delete(&alice, &newest(60)).await;
    assert_eq!(listed(&alice, 0).await, newest(110)[60..]);
    alice.send("user109", "again").await;
    assert_eq!(listed(&alice, 0).await[0], "user109");
}

#[tokio::test]
async fn conversations_without_messages_are_listed_for_what_was_done_with_them() {
    let (server, _, alice) = one().await;
    assert_eq!(pin(&alice, 1, &["bob".to_owned()]).await, 0);
    let mark =
        json!({"From_Account": "alice", "MarkItem": [{"OptType": 1, "ContactItem": pair("carol"), "SetMark": [1]}]});
    alice.ok("recentcontact.mark_contact", mark).await;
    assert_eq!(listed(&alice, 0).await, ["bob", "carol"]);
    let again =
        json!({"From_Account": "alice", "MarkItem": [{"OptType": 1, "ContactItem": pair("carol"), "ClearMark": [1]}]});
    alice.ok("recentcontact.mark_contact", again).await;
    assert_eq!(listed(&alice, 0).await, ["bob"]);
    delete(&alice, &["bob".to_owned()]).await;
    assert_eq!(listed(&alice, 0).await, [""; 0]);
    server.world().advance(1000);
    alice.send("bob", "hello").await;
    assert_eq!(listed(&alice, 0).await, ["bob"]);
    let work = json!([{"GroupName": "work", "ContactItem": [pair("carol")]}]);
    alice.ok("recentcontact.create_contact_group", json!({"From_Account": "alice", "GroupContactItem": work})).await;
    assert_eq!(listed(&alice, 0).await, ["bob", "carol"]);
}

#[tokio::test]
async fn pins_and_mutes_are_news() {
    let (server, _, alice) = one().await;
    alice.send("bob", "hello").await;
    alice.send("carol", "hello").await;
    server.world().advance(60_000);
    let now = server.services().world.second();
    assert_eq!(listed(&alice, now).await, [""; 0]);
    assert_eq!(pin(&alice, 1, &["bob".to_owned()]).await, 0);
    assert_eq!(listed(&alice, now).await, ["bob"]);
    let mute = json!({"From_Account": "alice", "Peer_Account": ["carol"], "Mute_Notifications": 1});
    alice.ok("openim.set_c2c_peer_mute_notifications", mute).await;
    assert_eq!(listed(&alice, now).await, ["bob", "carol"]);
    server.world().advance(60_000);
    let later = server.services().world.second();
    assert_eq!(listed(&alice, later).await, [""; 0]);
    assert_eq!(pin(&alice, 2, &["bob".to_owned()]).await, 0);
    assert_eq!(listed(&alice, later).await, ["bob"]);
}

#[tokio::test]
async fn pins_have_a_limit_that_holds_for_a_whole_request() {
    let (_server, app, alice) = one().await;
    let users = names(52);
    app.import(&users.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(pin(&alice, 1, &users[..49]).await, 0);
    assert_eq!(pin(&alice, 1, &users[49..51]).await, TOO_MANY);
    assert_eq!(listed(&alice, 0).await.len(), 49, "all of a request or nothing");
    assert_eq!(pin(&alice, 1, &users[48..50]).await, 0, "one of them is pinned already");
    assert_eq!(pin(&alice, 1, &users[..50]).await, 0, "all of them are");
    assert_eq!(pin(&alice, 1, &users[51..]).await, TOO_MANY);
    assert_eq!(pin(&alice, 2, &users[..1]).await, 0);
    assert_eq!(pin(&alice, 1, &users[51..]).await, 0);
}

#[tokio::test]
async fn what_is_gone_is_deleted_all_the_same() {
    let (_server, _, alice) = one().await;
    let gone = json!({"Type": 2, "ToGroupid": "@TGS#none"});
    for command in ["recentcontact.delete", "recentcontact.clear_msg"] {
        let mut body = gone.clone();
        body["From_Account"] = json!("alice");
        assert_eq!(code(&alice.ask(command, &body).await), 0, "{command}");
    }
    let body = json!({"From_Account": "alice", "ContactItem": [gone, pair("nobody")], "ClearRamble": 1});
    let reply = alice.ok("recentcontact.batch_delete", body).await;
    let codes: Vec<_> = reply["ResultItem"].as_array().unwrap().iter().map(|item| item["ResultCode"].clone()).collect();
    assert_eq!(codes, [0, 50001]);
}
