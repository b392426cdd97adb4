//! Groups: who may do what, one order for everybody, nothing lost and nothing twice, live rooms.

mod acts;
mod audience;
mod away;
mod notices;
mod order;
mod property;
mod rooms;
mod rules;
mod shadow;
mod stalled;
mod topics;

use std::sync::atomic::{AtomicU32, Ordering};

use model::{Code, group::SYSTEM_USER};
use serde_json::{Value, json};
use support::{App, Heard, Online, text};

/// What is left of a recalled message.
const RECALLED: &str = "(recalled)";

fn number(code: Code) -> i64 {
    code.number().into()
}

/// The full name of a group command.
fn named(command: &str) -> String {
    format!("group_open_http_svc.{command}")
}

/// The path of a group command at REST.
fn path(command: &str) -> String {
    format!("group_open_http_svc/{command}")
}

/// A message or a tip of a group's conversation as a member gets it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    sequence: i64,
    from: String,
    random: u64,
    second: i64,
    /// The first text; of a tip what it is.
    text: String,
}

impl Item {
    /// Reads what pushes and histories show; `None` for what is not part of the conversation.
    fn read(item: &Value) -> Option<Self> {
        let from = item["From_Account"].as_str()?.to_owned();
        let is_tip = from == SYSTEM_USER;
        if is_tip && item["Event"] != 4 {
            return None;
        }
        let text = if is_tip {
            format!("tip {}", item["MsgBody"]["OpType"])
        } else if item["IsPlaceMsg"] == 2 {
            RECALLED.to_owned()
        } else {
            item["MsgBody"][0]["MsgContent"]["Text"].as_str()?.to_owned()
        };
        Some(Self {
            sequence: item["MsgSeq"].as_i64()?,
            from,
            random: item["MsgRandom"].as_u64()?,
            second: item["MsgTimeStamp"].as_i64()?,
            text,
        })
    }
}

/// The group of an item.
fn group_of(item: &Value) -> &str {
    item["ToGroupId"].as_str().unwrap_or_default()
}

/// What came in of a group's conversation, in order.
fn items(heard: &[Heard], group: &str) -> Vec<Item> {
    heard
        .iter()
        .flat_map(|one| [one.events("GroupMsgArray"), one.events("GroupTips")].concat())
        .filter(|item| group_of(item) == group)
        .filter_map(|item| Item::read(&item))
        .collect()
}

/// The notices of a kind about a group that came in, pushed or with what was missed.
fn notices(heard: &[Heard], group: &str, kind: i64) -> Vec<Value> {
    heard
        .iter()
        .flat_map(|one| one.events("GroupTips"))
        .filter(|item| group_of(item) == group && item["MsgBody"]["ReportType"] == kind)
        .collect()
}

fn texts(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.text.as_str()).collect()
}

/// Waits for so many items of a group and returns them.
async fn expect_items(who: &Online, group: &str, count: usize) -> Vec<Item> {
    let find = |heard: &[Heard]| Some(items(heard, group)).filter(|all| all.len() >= count);
    who.expects(&format!("{count} items of {group}"), find).await
}

/// Waits for a text in a group.
async fn expect_text(who: &Online, group: &str, words: &str) -> Item {
    let find = |heard: &[Heard]| items(heard, group).into_iter().find(|item| item.text == words);
    who.expects(words, find).await
}

/// A number that no other message of this process has.
fn fresh() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The body of a group message as clients send it, with the numbers that name it.
fn message(from: &str, group: &str, (client_sequence, random): (u32, u32), words: &str) -> Value {
    json!({"From_Account": from, "GroupId": group, "Random": random, "ClientSeq": client_sequence,
        "MsgPriority": "Normal", "MsgBody": text(words), "CloudCustomData": "", "MsgClientTime": 1_700_000_000,
        "OnlineOnlyFlag": 0, "NeedReadReceipt": 0, "OfflinePushInfo": {"PushFlag": 0}})
}

/// Says something that must be accepted; returns it as the members get it.
async fn say(who: &Online, group: &str, words: &str) -> Item {
    let number = fresh();
    let reply = who.ok(&named("send_group_msg"), message(&who.name, group, (number, number), words)).await;
    Item {
        sequence: reply["MsgSeq"].as_i64().expect("a message has its place"),
        from: who.name.clone(),
        random: number.into(),
        second: reply["MsgTime"].as_i64().expect("a message has its time"),
        text: words.into(),
    }
}

/// The code with which somebody's message is answered.
async fn say_code(who: &Online, group: &str, words: &str) -> i64 {
    let number = fresh();
    who.code(&named("send_group_msg"), message(&who.name, group, (number, number), words)).await
}

/// Makes a group through REST and brings members in without a word; returns its id.
async fn create(app: &App, kind: &str, owner: &str, members: &[&str]) -> String {
    let body = json!({"Type": kind, "Name": "hikers", "Owner_Account": owner});
    let reply = app.admin().ok(&path("create_group"), body).await;
    let id = reply["GroupId"].as_str().expect("a group has an id").to_owned();
    if !members.is_empty() {
        let list: Value = members.iter().map(|name| json!({"Member_Account": name})).collect();
        app.admin().ok(&path("add_group_member"), json!({"GroupId": id, "MemberList": list, "Silence": 1})).await;
    }
    id
}

/// The whole history of a group as a member sees it, oldest first, paged from the newest.
async fn history(who: &Online, group: &str, page: u32) -> Vec<Item> {
    let (mut all, mut top) = (Vec::new(), None);
    loop {
        let mut body = json!({"GroupId": group, "ReqMsgNumber": page, "WithRecalledMsg": 1});
        if let Some(top) = top {
            body["ReqMsgSeq"] = json!(top);
        }
        let reply = who.ok(&named("group_msg_get"), body).await;
        let list = reply["RspMsgList"].as_array().expect("a page has a list");
        let read: Vec<Item> = list.iter().filter_map(Item::read).collect();
        assert_eq!(read.len(), list.len(), "the history has something that nobody reads: {reply}");
        assert!(read.is_sorted_by(|one, other| one.sequence > other.sequence), "pages run downwards: {reply}");
        all.extend(read);
        let next = reply["NextReqMsgSeq"].as_i64().unwrap_or_default();
        if reply["IsFinished"] == 2 || next < 1 {
            all.reverse();
            return all;
        }
        assert!(top.is_none_or(|top| next < top), "pages do not go on: {reply}");
        top = Some(next);
    }
}

/// An app in which a user may have two clients and groups speak as fast as they like.
async fn app(server: &support::Server) -> App {
    let app = server.app().await;
    app.set("web_instances", "2").await;
    app.set("group_messages_per_second", "10000").await;
    app.set("community", "true").await;
    app
}
