//! Topics: several change them at once, and what holds in one holds in that one alone.

use model::Code;
use serde_json::{Value, json};
use support::{App, Online, Server, code, text};

use super::{app as open_app, fresh, named, number, path};

const GROUP: &str = "@TGS#_birds";
const TOPIC: &str = "@TGS#_birds@TOPIC#_wrens";

async fn ask(app: &App, command: &str, fields: Value) -> Value {
    let mut body = json!({"GroupId": GROUP, "TopicId": TOPIC, "From_Account": "alice"});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    app.admin().ask(&format!("million_group_open_http_svc/{command}"), &body).await
}

async fn community(server: &Server) -> App {
    let app = server.app().await;
    app.import(&["alice"]).await;
    let body =
        json!({"Owner_Account": "alice", "Type": "Community", "Name": "birds", "GroupId": GROUP, "SupportTopic": 1});
    app.admin().ok("group_open_http_svc/create_group", body).await;
    app
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_once_are_all_kept() {
    let server = Server::start().await;
    let app = community(&server).await;
    ask(&app, "create_topic", json!({"TopicName": "wrens"})).await;
    for round in 0..40 {
        let [name, words, custom] = ["n", "i", "c"].map(|what| format!("{what}{round}"));
        let replies = tokio::join!(
            ask(&app, "modify_topic", json!({"TopicName": name})),
            ask(&app, "modify_topic", json!({"Introduction": words})),
            ask(&app, "modify_topic", json!({"CustomString": custom})),
        );
        for reply in [replies.0, replies.1, replies.2] {
            assert_eq!(reply["ErrorCode"], 0, "{reply}");
        }
        let shown = ask(&app, "get_topic", json!({"TopicIdList": [TOPIC]})).await;
        let info = &shown["TopicAndSelfInfo"][0]["TopicInfo"];
        assert_eq!(
            (&info["TopicName"], &info["Introduction"], &info["CustomString"]),
            (&json!(name), &json!(words), &json!(custom))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_is_removed_meanwhile_is_missing() {
    let server = Server::start().await;
    let app = community(&server).await;
    for round in 0..40 {
        assert_eq!(ask(&app, "create_topic", json!({"TopicName": "wrens"})).await["ErrorCode"], 0);
        let remove = json!({"TopicIdList": [TOPIC]});
        let (changed, removed, again) = tokio::join!(
            ask(&app, "modify_topic", json!({"TopicName": format!("n{round}")})),
            ask(&app, "destroy_topic", remove.clone()),
            ask(&app, "destroy_topic", remove.clone()),
        );
        let known = [0, Code::GroupMissing.number()];
        assert!(known.iter().any(|code| changed["ErrorCode"] == *code), "{changed}");
        let mut codes = [removed, again].map(|reply| reply["DestroyResultItem"][0]["ErrorCode"].as_i64().unwrap());
        codes.sort_unstable();
        assert_eq!(codes, [0, Code::TopicMissing.number().into()]);
    }
}

/// A community with an owner, two members and two topics.
struct Place {
    server: Server,
    app: App,
    group: String,
    wrens: String,
    finches: String,
}

async fn place() -> Place {
    let server = Server::start().await;
    let app = open_app(&server).await;
    app.import(&["alice", "bob", "carol"]).await;
    let body = json!({"Type": "Community", "Name": "birds", "Owner_Account": "alice", "SupportTopic": 1});
    let group = app.admin().ok(&path("create_group"), body).await["GroupId"].as_str().unwrap().to_owned();
    let list = json!([{"Member_Account": "bob"}, {"Member_Account": "carol"}]);
    app.admin().ok(&path("add_group_member"), json!({"GroupId": group, "MemberList": list, "Silence": 1})).await;
    let mut topics = Vec::new();
    for name in ["wrens", "finches"] {
        let body = json!({"GroupId": group, "TopicName": name});
        let reply = app.admin().ok("million_group_open_http_svc/create_topic", body).await;
        topics.push(reply["TopicId"].as_str().unwrap().to_owned());
    }
    let [wrens, finches] = topics.try_into().unwrap();
    Place { server, app, group, wrens, finches }
}

impl Place {
    /// Says something in a topic; the code of the answer.
    async fn say(&self, who: &Online, topic: &str, words: &str, at: Value) -> i64 {
        let number = fresh();
        let body = json!({"From_Account": who.name, "GroupId": self.group, "TopicId": topic, "Random": number,
            "ClientSeq": number, "MsgClientTime": 1_700_000_000, "MsgBody": text(words), "GroupAtInfo": at});
        code(&who.ask(&named("send_group_msg"), &body).await)
    }

    /// What `get_topic` shows somebody of a topic.
    async fn shown(&self, who: &Online, topic: &str) -> Value {
        let body = json!({"GroupId": self.group, "TopicIdList": [topic]});
        who.ok("million_group_open_http_svc.get_topic", body).await["TopicAndSelfInfo"][0].clone()
    }

    /// The names of those who are muted in a topic, or in the community itself.
    async fn muted(&self, topic: &str) -> Vec<String> {
        let body = json!({"GroupId": self.group, "TopicId": topic});
        let (new, old) = (path("get_group_muted_account"), path("get_group_shutted_uin"));
        let admin = self.app.admin();
        let names = |list: &Value| -> Vec<String> {
            let list = list.as_array().unwrap().iter();
            list.map(|one| one["Member_Account"].as_str().unwrap().to_owned()).collect()
        };
        let found = names(&admin.ok(&new, body.clone()).await["MutedAccountList"]);
        assert_eq!(names(&admin.ok(&old, body).await["ShuttedUinList"]), found);
        found
    }
}

#[tokio::test]
async fn a_mute_in_a_topic_holds_in_that_topic_alone() {
    let place = place().await;
    let Place { server, app, group, wrens, finches } = &place;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let mute = |topic: &str, who: &str, seconds: u32| json!({"GroupId": group, "TopicId": topic, "Members_Account": [who], "MuteTime": seconds});
    assert_eq!(bob.code(&named("forbid_send_msg"), mute(wrens, "carol", 60)).await, number(Code::GroupNoPermission));
    assert_eq!(
        alice.code(&named("forbid_send_msg"), mute("@TOPIC#_none", "bob", 60)).await,
        number(Code::GroupMissing)
    );
    alice.ok(&named("forbid_send_msg"), mute(wrens, "bob", 600)).await;
    let tip = bob.expects("the mute", |heard| {
        let tips = heard.iter().flat_map(|one| one.events("GroupTips"));
        tips.filter(|tip| tip["MsgBody"]["OpType"] == 7).next_back()
    });
    let tip = tip.await;
    assert_eq!(
        (&tip["GroupInfo"]["TopicId"], &tip["MsgBody"]["MsgMemberInfo"]),
        (&json!(wrens), &json!([{"User_Account": "bob", "ShutupTime": 600}]))
    );
    for restarted in [false, true] {
        if restarted {
            server.restart().await;
            for who in [&alice, &bob] {
                who.resume().await;
            }
        }
        assert_eq!(place.say(&bob, wrens, "muted", json!([])).await, number(Code::MemberMuted));
        assert_eq!(place.say(&bob, finches, "free", json!([])).await, 0);
        assert_eq!(
            [place.muted(wrens).await, place.muted(finches).await, place.muted("").await],
            [vec!["bob".to_owned()], vec![], vec![]]
        );
        let until = place.shown(&bob, wrens).await["SelfInfo"]["ShutUpTime"].as_i64().unwrap();
        assert!(until > server.world().second(), "{until}");
        assert_eq!(place.shown(&bob, finches).await["SelfInfo"]["ShutUpTime"], 0);
    }
    // A topic that is changed keeps its mutes; leaving and coming back does not help.
    let rename = json!({"GroupId": group, "TopicId": wrens, "TopicName": "wrens and tits"});
    alice.ok("million_group_open_http_svc.modify_topic", rename).await;
    bob.ok(&named("quit_group"), json!({"GroupId": group})).await;
    bob.ok(&named("apply_join_group"), json!({"GroupId": group})).await;
    assert_eq!(place.say(&bob, wrens, "muted", json!([])).await, number(Code::MemberMuted));
    // As clients ask for it.
    let one = |topic: &str, seconds: i64| json!({"GroupId": group, "TopicId": topic, "Member_Account": "bob", "ShutUpTime": seconds});
    alice.ok(&named("modify_group_member_info"), one(wrens, 0)).await;
    assert_eq!(place.say(&bob, wrens, "free", json!([])).await, 0);
    alice.ok(&named("modify_group_member_info"), one(finches, 60)).await;
    assert_eq!(place.say(&bob, finches, "muted", json!([])).await, number(Code::MemberMuted));
    // A mute in the community holds in all of its topics.
    alice.ok(&named("forbid_send_msg"), mute("", "bob", 60)).await;
    assert_eq!(place.say(&bob, wrens, "muted", json!([])).await, number(Code::MemberMuted));
    assert_eq!([place.muted(wrens).await, place.muted("").await], [vec![], vec!["bob".to_owned()]]);
}

#[tokio::test]
async fn how_messages_arrive_is_set_for_each_topic() {
    let place = place().await;
    let Place { server, app, group, wrens, finches } = &place;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let set = |who: &str, topic: &str, option: &str| json!({"GroupId": group, "TopicId": topic, "Member_Account": who, "MsgFlag": option});
    bob.ok(&named("modify_group_member_info"), set("bob", wrens, "Discard")).await;
    let others = bob.code(&named("modify_group_member_info"), set("alice", wrens, "Discard")).await;
    assert_eq!(others, number(Code::GroupNoPermission));
    for restarted in [false, true] {
        if restarted {
            server.restart().await;
            for who in [&alice, &bob] {
                who.resume().await;
            }
        }
        let flags = [place.shown(&bob, wrens).await, place.shown(&bob, finches).await]
            .map(|shown| shown["SelfInfo"]["MsgFlag"].clone());
        assert_eq!(flags, [json!("Discard"), json!("AcceptAndNotify")]);
        let words = format!("loud {restarted}");
        assert_eq!(place.say(&alice, wrens, "silent", json!([])).await, 0);
        assert_eq!(place.say(&alice, finches, &words, json!([])).await, 0);
        let heard = |wanted: &str| {
            let wanted = wanted.to_owned();
            move |heard: &[support::Heard]| {
                let mut said = heard.iter().flat_map(|one| one.events("GroupMsgArray"));
                said.any(|item| item["MsgBody"][0]["MsgContent"]["Text"] == wanted.as_str()).then_some(())
            }
        };
        bob.expects("what is said in the other topic", heard(&words)).await;
        assert!(heard("silent")(&bob.heard()).is_none());
    }
    bob.ok(&named("modify_group_member_info"), set("bob", wrens, "AcceptAndNotify")).await;
    assert_eq!(place.shown(&bob, wrens).await["SelfInfo"]["MsgFlag"], "AcceptAndNotify");
}
