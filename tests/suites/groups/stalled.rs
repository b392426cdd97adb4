//! Receivers that take nothing of what is sent to them hold up nobody.

use serde_json::json;
use support::{App, Heard, Online, Raw, Server, eventually, head, within};
use tokio_tungstenite::tungstenite::Message;

use super::{Item, app, create, fresh, history, items, message, named};

const STALLED: [&str; 3] = ["stalled-1", "stalled-2", "stalled-3"];
const READING: [&str; 2] = ["reader-1", "reader-2"];
/// More than the sockets and the queue of a connection hold together: nobody keeps so much for who does not read.
const MOST: usize = 8000;
const BATCH: usize = 200;

/// Signs in, does what is asked, and reads nothing from then on.
async fn stalled(app: &App, name: &str, then: &[(String, serde_json::Value)]) -> Raw {
    let mut raw = Raw::open(app).await;
    let mut head = head("im_open_status.wslogin", 1, "");
    head["identifier"] = name.into();
    head["usersig"] = app.sign(name).into();
    raw.send(Message::Binary(json!({"head": head, "body": {}}).to_string().into_bytes().into())).await;
    let reply = raw.next().await.unwrap();
    let ticket = reply["body"]["A2Key"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned();
    for (command, body) in then {
        let reply = raw.ask(command, &ticket, body).await;
        assert_eq!(reply["ErrorCode"], 0, "{command}: {reply}");
    }
    raw
}

/// What was heard in a group of what the speaker said, once it is so much.
async fn hears(reader: &Online, group: &str, count: usize) -> Vec<Item> {
    let spoken = |heard: &[Heard]| {
        let items: Vec<Item> = items(heard, group).into_iter().filter(|item| item.from == "speaker").collect();
        (items.len() >= count).then_some(items)
    };
    reader.expects("all that was said", spoken).await
}

/// Speaks until every stalled connection has been given up; returns what was said. Others hear each part while those
/// that read nothing are still waited for.
async fn speak(server: &Server, speaker: &Online, group: &str, readers: &[Online]) -> Vec<Item> {
    let services = server.services();
    let words = "z".repeat(11_000);
    let mut said = Vec::new();
    let given_up = || {
        let links = services.hub.links();
        let alive = links.iter().filter(|link| !link.is_broken()).filter_map(|link| link.session());
        !alive.into_iter().any(|session| STALLED.contains(&session.user.as_str()))
    };
    while !given_up() {
        assert!(said.len() < MOST, "everything waits for clients that read nothing");
        let mut waiting = Vec::new();
        for _ in 0..BATCH {
            let number = fresh();
            let body = message(&speaker.name, group, (number, number), &words).to_string();
            waiting.push((number, speaker.client.submit(&named("send_group_msg"), body).await.unwrap()));
        }
        for (number, pending) in waiting {
            let reply = within("an answer", pending.reply()).await.unwrap().ok().unwrap();
            let reply: serde_json::Value = reply.json().unwrap();
            said.push(Item {
                sequence: reply["MsgSeq"].as_i64().unwrap(),
                from: speaker.name.clone(),
                random: number.into(),
                second: reply["MsgTime"].as_i64().unwrap(),
                text: words.clone(),
            });
        }
        for reader in readers {
            hears(reader, group, said.len()).await;
        }
    }
    said
}

/// Whether two lists are the same, without showing their long texts.
fn check_same(got: &[Item], said: &[Item], who: &str) {
    let places = |items: &[Item]| items.iter().map(|item| (item.sequence, item.random)).collect::<Vec<_>>();
    assert_eq!(places(got), places(said), "{who}");
    assert!(got == said, "{who} got other words");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_who_read_nothing_hold_up_nobody() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&[&STALLED[..], &READING[..], &["speaker"]].concat()).await;
    let group = create(&app, "Public", "speaker", &[&STALLED[..], &READING[..]].concat()).await;
    let speaker = app.user("speaker").connect().await;
    let mut readers = Vec::new();
    for name in READING {
        readers.push(app.user(name).connect().await);
    }
    let mut silent = Vec::new();
    for name in STALLED {
        silent.push(stalled(&app, name, &[]).await);
    }
    let said = speak(&server, &speaker, &group, &readers).await;
    for reader in &readers {
        check_same(&hears(reader, &group, said.len()).await, &said, &reader.name);
    }
    drop(silent);
    let services = server.services();
    let online = || {
        let links = services.hub.links();
        links.iter().filter_map(|link| link.session()).any(|session| STALLED.contains(&session.user.as_str()))
    };
    eventually("the end of the stalled connections", || !online()).await;
    // Nothing of it is lost to them.
    let back = app.user(STALLED[0]).connect().await;
    check_same(&history(&back, &group, 100).await, &said, STALLED[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listeners_who_read_nothing_hold_up_no_live_room() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&[&STALLED[..], &READING[..], &["speaker"]].concat()).await;
    let group = create(&app, "AVChatRoom", "speaker", &[]).await;
    let join = json!({"GroupId": group});
    let speaker = app.user("speaker").connect().await;
    speaker.ok(&named("apply_join_group"), join.clone()).await;
    let mut silent = Vec::new();
    for name in STALLED {
        silent.push(stalled(&app, name, &[(named("apply_join_group"), join.clone())]).await);
    }
    let mut readers = Vec::new();
    for name in READING {
        let reader = app.user(name).connect().await;
        reader.ok(&named("apply_join_group"), join.clone()).await;
        readers.push(reader);
    }
    let said = speak(&server, &speaker, &group, &readers).await;
    for reader in &readers {
        check_same(&hears(reader, &group, said.len()).await, &said, &reader.name);
    }
    drop(silent);
}
