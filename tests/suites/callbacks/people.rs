//! Status, profiles and friends.

use serde_json::{Value, json};
use support::Reply;

use super::{Stage, console::samples_are_like, stage};

const STATE: &str = "State.StateChange";

fn pair(from: &str, to: &str) -> Value {
    json!({"From_Account": from, "To_Account": to})
}

async fn add(from: &support::Online, to: &str) -> Value {
    let item = json!([{"To_Account": to, "AddSource": "AddSource_Type_Web", "AddWording": "hello"}]);
    let body = json!({"From_Account": from.name, "AddType": "Add_Type_Both", "AddFriendItem": item});
    from.ok("sns.friend_add", body).await["ResultItem"][0].clone()
}

#[tokio::test]
async fn the_status_of_users_is_told() {
    let Stage { server, app, hook, alice, .. } = stage().await;
    let call =
        hook.expects(STATE, 2).await.into_iter().find(|call| call.body["Info"]["To_Account"] == "alice").unwrap();
    assert_eq!(call.body["Info"], json!({"Action": "Login", "To_Account": "alice", "Reason": "Register"}));
    assert!(call.body["EventTime"].is_i64() && call.body.get("KickedDevice").is_none(), "{}", call.body);
    assert_eq!((call.query["OptPlatform"].as_str(), call.query["ClientIP"].as_str()), ("Web", "127.0.0.1"));
    let of_alice = |action: &str| {
        let calls = hook.heard(STATE).into_iter();
        calls
            .filter(|call| call.body["Info"]["To_Account"] == "alice" && call.body["Info"]["Action"] == action)
            .collect::<Vec<_>>()
    };
    alice.lose(&server).await;
    support::eventually("the disconnect", || of_alice("Disconnect").len() == 1).await;
    assert_eq!(of_alice("Disconnect")[0].body["Info"]["Reason"], "LinkClose");
    alice.resume().await;
    support::eventually("the return", || of_alice("Login").len() == 2).await;
    let again = app.user("alice").connect().await;
    support::eventually("the other device", || of_alice("Login").len() == 3).await;
    assert_eq!(of_alice("Login")[2].body["KickedDevice"], json!([{"Platform": "Web"}]));
    again.ok("im_open_status.wslogout", json!({})).await;
    support::eventually("the end", || of_alice("Logout").len() == 1).await;
    assert_eq!(of_alice("Logout")[0].body["Info"]["Reason"], "Unregister");
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}

#[tokio::test]
async fn quick_changes_of_status_are_told_in_order() {
    let Stage { server, hook, alice, .. } = stage().await;
    for _ in 0..20 {
        alice.lose(&server).await;
        alice.resume().await;
    }
    let of_alice = || {
        let mut calls = hook.heard(STATE);
        calls.retain(|call| call.body["Info"]["To_Account"] == "alice");
        calls
    };
    support::eventually("all changes", || of_alice().len() == 41).await;
    for (number, call) in of_alice().iter().enumerate() {
        let action = if number % 2 == 0 { "Login" } else { "Disconnect" };
        assert_eq!(call.body["Info"]["Action"], action, "change {number}");
    }
}

#[tokio::test]
async fn servers_of_2019_get_what_they_know() {
    let Stage { server, app, hook, alice, bob } = stage().await;
    app.set("callback_form", "2019").await;
    alice.lose(&server).await;
    let find = || hook.heard(STATE).into_iter().find(|call| call.body["Info"]["Reason"] == "LinkClose");
    support::eventually("the disconnect", || find().is_some()).await;
    assert_eq!(
        find().unwrap().body,
        json!({"CallbackCommand": STATE, "Info": {"Action": "Logout", "To_Account": "alice", "Reason": "LinkClose"}})
    );
    bob.ok("openim.sendmsg", bob.message("carol", (1, 2), "hi")).await;
    let call = hook.expects("C2C.CallbackBeforeSendMsg", 1).await.remove(0);
    let mut names: Vec<_> = call.body.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["CallbackCommand", "From_Account", "MsgBody", "MsgRandom", "MsgSeq", "MsgTime", "To_Account"]);
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}

#[tokio::test]
async fn profiles_and_relations_are_told() {
    let Stage { server, app, hook, alice, .. } = stage().await;
    let items = json!([{"Tag": "Tag_Profile_IM_Nick", "Value": "Ann"}]);
    alice.ok("profile.portrait_set", json!({"From_Account": "alice", "ProfileItem": items})).await;
    let call = hook.expects("Profile.CallbackPortraitSet", 1).await.remove(0);
    assert_eq!(
        (&call.body["Operator_Account"], &call.body["From_Account"], &call.body["ProfileItem"]),
        (&json!("alice"), &json!("alice"), &items)
    );
    app.admin().ok("profile/portrait_set", json!({"From_Account": "alice", "ProfileItem": items})).await;

    assert_eq!(add(&alice, "bob").await["ResultCode"], 0);
    let call = hook.expects("Sns.CallbackFriendAdd", 1).await.remove(0);
    let made = |from: &str, to: &str| json!({"From_Account": from, "To_Account": to, "Initiator_Account": "alice"});
    assert_eq!(call.body["PairList"], json!([made("alice", "bob"), made("bob", "alice")]));
    assert_eq!(
        (&call.body["ClientCmd"], &call.body["Admin_Account"], &call.body["ForceFlag"]),
        (&json!("friend_add"), &json!(""), &json!(0))
    );
    let delete = json!({"From_Account": "alice", "To_Account": ["bob"], "DeleteType": "Delete_Type_Both"});
    alice.ok("sns.friend_delete", delete).await;
    let call = hook.expects("Sns.CallbackFriendDelete", 1).await.remove(0);
    assert_eq!(call.body["PairList"], json!([pair("alice", "bob"), pair("bob", "alice")]));
    for (command, callback) in [("black_list_add", "BlackListAdd"), ("black_list_delete", "BlackListDelete")] {
        app.admin().ok(&format!("sns/{command}"), json!({"From_Account": "alice", "To_Account": ["carol"]})).await;
        let call = hook.expects(&format!("Sns.Callback{callback}"), 1).await.remove(0);
        assert_eq!(
            (&call.body["PairList"], call.query["OptPlatform"].as_str()),
            (&json!([pair("alice", "carol")]), "RESTAPI")
        );
    }
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}

#[tokio::test]
async fn the_apps_server_decides_who_becomes_a_friend() {
    let Stage { server, app, hook, alice, bob } = stage().await;
    let refusing = |user: &str| {
        let item = json!([{"To_Account": user, "ResultCode": 38001, "ResultInfo": "strangers"}]);
        Reply::Json(json!({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "", "ResultItem": item}))
    };
    hook.answer("Sns.CallbackPrevFriendAdd", refusing("bob"));
    let result = add(&alice, "bob").await;
    assert_eq!((&result["ResultCode"], &result["ResultInfo"]), (&json!(38001), &json!("strangers")));
    let call = hook.expects("Sns.CallbackPrevFriendAdd", 1).await.remove(0);
    assert_eq!(
        (&call.body["Requester_Account"], &call.body["AddType"], &call.body["ForceAddFlags"]),
        (&json!("alice"), &json!("Add_Type_Both"), &json!(0))
    );
    assert_eq!(
        (&call.body["FriendItem"][0]["To_Account"], &call.body["FriendItem"][0]["AddWording"]),
        (&json!("bob"), &json!("hello"))
    );
    let body =
        json!({"From_Account": "alice", "AddFriendItem": [{"To_Account": "carol", "AddSource": "AddSource_Type_Web"}]});
    app.admin().ok("sns/friend_add", body).await;
    assert_eq!(hook.heard("Sns.CallbackPrevFriendAdd").len(), 1, "backends are not asked about");

    let confirm = json!([{"Tag": "Tag_Profile_IM_AllowType", "Value": "AllowType_Type_NeedConfirm"}]);
    bob.ok("profile.portrait_set", json!({"From_Account": "bob", "ProfileItem": confirm})).await;
    hook.answer("Sns.CallbackPrevFriendAdd", super::code(9));
    assert_eq!(add(&alice, "bob").await["ResultCode"], 30539, "an outer code lets everybody pass");
    let answer = async || {
        let item = json!([{"To_Account": "alice", "ResponseAction": "Response_Action_AgreeAndAdd"}]);
        bob.ok("sns.friend_response", json!({"From_Account": "bob", "ResponseFriendItem": item})).await["ResultItem"][0]
            ["ResultCode"]
            .clone()
    };
    hook.answer("Sns.CallbackPrevFriendResponse", refusing("alice"));
    assert_eq!(answer().await, 38001);
    hook.answer("Sns.CallbackPrevFriendResponse", Reply::Status(500));
    assert_eq!(answer().await, 0);
    let call = hook.expects_with("Sns.CallbackFriendAdd", "ClientCmd", "friend_response").await;
    let made = |from: &str, to: &str| json!({"From_Account": from, "To_Account": to, "Initiator_Account": "alice"});
    assert_eq!(call.body["PairList"], json!([made("alice", "bob"), made("bob", "alice")]));
    samples_are_like(&server.operator().await, app.sdkappid, &hook).await;
}
