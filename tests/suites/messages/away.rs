//! Lost connections and restarts lose no message, and repeat none.

use std::collections::HashSet;

use serde_json::json;
use support::{Chance, Heard, Received, Server, received};

use super::texts;

/// The messages as an SDK shows them: what is in its memory already is dropped.
fn shown(heard: &[Heard]) -> Vec<Received> {
    let mut known = HashSet::new();
    received(heard).into_iter().filter(|message| known.insert(message.clone())).collect()
}

#[tokio::test]
async fn what_was_missed_comes_exactly_once_and_in_order() {
    let server = Server::start().await;
    let app = server.app().await;
    let (alice, carol) = (app.user("alice").connect().await, app.user("carol").connect().await);
    let bob = app.user("bob").connect().await;
    let mut sent = Vec::new();
    for round in 0..4 {
        for number in 0..5 {
            sent.push(alice.send("bob", &format!("there {round} {number}")).await);
        }
        bob.expects_messages(sent.len()).await;
        bob.settle().await;
        bob.lose(&server).await;
        // Once, very much was missed.
        for number in 0..if round == 1 { 450 } else { 10 } {
            let from = if number % 7 == 3 { &carol } else { &alice };
            sent.push(from.send("bob", &format!("away {round} {number}")).await);
        }
        bob.resume().await;
        assert_eq!(bob.expects_messages(sent.len()).await, sent, "round {round}");
    }
    sent.push(alice.send("bob", "last").await);
    assert_eq!(bob.expects_messages(sent.len()).await, sent);
    bob.settle().await;
    assert_eq!(received(&bob.heard()).len(), sent.len());
}

/// SDKs tell the application only of the messages in the last reply, so there is one.
#[tokio::test]
async fn all_that_was_missed_is_in_one_reply() {
    let server = Server::start().await;
    let app = server.app().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    bob.lose(&server).await;
    for number in 0..1200 {
        alice.send("bob", &format!("{number}")).await;
    }
    bob.resume().await;
    let reply = bob.ok("openim.getmsg", json!({"Cookie": "p0", "SyncFlag": 0})).await;
    assert_eq!((reply["SyncFlag"].as_i64(), reply["MsgList"].as_array().map(Vec::len)), (Some(2), Some(1200)));
    assert_eq!(reply["C2CPairUnreadCount"], json!([{"From_Account": "alice", "UnreadCount": 250}]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_at_any_moment_lose_nothing() {
    let mut chance = Chance::from_environment();
    let server = Server::start().await;
    let app = server.app().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let sending = tokio::spawn(async move {
        let mut sent = Vec::new();
        for number in 0..400 {
            sent.push(alice.send("bob", &format!("number {number}")).await);
        }
        (alice, sent)
    });
    let mut reached = 0;
    while !sending.is_finished() {
        reached += 1 + chance.below(40);
        if reached >= 400 {
            break;
        }
        bob.expects("some more", |heard| (shown(heard).len() >= reached).then_some(())).await;
        bob.lose(&server).await;
        bob.resume().await;
    }
    let (alice, sent) = sending.await.unwrap();
    let got = bob.expects("everything", |heard| Some(shown(heard)).filter(|all| all.len() >= sent.len())).await;
    assert_eq!(texts(&got), texts(&sent));
    assert_eq!(got, sent);
    assert_eq!(alice.history("bob", 100).await, sent);
}

#[tokio::test]
async fn a_senders_own_messages_come_to_its_other_client_once() {
    let server = Server::start().await;
    let app = server.app().await;
    app.set("web_instances", "2").await;
    app.import(&["bob"]).await;
    let (desk, phone) = (app.user("alice").connect().await, app.user("alice").connect().await);
    let first = desk.send("bob", "first").await;
    // A copy has the names swapped: clients read it as the conversation it belongs to.
    let copy = phone.expects_text("first").await;
    assert!(copy.is_copy);
    assert_eq!((copy.from.as_str(), copy.to.as_str(), copy.second), ("bob", "alice", first.second));
    phone.settle().await;
    phone.lose(&server).await;
    desk.send("bob", "second").await;
    phone.resume().await;
    assert!(phone.expects_text("second").await.is_copy);
    phone.send("bob", "third").await;
    phone.settle().await;
    phone.lose(&server).await;
    phone.resume().await;
    desk.send("bob", "fourth").await;
    phone.expects_text("fourth").await;
    // What it sent itself never comes back to it.
    assert_eq!(texts(&received(&phone.heard())), ["first", "second", "fourth"]);
    desk.expects_text("third").await;
    assert_eq!(texts(&received(&desk.heard())), ["third"]);
}

#[tokio::test]
async fn a_restart_keeps_what_was_acknowledged_and_who_is_signed_in() {
    let server = Server::start().await;
    let app = server.app().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let mut sent = Vec::new();
    for number in 0..20 {
        sent.push(alice.send("bob", &format!("before {number}")).await);
    }
    bob.expects_messages(20).await;
    // Requests on their way when the server stops are answered in the end, by one or the other.
    let mut waiting = Vec::new();
    for number in 0..50 {
        let words = format!("during {number}");
        let (sequence, random, pending) = alice.client.submit_text("bob", &words).await.unwrap();
        waiting.push((sequence, random, words, pending));
    }
    server.restart().await;
    alice.expects("the loss", |heard| heard.iter().any(|one| matches!(one, Heard::Lost)).then_some(())).await;
    let ticket = alice.login.a2.clone();
    let again = alice.client.resume().await.unwrap();
    assert_eq!((again.a2, again.inst_id, again.tinyid), (ticket, alice.login.inst_id, alice.login.tinyid.clone()));
    for (sequence, random, text, pending) in waiting {
        let reply = pending.reply().await.unwrap().ok().unwrap();
        let second = reply.json::<serde_json::Value>().unwrap()["MsgTime"].as_i64().unwrap();
        sent.push(Received {
            from: "alice".into(),
            to: "bob".into(),
            sequence: sequence.into(),
            random: random.into(),
            second,
            text,
            is_copy: false,
        });
    }
    assert_eq!(alice.history("bob", 15).await, sent);
    bob.resume().await;
    bob.expects("everything", |heard| (shown(heard).len() >= sent.len()).then_some(())).await;
    sent.push(alice.send("bob", "after").await);
    let all = |heard: &[Heard]| Some(shown(heard)).filter(|all| all.len() >= sent.len());
    assert_eq!(bob.expects("everything", all).await, sent);
    assert_eq!(bob.history("alice", 15).await, sent);
    let unread = app.admin().ok("openim/get_c2c_unread_msg_num", json!({"To_Account": "bob"})).await;
    assert_eq!(unread["AllC2CUnreadMsgNum"], sent.len());
}
