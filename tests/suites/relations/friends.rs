//! Becoming friends, what is kept about them, and the end of it.

use serde_json::{Value, json};
use support::{Online, code};

use super::{Team, add, adding, allow, applications, friends, hears, names, result, tag, team, text, times};

async fn relation(from: &Online, to: &str, kind: &str) -> String {
    let body = json!({"From_Account": from.name, "To_Account": [to], "CheckType": format!("CheckResult_Type_{kind}")});
    let reply = from.ok("sns.friend_check", body).await;
    text(&reply["InfoItem"][0]["Relation"]).replace("CheckResult_Type_", "")
}

async fn delete(from: &Online, to: &str, kind: &str) -> i64 {
    let body = json!({"From_Account": from.name, "To_Account": [to], "DeleteType": format!("Delete_Type_{kind}")});
    result(&from.ok("sns.friend_delete", body).await)
}

#[tokio::test]
async fn who_allows_anybody_is_a_friend_at_once() {
    let Team { app, alice, bob, .. } = team().await;
    let other = app.user("alice").connect().await;
    assert_eq!(relation(&alice, "bob", "Both").await, "NoRelation");
    assert_eq!(add(&alice, "bob", "Both").await, 0);
    for device in [&alice, &other] {
        hears(device, "FriendAdd_Account", "bob").await;
    }
    hears(&bob, "FriendAdd_Account", "alice").await;
    assert_eq!((friends(&alice).await, friends(&bob).await), (vec!["bob".to_owned()], vec!["alice".to_owned()]));
    let reply = alice.ok("sns.friend_get_specified", json!({"From_Account": "alice", "To_Account": ["bob"]})).await;
    let kept = &reply["InfoItem"][0]["SnsProfileItem"];
    assert_eq!(tag(kept, "Tag_SNS_IM_Remark"), "r-bob");
    assert_eq!(tag(kept, "Tag_SNS_IM_Group"), &json!(["work"]));
    assert_eq!(tag(kept, "Tag_SNS_IM_AddSource"), "AddSource_Type_Web");
    assert_eq!(tag(kept, "Tag_SNS_IM_AddWording"), "hello");
    assert!(tag(kept, "Tag_SNS_IM_AddTime").as_i64().unwrap() > 1_700_000_000);
    assert_eq!(tag(kept, "Tag_Profile_IM_AllowType"), "AllowType_Type_AllowAny");
    let reply = bob.ok("sns.friend_get", json!({"From_Account": "bob", "StartIndex": 0})).await;
    assert_eq!(tag(&reply["UserDataItem"][0]["ValueItem"], "Tag_SNS_IM_Remark"), "", "the remark is alice's own");
    assert_eq!(relation(&alice, "bob", "Both").await, "BothWay");
    assert_eq!(relation(&alice, "bob", "Single").await, "AWithB");
    assert_eq!(add(&alice, "bob", "Both").await, 30001);
    assert_eq!(add(&alice, "alice", "Both").await, 30001);
    assert_eq!(add(&alice, "nobody", "Both").await, 30003);
    assert!(applications(&bob).await.is_empty());
    assert_eq!(times(&bob, "FriendAdd_Account", "alice").await, 1);
}

#[tokio::test]
async fn a_one_way_friend_is_completed_later() {
    let Team { alice, bob, .. } = team().await;
    assert_eq!(add(&alice, "bob", "Single").await, 0);
    assert!(friends(&bob).await.is_empty());
    assert_eq!(relation(&alice, "bob", "Both").await, "AWithB");
    assert_eq!(relation(&bob, "alice", "Both").await, "BWithA");
    assert_eq!(relation(&bob, "alice", "Single").await, "NoRelation");
    assert_eq!(add(&alice, "bob", "Single").await, 30001);
    assert_eq!(add(&alice, "bob", "Both").await, 0);
    assert_eq!(relation(&bob, "alice", "Both").await, "BothWay");
    assert_eq!(times(&alice, "FriendAdd_Account", "bob").await, 1, "no friend is new twice");
}

#[tokio::test]
async fn friends_end_on_one_side_or_on_both() {
    let Team { app, alice, bob, carol, .. } = team().await;
    for to in ["bob", "carol"] {
        assert_eq!(add(&alice, to, "Both").await, 0);
    }
    assert_eq!(delete(&alice, "bob", "Both").await, 0);
    hears(&alice, "FriendDel_Account", "bob").await;
    hears(&bob, "FriendDel_Account", "alice").await;
    assert_eq!(delete(&alice, "bob", "Both").await, 31704);
    assert_eq!(delete(&alice, "carol", "Single").await, 0);
    assert_eq!(times(&carol, "FriendDel_Account", "alice").await, 0);
    assert_eq!((friends(&alice).await, friends(&carol).await), (vec![], vec!["alice".to_owned()]));
    let groups = alice.ok("sns.group_get", json!({"From_Account": "alice"})).await;
    assert_eq!(groups["ResultItem"], json!([{"GroupName": "work", "FriendNumber": 0}]), "nobody is left in it");
    for to in ["bob", "carol"] {
        add(&alice, to, "Both").await;
    }
    let all = json!({"From_Account": "alice", "DeleteType": "Delete_Type_Both"});
    app.admin().ok("sns/friend_delete_all", all).await;
    hears(&carol, "FriendDel_Account", "alice").await;
    for user in [&alice, &bob, &carol] {
        assert!(friends(user).await.is_empty(), "{}", user.name);
    }
}

#[tokio::test]
async fn what_is_kept_about_a_friend_changes() {
    let Team { server, app, alice, bob, .. } = team().await;
    add(&alice, "bob", "Both").await;
    let update =
        |fields: Value| json!({"From_Account": "alice", "UpdateItem": [{"To_Account": "bob", "SnsItem": fields}]});
    let fields = json!([{"Tag": "Tag_SNS_IM_Remark", "Value": "Bee"}, {"Tag": "Tag_SNS_IM_Group", "Value": ["a", "b"]},
        {"Tag": "Tag_SNS_Custom_Rank", "Value": 7}]);
    let other = app.user("alice").connect().await;
    assert_eq!(result(&alice.ok("sns.friend_update", update(fields)).await), 0);
    let find = |heard: &[support::Heard]| {
        heard.iter().flat_map(|heard| heard.events("FriendListMod")).find(|entry| entry.get("FriendUpInfo").is_some())
    };
    let entry = other.expects("the change", find).await;
    assert_eq!(entry["FriendUpInfo"][0]["SNS"][0], json!({"BytesTag": "Tag_SNS_IM_Remark", "BytesValue": "Bee"}));
    server.restart().await;
    let alice = app.user("alice").connect().await;
    let reply = alice.ok("sns.friend_get", json!({"From_Account": "alice", "StartIndex": 0})).await;
    let kept = &reply["UserDataItem"][0]["ValueItem"];
    assert_eq!(tag(kept, "Tag_SNS_IM_Remark"), "Bee");
    assert_eq!(tag(kept, "Tag_SNS_IM_Group"), &json!(["a", "b"]));
    assert_eq!(tag(kept, "Tag_SNS_Custom_Rank"), 7);
    for wrong in [
        json!([{"Tag": "Tag_SNS_IM_Remark", "Value": "x".repeat(97)}]),
        json!([{"Tag": "Tag_SNS_IM_AddSource", "Value": "AddSource_Type_Web"}]),
        json!([{"Tag": "Tag_SNS_IM_Remark", "Value": "C"}, {"Tag": "Tag_SNS_IM_Group", "Value": ["x".repeat(31)]}]),
        json!([]),
    ] {
        assert_eq!(result(&alice.ok("sns.friend_update", update(wrong)).await), 30001);
    }
    let stranger = json!({"From_Account": "bob", "UpdateItem": [{"To_Account": "carol",
        "SnsItem": [{"Tag": "Tag_SNS_IM_Remark", "Value": "C"}]}]});
    assert_eq!(result(&app.admin().ok("sns/friend_update", stranger).await), 30001);
    let again = alice.ok("sns.friend_get", json!({"From_Account": "alice", "StartIndex": 0})).await;
    assert_eq!(again["UserDataItem"], reply["UserDataItem"], "a refused change changes nothing");
    assert_eq!(bob.name, "bob");
}

#[tokio::test]
async fn known_data_is_left_out_of_a_list() {
    let Team { alice, .. } = team().await;
    add(&alice, "bob", "Both").await;
    let rank = json!([{"Tag": "Tag_SNS_Custom_Rank", "Value": "x"}]);
    let update = json!({"From_Account": "alice", "UpdateItem": [{"To_Account": "bob", "SnsItem": rank}]});
    alice.ok("sns.friend_update", update).await;
    let ask = async |standard: &Value, custom: &Value| {
        let body = json!({"From_Account": "alice", "StartIndex": 0, "StandardSequence": standard,
            "CustomSequence": custom});
        alice.ok("sns.friend_get", body).await
    };
    let all = ask(&json!(0), &json!(0)).await;
    let (standard, custom) = (&all["StandardSequence"], &all["CustomSequence"]);
    let tags = |reply: &Value| -> Vec<String> {
        reply["UserDataItem"][0]["ValueItem"].as_array().unwrap().iter().map(|item| text(&item["Tag"])).collect()
    };
    assert_eq!(tags(&all).len(), 6);
    assert_eq!(tags(&ask(standard, &json!(0)).await), ["Tag_SNS_Custom_Rank"]);
    assert_eq!(tags(&ask(&json!(0), custom).await).len(), 5);
    let none = ask(standard, custom).await;
    assert_eq!((tags(&none).len(), &none["FriendNum"], &none["CompleteFlag"]), (0, &json!(1), &json!(1)));
    add(&alice, "carol", "Both").await;
    let more = ask(standard, custom).await;
    assert_ne!(&more["StandardSequence"], standard);
    assert_eq!(names(&more["UserDataItem"]), ["bob", "carol"]);
}

#[tokio::test]
async fn friend_groups_are_made_renamed_and_removed() {
    let Team { alice, .. } = team().await;
    for to in ["bob", "carol"] {
        let mut body = adding("alice", to, "Both");
        body["AddFriendItem"][0]["GroupName"] = json!("");
        assert_eq!(result(&alice.ok("sns.friend_add", body).await), 0);
    }
    let group = async |command: &str, mut body: Value| {
        body["From_Account"] = json!("alice");
        alice.ask(&format!("sns.{command}"), &body).await
    };
    let list = async || {
        let reply = group("group_get", json!({"NeedFriend": "Need_Friend_Type_Yes"})).await;
        let of = |item: &Value| (text(&item["GroupName"]), item["To_Account"].to_string());
        reply["ResultItem"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let made = group("group_add", json!({"GroupName": ["work"], "To_Account": ["bob", "nobody"]})).await;
    let codes: Vec<_> = made["ResultItem"].as_array().unwrap().iter().map(|item| &item["ResultCode"]).collect();
    assert_eq!((codes, &made["Fail_Account"]), (vec![&json!(0), &json!(30003)], &json!(["nobody"])));
    let members = json!([{"To_Account": "carol", "UpdateType": "Update_Type_Add"},
        {"To_Account": "bob", "UpdateType": "Update_Type_Delete"}]);
    let changed = group("group_update", json!({"GroupOldName": "work", "UpdateGroupItem": members})).await;
    assert_eq!(changed["ResultItem"][1]["UpdateType"], "Update_Type_Delete");
    assert!(changed["CurrentSequence"].as_i64() > made["CurrentSequence"].as_i64());
    assert_eq!(list().await, [("work".to_owned(), r#"["carol"]"#.to_owned())]);
    assert_eq!(code(&group("group_update", json!({"GroupOldName": "work", "GroupNewName": "job"})).await), 0);
    group("group_add", json!({"GroupName": ["home"]})).await;
    for (old, new) in [("work", "x"), ("job", "home"), ("job", &*"x".repeat(31))] {
        assert_eq!(code(&group("group_update", json!({"GroupOldName": old, "GroupNewName": new})).await), 30001);
    }
    assert_eq!(list().await[0].0, "job");
    let one = group("group_get", json!({"GroupName": ["home"]})).await;
    assert_eq!(one["ResultItem"], json!([{"GroupName": "home", "FriendNumber": 0}]));
    group("group_delete", json!({"GroupName": ["job"]})).await;
    assert_eq!(list().await, [("home".to_owned(), "[]".to_owned())]);
    assert_eq!(friends(&alice).await, ["bob", "carol"]);
}

#[tokio::test]
async fn who_is_gone_is_nobodys_friend() {
    let Team { app, alice, bob, carol, .. } = team().await;
    add(&alice, "bob", "Both").await;
    allow(&alice, "NeedConfirm").await;
    assert_eq!(add(&carol, "alice", "Both").await, 30539);
    let gone = json!({"DeleteItem": [{"UserID": "alice"}]});
    app.admin().ok("im_open_login_svc/account_delete", gone).await;
    hears(&bob, "FriendDel_Account", "alice").await;
    assert!(friends(&bob).await.is_empty());
    assert!(applications(&carol).await.is_empty());
    app.import(&["alice"]).await;
    assert!(friends(&bob).await.is_empty(), "the new one is somebody else");
}

#[tokio::test]
async fn friends_hear_of_a_new_profile() {
    let Team { app, alice, bob, carol, .. } = team().await;
    add(&alice, "bob", "Single").await;
    let other = app.user("bob").connect().await;
    let items =
        json!([{"Tag": "Tag_Profile_IM_Nick", "Value": "Bobby"}, {"Tag": "Tag_Profile_IM_Level", "Value": "3"}]);
    bob.ok("profile.portrait_set", json!({"From_Account": "bob", "ProfileItem": items})).await;
    let find = |heard: &[support::Heard]| heard.iter().flat_map(|heard| heard.events("ProfileDataMod")).next();
    for told in [&alice, &other] {
        let entry = told.expects("the profile", find).await;
        assert_eq!(entry["Profile_Account"], "bob");
        let list = json!([{"Tag": "Tag_Profile_IM_Nick", "ValueBytes": "Bobby"},
            {"Tag": "Tag_Profile_IM_Level", "ValueNum": 3, "ValueBytes": 3}]);
        assert_eq!(entry["ProfileList"], list);
    }
    let same = json!({"From_Account": "bob", "ProfileItem": [{"Tag": "Tag_Profile_IM_Nick", "Value": "Bobby"}]});
    bob.ok("profile.portrait_set", same).await;
    let import = json!({"UserID": "carol", "Nick": "Cat"});
    app.admin().ok("im_open_login_svc/account_import", import).await;
    let find_own = |heard: &[support::Heard]| heard.iter().flat_map(|heard| heard.events("ProfileDataMod")).next();
    assert_eq!(carol.expects("its own profile", find_own).await["ProfileList"][0]["ValueBytes"], "Cat");
    alice.settle().await;
    let count = alice.heard().iter().flat_map(|heard| heard.events("ProfileDataMod")).count();
    assert_eq!(count, 1, "what stays the same is not told");
    let find = |heard: &[support::Heard]| {
        let mut all = heard.iter().flat_map(|heard| heard.events("ProfileDataMod"));
        all.find(|entry| entry["Profile_Account"] == "bob")
    };
    carol.settle().await;
    bob.settle().await;
    assert!(find(&carol.heard()).is_none() && find(&bob.heard()).is_none(), "neither strangers nor who asked");
}

#[tokio::test]
async fn declared_fields_keep_their_rights() {
    let Team { app, alice, bob, .. } = team().await;
    app.set("custom_profile_fields", "Rank:number:r:rw,Note:text:-:rw").await;
    add(&alice, "bob", "Both").await;
    let set = |value: Value| json!({"From_Account": "bob", "ProfileItem": value});
    let items =
        json!([{"Tag": "Tag_Profile_Custom_Rank", "Value": 7}, {"Tag": "Tag_Profile_Custom_Note", "Value": "n"}]);
    assert_eq!(bob.code("profile.portrait_set", set(items.clone())).await, 40008);
    app.admin().ok("profile/portrait_set", set(items)).await;
    let find = |heard: &[support::Heard]| heard.iter().flat_map(|heard| heard.events("ProfileDataMod")).next();
    let told = alice.expects("the profile", find).await;
    assert_eq!(told["ProfileList"], json!([{"Tag": "Tag_Profile_Custom_Rank", "ValueNum": 7, "ValueBytes": 7}]));
    let ask = |tag: &str| json!({"To_Account": ["bob"], "TagList": [format!("Tag_Profile_Custom_{tag}")]});
    assert_eq!(alice.code("profile.portrait_get", ask("Note")).await, 40007);
    assert_eq!(alice.code("profile.portrait_get", ask("Team")).await, 40009);
    let read = app.admin().ok("profile/portrait_get", ask("Note")).await;
    assert_eq!(read["UserProfileItem"][0]["ProfileItem"][0]["Value"], "n");
    let all = alice.ok("profile.portrait_get_all", json!({"UserItem": [{"To_Account": "bob"}]})).await;
    let items = &all["UserProfileItem"][0]["ProfileItem"];
    assert_eq!(
        (tag(items, "Tag_Profile_Custom_Rank"), tag(items, "Tag_Profile_Custom_Note")),
        (&json!(7), &Value::Null)
    );
}

#[tokio::test]
async fn apps_know_nothing_of_each_others_friends() {
    let here = team().await;
    let app = here.server.app().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    allow(&here.bob, "NeedConfirm").await;
    assert_eq!(add(&here.alice, "bob", "Both").await, 30539);
    assert_eq!(add(&here.alice, "carol", "Both").await, 0);
    assert!(applications(&bob).await.is_empty());
    assert!(friends(&alice).await.is_empty());
    assert_eq!(add(&alice, "carol", "Both").await, 30003, "carol has no account there");
    assert_eq!(add(&alice, "bob", "Both").await, 0, "the other bob wants to be asked");
    assert!(friends(&here.bob).await.is_empty());
    let answer = json!({"From_Account": "bob", "ResponseFriendItem": [{"To_Account": "alice",
        "ResponseAction": "Response_Action_AgreeAndAdd"}]});
    assert_eq!(result(&bob.ok("sns.friend_response", answer.clone()).await), 30614);
    assert_eq!(result(&here.bob.ok("sns.friend_response", answer).await), 0);
    assert_eq!(relation(&here.alice, "bob", "Both").await, "BothWay");
    assert_eq!(times(&bob, "FriendAdd_Account", "alice").await, 1);
}

#[tokio::test]
async fn devices_hear_what_becomes_of_the_groups_of_friends() {
    let Team { app, alice, .. } = team().await;
    for to in ["bob", "carol"] {
        assert_eq!(add(&alice, to, "Both").await, 0);
    }
    let other = app.user("alice").connect().await;
    let also = json!({"From_Account": "alice", "GroupName": ["home"], "To_Account": ["bob"]});
    alice.ok("sns.group_add", also).await;
    // The groups of each friend that an entry of a push speaks of.
    let groups = |entry: &Value| {
        let friends = entry["FriendUpInfo"].as_array()?.iter();
        let of = |friend: &Value| (text(&friend["Friend_Account"]), friend["SNS"][0]["BytesValue"].clone());
        Some(friends.map(of).collect::<Vec<_>>())
    };
    let told = |heard: &[support::Heard]| {
        heard.iter().flat_map(|heard| heard.events("FriendListMod")).rev().find_map(|entry| groups(&entry))
    };
    let wanted = |wanted: &[(&str, Value)]| -> Vec<(String, Value)> {
        wanted.iter().map(|(name, groups)| ((*name).to_owned(), groups.clone())).collect()
    };
    let renaming = json!({"From_Account": "alice", "GroupOldName": "work", "GroupNewName": "office"});
    alice.ok("sns.group_update", renaming).await;
    let expected = wanted(&[("bob", json!(["office", "home"])), ("carol", json!(["office"]))]);
    other.expects("the new name", |heard| (told(heard).as_ref() == Some(&expected)).then_some(())).await;
    alice.ok("sns.group_delete", json!({"From_Account": "alice", "GroupName": ["home", "none"]})).await;
    let expected = wanted(&[("bob", json!(["office"]))]);
    other.expects("the end of a group", |heard| (told(heard).as_ref() == Some(&expected)).then_some(())).await;
}

#[tokio::test]
async fn nobody_is_added_twice_by_one_request() {
    let Team { alice, bob, .. } = team().await;
    let mut body = adding("alice", "bob", "Both");
    let item = body["AddFriendItem"][0].clone();
    body["AddFriendItem"] = json!([item, item]);
    let reply = alice.ok("sns.friend_add", body).await;
    let codes: Vec<_> = reply["ResultItem"].as_array().unwrap().iter().map(|item| item["ResultCode"].clone()).collect();
    assert_eq!(codes, [0, 30001]);
    assert_eq!((friends(&alice).await, friends(&bob).await), (vec!["bob".to_owned()], vec!["alice".to_owned()]));
}
