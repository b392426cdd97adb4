//! What blocks and friendships decide about messages.

use serde_json::json;
use support::Online;

use super::{Team, add, allow, applications, friends, hears, result, team, text};

/// Sends a text and returns the code.
async fn send(from: &Online, to: &str, number: u32, words: &str) -> i64 {
    from.code("openim.sendmsg", from.message(to, (number, number), words)).await
}

async fn change(from: &Online, command: &str, to: &str) -> i64 {
    result(&from.ok(command, json!({"From_Account": from.name, "To_Account": [to]})).await)
}

#[tokio::test]
async fn a_block_ends_friendship_and_silences() {
    let Team { app, alice, bob, carol, .. } = team().await;
    add(&alice, "bob", "Both").await;
    allow(&alice, "NeedConfirm").await;
    assert_eq!(add(&carol, "alice", "Both").await, 30539);
    for name in ["bob", "carol"] {
        assert_eq!(change(&alice, "sns.black_list_add", name).await, 0);
        hears(&alice, "BlackListAdd_Account", name).await;
    }
    hears(&alice, "FriendDel_Account", "bob").await;
    hears(&bob, "FriendDel_Account", "alice").await;
    hears(&carol, "FrienPencydDel_Account", "alice").await;
    assert!(friends(&alice).await.is_empty() && friends(&bob).await.is_empty());
    assert!(applications(&alice).await.is_empty() && applications(&carol).await.is_empty());
    assert_eq!(change(&alice, "sns.black_list_add", "bob").await, 30001);
    assert_eq!(change(&alice, "sns.black_list_add", "alice").await, 30001);
    assert_eq!((add(&alice, "bob", "Both").await, add(&bob, "alice", "Both").await), (30515, 30525));

    assert_eq!(send(&bob, "alice", 1, "no").await, 20007);
    assert_eq!(send(&alice, "bob", 2, "one way").await, 0);
    bob.expects_text("one way").await;
    app.set("blocked_sender_sees_success", "true").await;
    assert_eq!(send(&bob, "alice", 3, "into the void").await, 0);
    let check = async |kind: &str| {
        let body = json!({"From_Account": "bob", "To_Account": ["alice"],
            "CheckType": format!("BlackCheckResult_Type_{kind}")});
        text(&app.admin().ok("sns/black_list_check", body).await["BlackListCheckItem"][0]["Relation"])
    };
    assert_eq!(check("Both").await, "BlackCheckResult_Type_BWithA");
    assert_eq!(check("Single").await, "BlackCheckResult_Type_NO");
    assert_eq!(change(&bob, "sns.black_list_add", "alice").await, 0);
    assert_eq!(check("Both").await, "BlackCheckResult_Type_BothWay");
    assert_eq!(check("Single").await, "BlackCheckResult_Type_AWithB");
    assert_eq!(change(&bob, "sns.black_list_delete", "alice").await, 0);

    assert_eq!(change(&alice, "sns.black_list_delete", "bob").await, 0);
    hears(&alice, "BlackListDel_Account", "bob").await;
    assert_eq!(change(&alice, "sns.black_list_delete", "bob").await, 30001);
    assert!(friends(&alice).await.is_empty(), "the friendship does not come back");
    assert_eq!(send(&bob, "alice", 4, "free").await, 0);
    alice.expects_text("free").await;
    alice.settle().await;
    assert_eq!(support::received(&alice.heard()).iter().filter(|message| message.from == "bob").count(), 1);
}

#[tokio::test]
async fn where_the_app_says_so_only_friends_write() {
    let Team { server, app, alice, bob, .. } = team().await;
    assert_eq!(send(&alice, "bob", 1, "before").await, 0);
    app.set("relation_check", "true").await;
    assert_eq!(send(&alice, "bob", 2, "strangers").await, 20009);
    assert_eq!(send(&alice, "alice", 3, "to myself").await, 0);
    add(&alice, "bob", "Single").await;
    assert_eq!(send(&alice, "bob", 4, "not theirs").await, 20010);
    assert_eq!(send(&bob, "alice", 5, "not mine").await, 20011);
    add(&alice, "bob", "Both").await;
    assert_eq!(send(&alice, "bob", 6, "friends").await, 0);
    assert_eq!(send(&bob, "alice", 7, "friends too").await, 0);
    server.restart().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    assert_eq!(send(&bob, "alice", 8, "still friends").await, 0);
    let delete = json!({"From_Account": "alice", "To_Account": ["bob"], "DeleteType": "Delete_Type_Both"});
    assert_eq!(result(&alice.ok("sns.friend_delete", delete).await), 0);
    assert_eq!(send(&bob, "alice", 9, "no longer").await, 20009, "what is in memory follows");
    let body = json!({"From_Account": "alice", "To_Account": "bob", "MsgRandom": 77, "MsgBody": support::text("hi")});
    app.admin().ok("openim/sendmsg", body).await;
    bob.expects_text("hi").await;
}
