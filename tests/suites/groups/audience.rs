//! Whom what is said and changed in a group is for: directed messages, newcomers, the decisions on who comes in.

use model::Code;
use serde_json::json;
use support::{Heard, Online, Server, code, text};

use super::{app as open_app, create, expect_text, fresh, history, items, message, named, notices, number, path, say};

/// How often what came in names a message of a group by its sequence.
fn about(heard: &[Heard], sequence: i64) -> usize {
    let named = |one: &&Heard| {
        let (Heard::Push(_, body) | Heard::Missed(body)) = one else { return false };
        let text = body.to_string();
        text.contains(&format!("\"MsgSeq\":{sequence},")) || text.contains(&format!("\"MsgSeq\":{sequence}}}"))
    };
    heard.iter().filter(named).count()
}

#[tokio::test]
async fn a_directed_message_and_what_becomes_of_it_is_its_receivers_alone() {
    let server = Server::start().await;
    let app = open_app(&server).await;
    app.import(&["alice", "bob", "carol"]).await;
    let group = create(&app, "Public", "alice", &["bob", "carol"]).await;
    let [alice, bob, carol] =
        [app.user("alice").connect().await, app.user("bob").connect().await, app.user("carol").connect().await];
    let number_of = fresh();
    let mut body = message("alice", &group, (number_of, number_of), "psst");
    body["To_Account"] = json!(["bob"]);
    body["SupportMessageExtension"] = json!(1);
    body["NeedReadReceipt"] = json!(1);
    body["GroupAtInfo"] =
        json!([{"GroupAtAllFlag": 0, "GroupAt_Account": "bob"}, {"GroupAtAllFlag": 0, "GroupAt_Account": "carol"}]);
    let sequence = alice.ok(&named("send_group_msg"), body).await["MsgSeq"].as_i64().unwrap();
    expect_text(&bob, &group, "psst").await;
    bob.expects("the mention", |heard| (about(heard, sequence) == 2).then_some(())).await;

    // Who may not see it cannot touch it.
    let change =
        |who: &str| json!({"GroupId": group, "MsgSeq": sequence, "From_Account": who, "MsgBody": text("forged")});
    let extend =
        json!({"GroupId": group, "MsgSeq": sequence, "OperateType": 1, "ExtensionList": [{"Key": "k", "Value": "v"}]});
    let react = json!({"GroupId": group, "MsgSeq": sequence, "Reaction": "up", "Add_Account": ["carol"]});
    assert_ne!(carol.code("openim.modify_group_msg", change("carol")).await, 0);
    assert_ne!(carol.code("openim_msg_ext_http_svc.group_set_key_values", extend.clone()).await, 0);
    assert_ne!(carol.code("openim_msg_ext_http_svc.group_reaction_add", react).await, 0);
    // What becomes of it is told to its receiver alone.
    let extended = bob.ok("openim_msg_ext_http_svc.group_set_key_values", extend).await;
    assert_eq!(extended["ExtensionList"][0]["ErrorCode"].as_i64().unwrap_or(0), 0, "{extended}");
    let detail = json!({"GroupId": group, "MsgSeq": sequence, "Count": 10, "Cursor": "", "Filter": 1});
    let unread = alice.ok(&named("get_group_msg_receipt_detail"), detail).await;
    assert_eq!(unread["UnreadList"].as_array().map(Vec::len), Some(1), "{unread}");
    let recall = json!({"GroupId": group, "MsgSeqList": [{"MsgSeq": sequence}]});
    alice.ok(&named("group_msg_recall"), recall).await;
    let later = say(&alice, &group, "later").await;
    for who in [&bob, &carol] {
        expect_text(who, &group, &later.text).await;
    }
    let heard = carol.heard();
    assert!(items(&heard, &group).iter().all(|item| item.sequence != sequence), "carol heard it");
    assert_eq!(about(&heard, sequence), 0, "carol heard of it");
    assert_eq!(about(&bob.heard(), sequence), 3, "the message, the mention, the recall");
}

#[tokio::test]
async fn a_member_changes_nothing_that_was_said_before_it_came() {
    let server = Server::start().await;
    let app = open_app(&server).await;
    app.import(&["alice", "bob"]).await;
    let group = create(&app, "Public", "alice", &[]).await;
    let alice = app.user("alice").connect().await;
    let old = say(&alice, &group, "before").await;
    let list = json!({"GroupId": group, "MemberList": [{"Member_Account": "bob"}]});
    app.admin().ok(&path("add_group_member"), list).await;
    let bob = app.user("bob").connect().await;
    let change = json!({"GroupId": group, "MsgSeq": old.sequence, "From_Account": "bob", "MsgBody": text("forged")});
    assert_eq!(bob.code("openim.modify_group_msg", change).await, number(Code::MessageMissing));
    let kept = history(&alice, &group, 20).await;
    assert!(kept.iter().any(|item| item.text == "before"), "{kept:?}");
}

async fn topic_say(who: &Online, group: &str, topic: &str, words: &str) {
    let number = fresh();
    let body = json!({"From_Account": who.name, "GroupId": group, "TopicId": topic, "Random": number,
        "ClientSeq": number, "MsgClientTime": 1_700_000_000, "MsgBody": text(words)});
    assert_eq!(code(&who.ask(&named("send_group_msg"), &body).await), 0);
}

#[tokio::test]
async fn newcomers_of_a_community_begin_in_its_topics_with_nothing() {
    let server = Server::start().await;
    let app = open_app(&server).await;
    app.import(&["alice", "bob"]).await;
    let body = json!({"Type": "Community", "Name": "birds", "Owner_Account": "alice", "SupportTopic": 1});
    let group = app.admin().ok(&path("create_group"), body).await["GroupId"].as_str().unwrap().to_owned();
    let admin = app.admin();
    let made = admin.ok("million_group_open_http_svc/create_topic", json!({"GroupId": group, "TopicName": "wrens"}));
    let topic = made.await["TopicId"].as_str().unwrap().to_owned();
    let alice = app.user("alice").connect().await;
    topic_say(&alice, &group, &topic, "one").await;
    topic_say(&alice, &group, &topic, "two").await;
    let bob = app.user("bob").connect().await;
    for round in 0..2 {
        bob.ok(&named("apply_join_group"), json!({"GroupId": group})).await;
        let asked = json!({"GroupId": group, "TopicId": topic, "ReqMsgNumber": 20, "ReqMsgSeq": 0});
        let page = bob.ok(&named("group_msg_get"), asked.clone()).await;
        assert_eq!(page["RspMsgList"], json!([]), "round {round}");
        let shown = bob.ok("million_group_open_http_svc.get_topic", json!({"GroupId": group, "TopicIdList": [topic]}));
        let shown = shown.await["TopicAndSelfInfo"][0].clone();
        let (next, read) = (&shown["TopicInfo"]["NextMsgSeq"], &shown["SelfInfo"]["MsgSeq"]);
        assert_eq!(next.as_i64().unwrap() - 1, read.as_i64().unwrap(), "nothing is unread: {shown}");
        assert!(shown["TopicInfo"]["LastMsg"].is_null(), "{shown}");
        topic_say(&alice, &group, &topic, &format!("three {round}")).await;
        let page = bob.ok(&named("group_msg_get"), asked).await;
        assert_eq!(page["RspMsgList"].as_array().map(Vec::len), Some(1), "{page}");
        bob.ok(&named("quit_group"), json!({"GroupId": group})).await;
    }
}

#[tokio::test]
async fn an_application_waits_at_one_service_and_its_answer_arrives() {
    let server = Server::start().await;
    let app = open_app(&server).await;
    app.import(&["alice", "bob", "carol", "dave"]).await;
    let body =
        |kind: &str| json!({"Type": kind, "Name": "n", "Owner_Account": "alice", "ApplyJoinOption": "NeedPermission"});
    let [alice, bob, carol] =
        [app.user("alice").connect().await, app.user("bob").connect().await, app.user("carol").connect().await];
    for (kind, here, there) in [
        ("Public", "group_open_http_svc", "million_group_open_http_svc"),
        ("Community", "million_group_open_http_svc", "group_open_http_svc"),
    ] {
        let group = app.admin().ok(&path("create_group"), body(kind)).await["GroupId"].as_str().unwrap().to_owned();
        bob.ok(&named("apply_join_group"), json!({"GroupId": group, "ApplyMsg": "let me in"})).await;
        let asked = json!({"StartTime": 0, "Limit": 20, "Handle_Account": "alice"});
        let waits = async |service: &str| {
            let list = alice.ok(&format!("{service}.get_pendency"), asked.clone()).await;
            let list = list["PendencyList"].as_array().unwrap().clone();
            list.into_iter().filter(|one| one["Handled"] == 0).collect::<Vec<_>>()
        };
        assert_eq!((waits(here).await.len(), waits(there).await.len()), (1, 0), "{kind}");
        let decision =
            json!({"GroupId": group, "Applicant_Account": "bob", "HandleMsg": "Agree", "ApprovalMsg": "welcome"});
        alice.ok(&named("handle_apply_join_group"), decision).await;
        let notice = bob.expects("the answer", |heard| notices(heard, &group, 2).pop()).await;
        assert_eq!(notice["MsgBody"]["RemarkInfo"], "welcome", "{notice}");
        assert_eq!(waits(here).await.len(), 0);
    }
    // A client that was handed the notice of an invitation names the inviter.
    let mut body = body("Public");
    body["InviteJoinOption"] = json!("NeedPermission");
    let group = app.admin().ok(&path("create_group"), body).await["GroupId"].as_str().unwrap().to_owned();
    let list = json!({"GroupId": group, "MemberList": [{"Member_Account": "carol"}], "Silence": 1});
    app.admin().ok(&path("add_group_member"), list).await;
    let invite = json!({"GroupId": group, "MemberList": [{"Member_Account": "dave"}]});
    let invited = carol.ok(&named("add_group_member"), invite).await;
    assert_eq!(invited["MemberList"][0]["Result"], 3, "{invited}");
    let notice = alice.expects("the invitation", |heard| notices(heard, &group, 12).pop()).await;
    let decision = json!({"GroupId": group, "Applicant_Account": "carol", "HandleMsg": "Agree",
        "Authentication": notice["MsgBody"]["Authentication"], "MsgKey": notice["MsgBody"]["MsgKey"]});
    assert_eq!(bob.code(&named("handle_apply_join_group"), decision.clone()).await, number(Code::GroupNoPermission));
    alice.ok(&named("handle_apply_join_group"), decision.clone()).await;
    assert_eq!(alice.code(&named("handle_apply_join_group"), decision).await, number(Code::ApplicationHandled));
    let members = app.admin().ok(&path("get_role_in_group"), json!({"GroupId": group, "User_Account": ["dave"]})).await;
    assert_eq!(members["UserIdList"][0]["Role"], "Member", "{members}");
}

#[tokio::test]
async fn a_live_room_says_a_repeated_message_once() {
    let server = Server::start().await;
    let app = open_app(&server).await;
    app.import(&["alice", "bob"]).await;
    let group = create(&app, "AVChatRoom", "alice", &[]).await;
    let bob = app.user("bob").connect().await;
    bob.ok(&named("apply_join_group"), json!({"GroupId": group})).await;
    let say = |random: u32, words: &str| json!({"GroupId": group, "Random": random, "From_Account": "alice", "MsgBody": text(words)});
    let mut sequences = Vec::new();
    for (random, words) in [(7, "dup"), (7, "dup"), (7, "other"), (8, "end")] {
        sequences.push(app.admin().ok(&path("send_group_msg"), say(random, words)).await["MsgSeq"].as_i64().unwrap());
    }
    assert_eq!(sequences[0], sequences[1]);
    expect_text(&bob, &group, "end").await;
    let heard = items(&bob.heard(), &group);
    let words: Vec<_> = heard.iter().map(|item| item.text.as_str()).filter(|text| !text.starts_with("tip")).collect();
    assert_eq!(words, ["dup", "other", "end"]);
}
