//! Unread is what was sent and not read.

use serde_json::{Value, json};
use support::{App, Chance, Heard, Online, Received, Server, received, text};

use super::{key, named};

/// The count of a peer that a fresh sign-in is told, and what the backend is told; they must agree.
async fn unread(app: &App, user: &str, peer: &str) -> u64 {
    let online = app.user(user).connect().await;
    let first = |heard: &[Heard]| match heard.first() {
        Some(Heard::Missed(body)) => Some(body.clone()),
        _ => None,
    };
    let body: Value = online.expects("the first page", first).await;
    let pairs = body["C2CPairUnreadCount"].as_array().unwrap();
    let told =
        pairs.iter().find(|pair| pair["From_Account"] == peer).map_or(0, |pair| pair["UnreadCount"].as_u64().unwrap());
    let asked = json!({"To_Account": user, "Peer_Account": [peer]});
    let counts = app.admin().ok("openim/get_c2c_unread_msg_num", asked).await;
    assert_eq!(counts["C2CUnreadMsgNumList"][0]["C2CUnreadMsgNum"], told, "{counts}");
    online.client.logout().await.unwrap();
    told
}

async fn read_until(app: &App, reader: &str, peer: &str, second: i64) {
    let online = app.user(reader).connect().await;
    let item = json!([{"To_Account": peer, "LastedMsgTime": second, "Receipt": 1}]);
    online.ok("openim.msgreaded", json!({"C2CMsgReaded": {"Cookie": "", "C2CMsgReadedItem": item}})).await;
    online.client.logout().await.unwrap();
}

#[tokio::test]
async fn reading_counts_by_time() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["bob"]).await;
    let alice = app.user("alice").connect().await;
    let mut sent = Vec::new();
    for number in 0..6 {
        sent.push(alice.send("bob", &format!("{number}")).await);
        server.world().advance(1000);
    }
    assert_eq!(unread(&app, "bob", "alice").await, 6);
    read_until(&app, "bob", "alice", sent[2].second).await;
    assert_eq!(unread(&app, "bob", "alice").await, 3);
    // The sender hears of it, and asks for it later.
    let mark = |heard: &[Heard]| {
        let events = heard.iter().flat_map(|one| one.events("C2cNotifyMsgArray"));
        events.filter_map(|entry| entry["C2cReadedReceipt"]["UinPairReadArray"][0]["LastReadTime"].as_i64()).next_back()
    };
    assert_eq!(alice.expects("a receipt", mark).await, sent[2].second);
    let times = alice.ok("openim.get_peer_read_time", json!({"To_Account": ["bob"]})).await;
    assert_eq!(times["ReadTime"], json!([sent[2].second]));
    // Marks never go back.
    read_until(&app, "bob", "alice", sent[0].second).await;
    assert_eq!(unread(&app, "bob", "alice").await, 3);
    let body = json!({"Report_Account": "bob", "Peer_Account": "alice", "MsgReadTime": sent[4].second.to_string()});
    app.admin().ok("openim/admin_set_msg_read", body).await;
    assert_eq!(unread(&app, "bob", "alice").await, 1);
    let bob = app.user("bob").connect().await;
    bob.ok("openim.read_all_unread_msg", json!({"C2CReadAllMsg": 1, "GroupReadInfo": []})).await;
    bob.client.logout().await.unwrap();
    assert_eq!(unread(&app, "bob", "alice").await, 0);
    server.restart().await;
    assert_eq!(unread(&app, "bob", "alice").await, 0);
}

/// A message as the model of the property below knows it.
struct Known {
    message: Received,
    counts: bool,
}

#[tokio::test]
async fn unread_is_sent_less_read_whatever_happens() {
    let mut chance = Chance::from_environment();
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["bob"]).await;
    let alice = app.user("alice").connect().await;
    let (mut all, mut read): (Vec<Known>, i64) = (Vec::new(), 0);
    for number in 0..60 {
        match chance.below(10) {
            0..=4 => {
                let silent = chance.below(4) == 0;
                let mut body = alice.message("bob", (number, 1), &format!("{number}"));
                if silent {
                    body["SendMsgControl"] = json!(["NoUnread"]);
                }
                let second = alice.ok("openim.sendmsg", body).await["MsgTime"].as_i64().unwrap();
                let message = Received {
                    from: "alice".into(),
                    to: "bob".into(),
                    sequence: number.into(),
                    random: 1,
                    second,
                    text: String::new(),
                    is_copy: false,
                };
                all.push(Known { message, counts: !silent });
            }
            5 => answer(&app, "bob", "alice").await,
            6 if !all.is_empty() => {
                let at = chance.below(all.len());
                let second = all[at].message.second;
                read_until(&app, "bob", "alice", second).await;
                read = read.max(second);
            }
            7 if !all.is_empty() => {
                let at = chance.below(all.len());
                alice.ask("openim.msgwithdraw", &json!({"MsgInfo": named(&all[at].message)})).await;
                all[at].counts = false;
            }
            8 if !all.is_empty() => {
                let at = chance.below(all.len());
                let body =
                    json!({"Operator_Account": "bob", "Peer_Account": "alice", "MsgKeyList": [key(&all[at].message)]});
                app.admin().ok("openim/delete_c2c_msg_ramble", body).await;
                all[at].counts = false;
            }
            _ => server.world().advance(1000),
        }
        // Marks are seconds: whoever has read one message of a second has read all that were there.
        let expected = all.iter().filter(|known| known.counts && known.message.second > read).count();
        let later = all.iter().filter(|known| known.counts && known.message.second == read).count();
        let told = unread(&app, "bob", "alice").await as usize;
        assert!((expected..=expected + later).contains(&told), "step {number}: {told}, not {expected}");
        if later > 0 {
            server.world().advance(1000);
            read_until(&app, "bob", "alice", read).await;
            assert_eq!(unread(&app, "bob", "alice").await as usize, expected, "step {number}");
        }
    }
}

async fn answer(app: &App, from: &str, to: &str) {
    let body = json!({"From_Account": from, "To_Account": to, "MsgRandom": 5, "MsgBody": text("answer")});
    app.admin().ok("openim/sendmsg", body).await;
}

#[tokio::test]
async fn what_is_sent_online_only_leaves_no_trace() {
    let server = Server::start().await;
    let app = server.app().await;
    app.import(&["carol"]).await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let before = server.services().store().log.position();
    let only_online = async |from: &Online, to: &str, number: u32| {
        let mut body = from.message(to, (number, number), &format!("typing {number}"));
        body["MsgLifeTime"] = json!(0);
        from.ok("openim.sendmsg", body).await;
    };
    only_online(&alice, "bob", 1).await;
    only_online(&alice, "carol", 2).await;
    let got = bob.expects_text("typing 1").await;
    let rest = json!({"From_Account": "alice", "To_Account": "bob", "MsgRandom": 3, "MsgLifeTime": 0, "MsgBody": text("typing 3")});
    app.admin().ok("openim/sendmsg", rest).await;
    bob.expects_text("typing 3").await;
    assert_eq!(server.services().store().log.position(), before);
    for (user, peer) in [(&alice, "bob"), (&bob, "alice"), (&alice, "carol")] {
        assert!(user.history(peer, 15).await.is_empty());
        let list = user.ok("recentcontact.page_get", json!({"From_Account": user.name})).await;
        assert_eq!(list["SessionItem"], json!([]));
    }
    assert_eq!(unread(&app, "carol", "alice").await, 0);
    let carol = app.user("carol").connect().await;
    carol.settle().await;
    assert!(received(&carol.heard()).is_empty());
    // It is no message that could be changed.
    let recall = alice.code("openim.msgwithdraw", json!({"MsgInfo": named(&got)})).await;
    assert_eq!(recall, i64::from(model::Code::MessageMissing.number()));
    bob.lose(&server).await;
    only_online(&alice, "bob", 4).await;
    alice.send("bob", "kept").await;
    bob.resume().await;
    bob.expects_text("kept").await;
    assert!(!received(&bob.heard()).iter().any(|message| message.text == "typing 4"));
}
