//! Pushes to all users: everybody gets each once, at once or later, whatever happens to the server meanwhile.

use serde_json::{Value, json};
use store::{Batch, params};
use support::{Admin, App, DEADLINE, Heard, Online, Server, code, received, text};
use tokio::time::{Instant, sleep};

const PUSH: &str = "all_member_push/im_push";

/// So far apart that pushes are not too frequent.
const APART: i64 = 1000;

async fn push(app: &App, random: u32, lifetime: i64, words: &str) -> String {
    pushed_to(app, random, lifetime, words, json!(null)).await
}

async fn pushed_to(app: &App, random: u32, lifetime: i64, words: &str, condition: Value) -> String {
    let body = json!({"From_Account": "notice", "MsgRandom": random, "MsgLifeTime": lifetime, "MsgBody": text(words),
        "Condition": condition});
    app.server.world().advance(APART);
    let task = app.admin().ok(PUSH, body).await["TaskId"].as_str().unwrap().to_owned();
    finished(&app.admin(), &task).await;
    task
}

async fn report(admin: &Admin, task: &str) -> Value {
    admin.ok("all_member_push/im_get_push_report", json!({"TaskIds": [task]})).await["Reports"][0].clone()
}

/// Waits until a push is finished, and returns how many had their turn.
async fn finished(admin: &Admin, task: &str) -> i64 {
    let start = Instant::now();
    loop {
        let report = report(admin, task).await;
        if report["Status"] == 2 {
            return report["Finished"].as_i64().unwrap();
        }
        assert!(start.elapsed() < DEADLINE, "the push did not finish: {report}");
        sleep(std::time::Duration::from_millis(5)).await;
    }
}

fn words(user: &Online) -> Vec<String> {
    received(&user.heard()).into_iter().map(|message| message.text).collect()
}

#[tokio::test]
async fn who_is_online_gets_it_at_once_and_nobody_later() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["alice", "bob"]).await;
    let alice = app.user("alice").connect().await;
    push(&app, 1, 0, "now").await;
    let got = alice.expects_text("now").await;
    assert_eq!((got.from.as_str(), got.to.as_str(), got.random), ("notice", "alice", 1));
    let bob = app.user("bob").connect().await;
    alice.settle().await;
    bob.settle().await;
    assert_eq!((words(&alice), words(&bob)), (vec!["now".to_owned()], vec![]));
}

#[tokio::test]
async fn who_is_away_gets_it_once_on_coming_back() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["alice", "bob", "carol"]).await;
    let (alice, carol) = (app.user("alice").connect().await, app.user("carol").connect().await);
    carol.lose(&server).await;
    push(&app, 1, 600, "first").await;
    push(&app, 2, 600, "second").await;
    alice.expects_text("second").await;
    // Somebody who never was here, somebody whose connection was lost, somebody who is here already.
    let bob = app.user("bob").connect().await;
    bob.expects_text("second").await;
    carol.resume().await;
    carol.expects_text("second").await;
    app.set("web_instances", "3").await;
    for name in ["alice", "bob", "carol"] {
        let again = app.user(name).connect().await;
        again.settle().await;
        assert_eq!(words(&again), [""; 0], "{name} has it already");
    }
    for user in [&alice, &bob, &carol] {
        assert_eq!(words(user), ["first", "second"], "{}", user.name);
        assert_eq!(user.history("notice", 10).await, [], "it is in no history");
    }
    let late = app.user("dora").connect().await;
    late.settle().await;
    assert_eq!(words(&late), [""; 0], "it was for those there were");
}

#[tokio::test]
async fn nobody_gets_what_is_too_old() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["bob"]).await;
    push(&app, 1, 60, "short").await;
    push(&app, 2, 6000, "long").await;
    server.world().advance(60_000);
    let bob = app.user("bob").connect().await;
    bob.expects_text("long").await;
    bob.settle().await;
    assert_eq!(words(&bob), ["long"]);
}

#[tokio::test]
async fn conditions_choose_by_tags_and_attributes() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    let names = ["alice", "bob", "carol"];
    app.import(&names).await;
    let admin = app.admin();
    let tags =
        json!({"UserTags": [{"To_Account": "alice", "Tags": ["red", "blue"]}, {"To_Account": "bob", "Tags": ["red"]}]});
    admin.ok("all_member_push/im_add_tag", tags).await;
    admin.ok("openim/im_set_attr_name", json!({"AttrNames": {"0": "city"}})).await;
    let values = json!({"UserAttrs": [{"To_Account": "bob", "Attrs": {"city": "Ghent"}},
        {"To_Account": "carol", "Attrs": {"city": "Bruges"}}]});
    admin.ok("all_member_push/im_set_attr", values).await;
    let mut online = Vec::new();
    for name in names {
        online.push(app.user(name).connect().await);
    }
    for (random, lifetime, condition, chosen) in [
        (1, 0, json!({"TagsOr": ["red", "none"]}), vec!["alice", "bob"]),
        (2, 600, json!({"TagsAnd": ["red", "blue"]}), vec!["alice"]),
        (3, 600, json!({"AttrsAnd": {"city": "Ghent"}}), vec!["bob"]),
        (4, 600, json!([{"AttrsOr": {"city": "Bruges"}}]), vec!["carol"]),
        (5, 600, json!({"TagsAnd": ["none"]}), vec![]),
    ] {
        let text = format!("push {random}");
        let task = pushed_to(&app, random, lifetime, &text, condition).await;
        assert_eq!(report(&admin, &task).await["Total"], json!(chosen.len()), "{text}");
        for user in &online {
            user.settle().await;
            assert_eq!(words(user).contains(&text), chosen.contains(&user.name.as_str()), "{text} to {}", user.name);
        }
    }
}

/// Brings a push back to a state and to an account: what a crash between two writes leaves. Accounts count from 1.
async fn bring_back(server: &Server, task: &str, state: i64, reached: i64) {
    const BACK: &str = "UPDATE push_job SET state = $1, reached = $2, finished = $2 WHERE task = $3";
    let mut batch = Batch::new();
    batch.run(BACK, params![state, reached, task]);
    server.services().store().book.write(batch).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_goes_on_and_nobody_gets_it_twice() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    let names: Vec<String> = (0..1200).map(|number| format!("user{number}")).collect();
    for hundred in names.chunks(100) {
        app.import(&hundred.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    let here = app.user("user7").connect().await;
    let task = push(&app, 1, 86_400, "one of many").await;
    assert_eq!(report(&app.admin(), &task).await["Total"], 1200);
    here.expects_text("one of many").await;
    // Longer than the log remembers names of messages.
    server.world().advance(3_600_000);
    // The last batch was stored, and nobody noted it.
    bring_back(&server, &task, 1, 1000).await;
    server.restart().await;
    assert_eq!(finished(&app.admin(), &task).await, 1200);
    for name in ["user0", "user7", "user1199"] {
        let user = app.user(name).connect().await;
        user.settle().await;
        let expected = if name == "user7" { vec![] } else { vec!["one of many"] };
        assert_eq!(words(&user), expected, "{name}");
    }
    assert_eq!(here.heard().iter().map(Heard::messages).filter(|all| !all.is_empty()).count(), 1);
}

#[tokio::test]
async fn operators_hold_and_end_pushes() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["bob"]).await;
    let operator = server.operator().await;
    let task = push(&app, 1, 600, "held").await;
    let body = json!({"sdkAppId": app.sdkappid, "taskId": task});
    let state = async |command: &str| {
        let answer = operator.ask(command, &body).await;
        (answer.status, answer.json()["state"].as_str().map(str::to_owned))
    };
    assert_eq!(state("console.push.pause").await.0, 400, "it is finished");
    bring_back(&server, &task, 0, 0).await;
    assert_eq!(state("console.push.pause").await, (200, Some("paused".into())));
    assert_eq!(report(&app.admin(), &task).await["Status"], 1);
    server.restart().await;
    assert_eq!(report(&app.admin(), &task).await["Finished"], 0, "a held one stays held");
    let resumed = operator.ask("console.push.resume", &body).await;
    assert_eq!(resumed.status, 200);
    assert!(finished(&app.admin(), &task).await > 0);
    bring_back(&server, &task, 3, 0).await;
    assert_eq!(state("console.push.cancel").await, (200, Some("cancelled".into())));
    assert_eq!(state("console.push.resume").await.0, 400);
    let listed = operator.ask("console.push.list", &json!({"sdkAppId": app.sdkappid})).await.json();
    assert_eq!((&listed["pushes"][0]["taskId"], &listed["pushes"][0]["state"]), (&json!(task), &json!("cancelled")));
    let wrong = json!({"sdkAppId": app.sdkappid, "taskId": "none"});
    assert_eq!(operator.ask("console.push.cancel", &wrong).await.status, 404);
}

#[tokio::test]
async fn pushes_are_limited_and_repeats_are_one() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    let world = server.world();
    let ask = async |random: u32| app.admin().ask(PUSH, &json!({"MsgRandom": random, "MsgBody": text("x")})).await;
    let first = ask(1).await;
    assert_eq!(code(&first), 0);
    assert_eq!(ask(1).await["TaskId"], first["TaskId"], "the same number is the same push");
    assert_eq!(code(&ask(2).await), 90024);
    for random in 2..=100 {
        world.advance(APART);
        assert_eq!(code(&ask(random).await), 0, "{random}");
    }
    world.advance(APART);
    assert_eq!(code(&ask(101).await), 90047);
    world.advance(86_400_000);
    assert_eq!(code(&ask(101).await), 0);
    assert_eq!(ask(1).await["TaskId"], first["TaskId"]);
    world.advance(7 * 86_400_000);
    let much_later = ask(1).await;
    assert!(code(&much_later) == 0 && much_later["TaskId"] != first["TaskId"], "{much_later}");
    app.set("all_member_push", "false").await;
    world.advance(APART);
    assert_eq!(code(&ask(500).await), 90045);
}

#[tokio::test]
async fn random_numbers_are_those_of_a_command() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["alice"]).await;
    let admin = app.admin();
    let notice = json!({"From_Account": "notice", "MsgRandom": 1,
        "OfflinePushInfo": {"PushFlag": 0, "Title": "t", "Desc": "sale"}});
    let mut named = notice.clone();
    named["To_Account"] = json!(["alice"]);
    let mut tasks = Vec::new();
    for (command, body) in
        [(PUSH, json!({"MsgRandom": 1, "MsgBody": text("x")})), ("timpush/push", notice), ("timpush/batch", named)]
    {
        for _ in 0..2 {
            tasks.push(admin.ok(command, body.clone()).await["TaskId"].as_str().unwrap().to_owned());
        }
    }
    tasks.dedup();
    assert_eq!(tasks.len(), 3, "{tasks:?}");
    for (task, wanted) in tasks.iter().zip([90049, 0, 0]) {
        server.world().advance(APART);
        assert_eq!(admin.code("timpush/revoke", json!({"TaskId": task})).await, wanted, "{task}");
    }
}

#[tokio::test]
async fn notices_reach_named_users_and_can_be_taken_back() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["alice", "bob", "carol"]).await;
    let (admin, alice) = (app.admin(), app.user("alice").connect().await);
    let body = json!({"From_Account": "notice", "To_Account": ["alice", "bob", "a-device"], "MsgRandom": 5,
        "OfflinePushInfo": {"PushFlag": 0, "Title": "t", "Desc": "sale", "Ext": "e"}});
    let task = admin.ok("timpush/batch", body).await["TaskId"].as_str().unwrap().to_owned();
    assert!(task.starts_with("batch_"), "{task}");
    assert_eq!(finished(&admin, &task).await, 2);
    let notice = |heard: &[Heard]| {
        let messages = heard.iter().flat_map(|one| one.events("C2cMsgArray"));
        messages.map(|message| message["MsgBody"][0]["MsgContent"].clone()).next()
    };
    assert_eq!(alice.expects("the notice", notice).await, json!({"Data": "e", "Desc": "sale", "Ext": "t"}));
    assert_eq!(admin.code("timpush/revoke", json!({"TaskId": "none"})).await, 90049);
    admin.ok("timpush/revoke", json!({"TaskId": task})).await;
    let taken_back = |heard: &[Heard]| {
        let mut events = heard.iter().flat_map(|one| one.events("C2cNotifyMsgArray"));
        events.find(|event| event["WithdrawC2cMsgNotify"]["C2cWithdrawInfoArray"][0]["MsgRandom"] == 5)
    };
    alice.expects("the withdrawal", taken_back).await;
    assert_eq!(admin.code("timpush/revoke", json!({"TaskId": task})).await, 90050);
    let bob = app.user("bob").connect().await;
    bob.settle().await;
    assert_eq!(received(&bob.heard()), []);
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_removed() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["alice", "bob"]).await;
    let alice = app.user("alice").connect().await;
    alice.lose(&server).await;
    push(&app, 1, 600, "old").await;
    server.world().advance(29 * 86_400_000);
    push(&app, 2, 7 * 86_400, "new").await;
    assert_eq!(server.services().purge_notices().await.unwrap(), 0, "it is not old enough");
    server.world().advance(86_400_000);
    assert_eq!(server.services().purge_notices().await.unwrap(), 2);
    assert_eq!(server.services().purge_notices().await.unwrap(), 0, "nothing is left to be removed");
    let services = server.services();
    for (_, conversation) in services.store().book.systems_after(0, 10).await.unwrap() {
        let left = services.store().log.range(conversation, 0, i64::MAX, false, 10, 0).await.unwrap();
        assert_eq!(left.len(), 1);
    }
    let bob = app.user("bob").connect().await;
    assert_eq!(bob.expects_text("new").await.text, "new");
    assert_eq!(words(&bob), ["new"]);
}
