//! Recalled, modified, deleted: both see the same.

use model::Code;
use serde_json::{Value, json};
use support::{Heard, Online, Server, text};

use super::{key, named, texts};

fn number(code: Code) -> i64 {
    code.number().into()
}

/// The messages a client was told of as recalled: their numbers, and who recalled them.
fn recalled(heard: &[Heard]) -> Vec<(Value, Value)> {
    let entries = heard.iter().flat_map(|one| one.events("C2cNotifyMsgArray"));
    let infos = entries.filter_map(|entry| entry["WithdrawC2cMsgNotify"]["C2cWithdrawInfoArray"].as_array().cloned());
    infos.flatten().map(|info| (info["MsgSeq"].clone(), info["RevokerInfo"]["Revoker_Account"].clone())).collect()
}

/// The newest page of a history, as it is on the wire.
async fn page(client: &Online, peer: &str) -> Vec<Value> {
    let body = json!({"Peer_Account": peer, "MaxCnt": 20, "LastMsgTime": 0, "MsgKey": "", "GetDirection": 0});
    client.ok("openim.getroammsg", body).await["MsgList"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_recall_is_seen_by_both_and_by_who_was_away() {
    let server = Server::start().await;
    let app = server.app().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let (first, second) = (alice.send("bob", "first").await, alice.send("bob", "second").await);
    bob.expects_messages(2).await;
    let info = json!({"MsgInfo": named(&first)});
    // Only the sender recalls.
    assert_eq!(bob.code("openim.msgwithdraw", info.clone()).await, number(Code::OpenimAdminRequired));
    let turned = json!({"MsgInfo": {"From_Account": "bob", "To_Account": "alice", "MsgTimeStamp": first.second,
        "MsgSeq": first.sequence, "MsgRandom": first.random}});
    assert_eq!(bob.code("openim.msgwithdraw", turned).await, number(Code::MessageMissing));
    alice.ok("openim.msgwithdraw", info.clone()).await;
    let told = |heard: &[Heard]| recalled(heard).first().cloned();
    assert_eq!(bob.expects("the recall", told).await, (json!(first.sequence), json!("alice")));
    assert_eq!(alice.code("openim.msgwithdraw", info).await, number(Code::AlreadyRecalled));
    for (client, peer) in [(&alice, "bob"), (&bob, "alice")] {
        let page = page(client, peer).await;
        assert_eq!(page.len(), 2);
        assert_eq!((&page[0]["MsgFlagBits"], &page[1]["MsgFlagBits"]), (&json!(8), &Value::Null));
        assert!(!page[0].to_string().contains("first"), "{page:?}");
    }
    let modify = json!({"From_Account": "alice", "To_Account": "bob", "MsgKey": key(&first), "MsgBody": text("back")});
    assert_eq!(alice.code("openim.modify_c2c_msg", modify).await, number(Code::AlreadyRecalled));

    // While bob is away, the second is recalled by the backend and a third comes.
    bob.settle().await;
    bob.lose(&server).await;
    let body = json!({"From_Account": "alice", "To_Account": "bob", "MsgKey": key(&second)});
    app.admin().ok("openim/admin_msgwithdraw", body).await;
    alice.send("bob", "third").await;
    bob.resume().await;
    bob.expects_text("third").await;
    let missed: Vec<_> = bob.heard().into_iter().filter(|one| matches!(one, Heard::Missed(_))).collect();
    assert_eq!(recalled(&missed), [(json!(second.sequence), json!("administrator"))]);
    let both = |heard: &[Heard]| (recalled(heard).len() == 2).then_some(());
    alice.expects("both recalls", both).await;
    // Somebody who signs in afresh finds it recalled.
    assert_eq!(page(&app.user("bob").connect().await, "alice").await[1]["MsgFlagBits"], 8);
}

#[tokio::test]
async fn recalls_have_their_time() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["bob"]).await;
    app.set("recall_seconds", "60").await;
    let alice = app.user("alice").connect().await;
    let (young, old) = (alice.send("bob", "young").await, alice.send("bob", "old").await);
    server.world().advance(60_000);
    alice.ok("openim.msgwithdraw", json!({"MsgInfo": named(&young)})).await;
    server.world().advance(1);
    let late = json!({"MsgInfo": named(&old)});
    assert_eq!(alice.code("openim.msgwithdraw", late.clone()).await, number(Code::RecallTooLate));
    app.set("recall_seconds", "61").await;
    alice.ok("openim.msgwithdraw", late).await;
    let third = alice.send("bob", "third").await;
    server.world().advance(3_600_000);
    let body = json!({"From_Account": "alice", "To_Account": "bob", "MsgKey": key(&third)});
    app.admin().ok("openim/admin_msgwithdraw", body.clone()).await;
    assert_eq!(app.admin().code("openim/admin_msgwithdraw", body).await, number(Code::AlreadyRecalled));
    // Not even recalled messages are gone: both know that there was one.
    assert_eq!(page(&alice, "bob").await.len(), 3);
}

#[tokio::test]
async fn a_modification_is_seen_by_both_and_the_later_one_loses() {
    let server = Server::start().await;
    let app = server.app().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let sent = alice.send("bob", "draft").await;
    bob.expects_text("draft").await;
    let change = |words: &str, version: u32| {
        let mut body = named(&sent);
        body["MsgVersion"] = version.into();
        body["MsgBody"] = text(words);
        body
    };
    let reply = alice.ok("openim.modify_c2c_msg", change("better", 0)).await;
    assert_eq!(reply["MsgVersion"], 1);
    let told = |heard: &[Heard]| heard.iter().flat_map(|one| one.events("C2cMsgModNotifys")).next();
    let event = bob.expects("the modification", told).await;
    assert_eq!((&event["MsgVersion"], &event["MsgBody"]), (&json!(1), &text("better")));
    assert_eq!(event["MsgClientTime"].as_i64(), page(&bob, "alice").await[0]["MsgClientTime"].as_i64());
    let refused = bob.ask("openim.modify_c2c_msg", &change("worse", 0)).await;
    assert_eq!(refused["ErrorCode"], number(Code::ModifyConflict));
    assert_eq!((&refused["MsgVersion"], &refused["MsgBody"]), (&json!(1), &text("better")));
    bob.ok("openim.modify_c2c_msg", change("best", 1)).await;
    server.restart().await;
    alice.resume().await;
    bob.resume().await;
    for (client, peer) in [(&alice, "bob"), (&bob, "alice")] {
        assert_eq!(texts(&client.history(peer, 15).await), ["best"]);
        assert_eq!(page(client, peer).await[0]["MsgVersion"], 2);
    }
}

#[tokio::test]
async fn a_deletion_is_for_one_side_only() {
    let server = Server::start().await;
    let app = server.app().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let mut sent = Vec::new();
    for words in ["one", "two", "three", "four"] {
        sent.push(alice.send("bob", words).await);
    }
    bob.expects_messages(4).await;
    let delete = |keys: Vec<String>| json!({"From_Account": "alice", "To_Account": "bob", "MsgKeyList": keys});
    bob.ok("openim.delete_c2c_msg_ramble", delete(vec![key(&sent[1]), "1_2_3".into()])).await;
    alice.ok("openim.delete_c2c_msg_ramble", delete(vec![key(&sent[3])])).await;
    server.restart().await;
    alice.resume().await;
    bob.resume().await;
    assert_eq!(texts(&bob.history("alice", 15).await), ["one", "three", "four"]);
    assert_eq!(texts(&bob.history("alice", 1).await), ["one", "three", "four"]);
    assert_eq!(texts(&alice.history("bob", 15).await), ["one", "two", "three"]);
    let list = alice.ok("recentcontact.page_get", json!({"From_Account": "alice"})).await;
    assert_eq!(list["SessionItem"][0]["LastMsg"]["MsgBody"], text("three"));
    bob.ok("recentcontact.clear_msg", json!({"From_Account": "bob", "Type": 1, "To_Account": "alice"})).await;
    assert!(bob.history("alice", 15).await.is_empty());
    assert_eq!(alice.history("bob", 15).await.len(), 3);
    alice.send("bob", "five").await;
    assert_eq!(texts(&bob.history("alice", 15).await), ["five"]);
}
