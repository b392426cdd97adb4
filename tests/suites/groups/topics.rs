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
    place_on(Server::start().await).await
}

async fn place_on(server: Server) -> Place {
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
        heard.iter().flat_map(|one| one.events("GroupTips")).rfind(|tip| tip["MsgBody"]["OpType"] == 7)
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
    // What was set for a topic holds whatever the community's is, the usual option as well.
    bob.ok(&named("modify_group_member_info"), set("bob", "", "Discard")).await;
    server.restart().await;
    for who in [&alice, &bob] {
        who.resume().await;
    }
    let flags = [place.shown(&bob, wrens).await, place.shown(&bob, finches).await]
        .map(|shown| shown["SelfInfo"]["MsgFlag"].clone());
    assert_eq!(flags, [json!("AcceptAndNotify"), json!("Discard")]);
    assert_eq!(place.say(&alice, finches, "not for bob", json!([])).await, 0);
    assert_eq!(place.say(&alice, wrens, "for bob", json!([])).await, 0);
    let heard = |heard: &[support::Heard], wanted: &str| {
        let mut said = heard.iter().flat_map(|one| one.events("GroupMsgArray"));
        said.any(|item| item["MsgBody"][0]["MsgContent"]["Text"] == wanted).then_some(())
    };
    bob.expects("what is said in the louder topic", |all| heard(all, "for bob")).await;
    assert!(heard(&bob.heard(), "not for bob").is_none());
}

/// Whom something is said to, as clients write it.
fn at(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| match *name {
            "all" => json!({"GroupAtAllFlag": 1}),
            name => json!({"GroupAtAllFlag": 0, "GroupAt_Account": name}),
        })
        .collect()
}

#[tokio::test]
async fn topics_show_who_was_mentioned_until_it_is_read() {
    let place = place_on(Server::start_fixed().await).await;
    let Place { server, app, group, wrens, finches } = &place;
    // Everybody is not who comes in the same second.
    server.world().advance(2000);
    let alice = app.user("alice").connect().await;
    for (topic, names) in [(wrens, &["bob"][..]), (wrens, &[]), (finches, &["all"]), (wrens, &["all", "bob", "carol"])]
    {
        assert_eq!(place.say(&alice, topic, "look", at(names)).await, 0);
    }
    // Neither has ever opened a topic, and they come only now.
    let (bob, carol) = (app.user("bob").connect().await, app.user("carol").connect().await);
    let mention =
        |sequence: i64, kinds: &[u8]| json!({"From_Account": "alice", "AtMsgSeq": sequence, "AtFlagList": kinds});
    let list = async |who: &Online, topic: &str| place.shown(who, topic).await["TopicInfo"]["AtInfoList"].clone();
    assert_eq!(list(&bob, wrens).await, json!([mention(1, &[1]), mention(3, &[1, 2])]));
    assert_eq!(list(&bob, finches).await, json!([mention(1, &[2])]));
    assert_eq!(list(&carol, wrens).await, json!([mention(3, &[1, 2])]));
    assert_eq!(list(&alice, wrens).await, json!([]));
    bob.ok(&named("msg_read_report"), json!({"GroupId": group, "TopicId": wrens, "MsgReadedSeq": 1})).await;
    assert_eq!(list(&bob, wrens).await, json!([mention(3, &[1, 2])]));
    bob.ok(&named("msg_read_report"), json!({"GroupId": group, "TopicId": wrens, "MsgReadedSeq": 3})).await;
    assert_eq!([list(&bob, wrens).await, list(&bob, finches).await], [json!([]), json!([mention(1, &[2])])]);
    // Who joins later was not meant.
    server.world().advance(2000);
    app.import(&["dave"]).await;
    app.admin()
        .ok(&path("add_group_member"), json!({"GroupId": group, "MemberList": [{"Member_Account": "dave"}]}))
        .await;
    let dave = app.user("dave").connect().await;
    assert_eq!(place.say(&alice, finches, "dave", at(&["dave"])).await, 0);
    assert_eq!(list(&dave, finches).await, json!([mention(2, &[1])]));
}

#[tokio::test]
async fn communities_without_topics_list_mentions_and_groups_their_last_recall() {
    let server = Server::start_fixed().await;
    let app = open_app(&server).await;
    app.import(&["alice", "bob"]).await;
    let group = super::create(&app, "Community", "alice", &["bob"]).await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let body = json!({"From_Account": "alice", "GroupId": group, "Random": 1, "ClientSeq": 1, "MsgClientTime": 1_700_000_000,
        "MsgBody": text("bob?"), "GroupAtInfo": at(&["bob"])});
    let said = alice.ok(&named("send_group_msg"), body).await["MsgSeq"].clone();
    let listed = async || {
        let body = json!({"Member_Account": "bob", "Limit": 200, "SupportTopic": 0});
        bob.ok("million_group_open_http_svc.get_joined_group_list", body).await["GroupIdList"][0].clone()
    };
    let item = listed().await;
    assert_eq!(item["AtInfoList"], json!([{"From_Account": "alice", "AtMsgSeq": said, "AtFlagList": [1]}]));
    assert_eq!(item["LastRecallTime"], 0);
    alice.ok(&named("group_msg_recall"), json!({"GroupId": group, "MsgSeqList": [{"MsgSeq": said}]})).await;
    let item = listed().await;
    assert_eq!(item["AtInfoList"], json!([]));
    // What is recalled from then on is new to who has the list.
    let since = item["LastRecallTime"].as_i64().unwrap();
    let recalled = async |begin: i64| {
        let ask = json!({"NotifyReqList": [{"NotifyType": 1, "Limit": 20, "GroupId": group, "BeginTime": begin, "EndTime": i64::MAX}]});
        bob.ok(&named("batch_get_group_notify"), ask).await["NotifyRspList"][0]["NotifyMsgList"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!([recalled(since - 1).await, recalled(since).await], [1, 0]);
}

#[tokio::test]
async fn the_last_message_of_a_topic_is_the_last_that_one_sees() {
    let place = place().await;
    let Place { app, group, wrens, .. } = &place;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    for words in ["first", "second", "third"] {
        assert_eq!(place.say(&alice, wrens, words, json!([])).await, 0);
    }
    let quiet = json!({"From_Account": "alice", "GroupId": group, "TopicId": wrens, "Random": fresh(), "MsgBody": text("quiet"),
        "SendMsgControl": ["NoLastMsg"]});
    app.admin().ok(&path("send_group_msg"), quiet).await;
    let hide = json!({"GroupId": group, "TopicId": wrens, "Deleter_Account": "bob", "Seqs": ["3"]});
    bob.ok(&named("delete_group_ramble_msg_by_seq"), hide).await;
    let words = |shown: &Value| {
        let last = &shown["TopicInfo"]["LastMsg"];
        assert_eq!(last["LastMsgSeq"], last["MsgSeq"]);
        last["MsgBody"][0]["MsgContent"]["Text"].clone()
    };
    assert_eq!(words(&place.shown(&bob, wrens).await), "second");
    assert_eq!(words(&place.shown(&alice, wrens).await), "third");
    // The backend asks as somebody, or for itself.
    app.import(&["stranger"]).await;
    for (from, last) in
        [("bob", json!("second")), ("alice", json!("third")), ("", json!("third")), ("stranger", Value::Null)]
    {
        let body = json!({"GroupId": group, "From_Account": from, "TopicIdList": [wrens]});
        let reply = app.admin().ok("million_group_open_http_svc/get_topic", body).await;
        assert_eq!(words(&reply["TopicAndSelfInfo"][0]), last, "{from}");
    }
}

#[tokio::test]
async fn an_administrator_at_a_client_is_a_member_like_others() {
    let server = Server::start().await;
    let app = open_app(&server).await;
    app.import(&["alice"]).await;
    let group = super::create(&app, "Public", "alice", &["administrator"]).await;
    let admin = app.user("administrator").connect().await;
    let own = async || {
        admin.ok(&named("get_group_self_member_info"), json!({"GroupIdList": [group]})).await["GroupInfo"][0].clone()
    };
    assert_eq!(own().await["SelfInfo"]["Role"], "Member");
    for change in [json!({"NameCard": "the app"}), json!({"MsgFlag": "AcceptNotNotify"})] {
        let mut body = json!({"GroupId": group, "Member_Account": "administrator"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        admin.ok(&named("modify_group_member_info"), body).await;
    }
    let shown = own().await["SelfInfo"].clone();
    assert_eq!((&shown["NameCard"], &shown["MsgFlag"]), (&json!("the app"), &json!("AcceptNotNotify")));
    // It may what the app may, too, and leaves as others do.
    admin.ok(&named("modify_group_base_info"), json!({"GroupId": group, "Name": "renamed"})).await;
    admin.ok(&named("quit_group"), json!({"GroupId": group})).await;
    assert_eq!(own().await["ErrorCode"], number(Code::GroupNoPermission));
}
