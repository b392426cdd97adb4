//! Relations of users: who becomes whose friend, what each side keeps and is told, and what it decides.

mod applications;
mod friends;
mod limits;
mod messages;

use serde_json::{Value, json};
use support::{App, Online, Server};

/// An app with three users, each on one connection.
struct Team {
    server: Server,
    app: App,
    alice: Online,
    bob: Online,
    carol: Online,
}

async fn team() -> Team {
    let server = Server::start().await;
    let app = server.app().await;
    let connect = async |name| app.user(name).connect().await;
    let (alice, bob, carol) = (connect("alice").await, connect("bob").await, connect("carol").await);
    app.set("multi_device", "multi").await;
    app.set("web_instances", "3").await;
    Team { server, app, alice, bob, carol }
}

/// Says who may add the user.
async fn allow(user: &Online, kind: &str) {
    let item = json!([{"Tag": "Tag_Profile_IM_AllowType", "Value": format!("AllowType_Type_{kind}")}]);
    user.ok("profile.portrait_set", json!({"From_Account": user.name, "ProfileItem": item})).await;
}

/// The body that adds somebody.
fn adding(from: &str, to: &str, kind: &str) -> Value {
    json!({"From_Account": from, "AddType": format!("Add_Type_{kind}"), "AddFriendItem": [{"To_Account": to,
        "AddSource": "AddSource_Type_Web", "AddWording": "hello", "Remark": format!("r-{to}"), "GroupName": "work"}]})
}

/// Adds somebody and returns the code of the one result.
async fn add(from: &Online, to: &str, kind: &str) -> i64 {
    result(&from.ok("sns.friend_add", adding(&from.name, to, kind)).await)
}

/// The code of the first result.
fn result(reply: &Value) -> i64 {
    reply["ResultItem"][0]["ResultCode"].as_i64().unwrap_or_else(|| panic!("no result in {reply}"))
}

/// The names in a user's list of friends.
async fn friends(user: &Online) -> Vec<String> {
    let reply = user.ok("sns.friend_get", json!({"From_Account": user.name, "StartIndex": 0})).await;
    names(&reply["UserDataItem"])
}

/// The names in a user's list of applications, with what they are.
async fn applications(user: &Online) -> Vec<(String, String)> {
    let reply = user.ok("sns.pendency_get", pendencies(&user.name)).await;
    let of = |item: &Value| (text(&item["To_Account"]), text(&item["PendencyType"]).replace("Pendency_Type_", ""));
    reply["PendencyItem"].as_array().unwrap().iter().map(of).collect()
}

fn pendencies(user: &str) -> Value {
    json!({"From_Account": user, "PendencyType": "Pendency_Type_Both", "StartTime": 0, "MaxLimited": 100,
        "LastSequence": 0})
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The `To_Account` of each item of a list.
fn names(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    list.iter().map(|item| text(&item["To_Account"])).collect()
}

/// The value of a tag in a list of tags with values.
fn tag<'a>(list: &'a Value, tag: &str) -> &'a Value {
    let list = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    list.iter().find(|item| item["Tag"] == tag).map_or(&Value::Null, |item| &item["Value"])
}

/// The entries told to a user of changes in its lists, each alone in its push.
fn told(user: &Online) -> Vec<Value> {
    let heard = user.heard();
    let entries: Vec<Vec<Value>> = heard.iter().map(|heard| heard.events("FriendListMod")).collect();
    assert!(entries.iter().all(|entries| entries.len() <= 1), "one entry a push: {entries:?}");
    entries.into_iter().flatten().collect()
}

/// Waits until a user was told of a name in a list.
async fn hears(user: &Online, member: &str, name: &str) {
    let find = |heard: &[support::Heard]| {
        let mut entries = heard.iter().flat_map(|heard| heard.events("FriendListMod"));
        entries.any(|entry| entry[member].as_array().is_some_and(|names| names.contains(&json!(name)))).then_some(())
    };
    user.expects(&format!("{name} in {member}"), find).await;
}

/// How often a user was told of a name in a list until now.
async fn times(user: &Online, member: &str, name: &str) -> usize {
    user.settle().await;
    let has = |entry: &Value| entry[member].as_array().is_some_and(|names| names.contains(&json!(name)));
    told(user).iter().filter(|entry| has(entry)).count()
}
