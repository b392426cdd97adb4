//! Groups, their members and messages, and topics.

use serde_json::{Value, json};
use support::{Admin, Hook, Reply, text};

use super::{Stage, code, console::samples_are_like, stage, words};

async fn create(admin: &Admin, kind: &str, id: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members.iter().map(|name| json!({"Member_Account": name})).collect();
    let body = json!({"Owner_Account": "alice", "Type": kind, "Name": "Hikers", "GroupId": id, "MemberList": members});
    admin.ask("group_open_http_svc/create_group", &body).await
}

async fn one(hook: &Hook, command: &str) -> Value {
    let call = hook.expects(&format!("Group.Callback{command}"), 1).await.remove(0);
    assert!(call.body["EventTime"].is_string() || command.contains("Topic"), "{}", call.body);
    call.body
}

fn accounts(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"Member_Account": name})).collect()
}

#[tokio::test]
async fn the_life_of_a_group_is_told() {
    let Stage { server, app, hook, alice, bob } = stage().await;
    let admin = app.admin();
    assert_eq!(create(&admin, "Public", "hikers", &["bob"]).await["ErrorCode"], 0);
    let body = one(&hook, "BeforeCreateGroup").await;
    assert_eq!(
        (&body["Operator_Account"], &body["Owner_Account"], &body["Type"], &body["Name"], &body["CreateGroupNum"]),
        (&json!("administrator"), &json!("alice"), &json!("Public"), &json!("Hikers"), &json!(0))
    );
    assert_eq!((&body["MemberList"], body.get("GroupId")), (&accounts(&["alice", "bob"]), None));
    let body = one(&hook, "AfterCreateGroup").await;
    assert_eq!((&body["GroupId"], &body["MemberList"]), (&json!("hikers"), &accounts(&["alice", "bob"])));

    let invite = json!({"GroupId": "hikers", "MemberList": [{"Member_Account": "carol"}]});
    admin.ok("group_open_http_svc/add_group_member", invite).await;
    let body = one(&hook, "BeforeInviteJoinGroup").await;
    assert_eq!(
        (&body["Operator_Account"], &body["DestinationMembers"]),
        (&json!("administrator"), &accounts(&["carol"]))
    );
    let body = one(&hook, "AfterNewMemberJoin").await;
    assert_eq!((&body["JoinType"], &body["NewMemberList"]), (&json!("Invited"), &accounts(&["carol"])));

    let sent = bob
        .ok(
            "group_open_http_svc.send_group_msg",
            json!({"GroupId": "hikers", "Random": 4021, "MsgBody": text("hi all")}),
        )
        .await;
    let body = one(&hook, "BeforeSendMsg").await;
    assert_eq!(
        (
            &body["GroupId"],
            &body["Type"],
            &body["From_Account"],
            &body["Operator_Account"],
            &body["Random"],
            words(&body)
        ),
        (&json!("hikers"), &json!("Public"), &json!("bob"), &json!("bob"), &json!(4021), "hi all")
    );
    let body = one(&hook, "AfterSendMsg").await;
    assert_eq!((&body["MsgSeq"], &body["MsgTime"], words(&body)), (&sent["MsgSeq"], &sent["MsgTime"], "hi all"));
    let forged = json!({"GroupId": "hikers", "From_Account": "bob", "Random": 5, "MsgBody": text("forged")});
    admin.ok("group_open_http_svc/send_group_msg", forged).await;
    let body = hook.expects("Group.CallbackAfterSendMsg", 2).await.remove(1).body;
    assert_eq!((&body["From_Account"], &body["Operator_Account"]), (&json!("bob"), &json!("administrator")));
    let recall = json!({"GroupId": "hikers", "MsgSeqList": [{"MsgSeq": sent["MsgSeq"]}]});
    admin.ok("group_open_http_svc/group_msg_recall", recall).await;
    assert_eq!(one(&hook, "AfterRecallMsg").await["MsgSeqList"], json!([{"MsgSeq": sent["MsgSeq"]}]));

    alice
        .ok(
            "group_open_http_svc.modify_group_base_info",
            json!({"GroupId": "hikers", "Name": "Climbers", "Notification": "up"}),
        )
        .await;
    let body = one(&hook, "AfterGroupInfoChanged").await;
    assert_eq!(
        (&body["Operator_Account"], &body["Name"], &body["Notification"], body.get("FaceUrl")),
        (&json!("alice"), &json!("Climbers"), &json!("up"), None)
    );
    let card = json!({"GroupId": "hikers", "Member_Account": "bob", "NameCard": "Bobby"});
    admin.ok("group_open_http_svc/modify_group_member_info", card).await;
    let body = one(&hook, "AfterMemberFieldChanged").await;
    assert_eq!(
        (&body["Modified_Account"], &body["NameCard"], body.get("Role")),
        (&json!("bob"), &json!("Bobby"), None)
    );
    let attribute = json!({"GroupId": "hikers", "GroupAttr": [{"key": "peak", "value": "high"}]});
    admin.ok("group_open_http_svc/modify_group_attr", attribute).await;
    let body = one(&hook, "AfterGroupAttrChanged").await;
    assert_eq!(
        (&body["OptionType"], &body["GroupAttr"]),
        (&json!("modify"), &json!([{"key": "peak", "value": "high"}]))
    );

    bob.ok("group_open_http_svc.quit_group", json!({"GroupId": "hikers"})).await;
    let body = one(&hook, "AfterMemberExit").await;
    assert_eq!((&body["ExitType"], &body["ExitMemberList"]), (&json!("Quit"), &accounts(&["bob"])));
    admin.ok("group_open_http_svc/change_group_owner", json!({"GroupId": "hikers", "NewOwner_Account": "carol"})).await;
    let body = one(&hook, "AfterChangeGroupOwner").await;
    assert_eq!((&body["OldOwner_Account"], &body["NewOwner_Account"]), (&json!("alice"), &json!("carol")));
    admin
        .ok("group_open_http_svc/delete_group_member", json!({"GroupId": "hikers", "MemberToDel_Account": ["alice"]}))
        .await;
    let body = hook.expects("Group.CallbackAfterMemberExit", 2).await.remove(1).body;
    assert_eq!((&body["ExitType"], &body["ExitMemberList"]), (&json!("Kicked"), &accounts(&["alice"])));
    admin.ok("group_open_http_svc/destroy_group", json!({"GroupId": "hikers"})).await;
    let body = one(&hook, "AfterGroupDestroyed").await;
    assert_eq!(
        (&body["Owner_Account"], &body["Name"], &body["MemberList"]),
        (&json!("carol"), &json!("Climbers"), &accounts(&["carol"]))
    );
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}

#[tokio::test]
async fn the_apps_server_decides_about_groups() {
    let Stage { server, app, hook, bob, .. } = stage().await;
    let admin = app.admin();
    for (answer, number) in [(1, 10016), (10_100, 10_100), (10_200, 10_200), (7, 10016)] {
        hook.answer("Group.CallbackBeforeCreateGroup", code(answer));
        let reply = create(&admin, "Public", "no", &[]).await;
        assert_eq!(reply["ErrorCode"], number, "{reply}");
    }
    hook.answer("Group.CallbackBeforeCreateGroup", code(0));
    create(&admin, "Public", "hikers", &[]).await;
    admin
        .ok("group_open_http_svc/modify_group_base_info", json!({"GroupId": "hikers", "ApplyJoinOption": "FreeAccess"}))
        .await;
    let apply =
        async || bob.code("group_open_http_svc.apply_join_group", json!({"GroupId": "hikers", "ApplyMsg": ""})).await;
    hook.answer("Group.CallbackBeforeApplyJoinGroup", code(10_150));
    assert_eq!(apply().await, 10_150);
    assert_eq!(one(&hook, "BeforeApplyJoinGroup").await["Requestor_Account"], "bob");
    hook.answer("Group.CallbackBeforeApplyJoinGroup", Reply::Status(500));
    assert_eq!(apply().await, 0);
    assert_eq!(one(&hook, "AfterNewMemberJoin").await["JoinType"], "Apply");

    let invite = async || {
        let members = json!([{"Member_Account": "carol"}, {"Member_Account": "dave"}]);
        admin.ask("group_open_http_svc/add_group_member", &json!({"GroupId": "hikers", "MemberList": members})).await
    };
    app.import(&["dave"]).await;
    hook.answer("Group.CallbackBeforeInviteJoinGroup", code(1));
    assert_eq!(invite().await["ErrorCode"], 10016);
    hook.answer(
        "Group.CallbackBeforeInviteJoinGroup",
        Reply::Json(json!({"ErrorCode": 0, "RefusedMembers_Account": ["carol"]})),
    );
    let reply = invite().await;
    assert_eq!(
        reply["MemberList"],
        json!([{"Member_Account": "carol", "Result": 0}, {"Member_Account": "dave", "Result": 1}])
    );

    let say = async |random: u32, words: &str| {
        let body = json!({"GroupId": "hikers", "Random": random, "MsgBody": text(words)});
        bob.ask("group_open_http_svc.send_group_msg", &body).await
    };
    for (answer, number) in [(1, 10016), (10_123, 10_123), (120_001, 10016)] {
        hook.answer("Group.CallbackBeforeSendMsg", code(answer));
        assert_eq!(say(answer as u32, "no").await["ErrorCode"], number);
    }
    assert_eq!(one(&hook, "SendMsgException").await["ErrorCode"], 10016);
    hook.answer("Group.CallbackBeforeSendMsg", code(2));
    assert_eq!(say(2, "into the void").await["ErrorCode"], 0);
    hook.answer(
        "Group.CallbackBeforeSendMsg",
        Reply::Json(json!({"ErrorCode": 0, "MsgBody": text("hi all (edited)")})),
    );
    assert_eq!(say(3, "hi all").await["ErrorCode"], 0);
    let body = one(&hook, "AfterSendMsg").await;
    assert_eq!(words(&body), "hi all (edited)");
    let read = json!({"GroupId": "hikers", "ReqMsgNumber": 20});
    let history = admin.ok("group_open_http_svc/group_msg_get_simple", read).await;
    let said: Vec<_> =
        history["RspMsgList"].as_array().unwrap().iter().map(words).filter(|words| !words.is_empty()).collect();
    assert_eq!(said, ["hi all (edited)"]);
    app.set("callback_on_failure", "refuse").await;
    hook.answer("Group.CallbackBeforeSendMsg", Reply::Garbage);
    assert_eq!(say(4, "no").await["ErrorCode"], 80003);
    assert_eq!(say(4, "no").await["ErrorCode"], 80003);
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}

#[tokio::test]
async fn full_groups_live_rooms_and_topics_are_told_of() {
    let Stage { server, app, hook, alice, bob } = stage().await;
    let admin = app.admin();
    let body =
        json!({"Owner_Account": "alice", "Type": "Public", "Name": "Two", "GroupId": "two", "MaxMemberCount": 2});
    admin.ok("group_open_http_svc/create_group", body).await;
    let invite = |name: &str| json!({"GroupId": "two", "MemberList": [{"Member_Account": name}]});
    admin.ok("group_open_http_svc/add_group_member", invite("bob")).await;
    let body = one(&hook, "AfterGroupFull").await;
    assert_eq!((&body["GroupId"], body.get("Type")), (&json!("two"), None));
    assert_eq!(admin.code("group_open_http_svc/add_group_member", invite("carol")).await, 10014);
    hook.expects("Group.CallbackAfterGroupFull", 2).await;

    create(&admin, "AVChatRoom", "live", &[]).await;
    for user in [&alice, &bob] {
        user.ok("group_open_http_svc.apply_join_group", json!({"GroupId": "live", "ApplyMsg": ""})).await;
    }
    bob.ok("group_open_http_svc.send_group_msg", json!({"GroupId": "live", "Random": 9, "MsgBody": text("wow")})).await;
    let call = hook.expects_with("Group.CallbackAfterSendMsg", "GroupId", "live").await;
    assert_eq!((words(&call.body), &call.body["Type"]), ("wow", &json!("AVChatRoom")));
    let came: Vec<_> =
        hook.expects("Group.CallbackAfterNewMemberJoin", 3).await.drain(1..).map(|call| call.body).collect();
    for (body, name) in came.iter().zip(["alice", "bob"]) {
        assert_eq!((&body["GroupId"], &body["JoinType"]), (&json!("live"), &json!("Apply")));
        assert_eq!(body["NewMemberList"], accounts(&[name]));
    }
    alice.ok("group_open_http_svc.quit_group", json!({"GroupId": "live"})).await;
    let body = one(&hook, "AfterMemberExit").await;
    assert_eq!((&body["ExitType"], &body["ExitMemberList"]), (&json!("Quit"), &accounts(&["alice"])));
    let ban = json!({"GroupId": "live", "Members_Account": ["bob"], "Duration": 60});
    admin.ok("group_open_http_svc/ban_group_member", ban).await;
    let body = hook.expects("Group.CallbackAfterMemberExit", 2).await.remove(1).body;
    assert_eq!((&body["ExitType"], &body["ExitMemberList"]), (&json!("Kicked"), &accounts(&["bob"])));

    let body = json!({"Owner_Account": "alice", "Type": "Community", "Name": "Birds", "GroupId": "@TGS#_birds", "SupportTopic": 1});
    admin.ok("group_open_http_svc/create_group", body).await;
    let topic = json!({"GroupId": "@TGS#_birds", "TopicId": "@TGS#_birds@TOPIC#_wrens", "TopicName": "wrens", "From_Account": "alice"});
    hook.answer("Group.CallbackBeforeCreateTopic", code(1));
    assert_eq!(admin.code("million_group_open_http_svc/create_topic", topic.clone()).await, 10016);
    hook.answer("Group.CallbackBeforeCreateTopic", code(0));
    admin.ok("million_group_open_http_svc/create_topic", topic).await;
    let body = one(&hook, "AfterCreateTopic").await;
    assert_eq!((&body["TopicId"], &body["Name"]), (&json!("@TGS#_birds@TOPIC#_wrens"), &json!("wrens")));
    let change = json!({"GroupId": "@TGS#_birds", "TopicId": "@TGS#_birds@TOPIC#_wrens", "TopicName": "robins"});
    admin.ok("million_group_open_http_svc/modify_topic", change).await;
    assert_eq!(one(&hook, "AfterTopicInfoChanged").await["Name"], "robins");
    let say =
        json!({"GroupId": "@TGS#_birds", "TopicId": "@TGS#_birds@TOPIC#_wrens", "Random": 3, "MsgBody": text("tweet")});
    alice.ok("group_open_http_svc.send_group_msg", say).await;
    let call = hook.expects_with("Group.CallbackAfterSendMsg", "TopicId", "@TGS#_birds@TOPIC#_wrens").await;
    assert_eq!(words(&call.body), "tweet");
    let gone = json!({"GroupId": "@TGS#_birds", "TopicIdList": ["@TGS#_birds@TOPIC#_wrens"]});
    admin.ok("million_group_open_http_svc/destroy_topic", gone).await;
    assert_eq!(one(&hook, "AfterTopicDestroyed").await["TopicIdList"], json!(["@TGS#_birds@TOPIC#_wrens"]));
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}
