//! Lost connections and restarts: clients ask for no group messages, so the server gives them what they missed.

use serde_json::{Value, json};
use support::{App, Chance, Heard, Online, Raw, Server, code, eventually, head, within};
use tokio_tungstenite::tungstenite::Message;

use super::{Item, app, create, expect_items, expect_text, group_of, history, items, message, named, say, texts};

/// What a client shows: it drops what it has already.
fn shown(heard: &[Heard], group: &str) -> Vec<Item> {
    let mut all: Vec<Item> = Vec::new();
    for item in items(heard, group) {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    all
}

#[tokio::test]
async fn what_was_missed_comes_once_in_order_and_before_anything_newer() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&["alice", "bob", "carol"]).await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let carol = app.user("carol").connect().await;
    let (first, second) =
        (create(&app, "Public", "alice", &["bob", "carol"]).await, create(&app, "ChatRoom", "bob", &["carol"]).await);
    let mut said = Vec::new();
    let mut elsewhere = Vec::new();
    for round in 0..4 {
        for number in 0..5 {
            said.push(say(&alice, &first, &format!("there {round} {number}")).await);
        }
        expect_items(&carol, &first, said.len()).await;
        carol.settle().await;
        carol.lose(&server).await;
        // Once, very much was missed.
        for number in 0..if round == 1 { 400 } else { 10 } {
            let from = if number % 7 == 3 { &bob } else { &alice };
            said.push(say(from, &first, &format!("away {round} {number}")).await);
            if number % 5 == 0 {
                elsewhere.push(say(&bob, &second, &format!("elsewhere {round} {number}")).await);
            }
        }
        carol.resume().await;
        said.push(say(&alice, &first, &format!("newer {round}")).await);
        assert_eq!(expect_items(&carol, &first, said.len()).await, said, "round {round}");
        assert_eq!(expect_items(&carol, &second, elsewhere.len()).await, elsewhere, "round {round}");
    }
    carol.settle().await;
    assert_eq!(items(&carol.heard(), &first), said);
    assert_eq!(items(&carol.heard(), &second), elsewhere);
    assert_eq!(history(&carol, &first, 100).await, said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_at_any_moment_lose_nothing() {
    let mut chance = Chance::from_environment();
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&["alice", "bob", "carol"]).await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let carol = app.user("carol").connect().await;
    let group = create(&app, "Private", "alice", &["bob", "carol"]).await;
    let place = group.clone();
    let speaking = tokio::spawn(async move {
        for number in 0..200 {
            let (one, other) = (format!("alice {number}"), format!("bob {number}"));
            tokio::join!(say(&alice, &place, &one), say(&bob, &place, &other));
        }
        (alice, bob)
    });
    let mut reached = 0;
    while !speaking.is_finished() {
        reached += 1 + chance.below(40);
        if reached >= 400 {
            break;
        }
        let more = |heard: &[Heard]| (shown(heard, &group).len() >= reached).then_some(());
        carol.expects("some more", more).await;
        carol.lose(&server).await;
        carol.resume().await;
    }
    let (alice, _bob) = speaking.await.unwrap();
    let all = history(&alice, &group, 100).await;
    assert_eq!(all.len(), 400);
    let got = carol.expects("everything", |heard| Some(shown(heard, &group)).filter(|got| got.len() >= all.len()));
    assert_eq!(got.await, all);
}

/// The next push of a group's conversation: what is in it, and what it is acknowledged by.
async fn pushed(raw: &mut Raw) -> (Item, String) {
    loop {
        let frame = within("a push", raw.next()).await.expect("the connection lives");
        let item = &frame["body"]["EventArray"][0]["GroupMsgArray"][0];
        if let Some(item) = Item::read(item) {
            let data = frame["body"]["SessionData"].as_str().unwrap().to_owned();
            assert_eq!(frame["body"]["NeedAck"], 1, "{frame}");
            return (item, data);
        }
    }
}

/// Acknowledges a push, and waits until the server knows.
async fn acknowledge(raw: &mut Raw, ticket: &str, data: &str) {
    let frame = json!({"head": head("openim.ws_msg_push_ack", 7, ticket), "body": {"SessionData": data}});
    raw.send(Message::Binary(frame.to_string().into_bytes().into())).await;
    raw.ask("heartbeat.alive", ticket, &json!({})).await;
}

async fn sign_in(app: &App, name: &str) -> (Raw, String) {
    let mut raw = Raw::open(app).await;
    let mut head = head("im_open_status.wslogin", 1, "");
    head["identifier"] = name.into();
    head["usersig"] = app.sign(name).into();
    raw.send(Message::Binary(json!({"head": head, "body": {}}).to_string().into_bytes().into())).await;
    let reply = raw.next().await.unwrap();
    assert_eq!(code(&reply["body"]), 0, "{reply}");
    (raw, reply["body"]["A2Key"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_was_not_acknowledged_is_pushed_again_right_after_the_sign_in() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&["alice", "carol"]).await;
    let alice = app.user("alice").connect().await;
    let (mut raw, ticket) = sign_in(&app, "carol").await;
    let group = create(&app, "Public", "alice", &["carol"]).await;
    let mut said = Vec::new();
    for number in 0..6 {
        said.push(say(&alice, &group, &format!("there {number}")).await);
    }
    let mut datas = Vec::new();
    for item in &said {
        let (got, data) = pushed(&mut raw).await;
        assert_eq!(&got, item);
        datas.push(data);
    }
    // Two of them are acknowledged, not the first ones.
    for data in [&datas[1], &datas[4]] {
        acknowledge(&mut raw, &ticket, data).await;
    }
    drop(raw);
    let services = server.services();
    let is_gone = || services.hub.by_ticket(&ticket).is_none_or(|session| session.link().is_none());
    eventually("the server's notice of the loss", is_gone).await;
    for number in 0..4 {
        said.push(say(&alice, &group, &format!("away {number}")).await);
    }
    let mut raw = Raw::open(&app).await;
    let head = head("im_open_status.wslogin", 9, &ticket);
    raw.send(Message::Binary(json!({"head": head, "body": {}}).to_string().into_bytes().into())).await;
    let reply = raw.next().await.unwrap();
    assert_eq!((&reply["head"]["seq"], code(&reply["body"])), (&json!(9), 0), "the answer comes first: {reply}");
    said.push(say(&alice, &group, "newer").await);
    // What is newer waits until the client has fetched the rest of what it missed, or for some seconds.
    for (_, item) in said.iter().enumerate().filter(|(place, _)| ![1, 4].contains(place)) {
        assert_eq!(&pushed(&mut raw).await.0, item);
    }
}

/// A connection may end without a word: the client is back before the server has noticed.
#[tokio::test]
async fn a_new_connection_takes_over_without_repeating_anything() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&["alice", "carol"]).await;
    let alice = app.user("alice").connect().await;
    let (mut raw, ticket) = sign_in(&app, "carol").await;
    let group = create(&app, "Public", "alice", &["carol"]).await;
    let mut number = 0;
    for round in 0..3 {
        for _ in 0..5 {
            number += 1;
            let said = say(&alice, &group, &format!("there {number}")).await;
            let (got, data) = pushed(&mut raw).await;
            assert_eq!(got, said, "round {round}");
            acknowledge(&mut raw, &ticket, &data).await;
        }
        number += 1;
        let unheard = say(&alice, &group, &format!("unheard {number}")).await;
        let mut newer = Raw::open(&app).await;
        let head = head("im_open_status.wslogin", 9, &ticket);
        newer.send(Message::Binary(json!({"head": head, "body": {}}).to_string().into_bytes().into())).await;
        let reply = newer.next().await.unwrap();
        assert_eq!((&reply["head"]["seq"], code(&reply["body"])), (&json!(9), 0), "{reply}");
        let (got, data) = pushed(&mut newer).await;
        assert_eq!(got, unheard, "round {round}");
        acknowledge(&mut newer, &ticket, &data).await;
        newer.ask("openim.getmsg", &ticket, &json!({"Cookie": "p0"})).await;
        raw = newer;
    }
}

#[tokio::test]
async fn who_left_gets_nothing_of_what_was_said_after() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&["alice", "carol"]).await;
    let (alice, carol) = (app.user("alice").connect().await, app.user("carol").connect().await);
    let group = create(&app, "Public", "alice", &["carol"]).await;
    carol.lose(&server).await;
    let gone = json!({"GroupId": group, "MemberToDel_Account": ["carol"], "Reason": "away"});
    app.admin().ok(&super::path("delete_group_member"), gone).await;
    say(&alice, &group, "without carol").await;
    carol.resume().await;
    let back = json!({"GroupId": group, "MemberList": [{"Member_Account": "carol"}]});
    app.admin().ok(&super::path("add_group_member"), back).await;
    say(&alice, &group, "with carol").await;
    expect_text(&carol, &group, "with carol").await;
    let heard = items(&carol.heard(), &group);
    assert!(!texts(&heard).contains(&"without carol"), "{heard:?}");
    assert!(!texts(&history(&carol, &group, 10).await).contains(&"without carol"));
}

/// A request on its way, with what it says.
async fn submit(who: &Online, group: &str, number: u32) -> (u32, String, client::Pending) {
    let words = format!("during {number}");
    let body = message(&who.name, group, (5000 + number, number), &words).to_string();
    (number, words, who.client.submit(&named("send_group_msg"), body).await.unwrap())
}

#[tokio::test]
async fn a_restart_loses_nothing() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&["alice", "bob", "carol", "dave"]).await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let (carol, dave) = (app.user("carol").connect().await, app.user("dave").connect().await);
    let group = create(&app, "Public", "alice", &["bob", "carol", "dave"]).await;
    let mut said = Vec::new();
    for number in 0..20 {
        said.push(say(&alice, &group, &format!("before {number}")).await);
    }
    for client in [&bob, &carol, &dave] {
        expect_items(client, &group, said.len()).await;
        client.settle().await;
    }
    // One was away before already.
    dave.lose(&server).await;
    for number in 0..5 {
        said.push(say(&alice, &group, &format!("without dave {number}")).await);
    }
    expect_items(&carol, &group, said.len()).await;
    let mut waiting = Vec::new();
    for number in 0..30 {
        waiting.push(submit(&alice, &group, number).await);
    }
    server.restart().await;
    alice.expects("the loss", |heard| heard.iter().any(|one| matches!(one, Heard::Lost)).then_some(())).await;
    alice.resume().await;
    for (number, text, pending) in waiting {
        let reply = within("an answer", pending.reply()).await.unwrap().ok().unwrap();
        let reply: Value = reply.json().unwrap();
        said.push(Item {
            sequence: reply["MsgSeq"].as_i64().unwrap(),
            from: "alice".into(),
            random: number.into(),
            second: reply["MsgTime"].as_i64().unwrap(),
            text,
        });
    }
    assert_eq!(history(&alice, &group, 15).await, said);
    for client in [&bob, &carol, &dave] {
        client.resume().await;
    }
    said.push(say(&alice, &group, "after").await);
    for client in [&bob, &carol, &dave] {
        let all = |heard: &[Heard]| Some(shown(heard, &group)).filter(|all| all.len() >= said.len());
        assert_eq!(client.expects("everything", all).await, said, "{}", client.name);
        assert_eq!(history(client, &group, 15).await, said);
        // What may be repeated is what was said in the last minute, and each of it once.
        let got = items(&client.heard(), &group);
        assert!(got.len() <= 2 * said.len(), "{} got {} items", client.name, got.len());
    }
    assert!(dave.heard().iter().flat_map(|one| one.events("GroupMsgArray")).all(|item| group_of(&item) == group));
}
