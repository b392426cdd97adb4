//! Every way to page through a history gives the messages that were sent, in their order.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Online, Received, Server, text};

use super::texts;

/// Asks for one page: what was in it, whether it was the last, and where the next begins.
async fn page(client: &Online, peer: &str, count: u32, newer: bool, at: (i64, &str)) -> (Vec<Received>, bool, Value) {
    let body = json!({"Peer_Account": peer, "MaxCnt": count, "LastMsgTime": at.0, "MsgKey": at.1,
        "GetDirection": i32::from(newer), "WithRecalledMsg": 1});
    let reply = client.ok("openim.getroammsg", body).await;
    let list = reply["MsgList"].as_array().unwrap();
    let messages: Vec<_> = list.iter().filter_map(Received::read).collect();
    assert_eq!(messages.len(), list.len());
    (messages, reply["Complete"] == 1, reply)
}

/// Pages towards newer messages from one of them on.
async fn newer(client: &Online, peer: &str, count: u32, from: &Received) -> Vec<Received> {
    let (mut all, mut second, mut key) = (Vec::new(), from.second, super::key(from));
    loop {
        let (mut messages, complete, reply) = page(client, peer, count, true, (second, &key)).await;
        all.append(&mut messages);
        if complete {
            return all;
        }
        second = reply["LastMsgTime"].as_i64().unwrap();
        reply["MsgKey"].as_str().unwrap().clone_into(&mut key);
    }
}

/// Pages by second alone, as older SDKs do: the second asked for is included, and what is there already is dropped.
async fn by_second(client: &Online, peer: &str, count: u32) -> Vec<Received> {
    let (mut all, mut second): (Vec<Received>, i64) = (Vec::new(), 0);
    for _ in 0..100 {
        let (messages, complete, reply) = page(client, peer, count, false, (second, "")).await;
        let mut fresh: Vec<_> = messages.into_iter().filter(|message| !all.contains(message)).collect();
        assert!(complete || !fresh.is_empty(), "paging is stuck in second {second}");
        fresh.append(&mut all);
        all = fresh;
        if complete {
            return all;
        }
        second = reply["LastMsgTime"].as_i64().unwrap();
    }
    panic!("paging does not end");
}

/// Reads the history as the backend does.
async fn by_backend(server: &Server, client: &Online, count: u32) -> Vec<String> {
    let app = server.services().apps.list().into_iter().next().unwrap();
    let app = support::App { server: server.clone(), sdkappid: app.sdkappid, key: app.key.clone() };
    let (mut all, mut key) = (Vec::new(), String::new());
    loop {
        let body = json!({"Operator_Account": client.name, "Peer_Account": "bob", "MaxCnt": count, "MinTime": 0,
            "MaxTime": 4_000_000_000_u32, "LastMsgKey": key});
        let reply = app.admin().ok("openim/admin_getroammsg", body).await;
        let list = reply["MsgList"].as_array().unwrap();
        assert_eq!(reply["MsgCnt"], list.len());
        let mut texts: Vec<_> =
            list.iter().map(|entry| entry["MsgBody"][0]["MsgContent"]["Text"].as_str().unwrap().to_owned()).collect();
        texts.append(&mut all);
        all = texts;
        if reply["Complete"] == 1 {
            return all;
        }
        reply["LastMsgKey"].as_str().unwrap().clone_into(&mut key);
    }
}

#[tokio::test]
async fn every_direction_and_page_size_gives_the_same() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["bob"]).await;
    let alice = app.user("alice").connect().await;
    let bob = app.user("bob").connect().await;
    let mut sent = Vec::new();
    // Single ones; many within one second, of which many within one millisecond; then a gap, then single ones.
    for (count, step) in [(3, 2000), (60, 0), (20, 10), (40, 0), (8, 1000), (3, 60_000)] {
        for number in 0..count {
            let (from, to) = if number % 3 == 0 { (&bob, "alice") } else { (&alice, "bob") };
            sent.push(from.send(to, &format!("{}", sent.len())).await);
            server.world().advance(step);
        }
        server.world().advance(1000);
    }
    for count in [1, 7, 15, 20, 1000] {
        assert_eq!(alice.history("bob", count).await, sent, "older by {count}");
        assert_eq!(bob.history("alice", count).await, sent, "older by {count}");
        for start in [0, 30, 59, 60, 110, sent.len() - 1] {
            assert_eq!(
                newer(&alice, "bob", count, &sent[start]).await,
                sent[start + 1..],
                "newer by {count} from {start}"
            );
        }
    }
    for count in [7, 15, 20] {
        assert_eq!(by_second(&alice, "bob", count).await, sent, "by second, {count}");
    }
    let expected: Vec<_> = sent.iter().map(|message| message.text.clone()).collect();
    for count in [9, 100] {
        assert_eq!(by_backend(&server, &alice, count).await, expected, "by the backend, {count}");
    }
    // A range of seconds has both its ends.
    let (from, to) = (sent[123].second, sent[127].second);
    let body =
        json!({"Operator_Account": "alice", "Peer_Account": "bob", "MaxCnt": 100, "MinTime": from, "MaxTime": to});
    let reply = app.admin().ok("openim/admin_getroammsg", body).await;
    assert_eq!(reply["MsgCnt"], 5, "{reply}");
    // An unknown peer, a stranger's history and a conversation with nobody are empty and end.
    for peer in ["nobody", "alice", ""] {
        assert_eq!(page(&alice, peer, 15, false, (0, "")).await.0, []);
    }
}

#[tokio::test]
async fn messages_of_both_with_one_name_are_paged_once() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let send = async |from: &Online, to: &str, number: u32, content: &str| {
        let body = json!({"From_Account": from.name, "To_Account": to, "MsgSeq": number, "MsgRandom": number,
            "MsgBody": text(content)});
        from.ok("openim.sendmsg", body).await;
        server.world().advance(10);
    };
    // All within one second: bob copies the numbers of every message of alice's, at once or later.
    let mut expected = Vec::new();
    for (number, by_alice) in [
        (1, true),
        (1, false),
        (2, true),
        (3, true),
        (2, false),
        (4, true),
        (5, true),
        (3, false),
        (4, false),
        (5, false),
    ] {
        let content = format!("{number} {by_alice}");
        let (from, to) = if by_alice { (&alice, "bob") } else { (&bob, "alice") };
        send(from, to, number, &content).await;
        expected.push(content);
    }
    for count in 1..=11 {
        for (client, peer) in [(&alice, "bob"), (&bob, "alice")] {
            assert_eq!(texts(&client.history(peer, count).await), expected, "older by {count}");
        }
        // As towards newer ones a name stands for the later of two, this begins behind both of the first name.
        let first = alice.history("bob", 20).await.remove(0);
        assert_eq!(texts(&newer(&alice, "bob", count, &first).await), expected[2..], "newer by {count}");
        assert_eq!(by_backend(&server, &alice, count).await, expected, "by the backend, {count}");
    }
    // Each recalls and deletes its own, although the other's has the same name.
    let history = alice.history("bob", 20).await;
    for (client, number) in [(&alice, 0), (&bob, 1)] {
        let info = json!({"MsgInfo": super::named(&history[number])});
        client.ok("openim.msgwithdraw", info).await;
    }
    let keys = [super::key(&history[2])];
    let mine = json!({"Operator_Account": "alice", "Peer_Account": "bob", "MsgKeyList": keys});
    alice.ok("openim.delete_c2c_msg_ramble", mine).await;
    let left = alice.history("bob", 20).await;
    assert_eq!(texts(&left)[2..], [&expected[3..]].concat());
    assert_eq!(texts(&left)[..2], ["", ""]);
}

#[tokio::test]
async fn a_page_by_second_may_start_anywhere() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["bob"]).await;
    let alice = app.user("alice").connect().await;
    let mut sent = Vec::new();
    for number in 0..20 {
        sent.push(alice.send("bob", &format!("{number}")).await);
        server.world().advance(2000);
    }
    let at = sent[10].second;
    assert_eq!(page(&alice, "bob", 5, false, (at, "")).await.0, sent[6..=10]);
    assert_eq!(page(&alice, "bob", 5, false, (at + 1, "")).await.0, sent[6..=10]);
    assert_eq!(page(&alice, "bob", 5, true, (at, "")).await.0, sent[10..15]);
    assert_eq!(page(&alice, "bob", 5, true, (at + 1, "")).await.0, sent[11..16]);
    // The key of a message that is not there any more stands for its second.
    let gone = format!("9_9_{at}");
    assert_eq!(page(&alice, "bob", 50, false, (at, &gone)).await.0.last(), Some(&sent[10]));
    let (all, complete, _) = page(&alice, "bob", 50, false, (0, "nonsense")).await;
    assert_eq!((all.len(), complete), (20, true));
    // Older messages than the app keeps for its users are not shown.
    server.world().advance(7 * 86_400_000 - 30_000);
    let (left, complete, _) = page(&alice, "bob", 50, false, (0, "")).await;
    assert!(complete && (10..20).contains(&left.len()), "{}", left.len());
    assert_eq!(left, sent[20 - left.len()..]);
}

#[tokio::test]
async fn imports_are_read_by_time_however_they_came() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.set("roaming_days", "3650").await;
    app.import(&["alice", "bob"]).await;
    let alice = app.user("alice").connect().await;
    let now = server.world().second();
    let import = async |number: u32, second: i64| {
        let body = json!({"SyncFromOldSystem": 2, "From_Account": "alice", "To_Account": "bob", "MsgSeq": number,
            "MsgRandom": number, "MsgTimeStamp": second, "MsgBody": text(&format!("{second}"))});
        app.admin().ok("openim/importmsg", body).await;
    };
    let mut expected = BTreeSet::new();
    for (number, age) in [500, 900, 100, 700, 300].into_iter().enumerate() {
        import(number as u32, now - age).await;
        expected.insert(now - age);
    }
    alice.send("bob", &now.to_string()).await;
    expected.insert(now);
    for (number, age) in [800, 200].into_iter().enumerate() {
        import(100 + number as u32, now - age).await;
        // Once more changes nothing.
        import(100 + number as u32, now - age).await;
        expected.insert(now - age);
    }
    let expected: Vec<String> = expected.iter().map(i64::to_string).collect();
    for count in [1, 3, 20] {
        assert_eq!(texts(&alice.history("bob", count).await), expected, "by {count}");
    }
    let first = alice.history("bob", 20).await.remove(0);
    assert_eq!(texts(&newer(&alice, "bob", 2, &first).await), expected[1..]);
    assert_eq!(by_backend(&server, &alice, 3).await, expected);
    server.restart().await;
    alice.resume().await;
    assert_eq!(texts(&alice.history("bob", 3).await), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imports_side_by_side_are_read_by_time_too() {
    let server = Server::start().await;
    let app = server.app().await;
    app.set("roaming_days", "3650").await;
    app.import(&["alice", "bob"]).await;
    for round in 0..10 {
        let name = format!("peer {round}");
        app.import(&[&name]).await;
        let now = server.world().second();
        let mut tasks = tokio::task::JoinSet::new();
        for age in 0..12 {
            let (admin, name) = (app.admin(), name.clone());
            tasks.spawn(async move {
                let second = now - 1000 - age;
                let body = json!({"SyncFromOldSystem": 2, "From_Account": "alice", "To_Account": name, "MsgSeq": age,
                    "MsgRandom": 1, "MsgTimeStamp": second, "MsgBody": text(&format!("{second}"))});
                admin.ok("openim/importmsg", body).await;
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        let alice = app.user("alice").connect().await;
        let history = alice.history(&name, 5).await;
        assert_eq!(history.len(), 12, "round {round}");
        assert!(history.is_sorted_by_key(|message| message.second), "round {round}: {:?}", texts(&history));
    }
}
