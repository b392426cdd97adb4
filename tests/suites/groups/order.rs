//! All members get the same, in the same order; what is sent again is the same message.

use std::{collections::BTreeSet, sync::Arc};

use model::GroupKind;
use serde_json::{Value, json};
use support::{Online, Server, within};

use super::{Item, app, create, expect_items, fresh, history, items, message, named, path, say, texts};

const EACH: usize = 40;
const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// Speaks as fast as the connection takes it; returns what the members get.
async fn speak(who: &Online, group: &str) -> Vec<Item> {
    let mut waiting = Vec::new();
    for round in 0..EACH {
        let (number, words) = (fresh(), format!("{} {round}", who.name));
        let body = message(&who.name, group, (number, number), &words).to_string();
        waiting.push((number, words, who.client.submit(&named("send_group_msg"), body).await.unwrap()));
    }
    let mut said = Vec::new();
    for (number, words, pending) in waiting {
        let reply = within("an answer", pending.reply()).await.unwrap().ok().unwrap();
        let reply: Value = reply.json().unwrap();
        said.push(Item {
            sequence: reply["MsgSeq"].as_i64().unwrap(),
            from: who.name.clone(),
            random: number.into(),
            second: reply["MsgTime"].as_i64().unwrap(),
            text: words,
        });
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_who_speak_at_once_are_heard_in_one_order() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&NAMES).await;
    let mut members = Vec::new();
    for name in NAMES {
        members.push(Arc::new(app.user(name).connect().await));
    }
    // The second client of one who speaks hears what the first says.
    members.push(Arc::new(app.user("alice").connect_text().await));
    for kind in [GroupKind::Private, GroupKind::Public, GroupKind::ChatRoom, GroupKind::Community] {
        let group: Arc<str> = create(&app, kind.name(), "alice", &NAMES).await.into();
        let speakers: Vec<_> = members[..NAMES.len()]
            .iter()
            .map(|member| {
                let (member, group) = (member.clone(), group.clone());
                tokio::spawn(async move { speak(&member, &group).await })
            })
            .collect();
        let mut streams = Vec::new();
        for speaker in speakers {
            streams.push(speaker.await.unwrap());
        }
        let mut all = streams.concat();
        all.sort();
        let sequences: Vec<i64> = all.iter().map(|item| item.sequence).collect();
        let first = sequences[0];
        let dense: Vec<i64> = (first..).take(NAMES.len() * EACH).collect();
        assert_eq!(sequences, dense, "{}", kind.name());
        for stream in &streams {
            assert!(stream.is_sorted(), "a speaker's messages changed places: {stream:?}");
        }
        for (place, member) in members.iter().enumerate() {
            let own = |item: &&Item| place < NAMES.len() && item.from == member.name;
            let theirs: Vec<Item> = all.iter().filter(|item| !own(item)).cloned().collect();
            let got = expect_items(member, &group, theirs.len()).await;
            assert_eq!(got, theirs, "{} in {}", member.name, kind.name());
            assert_eq!(history(member, &group, 21).await, all, "{} in {}", member.name, kind.name());
        }
    }
    for member in &members {
        member.settle().await;
        let heard = member.heard();
        let got = heard.iter().flat_map(|one| one.events("GroupMsgArray")).count();
        let own = if Arc::ptr_eq(member, &members[NAMES.len()]) { 0 } else { EACH };
        assert_eq!(got, 4 * (NAMES.len() * EACH - own), "{} got something twice", member.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_again_is_the_same_message() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&["alice", "bob"]).await;
    let (desk, phone) = (app.user("alice").connect().await, app.user("alice").connect().await);
    let bob = app.user("bob").connect().await;
    let group = create(&app, "Public", "alice", &["bob"]).await;
    let mut waiting = Vec::new();
    for number in 1..=60 {
        let body = message("alice", &group, (number, number * 7), &format!("number {number}")).to_string();
        let once = desk.client.submit(&named("send_group_msg"), body.clone()).await.unwrap();
        let again = phone.client.submit(&named("send_group_msg"), body).await.unwrap();
        waiting.push((once, again));
    }
    let mut sequences = BTreeSet::new();
    for (once, again) in waiting {
        let [once, again] = [once, again].map(|pending| within("an answer", pending.reply()));
        let (once, again) = (once.await.unwrap().ok().unwrap(), again.await.unwrap().ok().unwrap());
        let (once, again): (Value, Value) = (once.json().unwrap(), again.json().unwrap());
        for member in ["MsgTime", "MsgSeq"] {
            assert_eq!(once[member], again[member], "the second answer is not the first");
        }
        sequences.insert(once["MsgSeq"].as_i64().unwrap());
    }
    assert_eq!(sequences.len(), 60);
    let got = expect_items(&bob, &group, 60).await;
    assert_eq!(history(&bob, &group, 15).await, got);
    // Each came to the client of the sender that did not get it in first.
    let copies = |client: &Online| items(&client.heard(), &group).len();
    support::eventually("the copies", || copies(&desk) + copies(&phone) >= 60).await;
    assert_eq!(copies(&desk) + copies(&phone), 60);

    server.restart().await;
    desk.resume().await;
    bob.resume().await;
    let body = message("alice", &group, (60, 420), "number 60");
    let reply = desk.ok(&named("send_group_msg"), body).await;
    let last = got.last().unwrap();
    assert_eq!(reply["MsgSeq"], json!(last.sequence));
    // The same numbers from somebody else or in another group, or with another chance number, are another message.
    let other = create(&app, "Public", "alice", &["bob"]).await;
    bob.ok(&named("send_group_msg"), message("bob", &group, (60, 420), "bob's")).await;
    desk.ok(&named("send_group_msg"), message("alice", &other, (60, 420), "elsewhere")).await;
    desk.ok(&named("send_group_msg"), message("alice", &group, (60, 421), "another")).await;
    let now = history(&desk, &group, 50).await;
    assert_eq!(now[..60], got[..]);
    assert_eq!(texts(&now[60..]), ["bob's", "another"]);
    assert_eq!(texts(&history(&bob, &other, 50).await), ["elsewhere"]);
}

#[tokio::test]
async fn newcomers_see_what_their_type_of_group_shows() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&["alice", "bob", "carol"]).await;
    let (alice, carol) = (app.user("alice").connect().await, app.user("carol").connect().await);
    for (kind, past) in [("Private", false), ("Public", false), ("ChatRoom", true), ("Community", false)] {
        let group = create(&app, kind, "alice", &["bob"]).await;
        let before = say(&alice, &group, "before").await;
        let body = json!({"GroupId": group, "MemberList": [{"Member_Account": "carol"}]});
        app.admin().ok(&path("add_group_member"), body).await;
        let after = say(&alice, &group, "after").await;
        super::expect_text(&carol, &group, "after").await;
        let seen: Vec<Item> =
            history(&carol, &group, 1).await.into_iter().filter(|item| !item.text.starts_with("tip")).collect();
        assert_eq!(seen, if past { vec![before, after] } else { vec![after] }, "{kind}");
        assert!(!texts(&items(&carol.heard(), &group)).contains(&"before"), "{kind}");
    }
}

#[tokio::test]
async fn when_members_last_spoke_is_known_after_a_restart() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&["alice", "bob", "carol"]).await;
    let group = create(&app, "Public", "alice", &["bob", "carol"]).await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let spoken = async || -> Vec<(String, i64)> {
        let body = json!({"GroupId": group, "MemberInfoFilter": ["LastSendMsgTime"]});
        let list = app.admin().ok(&path("get_group_member_info"), body).await["MemberList"].as_array().unwrap().clone();
        let read = |one: &Value| {
            (one["Member_Account"].as_str().unwrap().to_owned(), one["LastSendMsgTime"].as_i64().unwrap())
        };
        let mut all: Vec<_> = list.iter().map(read).collect();
        all.sort();
        all
    };
    let first = say(&bob, &group, "bob").await;
    let last = say(&alice, &group, "alice").await;
    let known = [("alice".to_owned(), last.second), ("bob".to_owned(), first.second), ("carol".to_owned(), 0)];
    assert_eq!(spoken().await, known);
    server.restart().await;
    assert_eq!(spoken().await, known);
    // What is said goes on counting, and who comes again has not spoken yet.
    alice.resume().await;
    let again = say(&alice, &group, "again").await;
    app.admin().ok(&path("delete_group_member"), json!({"GroupId": group, "MemberToDel_Account": ["bob"]})).await;
    assert_eq!(spoken().await, [("alice".to_owned(), again.second), ("carol".to_owned(), 0)]);
}
