//! Notices and mentions reach who was away when they come back, once.

use model::Code;
use serde_json::{Value, json};
use support::{App, Heard, Online, Server, text};

use super::{app, create, fresh, history, named, notices, number, path, say};

const INVITED: i64 = 7;

/// Waits until a client that just signed in has fetched everything, and counts notices of a kind.
async fn count(who: &Online, group: &str, kind: i64) -> usize {
    who.settle().await;
    notices(&who.heard(), group, kind).len()
}

async fn begin(names: &[&str]) -> (Server, App) {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(names).await;
    (server, app)
}

/// A group made by a user on its connection.
async fn made_by(who: &Online, kind: &str, members: &[&str]) -> String {
    let list: Value = members.iter().map(|name| json!({"Member_Account": name})).collect();
    let body = json!({"Type": kind, "Name": "hikers", "Owner_Account": who.name, "MemberList": list});
    who.ok(&named("create_group"), body).await["GroupId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_was_invited_while_away_learns_of_it_once() {
    let (server, app) = begin(&["alice", "carol", "dave"]).await;
    let alice = app.user("alice").connect().await;
    let dave = app.user("dave").connect().await;
    for kind in ["Private", "Public", "ChatRoom", "Community"] {
        let group = made_by(&alice, kind, &["carol", "dave"]).await;
        // Who is there learns of it at once, and not again later.
        dave.expects("the invitation", |heard| notices(heard, &group, INVITED).pop()).await;
        assert_eq!(count(&dave, &group, INVITED).await, 1, "{kind}");
        dave.lose(&server).await;
        dave.resume().await;
        assert_eq!(count(&dave, &group, INVITED).await, 1, "{kind}");
        // Who signs in for the first time.
        let carol = app.user("carol").connect().await;
        assert_eq!(count(&carol, &group, INVITED).await, 1, "{kind}");
        let notice = notices(&carol.heard(), &group, INVITED).remove(0);
        assert_eq!(notice["MsgBody"]["Operator_Account"], "alice", "{notice}");
        assert_eq!(notice["GroupInfo"]["GroupType"], kind, "{notice}");
        carol.lose(&server).await;
        carol.resume().await;
        assert_eq!(count(&carol, &group, INVITED).await, 1, "{kind}");
        carol.client.logout().await.unwrap();
        let again = app.user("carol").connect().await;
        assert_eq!(count(&again, &group, INVITED).await, 0, "{kind}");
        again.client.logout().await.unwrap();
    }
}

#[tokio::test]
async fn who_lost_the_connection_gets_its_notices_when_back() {
    let (server, app) = begin(&["alice", "bob", "carol"]).await;
    let alice = app.user("alice").connect().await;
    let carol = app.user("carol").connect().await;
    let (kept, left, gone) = (
        create(&app, "Public", "carol", &["alice"]).await,
        create(&app, "Public", "alice", &["carol"]).await,
        create(&app, "Public", "alice", &["carol"]).await,
    );
    carol.settle().await;
    carol.lose(&server).await;
    let remove = json!({"GroupId": left, "MemberToDel_Account": ["carol"], "Reason": "quiet"});
    alice.ok(&named("delete_group_member"), remove).await;
    alice.ok(&named("destroy_group"), json!({"GroupId": gone})).await;
    let bob = app.user("bob").connect().await;
    let reply = bob.ok(&named("apply_join_group"), json!({"GroupId": kept, "ApplyMsg": "please"})).await;
    assert_eq!(reply["JoinedStatus"], "WaitAdminApproval");
    carol.resume().await;
    for (group, kind) in [(&left, 4), (&gone, 5), (&kept, 1)] {
        assert_eq!(count(&carol, group, kind).await, 1, "notice {kind}");
    }
    assert_eq!(notices(&carol.heard(), &left, 4)[0]["MsgBody"]["RemarkInfo"], "quiet");
    let pending =
        carol.ok(&named("get_pendency"), json!({"StartTime": 0, "Limit": 20, "Handle_Account": "carol"})).await;
    let list = pending["PendencyList"].as_array().unwrap();
    assert_eq!(list.len(), 1, "{pending}");
    assert_eq!((&list[0]["From_Account"], &list[0]["ApplyInviteMsg"]), (&json!("bob"), &json!("please")));
    assert_eq!(pending["NextStartTime"], 0);
    // A server that starts again tells nobody twice.
    server.restart().await;
    carol.resume().await;
    bob.resume().await;
    for (group, kind) in [(&left, 4), (&gone, 5), (&kept, 1)] {
        assert_eq!(count(&carol, group, kind).await, 1, "notice {kind} after the restart");
    }
    let agree = json!({"GroupId": kept, "Applicant_Account": "bob", "HandleMsg": "Agree", "Authentication": ""});
    carol.ok(&named("handle_apply_join_group"), agree.clone()).await;
    bob.expects("the decision", |heard| notices(heard, &kept, 2).pop()).await;
    let again = carol.code(&named("handle_apply_join_group"), agree).await;
    assert_eq!(again, number(Code::ApplicationHandled));
    say(&bob, &kept, "thank you").await;
    super::expect_text(&carol, &kept, "thank you").await;
}

/// The mentions in a group that came in: its sequence and how.
fn mentions(heard: &[Heard], group: &str) -> Vec<(i64, Value)> {
    let all = heard.iter().flat_map(|one| one.events("GroupTips"));
    all.filter(|item| super::group_of(item) == group)
        .filter_map(|item| {
            let what = if item.get("GroupAtTips").is_some() { &item["GroupAtTips"] } else { &item["MsgBody"] };
            what.get("GroupAtType").map(|kinds| (what["MsgSeq"].as_i64().unwrap(), kinds.clone()))
        })
        .collect()
}

async fn mention(who: &Online, group: &str, whom: Value) -> i64 {
    let random = fresh();
    let body = json!({"From_Account": who.name, "GroupId": group, "Random": random, "ClientSeq": random,
        "MsgBody": text("look"), "MsgClientTime": 1_700_000_000, "GroupAtInfo": whom});
    who.ok(&named("send_group_msg"), body).await["MsgSeq"].as_i64().unwrap()
}

#[tokio::test]
async fn who_was_mentioned_learns_of_it_until_read() {
    let (server, app) = begin(&["alice", "bob", "carol"]).await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let carol = app.user("carol");
    let group = create(&app, "Public", "alice", &["bob", "carol"]).await;
    let to_carol = mention(&alice, &group, json!([{"GroupAtAllFlag": 0, "GroupAt_Account": "carol"}])).await;
    let to_all = mention(&alice, &group, json!([{"GroupAtAllFlag": 1}])).await;
    let both = json!([{"GroupAtAllFlag": 1}, {"GroupAtAllFlag": 0, "GroupAt_Account": "carol"}]);
    let to_both = mention(&alice, &group, both).await;
    let wanted = [(to_carol, json!([1])), (to_all, json!([2])), (to_both, json!([1, 2]))];
    // One who is there is told at once, and of what concerns it.
    let told = bob.expects("the mentions", |heard| Some(mentions(heard, &group)).filter(|all| all.len() >= 2)).await;
    assert_eq!(told, [(to_all, json!([2])), (to_both, json!([2]))]);
    alice.settle().await;
    assert_eq!(mentions(&alice.heard(), &group), []);
    // One who was away is told at each sign-in until it has read.
    for _ in 0..2 {
        let carol = carol.connect().await;
        carol.settle().await;
        assert_eq!(mentions(&carol.heard(), &group), wanted);
        carol.client.logout().await.unwrap();
    }
    let carol = carol.connect().await;
    let read = json!({"GroupId": group, "MsgReadedSeq": to_all});
    carol.ok(&named("msg_read_report"), read).await;
    carol.client.logout().await.unwrap();
    let carol = app.user("carol").connect().await;
    carol.settle().await;
    assert_eq!(mentions(&carol.heard(), &group), wanted[2..]);
    carol.ok(&named("msg_read_report"), json!({"GroupId": group, "MsgReadedSeq": to_both})).await;
    carol.client.logout().await.unwrap();
    let carol = app.user("carol").connect().await;
    carol.settle().await;
    assert_eq!(mentions(&carol.heard(), &group), []);
    // A lost connection: the message comes again, and its mention with it.
    carol.lose(&server).await;
    let late = mention(&alice, &group, json!([{"GroupAtAllFlag": 0, "GroupAt_Account": "carol"}])).await;
    carol.resume().await;
    let all = |heard: &[Heard]| Some(mentions(heard, &group)).filter(|all| !all.is_empty());
    let told = carol.expects("the mention", all).await;
    assert_eq!(told[0], (late, json!([1])));
    carol.settle().await;
    let told = mentions(&carol.heard(), &group);
    assert!(told.iter().all(|one| *one == (late, json!([1]))), "{told:?}");
    assert_eq!(history(&carol, &group, 20).await.len(), 4);
    // A recalled mention is none.
    carol.client.logout().await.unwrap();
    let gone = json!({"GroupId": group, "MsgSeqList": [{"MsgSeq": late}]});
    app.admin().ok(&path("group_msg_recall"), gone).await;
    let carol = app.user("carol").connect().await;
    carol.settle().await;
    assert_eq!(mentions(&carol.heard(), &group), []);
}

#[tokio::test]
async fn who_was_away_learns_that_a_community_is_gone() {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&["alice", "bob", "carol"]).await;
    let group = create(&app, "Community", "alice", &["bob", "carol"]).await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    // Notices are for who signed in before: a first sign-in begins with what is there.
    let carol = app.user("carol").connect().await;
    carol.settle().await;
    carol.lose(&server).await;
    alice.ok(&named("destroy_group"), json!({"GroupId": group})).await;
    bob.expects("the dismissal", |heard| notices(heard, &group, 5).pop()).await;
    carol.resume().await;
    carol.expects("the dismissal", |heard| notices(heard, &group, 5).pop()).await;
    for who in [&bob, &carol] {
        who.settle().await;
        assert_eq!(notices(&who.heard(), &group, 5).len(), 1, "{}", who.name);
    }
}
