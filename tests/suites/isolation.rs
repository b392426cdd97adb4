//! Two apps with users of the same names: nothing crosses.

use model::{Code, usersig};
use serde_json::{Value, json};
use support::{App, Online, Raw, Server, code, text};

fn number(code: Code) -> i64 {
    code.number().into()
}

/// Two apps with an alice and a bob each, all of them signed in.
struct Two {
    server: Server,
    here: Side,
    there: Side,
}

struct Side {
    app: App,
    alice: Online,
    bob: Online,
}

impl Side {
    async fn new(server: &Server) -> Self {
        let app = server.app().await;
        let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
        Self { app, alice, bob }
    }
}

async fn two() -> Two {
    let server = Server::start().await;
    let (here, there) = (Side::new(&server).await, Side::new(&server).await);
    Two { server, here, there }
}

fn key(message: &support::Received) -> String {
    format!("{}_{}_{}", message.sequence, message.random, message.second)
}

#[tokio::test]
async fn messages_and_lists_stay_in_their_app() {
    let Two { here, there, .. } = two().await;
    here.alice.send("bob", "here").await;
    here.bob.expects_text("here").await;
    there.alice.send("bob", "there").await;
    there.bob.expects_text("there").await;
    for side in [&here, &there] {
        assert_eq!(support::received(&side.bob.heard()).len(), 1);
        assert_eq!(support::received(&side.alice.heard()).len(), 0);
        assert_eq!(side.bob.history("alice", 15).await.len(), 1);
        let list = side.bob.ok("recentcontact.page_get", json!({"From_Account": "bob"})).await;
        assert_eq!(list["SessionItem"].as_array().unwrap().len(), 1);
        let found = side.bob.ok("message_search.query", json!({"KeywordList": ["here"], "MatchType": "or"})).await;
        assert_eq!(found["TotalCount"], 1, "{found}");
        let found = side.bob.ok("user_search.query", json!({"Keywords": ["alice"]})).await;
        assert_eq!((&found["TotalCount"], found["Users"].as_array().unwrap().len()), (&json!(1), 1), "{found}");
        let body = json!({"Operator_Account": "bob", "Peer_Account": "alice", "MaxCnt": 100, "MinTime": 0, "MaxTime": 4_000_000_000_u32});
        assert_eq!(side.app.admin().ok("openim/admin_getroammsg", body).await["MsgCnt"], 1);
        let unread = side.app.admin().ok("openim/get_c2c_unread_msg_num", json!({"To_Account": "bob"})).await;
        assert_eq!(unread["AllC2CUnreadMsgNum"], 1);
    }
    assert_eq!(here.bob.history("alice", 15).await[0].text, "here");
    assert_ne!(here.alice.login.tinyid, there.alice.login.tinyid);
}

#[tokio::test]
async fn nobody_changes_a_message_of_the_other_app() {
    let Two { here, there, .. } = two().await;
    let sent = here.alice.send("bob", "stays").await;
    // The other app has a conversation of those names too.
    there.alice.send("bob", "other").await;
    let info = json!({"From_Account": "alice", "To_Account": "bob", "MsgTimeStamp": sent.second,
        "MsgSeq": sent.sequence, "MsgRandom": sent.random});
    let named = json!({"From_Account": "alice", "To_Account": "bob", "MsgKey": key(&sent), "MsgSeq": sent.sequence,
        "MsgRandom": sent.random, "MsgTime": sent.second, "MsgVersion": 0, "MsgBody": text("changed"),
        "Reaction": "like", "Add_Account": ["alice"], "OperateType": 1,
        "ExtensionList": [{"Key": "k", "Value": "v", "Seq": 0}]});
    let missing = number(Code::MessageMissing);
    assert_eq!(there.alice.code("openim.msgwithdraw", json!({"MsgInfo": info})).await, missing);
    assert_eq!(there.alice.code("openim.modify_c2c_msg", named.clone()).await, missing);
    for command in ["openim/admin_msgwithdraw", "openim/modify_c2c_msg"] {
        assert_eq!(there.app.admin().code(command, named.clone()).await, missing, "{command}");
    }
    for command in ["openim_msg_ext_http_svc.reaction_add", "openim_msg_ext_http_svc.set_key_values"] {
        assert_ne!(there.alice.code(command, named.clone()).await, 0, "{command}");
    }
    let delete = json!({"From_Account": "bob", "To_Account": "alice", "MsgKeyList": [key(&sent)]});
    there.bob.ok("openim.delete_c2c_msg_ramble", delete).await;
    let clear = json!({"From_Account": "bob", "Type": 1, "To_Account": "alice"});
    there.bob.ok("recentcontact.clear_msg", clear).await;
    assert!(there.bob.history("alice", 15).await.is_empty());
    assert_eq!(here.bob.history("alice", 15).await, [sent]);
}

#[tokio::test]
async fn profiles_blocks_and_follows_stay_in_their_app() {
    let Two { here, there, .. } = two().await;
    let nick = json!({"From_Account": "alice", "ProfileItem": [{"Tag": "Tag_Profile_IM_Nick", "Value": "Ann"}]});
    here.alice.ok("profile.portrait_set", nick).await;
    let ask = json!({"To_Account": ["alice"], "TagList": ["Tag_Profile_IM_Nick"]});
    let of = async |side: &Side| {
        let reply = side.bob.ok("profile.portrait_get", ask.clone()).await;
        reply["UserProfileItem"][0]["ProfileItem"][0]["Value"].clone()
    };
    assert_eq!(of(&here).await, "Ann");
    assert_ne!(of(&there).await, "Ann");
    let block = json!({"From_Account": "bob", "To_Account": ["alice"]});
    here.bob.ok("sns.black_list_add", block).await;
    assert_eq!(here.alice.code("openim.sendmsg", here.alice.message("bob", (1, 1), "no")).await, number(Code::Blocked));
    assert_eq!(there.alice.code("openim.sendmsg", there.alice.message("bob", (1, 1), "yes")).await, 0);
    there.bob.expects_text("yes").await;
    let blocked = there.bob.ok("sns.black_list_get", json!({"From_Account": "bob", "StartIndex": 0})).await;
    assert!(blocked["BlackListItem"].as_array().is_none_or(Vec::is_empty), "{blocked}");
    here.alice.ok("follow.follow_add", json!({"From_Account": "alice", "FollowItem": [{"To_Account": "bob"}]})).await;
    let counts = json!({"From_Account": "bob", "To_Account": ["bob"]});
    let followers = async |side: &Side| {
        let reply = side.bob.ok("follow.follow_get_info", counts.clone()).await;
        reply["FollowInfo"][0]["FollowerCount"].clone()
    };
    assert_eq!((followers(&here).await, followers(&there).await), (json!(1), json!(0)));
}

#[tokio::test]
async fn tickets_and_signatures_are_worth_nothing_in_the_other_app() {
    let Two { server, here, there } = two().await;
    let mut raw = Raw::open(&there.app).await;
    for ticket in [&here.alice.login.a2, &here.bob.login.a2] {
        let reply = raw.ask("openim.getmsg", ticket, &json!({"Cookie": ""})).await;
        assert_eq!(code(&reply), number(Code::GroupSignInRequired), "{reply}");
        let reply = raw.ask("im_open_status.wslogin", ticket, &json!({})).await;
        assert_eq!(code(&reply), number(Code::LoginTicketInvalid), "{reply}");
        raw.ask("im_open_status.wslogout", ticket, &json!({})).await;
    }
    // The sessions go on where they belong, also after a restart has left them only in the book.
    here.alice.ok("openim.getmsg", json!({"Cookie": ""})).await;
    server.restart().await;
    let mut raw = Raw::open(&there.app).await;
    let reply = raw.ask("openim.getmsg", &here.alice.login.a2, &json!({"Cookie": ""})).await;
    assert_eq!(code(&reply), number(Code::GroupSignInRequired), "{reply}");
    let mut raw = Raw::open(&here.app).await;
    let reply = raw.ask("openim.getmsg", &here.alice.login.a2, &json!({"Cookie": ""})).await;
    assert_eq!(code(&reply), 0, "{reply}");

    let now = server.world().second();
    let signed = |number: u32, key: &str| usersig::sign(number, "alice", key, now, 3600, None);
    let alice = there.app.user("alice");
    let forged = signed(there.app.sdkappid, &here.app.key);
    assert_eq!(alice.sign_in_code(&here.app.sign("alice")).await, number(Code::UserSigAppMismatch));
    assert_eq!(alice.sign_in_code(&forged).await, number(Code::UserSigKeyMismatch));
}

#[tokio::test]
async fn administrators_reach_only_their_app() {
    let Two { server, here, there } = two().await;
    let now = server.world().second();
    let own = here.app.sign("administrator");
    let forged = usersig::sign(there.app.sdkappid, "administrator", &here.app.key, now, 3600, None);
    for (signature, expected) in [(&own, Code::UserSigAppMismatch), (&forged, Code::UserSigKeyMismatch)] {
        let caller = there.app.rest("administrator", signature);
        for command in ["im_open_login_svc/kick", "im_open_login_svc/account_delete", "openim/sendmsg"] {
            assert_eq!(caller.code(command, json!({"UserID": "alice"})).await, number(expected), "{command}");
        }
    }
    // What an app's administrator does to a name is done to that app's account.
    let admin = there.app.admin();
    admin.ok("im_open_login_svc/kick", json!({"UserID": "alice"})).await;
    admin.ok("im_open_login_svc/account_delete", json!({"DeleteItem": [{"UserID": "bob"}]})).await;
    here.alice.ok("openim.getmsg", json!({"Cookie": ""})).await;
    here.alice.send("bob", "still here").await;
    here.bob.expects_text("still here").await;
    assert_eq!(there.alice.code("openim.getmsg", json!({"Cookie": ""})).await, number(Code::KickedOut));
    let only_here = json!({"UserID": "carol"});
    here.app.admin().ok("im_open_login_svc/account_import", only_here).await;
    let check = json!({"CheckItem": [{"UserID": "carol"}]});
    let status = |reply: &Value| reply["ResultItem"][0]["AccountStatus"].clone();
    assert_eq!(status(&here.app.admin().ok("im_open_login_svc/account_check", check.clone()).await), "Imported");
    assert_eq!(status(&admin.ok("im_open_login_svc/account_check", check).await), "NotImported");
    let to_carol = json!({"From_Account": "alice", "To_Account": "carol", "MsgRandom": 1, "MsgBody": text("hi")});
    assert_eq!(admin.code("openim/sendmsg", to_carol).await, number(Code::ReceiverUnknown));
}

#[tokio::test]
async fn presence_is_told_only_within_the_app() {
    let Two { server, here, there } = two().await;
    let ask = json!({"To_Account": ["bob"]});
    there.alice.ok("im_open_status.ws_status_subscribe", ask.clone()).await;
    here.alice.ok("im_open_status.ws_status_subscribe", ask.clone()).await;
    there.bob.client.logout().await.unwrap();
    let status = |heard: &[support::Heard]| {
        heard.iter().flat_map(|one| one.events("UserStatusList")).find(|entry| entry["Status"] == 3)
    };
    there.alice.expects("bob's leaving", status).await;
    here.alice.settle().await;
    assert!(status(&here.alice.heard()).is_none());
    let online = async |side: &Side| {
        let reply = side.app.admin().ok("openim/query_online_status", ask.clone()).await;
        reply["QueryResult"][0]["Status"].clone()
    };
    assert_eq!((online(&here).await, online(&there).await), (json!("Online"), json!("Offline")));
    drop(server);
}

/// The part of an address after the host.
fn target(url: &Value, server: &Server) -> String {
    let origin = format!("http://{}", server.wire().0);
    url.as_str().unwrap().strip_prefix(&origin).expect("files are on this server").to_owned()
}

#[tokio::test]
async fn files_and_merged_messages_stay_in_their_app() {
    let Two { server, here, there } = two().await;
    let ask = json!({"file_type": 1, "file_name": "cat.png"});
    let signed = here.alice.ok("im_cos_msg.pre_sig", ask).await;
    let (upload, download) = (target(&signed["upload_url"], &server), target(&signed["download_url"], &server));
    let (ours, theirs) = (here.app.sdkappid.to_string(), there.app.sdkappid.to_string());
    let wire = server.wire();
    let put = async |target: &str, body: &[u8]| wire.ask("PUT", target, &[], body).await.status;
    for forged in [
        upload.replacen(&ours, &theirs, 1),
        upload.replacen("cat.png", "cat.html", 1),
        upload.replacen("account=", "account=9", 1),
        upload.replacen("kind=1", "kind=2", 1),
        upload.replacen("expires=", "expires=9", 1),
        format!("{}{}", &upload[..upload.len() - 4], "0000"),
        upload.split("&sign=").next().unwrap().to_owned() + "&sign=",
    ] {
        assert_eq!(put(&forged, b"forged").await, 403, "{forged}");
    }
    assert_eq!(wire.ask("GET", &download, &[], b"").await.status, 404);
    assert_eq!(put(&upload, b"a cat").await, 200);
    let read = wire.ask("GET", &download, &[], b"").await;
    assert_eq!((read.status, read.body.as_slice()), (200, b"a cat".as_slice()));
    for elsewhere in [
        download.replacen(&ours, &theirs, 1),
        format!("/files/{ours}/..%2f..%2fdata/book.db"),
        format!("/files/{ours}/{}/x", "0".repeat(40)),
    ] {
        let status = wire.ask("GET", &elsewhere, &[], b"").await.status;
        assert!(matches!(status, 400 | 404), "{elsewhere} is answered with {status}");
    }

    let kept = here.alice.ok("im_long_msg.save_relay_json_msg", json!({"MsgList": [{"Id": "secret"}]})).await;
    let name = json!({"JsonMsgKey": kept["JsonMsgKey"]});
    let read = here.bob.ok("im_long_msg.get_relay_json_msg", name.clone()).await;
    assert_eq!(read["MsgList"][0]["Id"], "secret");
    let reply = there.bob.ask("im_long_msg.get_relay_json_msg", &name).await;
    assert!(!reply.to_string().contains("secret"), "{reply}");
}

#[tokio::test]
async fn a_new_account_inherits_nothing_of_one_that_was_removed() {
    let server = Server::start().await;
    let side = Side::new(&server).await;
    side.alice.send("bob", "for the old bob").await;
    side.bob.expects_text("for the old bob").await;
    side.bob.ok("sns.black_list_add", json!({"From_Account": "bob", "To_Account": ["alice"]})).await;
    let name = json!({"DeleteItem": [{"UserID": "bob"}]});
    side.app.admin().ok("im_open_login_svc/account_delete", name).await;
    assert_eq!(side.bob.code("openim.getmsg", json!({"Cookie": ""})).await, number(Code::KickedOut));
    let again = side.app.user("bob").connect().await;
    assert_ne!(again.login.tinyid, side.bob.login.tinyid);
    assert!(again.history("alice", 15).await.is_empty());
    let list = again.ok("recentcontact.page_get", json!({"From_Account": "bob"})).await;
    assert_eq!(list["SessionItem"], json!([]));
    side.alice.send("bob", "for the new bob").await;
    again.expects_text("for the new bob").await;
    assert_eq!(again.history("alice", 15).await.len(), 1);
}

/// Makes a group of the same id in an app, with an alice and a bob in it.
async fn group(side: &Side, kind: &str, id: &str) {
    let body = json!({"Type": kind, "Name": id, "GroupId": id, "Owner_Account": "alice"});
    side.app.admin().ok("group_open_http_svc/create_group", body).await;
    if kind != "AVChatRoom" {
        let body = json!({"GroupId": id, "MemberList": [{"Member_Account": "bob"}], "Silence": 1});
        side.app.admin().ok("group_open_http_svc/add_group_member", body).await;
    }
}

async fn say(who: &Online, id: &str, (random, words): (u32, &str)) -> i64 {
    let body = json!({"GroupId": id, "Random": random, "ClientSeq": random, "MsgBody": text(words)});
    who.ok("group_open_http_svc.send_group_msg", body).await["MsgSeq"].as_i64().unwrap()
}

/// Waits for a text said in a group, and returns all that were.
async fn heard(who: &Online, words: &str) -> Vec<String> {
    let texts = |heard: &[support::Heard]| {
        let items = heard.iter().flat_map(|one| one.events("GroupMsgArray"));
        let texts = items.filter_map(|item| item["MsgBody"][0]["MsgContent"]["Text"].as_str().map(str::to_owned));
        Some(texts.collect::<Vec<_>>()).filter(|texts| texts.iter().any(|text| text == words))
    };
    who.expects(words, texts).await
}

#[tokio::test]
async fn groups_of_the_same_id_are_two() {
    let Two { here, there, .. } = two().await;
    for (side, words) in [(&here, "here"), (&there, "there")] {
        group(side, "Public", "hikers").await;
        say(&side.alice, "hikers", (1, words)).await;
        assert_eq!(heard(&side.bob, words).await, [words]);
    }
    let last = say(&here.alice, "hikers", (2, "only here")).await;
    for (side, count) in [(&here, 2), (&there, 1)] {
        let page = json!({"GroupId": "hikers", "ReqMsgNumber": 20});
        let reply = side.bob.ok("group_open_http_svc.group_msg_get", page.clone()).await;
        assert_eq!(reply["RspMsgList"].as_array().unwrap().len(), count, "{reply}");
        let reply = side.app.admin().ok("group_open_http_svc/group_msg_get_simple", page).await;
        assert_eq!(reply["RspMsgList"].as_array().unwrap().len(), count, "{reply}");
    }
    let recall = json!({"GroupId": "hikers", "MsgSeqList": [{"MsgSeq": last}]});
    let reply = there.alice.ok("group_open_http_svc.group_msg_recall", recall.clone()).await;
    assert_eq!(reply["RecallRetList"][0]["RetCode"], number(Code::GroupMessageMissing), "{reply}");
    there.app.admin().ok("group_open_http_svc/destroy_group", json!({"GroupId": "hikers"})).await;
    say(&here.alice, "hikers", (3, "still here")).await;
    assert_eq!(heard(&here.bob, "still here").await, ["here", "only here", "still here"]);
    assert_eq!(heard(&there.bob, "there").await, ["there"]);
}

#[tokio::test]
async fn nobody_of_the_other_app_reaches_a_group() {
    let Two { here, there, .. } = two().await;
    group(&here, "Public", "secret").await;
    say(&here.alice, "secret", (1, "words")).await;
    let missing = number(Code::GroupMissing);
    let named = json!({"GroupId": "secret", "ReqMsgNumber": 20, "Random": 9, "MsgBody": text("from there"),
        "MsgSeq": 1, "MsgSeqList": [{"MsgSeq": 1}], "Name": "theirs", "MsgReadedSeq": 1, "Members_Account": ["bob"],
        "MuteTime": 60, "MemberToDel_Account": ["bob"], "NewOwner_Account": "bob", "Member_Account": "bob",
        "NameCard": "b", "MemberList": [{"Member_Account": "bob"}], "Reaction": "like",
        "GroupAttr": [{"key": "k", "value": "v"}], "User_Account": ["alice"], "Content": "told",
        "Member_List_Account": ["bob"], "Sender_Account": "alice"});
    for command in ["apply_join_group", "group_msg_get", "quit_group", "msg_read_report", "pin_message"] {
        let reply = there.bob.ask(&format!("group_open_http_svc.{command}"), &named).await;
        assert_eq!(code(&reply), missing, "{command}: {reply}");
    }
    for command in [
        "send_group_msg",
        "group_msg_recall",
        "modify_group_base_info",
        "get_group_member_info",
        "get_specified_group_member_info",
        "add_group_member",
        "delete_group_member",
        "modify_group_member_info",
        "forbid_send_msg",
        "change_group_owner",
        "set_group_attr",
        "destroy_group",
    ] {
        let reply = there.alice.ask(&format!("group_open_http_svc.{command}"), &named).await;
        assert_eq!(code(&reply), missing, "{command}: {reply}");
        let reply = there.app.admin().ask(&format!("group_open_http_svc/{command}"), &named).await;
        assert_eq!(code(&reply), missing, "{command}: {reply}");
    }
    for command in ["group_msg_get_simple", "get_role_in_group", "send_group_system_notification", "clear_group_msg"] {
        let reply = there.app.admin().ask(&format!("group_open_http_svc/{command}"), &named).await;
        assert_eq!(code(&reply), missing, "{command}: {reply}");
    }
    let info = there.app.admin().ok("group_open_http_svc/get_group_info", json!({"GroupIdList": ["secret"]})).await;
    assert_eq!(info["GroupInfo"][0]["ErrorCode"], missing, "{info}");
    for (side, count) in [(&here, 1), (&there, 0)] {
        let list = json!({"Member_Account": "bob", "Limit": 200});
        let reply = side.bob.ok("group_open_http_svc.get_joined_group_list", list.clone()).await;
        assert_eq!(reply["TotalCount"], count, "{reply}");
        let reply = side.app.admin().ok("group_open_http_svc/get_joined_group_list", list).await;
        assert_eq!(reply["TotalCount"], count, "{reply}");
        let reply = side.app.admin().ok("group_open_http_svc/get_appid_group_list", json!({"Limit": 100})).await;
        assert_eq!(reply["TotalCount"], count, "{reply}");
        let list = side.bob.ok("recentcontact.page_get", json!({"From_Account": "bob"})).await;
        assert_eq!(list["SessionItem"].as_array().unwrap().len(), count, "{list}");
    }
    there.bob.settle().await;
    assert!(there.bob.heard().iter().all(|one| one.events("GroupMsgArray").is_empty()));
    assert!(there.bob.heard().iter().all(|one| one.events("GroupTips").is_empty()));
}

#[tokio::test]
async fn live_rooms_and_broadcasts_are_heard_in_their_app() {
    let Two { here, there, .. } = two().await;
    for side in [&here, &there] {
        group(side, "AVChatRoom", "live").await;
        for who in [&side.alice, &side.bob] {
            who.ok("group_open_http_svc.apply_join_group", json!({"GroupId": "live"})).await;
        }
    }
    let enter = "group_open_http_noauth_svc.apply_join_group";
    let fetch = "group_open_long_polling_http_noauth_svc.get_msg";
    let (mut ours, mut theirs) = (Raw::open(&here.app).await, Raw::open(&there.app).await);
    let key = ours.ask(enter, "", &json!({"GroupId": "live"})).await["LongPollingKey"].clone();
    say(&here.alice, "live", (1, "here")).await;
    assert_eq!(heard(&here.bob, "here").await, ["here"]);
    // A key opens the room of the app it was given in.
    let reply = theirs.ask(fetch, "", &json!({"Key": key, "StartSeq": 0})).await;
    assert_eq!(code(&reply), number(Code::GroupMissing), "{reply}");
    let reply = ours.ask(fetch, "", &json!({"Key": key, "StartSeq": 0})).await;
    assert_eq!(reply["RspMsgList"].as_array().map(Vec::len), Some(1), "{reply}");
    say(&there.alice, "live", (1, "there")).await;
    assert_eq!(heard(&there.bob, "there").await, ["there"]);

    let loud = json!({"Type": "BChatRoom", "Name": "loud", "GroupId": "loud"});
    for (side, words) in [(&here, "all of here"), (&there, "all of there")] {
        side.app.admin().ok("group_open_http_svc/create_group", loud.clone()).await;
        let body = json!({"GroupId": "loud", "Random": 5, "MsgBody": text(words)});
        side.app.admin().ok("group_open_http_svc/send_group_msg", body).await;
        heard(&side.bob, words).await;
    }
    for (side, words) in [(&here, ["here", "all of here"]), (&there, ["there", "all of there"])] {
        side.bob.settle().await;
        assert_eq!(heard(&side.bob, words[1]).await, words);
    }
}
