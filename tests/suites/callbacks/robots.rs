//! Robots, receipts, and what the app's words refuse.

use serde_json::json;
use support::text;

use super::{Stage, console::samples_are_like, stage, words};

const C2C: &str = "Bot.OnC2CMessage";
const GROUP: &str = "Bot.OnGroupMessage";

#[tokio::test]
async fn robots_are_told_what_is_said_to_them() {
    let Stage { server, app, hook, alice, bob } = stage().await;
    let admin = app.admin();
    for robot in ["@RBT#helper", "@RBT#poet"] {
        admin.ok("openim_robot_http_svc/create_robot", json!({"UserID": robot, "Nick": "R"})).await;
    }
    bob.ok("openim.sendmsg", bob.message("alice", (1, 2), "for people")).await;
    let sent = alice.ok("openim.sendmsg", alice.message("@RBT#helper", (7, 8), "what is new?")).await;
    let call = hook.expects(C2C, 1).await.remove(0);
    let body = &call.body;
    assert_eq!(
        (&body["From_Account"], &body["To_Account"], &body["MsgKey"], words(body)),
        (&json!("alice"), &json!("@RBT#helper"), &sent["MsgKey"], "what is new?")
    );
    assert_eq!((body["MsgSeq"].as_i64(), body["MsgRandom"].as_i64()), (Some(7), Some(8)));
    assert_eq!(call.query["OptPlatform"], "Web");
    alice.ok("openim.sendmsg", alice.message("@RBT#helper", (7, 8), "what is new?")).await;
    let quiet = json!({"From_Account": "alice", "To_Account": "@RBT#helper", "MsgRandom": 9, "MsgBody": text("quiet"),
        "ForbidCallbackControl": ["ForbidAfterSendMsgCallback"]});
    admin.ok("openim/sendmsg", quiet).await;
    alice.ok("openim.sendmsg", alice.message("@RBT#poet", (10, 11), "a verse")).await;
    let heard = hook.expects(C2C, 2).await;
    let said: Vec<_> = heard.iter().map(|call| words(&call.body)).collect();
    assert_eq!(said, ["what is new?", "a verse"], "neither the repeat nor what its sender forbade");

    let create = json!({"Owner_Account": "alice", "Type": "Public", "Name": "Hikers", "GroupId": "hikers",
        "MemberList": [{"Member_Account": "bob"}]});
    admin.ok("group_open_http_svc/create_group", create).await;
    let mention = |name: &str| json!({"GroupAtAllFlag": 0, "GroupAt_Account": name});
    let say = async |random: u32, words: &str, at: &[&str]| {
        let at: Vec<_> = at.iter().map(|name| mention(name)).collect();
        let body = json!({"GroupId": "hikers", "Random": random, "MsgBody": text(words), "GroupAtInfo": at});
        bob.ok("group_open_http_svc.send_group_msg", body).await
    };
    say(1, "hi all", &[]).await;
    say(2, "alice, hi", &["alice"]).await;
    let sent = say(3, "robots, hi", &["@RBT#helper", "alice", "@RBT#poet"]).await;
    let body = hook.expects(GROUP, 1).await.remove(0).body;
    assert_eq!(
        (&body["GroupId"], &body["From_Account"], &body["MsgSeq"], words(&body)),
        (&json!("hikers"), &json!("bob"), &sent["MsgSeq"], "robots, hi")
    );
    assert_eq!(body["AtRobotAccount"], json!(["@RBT#helper", "@RBT#poet"]));
    say(4, "poet, hi", &["@RBT#poet"]).await;
    let body = hook.expects(GROUP, 2).await.remove(1).body;
    assert_eq!((words(&body), &body["AtRobotAccount"]), ("poet, hi", &json!(["@RBT#poet"])));
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}

#[tokio::test]
async fn receipts_of_groups_are_told() {
    let Stage { server, app, hook, alice, bob } = stage().await;
    let create = json!({"Owner_Account": "alice", "Type": "Public", "Name": "Hikers", "GroupId": "hikers",
        "MemberList": [{"Member_Account": "bob"}, {"Member_Account": "carol"}]});
    app.admin().ok("group_open_http_svc/create_group", create).await;
    let mut numbers = Vec::new();
    for (random, receipt) in [(1, 1), (2, 0), (3, 1)] {
        let body =
            json!({"GroupId": "hikers", "Random": random, "MsgBody": text("read me"), "NeedReadReceipt": receipt});
        numbers.push(alice.ok("group_open_http_svc.send_group_msg", body).await["MsgSeq"].clone());
    }
    let confirm = async |numbers: &[serde_json::Value]| {
        let list: Vec<_> = numbers.iter().map(|number| json!({"MsgSeq": number})).collect();
        let body = json!({"GroupId": "hikers", "From_Account": "bob", "MsgSeqList": list});
        bob.ok("group_open_http_svc.group_msg_receipt", body).await;
    };
    let receipt = |number: &serde_json::Value| json!({"MsgSeq": number, "ReadNum": 1, "UnreadNum": 1, "ReadReceiptMembers": [{"Member_Account": "bob"}]});
    confirm(&numbers[..2]).await;
    let body = hook.expects("Group.CallbackAfterReadReceipt", 1).await.remove(0).body;
    assert_eq!((&body["GroupId"], &body["Type"]), (&json!("hikers"), &json!("Public")));
    assert_eq!(body["GroupMsgReceiptList"], json!([receipt(&numbers[0])]), "the other one asked for none");
    confirm(&numbers).await;
    let body = hook.expects("Group.CallbackAfterReadReceipt", 2).await.remove(1).body;
    assert_eq!(body["GroupMsgReceiptList"], json!([receipt(&numbers[2])]), "nothing is confirmed twice");
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}

#[tokio::test]
async fn what_words_refuse_is_not_asked_about_and_told_as_a_failure() {
    let Stage { server, app, hook, alice, .. } = stage().await;
    let admin = app.admin();
    admin.ok("openim_dirty_words/add", json!({"DirtyWordsList": ["shovel"]})).await;
    let create = json!({"Owner_Account": "alice", "Type": "Public", "Name": "Hikers", "GroupId": "hikers"});
    admin.ok("group_open_http_svc/create_group", create).await;
    assert_eq!(alice.code("openim.sendmsg", alice.message("bob", (1, 2), "a shovel")).await, 80001);
    let body = hook.expects("C2C.CallbackAfterSendMsg", 1).await.remove(0).body;
    assert_eq!((&body["SendMsgResult"], words(&body)), (&json!(80001), "a shovel"));
    let say = json!({"GroupId": "hikers", "Random": 5, "MsgBody": text("a shovel")});
    assert_eq!(alice.code("group_open_http_svc.send_group_msg", say).await, 80001);
    let body = hook.expects("Group.CallbackSendMsgException", 1).await.remove(0).body;
    assert_eq!((&body["ErrorCode"], &body["From_Account"], words(&body)), (&json!(80001), &json!("alice"), "a shovel"));
    assert_eq!(hook.heard("C2C.CallbackBeforeSendMsg").len() + hook.heard("Group.CallbackBeforeSendMsg").len(), 0);
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}
