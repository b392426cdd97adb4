//! Asking for consent, and what comes of it.

use serde_json::{Value, json};
use support::{Heard, Online};

use super::{Team, add, adding, allow, applications, friends, hears, pendencies, result, tag, team, times, told};

fn list(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect()
}

async fn answer(from: &Online, to: &str, action: &str) -> i64 {
    let item = json!([{"To_Account": to, "Remark": format!("r-{to}"), "TagName": "new",
        "ResponseAction": format!("Response_Action_{action}")}]);
    result(&from.ok("sns.friend_response", json!({"From_Account": from.name, "ResponseFriendItem": item})).await)
}

async fn unread(user: &Online) -> i64 {
    user.ok("sns.pendency_get", pendencies(&user.name)).await["UnreadPendencyCount"].as_i64().unwrap()
}

async fn kept(user: &Online, friend: &str) -> Value {
    let reply = user.ok("sns.friend_get_specified", json!({"From_Account": user.name, "To_Account": [friend]})).await;
    reply["InfoItem"][0]["SnsProfileItem"].clone()
}

#[tokio::test]
async fn consent_makes_both_friends() {
    let Team { server, app, alice, bob, .. } = team().await;
    allow(&bob, "NeedConfirm").await;
    assert_eq!(add(&alice, "bob", "Both").await, 30539);
    let find = |heard: &[Heard]| {
        heard.iter().flat_map(|heard| heard.events("FriendListMod")).find(|entry| entry.get("PendencyAdd").is_some())
    };
    for (user, other) in [(&alice, "bob"), (&bob, "alice")] {
        let entry = user.expects("the application", find).await;
        assert_eq!((&entry["PushType"], &entry["From_Account"]), (&json!(3), &json!("alice")));
        let added = &entry["PendencyAdd"][0];
        assert_eq!((&added["PendencyAdd_Account"], &added["AddWording"]), (&json!(other), &json!("hello")));
    }
    assert_eq!(applications(&bob).await, list(&[("alice", "ComeIn")]));
    assert_eq!(applications(&alice).await, list(&[("bob", "SendOut")]));
    assert!(friends(&alice).await.is_empty());
    server.restart().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    assert_eq!((unread(&bob).await, unread(&alice).await), (1, 0));
    bob.ok("sns.pendency_report", json!({"From_Account": "bob", "LatestPendencyTimeStamp": 4_000_000_000_u32})).await;
    assert_eq!(unread(&bob).await, 0);
    assert_eq!(answer(&bob, "alice", "AgreeAndAdd").await, 0);
    for (user, other) in [(&alice, "bob"), (&bob, "alice")] {
        hears(user, "FriendAdd_Account", other).await;
        let order: Vec<_> = told(user).iter().map(|entry| entry["PushType"].as_i64().unwrap()).collect();
        let place = |number| order.iter().position(|found| *found == number).unwrap();
        assert!(place(5) < place(1), "applications go before friends come: {order:?}");
        assert!(applications(user).await.is_empty());
    }
    assert_eq!(tag(&kept(&alice, "bob").await, "Tag_SNS_IM_Remark"), "r-bob");
    assert_eq!(tag(&kept(&alice, "bob").await, "Tag_SNS_IM_Group"), &json!(["work"]));
    assert_eq!(tag(&kept(&bob, "alice").await, "Tag_SNS_IM_Remark"), "r-alice");
    assert_eq!(tag(&kept(&bob, "alice").await, "Tag_SNS_IM_Group"), &json!(["new"]));
    assert_eq!(answer(&bob, "alice", "AgreeAndAdd").await, 30614, "it was answered");
}

#[tokio::test]
async fn consent_without_adding_makes_one_friend() {
    let Team { alice, bob, .. } = team().await;
    allow(&bob, "NeedConfirm").await;
    add(&alice, "bob", "Both").await;
    assert_eq!(answer(&bob, "alice", "Agree").await, 0);
    assert_eq!((friends(&alice).await, friends(&bob).await), (vec!["bob".to_owned()], vec![]));
    assert_eq!(times(&bob, "FriendAdd_Account", "alice").await, 0);
}

#[tokio::test]
async fn a_refusal_ends_it_on_both_sides() {
    let Team { alice, bob, .. } = team().await;
    allow(&bob, "NeedConfirm").await;
    add(&alice, "bob", "Both").await;
    assert_eq!(answer(&bob, "alice", "Reject").await, 0);
    hears(&alice, "FrienPencydDel_Account", "bob").await;
    hears(&bob, "FrienPencydDel_Account", "alice").await;
    for user in [&alice, &bob] {
        assert!(applications(user).await.is_empty() && friends(user).await.is_empty());
    }
    assert_eq!(answer(&bob, "alice", "AgreeAndAdd").await, 30614);
}

#[tokio::test]
async fn each_side_deletes_for_itself() {
    let Team { alice, bob, .. } = team().await;
    allow(&bob, "NeedConfirm").await;
    add(&alice, "bob", "Both").await;
    add(&alice, "bob", "Both").await;
    assert_eq!(applications(&bob).await.len(), 1, "asking again takes the place of the first");
    let delete = |from: &str, to: &str, kind: &str| json!({"From_Account": from, "To_Account": [to], "PendencyType": format!("Pendency_Type_{kind}")});
    assert_eq!(result(&bob.ok("sns.pendency_delete", delete("bob", "alice", "SendOut")).await), 30614);
    assert_eq!(result(&bob.ok("sns.pendency_delete", delete("bob", "alice", "ComeIn")).await), 0);
    hears(&bob, "FrienPencydDel_Account", "alice").await;
    assert!(applications(&bob).await.is_empty());
    assert_eq!(applications(&alice).await, list(&[("bob", "SendOut")]));
    assert_eq!(answer(&bob, "alice", "AgreeAndAdd").await, 30614);
    allow(&bob, "AllowAny").await;
    assert_eq!(add(&alice, "bob", "Both").await, 0);
    assert!(applications(&alice).await.is_empty(), "friends wait for nothing");
}

#[tokio::test]
async fn applications_are_paged_by_time() {
    let server = support::Server::start_fixed().await;
    let app = server.app().await;
    let bob = app.user("bob").connect().await;
    allow(&bob, "NeedConfirm").await;
    app.import(&["u1", "u2", "u3", "u4"]).await;
    let admin = app.admin();
    for (number, wait) in [(1, 2000), (2, 0), (3, 2000), (4, 0)] {
        let from = format!("u{number}");
        assert_eq!(result(&admin.ok("sns/friend_add", adding(&from, "bob", "Both")).await), 30539);
        server.world().advance(wait);
    }
    let ask = async |start: i64| {
        let body = json!({"From_Account": "bob", "PendencyType": "Pendency_Type_ComeIn", "StartTime": start,
            "MaxLimited": 2, "LastSequence": 0});
        let reply = bob.ok("sns.pendency_get", body).await;
        (
            super::names(&reply["PendencyItem"]),
            reply["StartTime"].as_i64().unwrap(),
            reply["UnreadPendencyCount"].clone(),
        )
    };
    let (first, next, unread) = ask(0).await;
    assert_eq!((first, unread), (vec!["u4".to_owned(), "u2".to_owned(), "u3".to_owned()], json!(4)));
    let (second, end, _) = ask(next).await;
    assert_eq!((second, end), (vec!["u1".to_owned()], 0));
    bob.ok("sns.pendency_report", json!({"From_Account": "bob", "LatestPendencyTimeStamp": next})).await;
    assert_eq!(ask(0).await.2, json!(3), "only the oldest was seen");
}

#[tokio::test]
async fn who_denies_is_added_only_by_force() {
    let Team { app, alice, bob, carol, .. } = team().await;
    allow(&bob, "DenyAny").await;
    let mut body = adding("alice", "bob", "Both");
    body["ForceAddFlags"] = json!(1);
    assert_eq!(result(&alice.ok("sns.friend_add", body.clone()).await), 30516, "users have no force");
    body["ForceAddFlags"] = json!(2);
    assert_eq!(result(&app.admin().ok("sns/friend_add", body.clone()).await), 30516);
    body["ForceAddFlags"] = json!(1);
    assert_eq!(result(&app.admin().ok("sns/friend_add", body).await), 0);
    assert_eq!(friends(&bob).await, ["alice"]);

    app.set("allow_type", "deny").await;
    assert_eq!(add(&alice, "carol", "Both").await, 30516, "the app's setting, for who says nothing");
    app.set("allow_type", "confirm").await;
    assert_eq!(add(&alice, "carol", "Both").await, 30539);
    allow(&carol, "AllowAny").await;
    let forbid = json!([{"Tag": "Tag_Profile_IM_AdminForbidType", "Value": "AdminForbid_Type_SendOut"}]);
    app.admin().ok("profile/portrait_set", json!({"From_Account": "alice", "ProfileItem": forbid})).await;
    let alice = app.user("alice").connect().await;
    assert_eq!(add(&alice, "carol", "Both").await, 30009);
}
