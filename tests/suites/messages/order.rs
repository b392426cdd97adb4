//! Sequences are dense, and what is sent again is the same message.

use std::collections::BTreeSet;

use model::flags;
use serde_json::json;
use support::{Online, Raw, Received, Server, code, eventually, head, received, within};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use super::texts;

const EACH: u32 = 60;

async fn answer(pending: client::Pending) -> serde_json::Value {
    within("an answer", pending.reply()).await.unwrap().ok().unwrap().json().unwrap()
}

/// Sends messages through one of a user's connections while the same go out through the other as well; returns them
/// as the receiver gets them.
async fn send_twice(one: &Online, other: &Online, to: &str, first: u32) -> Vec<Received> {
    let mut waiting = Vec::new();
    for number in first..first + EACH {
        let body = one.message(to, (number, number * 7), &format!("{} {number}", one.name)).to_string();
        let once = one.client.submit("openim.sendmsg", body.clone()).await.unwrap();
        let again = other.client.submit("openim.sendmsg", body).await.unwrap();
        waiting.push((number, once, again));
    }
    let mut sent = Vec::new();
    for (number, once, again) in waiting {
        let (once, again) = (answer(once).await, answer(again).await);
        for member in ["MsgTime", "MsgKey", "MsgId"] {
            assert_eq!(once[member], again[member], "the second answer is not the first");
        }
        sent.push(Received {
            from: one.name.clone(),
            to: to.into(),
            sequence: number.into(),
            random: (number * 7).into(),
            second: once["MsgTime"].as_i64().unwrap(),
            text: format!("{} {number}", one.name),
            is_copy: false,
        });
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_senders_and_repeats_leave_each_message_once() {
    let server = Server::start().await;
    let app = server.app().await;
    app.set("web_instances", "2").await;
    app.import(&["bob", "alice", "carol"]).await;
    let two = async |name: &str| [app.user(name).connect().await, app.user(name).connect().await];
    let (bob, alice, carol) = (two("bob").await, two("alice").await, two("carol").await);
    // Four streams to bob, two of them in one conversation, and one back, all at once and all twice.
    let (a, b, c, d, back) = tokio::join!(
        send_twice(&alice[0], &alice[1], "bob", 1000),
        send_twice(&alice[1], &alice[0], "bob", 2000),
        send_twice(&carol[0], &carol[1], "bob", 1000),
        send_twice(&carol[1], &carol[0], "bob", 2000),
        send_twice(&bob[0], &bob[1], "alice", 3000),
    );
    let streams = [a, b, c, d];
    let expected: BTreeSet<Received> = streams.iter().flatten().cloned().collect();
    assert_eq!(expected.len(), 4 * EACH as usize);
    for client in &bob {
        let got = client.expects("everything once", |heard| {
            let got: Vec<_> = received(heard).into_iter().filter(|message| !message.is_copy).collect();
            (got.len() >= expected.len()).then_some(got)
        });
        let got = got.await;
        assert_eq!(got.iter().cloned().collect::<BTreeSet<_>>(), expected);
        assert_eq!(got.len(), expected.len(), "a message came twice");
    }
    // What one connection got is what was stored, in the order in which it was.
    for peer in ["alice", "carol"] {
        let stored = bob[0].history(peer, 15).await;
        let from_peer: Vec<_> = stored.iter().filter(|message| message.from == peer).cloned().collect();
        let got = received(&bob[1].heard()).into_iter().filter(|message| message.from == peer && !message.is_copy);
        assert_eq!(got.collect::<Vec<_>>(), from_peer);
        let theirs = if peer == "alice" { &alice } else { &carol };
        assert_eq!(theirs[0].history("bob", 15).await, stored);
    }
    let stored = bob[0].history("alice", 15).await;
    let of = |sent: &[Received]| stored.iter().filter(|one| sent.contains(one)).cloned().collect::<Vec<_>>();
    for sent in [&streams[0], &streams[1], &back] {
        assert_eq!(of(sent).len(), EACH as usize);
    }
    // Each message went to the connection of its sender that did not get it in first.
    for clients in [&alice, &carol] {
        let copies = |client: &Online| received(&client.heard()).into_iter().filter(|one| one.is_copy).count();
        let all = 2 * EACH as usize;
        eventually("the copies", || copies(&clients[0]) + copies(&clients[1]) >= all).await;
        assert_eq!(copies(&clients[0]) + copies(&clients[1]), all);
    }

    let services = server.services();
    let find = async |name: &str| {
        services.accounts.find(app.sdkappid, &model::UserId::new(name).unwrap()).await.unwrap().unwrap()
    };
    let (alice, bob) = (find("alice").await, find("bob").await);
    let conversation = services.conversation(&alice, &bob).await.unwrap().unwrap();
    let entries = services.store().log.range(conversation.number, 0, i64::MAX, false, 10_000, flags::NOTICE).await;
    let entries = entries.unwrap();
    let sequences: Vec<i64> = entries.iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, (1..=i64::from(3 * EACH)).collect::<Vec<_>>());
    assert!(entries.is_sorted_by_key(|entry| (entry.position, entry.time)));
}

#[tokio::test]
async fn a_connections_messages_keep_their_order() {
    let server = Server::start().await;
    let app = server.app().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect_text().await);
    let words: Vec<String> = (0..300).map(|number| format!("number {number}")).collect();
    let mut waiting = Vec::new();
    for words in &words {
        waiting.push(alice.client.submit_text("bob", words).await.unwrap().2);
    }
    for pending in waiting {
        pending.reply().await.unwrap().ok().unwrap();
    }
    assert_eq!(texts(&bob.expects_messages(300).await), words);
    assert_eq!(texts(&alice.history("bob", 15).await), words);
}

#[tokio::test]
async fn an_exact_repeat_gets_the_first_answer_even_after_a_restart() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let body = alice.message("bob", (7, 9), "once");
    let first = alice.ok("openim.sendmsg", body.clone()).await;
    server.world().advance(5000);
    assert_eq!(alice.ok("openim.sendmsg", body.clone()).await, first);
    let rest =
        json!({"From_Account": "alice", "To_Account": "bob", "MsgSeq": 7, "MsgRandom": 9, "MsgBody": body["MsgBody"]});
    let through_rest = app.admin().ok("openim/sendmsg", rest.clone()).await;
    assert_eq!(through_rest["MsgKey"], first["MsgKey"]);
    server.restart().await;
    alice.resume().await;
    assert_eq!(alice.ok("openim.sendmsg", body.clone()).await, first);
    assert_eq!(alice.history("bob", 15).await.len(), 1);
    // The same numbers from somebody else, to somebody else, or with another chance number are another message.
    let carol = app.user("carol").connect().await;
    carol.ok("openim.sendmsg", carol.message("bob", (7, 9), "from carol")).await;
    alice.ok("openim.sendmsg", alice.message("carol", (7, 9), "to carol")).await;
    alice.ok("openim.sendmsg", alice.message("bob", (7, 10), "another")).await;
    alice.ok("openim.sendmsg", alice.message("bob", (8, 9), "and another")).await;
    assert_eq!(texts(&alice.history("bob", 15).await), ["once", "another", "and another"]);
    drop(bob);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_holds_from_its_answer_on() {
    let server = Server::start().await;
    let app = server.app().await;
    app.set("web_instances", "4").await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    // Sends all the time, so that whether it may is looked up at every moment.
    let mut noise = JoinSet::new();
    for stream in 1..=3 {
        let other = app.user("alice").connect().await;
        noise.spawn(async move {
            for number in 0.. {
                other.ask("openim.sendmsg", &other.message("bob", (number, stream), "noise")).await;
            }
        });
    }
    let users = json!({"From_Account": "bob", "To_Account": ["alice"]});
    for number in 0..60 {
        bob.ok("sns.black_list_add", users.clone()).await;
        let code = alice.code("openim.sendmsg", alice.message("bob", (number, 4), "blocked")).await;
        assert_eq!(code, i64::from(model::Code::Blocked.number()), "round {number}");
        bob.ok("sns.black_list_delete", users.clone()).await;
    }
    let last = alice.send("bob", "free").await;
    noise.shutdown().await;
    assert_eq!(bob.expects_text("free").await, last);
    assert!(!alice.history("bob", 100).await.iter().any(|message| message.text == "blocked"));
}

/// Clients show what they said in the order of the answers, so those come in the order of the messages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_come_in_the_order_of_the_messages() {
    let server = Server::start().await;
    let app = server.app().await;
    app.import(&["alice", "bob"]).await;
    let alice = app.user("alice").connect().await;
    let mut raw = Raw::open(&app).await;
    for round in 0..20 {
        let sequences: Vec<u32> = (round * 200..(round + 1) * 200).collect();
        for sequence in &sequences {
            let body = alice.message("bob", (*sequence, *sequence), "x");
            let head = head("openim.sendmsg", (*sequence).into(), &alice.login.a2);
            let frame = json!({"head": head, "body": body}).to_string();
            assert!(raw.send(Message::Binary(frame.into_bytes().into())).await);
        }
        for sequence in sequences {
            let answer = raw.next().await.unwrap();
            assert_eq!((answer["head"]["seq"].as_u64(), code(&answer["body"])), (Some(sequence.into()), 0), "{answer}");
        }
    }
}
