//! How many friends, groups, applications and blocks there may be, and long lists.

use serde_json::{Value, json};
use support::{App, Server};

use super::{adding, names, result};

const FRIENDS: usize = 3000;

async fn crowd(app: &App, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|number| format!("u{number}")).collect();
    for page in names.chunks(100) {
        app.import(&page.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    names
}

fn importing(from: &str, to: &[String]) -> Value {
    let items: Vec<_> = to.iter().map(|to| json!({"To_Account": to, "AddSource": "AddSource_Type_Web"})).collect();
    json!({"From_Account": from, "AddFriendItem": items})
}

#[tokio::test]
async fn a_user_has_3000_friends_and_reads_them_in_pages() {
    let server = Server::start().await;
    let app = server.app().await;
    app.import(&["alice", "last"]).await;
    let (crowd, admin) = (crowd(&app, FRIENDS).await, app.admin());
    for page in crowd.chunks(1000) {
        let reply = admin.ok("sns/friend_import", importing("alice", page)).await;
        assert!(reply.get("Fail_Account").is_none(), "{}", reply["Fail_Account"]);
    }
    assert_eq!(admin.code("sns/friend_import", importing("alice", &crowd[..0])).await, 30001);
    assert_eq!(admin.code("sns/friend_import", importing("alice", &crowd[..1001])).await, 30001);
    let last = ["last".to_owned()];
    assert_eq!(result(&admin.ok("sns/friend_import", importing("alice", &last)).await), 30010);
    assert_eq!(result(&admin.ok("sns/friend_import", importing("alice", &crowd[..1])).await), 0, "one it has");
    assert_eq!(result(&admin.ok("sns/friend_add", adding("alice", "last", "Both")).await), 30010);
    assert_eq!(result(&admin.ok("sns/friend_add", adding("last", "alice", "Both")).await), 30014);
    assert_eq!(result(&admin.ok("sns/friend_add", adding("last", "alice", "Single")).await), 0);

    let (mut all, mut start, mut sequence) = (Vec::new(), json!(0), json!(0));
    loop {
        let body = json!({"From_Account": "alice", "StartIndex": start, "StandardSequence": sequence,
            "CustomSequence": 0});
        let page = admin.ok("sns/friend_get", body).await;
        assert_eq!(page["FriendNum"], FRIENDS);
        assert!(!page["UserDataItem"][0]["ValueItem"].as_array().unwrap().is_empty());
        all.extend(names(&page["UserDataItem"]));
        (start, sequence) = (page["NextStartIndex"].clone(), page["StandardSequence"].clone());
        if page["CompleteFlag"] != 0 {
            break;
        }
    }
    all.sort_unstable();
    let mut expected = crowd;
    expected.sort_unstable();
    assert_eq!((all == expected, start), (true, json!(0)));
    admin.ok("sns/friend_delete_all", json!({"From_Account": "alice"})).await;
    let left = admin.ok("sns/friend_get", json!({"From_Account": "alice", "StartIndex": 0})).await;
    assert_eq!((&left["FriendNum"], &left["CompleteFlag"]), (&json!(0), &json!(1)));
}

#[tokio::test]
async fn a_user_has_32_groups() {
    let server = Server::start().await;
    let app = server.app().await;
    app.import(&["alice", "bob"]).await;
    let admin = app.admin();
    let groups: Vec<String> = (0..31).map(|number| format!("g{number}")).collect();
    let make = async |names: &[String]| {
        admin.code("sns/group_add", json!({"From_Account": "alice", "GroupName": names})).await
    };
    assert_eq!(make(&groups).await, 0);
    let two = ["x".to_owned(), "y".to_owned()];
    assert_eq!(make(&two).await, 30011);
    assert_eq!(make(&two[..1]).await, 0, "of the two before none was made");
    assert_eq!(result(&admin.ok("sns/friend_add", adding("alice", "bob", "Both")).await), 30011);
    let mut body = adding("alice", "bob", "Both");
    body["AddFriendItem"][0]["GroupName"] = json!("g1");
    assert_eq!(result(&admin.ok("sns/friend_add", body).await), 0);
    let groups = json!([{"Tag": "Tag_SNS_IM_Group", "Value": ["g2", "z"]}]);
    let update = json!({"From_Account": "alice", "UpdateItem": [{"To_Account": "bob", "SnsItem": groups}]});
    assert_eq!(result(&admin.ok("sns/friend_update", update).await), 30011);
}

#[tokio::test]
async fn a_hundred_wait_for_consent() {
    let server = Server::start().await;
    let app = server.app().await;
    app.set("allow_type", "confirm").await;
    app.import(&["alice"]).await;
    let (crowd, admin) = (crowd(&app, 102).await, app.admin());
    for from in &crowd[..100] {
        assert_eq!(result(&admin.ok("sns/friend_add", adding(from, "alice", "Both")).await), 30539);
    }
    assert_eq!(result(&admin.ok("sns/friend_add", adding("u100", "alice", "Both")).await), 30012);
    assert_eq!(result(&admin.ok("sns/friend_add", adding("u7", "alice", "Both")).await), 30539, "one who waits");
    let items: Vec<_> = crowd.iter().map(|to| json!({"To_Account": to})).collect();
    let body = json!({"From_Account": "alice", "AddFriendItem": items});
    let reply = admin.ok("sns/friend_add", body).await;
    let codes = reply["ResultItem"].as_array().unwrap().iter().map(|item| item["ResultCode"].as_i64().unwrap());
    let sent = codes.collect::<Vec<_>>();
    assert_eq!((sent[99], sent[100], sent[101]), (30539, 30012, 30012), "what is sent has a limit of its own");
}

#[tokio::test]
async fn a_thousand_are_blocked() {
    let server = Server::start().await;
    let app = server.app().await;
    app.import(&["alice"]).await;
    let (crowd, admin) = (crowd(&app, 1001).await, app.admin());
    let body = |users: &[String]| json!({"From_Account": "alice", "To_Account": users});
    assert_eq!(admin.code("sns/black_list_add", body(&crowd)).await, 30001);
    let reply = admin.ok("sns/black_list_add", body(&crowd[..1000])).await;
    assert!(reply.get("Fail_Account").is_none(), "{reply}");
    assert_eq!(result(&admin.ok("sns/black_list_add", body(&crowd[1000..])).await), 30013);
    assert_eq!(result(&admin.ok("sns/black_list_add", body(&crowd[..1])).await), 30001);
    let (mut all, mut start) = (Vec::new(), json!(0));
    loop {
        let body = json!({"From_Account": "alice", "StartIndex": start, "MaxLimited": 300, "LastSequence": 0});
        let page = admin.ok("sns/black_list_get", body).await;
        all.extend(names(&page["BlackListItem"]));
        start = page["StartIndex"].clone();
        if start == 0 {
            break;
        }
    }
    all.sort_unstable();
    let mut expected = crowd[..1000].to_vec();
    expected.sort_unstable();
    assert!(all == expected);
}
