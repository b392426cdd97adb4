//! Live rooms: all who listen hear everything, nobody else anything, and nothing stays.

use model::Code;
use serde_json::{Value, json};
use support::{App, Heard, Online, Raw, Server, code, text, within};

use super::{
    Item, app, create, expect_text, fresh, items, message, named, notices, number, path, say, say_code, texts,
};

const VISIT: &str = "group_open_http_noauth_svc.apply_join_group";
const FETCH: &str = "group_open_long_polling_http_noauth_svc.get_msg";

struct Hall {
    server: Server,
    app: App,
    room: String,
    host: Online,
    alice: Online,
    bob: Online,
}

async fn join(who: &Online, room: &str) -> Value {
    let reply = who.ok(&named("apply_join_group"), json!({"GroupId": room})).await;
    assert_eq!(reply["JoinedStatus"], "JoinedSuccess");
    assert_eq!(reply["HugeGroupFlag"], 1);
    reply
}

/// A room with its owner and two listeners.
async fn hall() -> Hall {
    let server = Server::start().await;
    let app = app(&server).await;
    app.import(&["host", "alice", "bob", "carol"]).await;
    let room = create(&app, "AVChatRoom", "host", &[]).await;
    let host = app.user("host").connect().await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    for who in [&host, &alice, &bob] {
        join(who, &room).await;
    }
    Hall { server, app, room, host, alice, bob }
}

/// What was said by users.
fn said(who: &Online, room: &str) -> Vec<Item> {
    items(&who.heard(), room).into_iter().filter(|item| !item.text.starts_with("tip")).collect()
}

#[tokio::test]
async fn all_who_listen_hear_everything_and_nobody_else_anything() {
    let Hall { app, room, host, alice, bob, .. } = hall().await;
    let carol = app.user("carol").connect().await;
    let other = app.user("alice").connect().await;
    let first = say(&host, &room, "first").await;
    let second = say(&bob, &room, "second").await;
    assert!(first.sequence < second.sequence);
    expect_text(&alice, &room, "second").await;
    assert_eq!(said(&alice, &room), [first.clone(), second.clone()]);
    // Another client of a listener does not listen by itself.
    join(&other, &room).await;
    bob.ok(&named("quit_group"), json!({"GroupId": room})).await;
    let third = say(&alice, &room, "third").await;
    for who in [&host, &other] {
        expect_text(who, &room, "third").await;
    }
    assert_eq!(said(&other, &room), std::slice::from_ref(&third));
    assert_eq!(said(&host, &room), [second, third]);
    // The user listens as long as one of its clients does.
    other.ok(&named("quit_group"), json!({"GroupId": room})).await;
    say(&host, &room, "fourth").await;
    expect_text(&alice, &room, "fourth").await;
    for who in [&other, &bob, &carol] {
        who.settle().await;
        assert!(!texts(&said(who, &room)).contains(&"fourth"), "{}", who.name);
    }
    assert!(said(&carol, &room).is_empty());
    // Who does not listen does not speak.
    for who in [&bob, &carol] {
        assert_eq!(say_code(who, &room, "from outside").await, number(Code::GroupNoPermission), "{}", who.name);
    }
    let heard = items(&alice.heard(), &room);
    assert!(heard.is_sorted_by(|one, other| one.sequence < other.sequence), "clients drop what comes twice: {heard:?}");
}

#[tokio::test]
async fn nothing_said_in_a_room_is_kept() {
    let Hall { app, room, host, alice, .. } = hall().await;
    say(&host, &room, "gone").await;
    let page = json!({"GroupId": room, "ReqMsgNumber": 20});
    for who in [&host, &alice] {
        assert_eq!(who.code(&named("group_msg_get"), page.clone()).await, number(Code::GroupNoPermission));
    }
    assert_eq!(app.admin().code(&path("group_msg_get_simple"), page).await, number(Code::GroupNoPermission));
    let recall = json!({"GroupId": room, "MsgSeqList": [{"MsgSeq": 1}]});
    assert_eq!(host.code(&named("group_msg_recall"), recall).await, number(Code::GroupTypeCannotRecall));
    let joined = host.ok(&named("get_joined_group_list"), json!({"Member_Account": "host", "Limit": 200})).await;
    assert_eq!(joined["TotalCount"], 0, "{joined}");
    let list = alice.ok("recentcontact.page_get", json!({"From_Account": "alice"})).await;
    assert_eq!(list["SessionItem"], json!([]), "{list}");
    // Nobody is brought in or removed.
    let bring = json!({"GroupId": room, "MemberList": [{"Member_Account": "carol"}]});
    assert_eq!(app.admin().code(&path("add_group_member"), bring).await, number(Code::GroupNoPermission));
    let remove = json!({"GroupId": room, "MemberToDel_Account": ["bob"]});
    assert_eq!(host.code(&named("delete_group_member"), remove).await, number(Code::GroupParameterInvalid));
}

#[tokio::test]
async fn the_silenced_are_not_heard() {
    let Hall { room, host, alice, bob, .. } = hall().await;
    let mute = |seconds: u32| json!({"GroupId": room, "Members_Account": ["bob"], "MuteTime": seconds});
    assert_eq!(alice.code(&named("forbid_send_msg"), mute(60)).await, number(Code::GroupNoPermission));
    host.ok(&named("forbid_send_msg"), mute(60)).await;
    assert_eq!(say_code(&bob, &room, "muted").await, number(Code::MemberMuted));
    // Leaving and coming back does not help.
    bob.ok(&named("quit_group"), json!({"GroupId": room})).await;
    join(&bob, &room).await;
    assert_eq!(say_code(&bob, &room, "muted").await, number(Code::MemberMuted));
    host.ok(&named("forbid_send_msg"), mute(0)).await;
    say(&bob, &room, "free").await;
    let all = |on: &str| json!({"GroupId": room, "ShutUpAllMember": on});
    assert_eq!(bob.code(&named("modify_group_base_info"), all("On")).await, number(Code::GroupNoPermission));
    host.ok(&named("modify_group_base_info"), all("On")).await;
    for who in [&alice, &bob] {
        assert_eq!(say_code(who, &room, "all muted").await, number(Code::MemberMuted));
    }
    say(&host, &room, "the host speaks").await;
    host.ok(&named("modify_group_base_info"), all("Off")).await;
    say(&bob, &room, "last").await;
    expect_text(&alice, &room, "last").await;
    assert_eq!(texts(&said(&alice, &room)), ["free", "the host speaks", "last"]);
}

#[tokio::test]
async fn who_is_banned_is_out_until_let_in_again() {
    let Hall { server, app, room, host, alice, bob } = hall().await;
    let ban = json!({"GroupId": room, "Members_Account": ["bob"], "Duration": 600, "Description": "spam"});
    assert_eq!(alice.code(&named("ban_group_member"), ban.clone()).await, number(Code::GroupNoPermission));
    host.ok(&named("ban_group_member"), ban).await;
    let told = bob.expects("the ban", |heard| notices(heard, &room, 21).pop()).await;
    assert_eq!((&told["MsgBody"]["BanDuration"], &told["MsgBody"]["BanDescription"]), (&json!(600), &json!("spam")));
    let tip = async |kind: i64| {
        let find = |heard: &[Heard]| {
            heard.iter().flat_map(|one| one.events("GroupTips")).find(|tip| tip["MsgBody"]["OpType"] == kind)
        };
        let tip = alice.expects("the tip", find).await;
        assert_eq!(
            (&tip["ToGroupId"], &tip["Event"], &tip["MsgBody"]["List_Account"]),
            (&json!(room), &json!(4), &json!(["bob"]))
        );
        tip["MsgBody"]["Operator_Account"].clone()
    };
    assert_eq!(tip(10).await, "host");
    say(&host, &room, "without bob").await;
    expect_text(&alice, &room, "without bob").await;
    bob.settle().await;
    assert!(said(&bob, &room).is_empty());
    assert_eq!(say_code(&bob, &room, "still here").await, number(Code::GroupNoPermission));
    let ask = json!({"GroupId": room});
    assert_eq!(bob.code(&named("apply_join_group"), ask.clone()).await, number(Code::GroupNoPermission));
    // Neither a new connection nor a restart lets him in.
    bob.lose(&server).await;
    bob.resume().await;
    assert_eq!(bob.code(&named("apply_join_group"), ask.clone()).await, number(Code::GroupNoPermission));
    server.restart().await;
    for who in [&bob, &host, &alice] {
        who.resume().await;
    }
    assert_eq!(bob.code(&named("apply_join_group"), ask).await, number(Code::GroupNoPermission));
    say(&host, &room, "still without bob").await;
    bob.settle().await;
    assert!(said(&bob, &room).is_empty());
    let free = json!({"GroupId": room, "Members_Account": ["bob"]});
    app.admin().ok(&path("unban_group_member"), free.clone()).await;
    assert_eq!(tip(11).await, "administrator");
    // Whoever is not out is let in without a word.
    app.admin().ok(&path("unban_group_member"), free).await;
    join(&bob, &room).await;
    say(&host, &room, "with bob").await;
    expect_text(&bob, &room, "with bob").await;
    expect_text(&alice, &room, "with bob").await;
    let tips = alice
        .heard()
        .iter()
        .flat_map(|one| one.events("GroupTips"))
        .filter(|tip| tip["MsgBody"]["OpType"] == 11)
        .count();
    assert_eq!(tips, 1);
}

#[tokio::test]
async fn a_dismissed_room_tells_its_listeners_and_is_gone() {
    let Hall { app, room, host, alice, bob, .. } = hall().await;
    let (mut raw, mut visitor) = (Raw::open(&app).await, Visitor::enter(&app, &room).await);
    let visit = raw.ask(VISIT, "", &json!({"GroupId": room})).await;
    assert_eq!(alice.code(&named("destroy_group"), json!({"GroupId": room})).await, number(Code::GroupNoPermission));
    host.ok(&named("destroy_group"), json!({"GroupId": room})).await;
    for who in [&alice, &bob] {
        who.expects("the dismissal", |heard| notices(heard, &room, 5).pop()).await;
    }
    // Clients that hear of the end before their answer break.
    host.settle().await;
    assert!(notices(&host.heard(), &room, 5).is_empty());
    for who in [&host, &alice] {
        assert_eq!(say_code(who, &room, "anybody?").await, number(Code::GroupMissing));
        assert_eq!(who.code(&named("apply_join_group"), json!({"GroupId": room})).await, number(Code::GroupMissing));
    }
    // A visitor fetches the end once, and then there is nothing more.
    let mut fetch = json!({"Key": visit["LongPollingKey"], "StartSeq": visit["StartSeq"]});
    let last = raw.ask(FETCH, "", &fetch).await;
    let ends = last["RspMsgList"].as_array().unwrap().iter().filter(|item| item["MsgBody"]["ReportType"] == 5);
    assert_eq!(ends.map(|item| item["Event"].clone()).collect::<Vec<_>>(), [json!(5)], "{last}");
    assert!(visitor.fetch().await.is_empty());
    fetch["StartSeq"] = last["NextSeq"].clone();
    assert_eq!(code(&raw.ask(FETCH, "", &fetch).await), number(Code::GroupMissing));
    assert_ne!(code(&raw.ask(VISIT, "", &json!({"GroupId": room})).await), 0);
    // The id is free again, and nobody listens to what has it now.
    let again = json!({"Type": "AVChatRoom", "Name": "again", "GroupId": "again", "Owner_Account": "host"});
    for _ in 0..2 {
        app.admin().ok(&path("create_group"), again.clone()).await;
        join(&host, "again").await;
        assert_eq!(say_code(&bob, "again", "from before").await, number(Code::GroupNoPermission));
        join(&bob, "again").await;
        say(&bob, "again", "inside").await;
        app.admin().ok(&path("destroy_group"), json!({"GroupId": "again"})).await;
    }
}

#[tokio::test]
async fn listeners_come_back_with_their_connection_and_after_a_restart() {
    let Hall { server, room, host, alice, bob, .. } = hall().await;
    bob.ok(&named("quit_group"), json!({"GroupId": room})).await;
    alice.lose(&server).await;
    say(&host, &room, "missed").await;
    alice.resume().await;
    say(&host, &room, "back").await;
    let back = expect_text(&alice, &room, "back").await;
    server.restart().await;
    for who in [&host, &alice, &bob] {
        who.resume().await;
    }
    let after = say(&host, &room, "after the restart").await;
    assert!(after.sequence > back.sequence, "clients drop sequences they have seen");
    expect_text(&alice, &room, "after the restart").await;
    assert_eq!(say_code(&bob, &room, "bob left").await, number(Code::GroupNoPermission));
    assert!(said(&bob, &room).is_empty());
    let lost = alice.heard().iter().filter(|one| matches!(one, Heard::Lost)).count();
    assert_eq!(lost, 2);
}

/// A visitor: no account, no sign-in.
struct Visitor {
    raw: Raw,
    key: String,
    next: i64,
}

impl Visitor {
    async fn enter(app: &App, room: &str) -> Self {
        let mut raw = Raw::open(app).await;
        let reply = raw.ask(VISIT, "", &json!({"GroupId": room})).await;
        assert_eq!((code(&reply), &reply["JoinedStatus"]), (0, &json!("JoinedSuccess")), "{reply}");
        let key = reply["LongPollingKey"].as_str().expect("a visitor has a key").to_owned();
        Self { raw, key, next: reply["StartSeq"].as_i64().unwrap() }
    }

    /// One fetch: what was said by users.
    async fn fetch(&mut self) -> Vec<Item> {
        let body = json!({"USP": 1, "StartSeq": self.next, "HoldTime": 90, "Key": self.key});
        let reply = within("a fetch", self.raw.ask(FETCH, "", &body)).await;
        assert_eq!(reply["ErrorCode"], 0, "{reply}");
        self.next = reply["NextSeq"].as_i64().unwrap();
        self.key = reply["Key"].as_str().unwrap().to_owned();
        let list = reply["RspMsgList"].as_array().unwrap();
        assert!(list.iter().all(|item| item["Event"].is_i64() && item["GroupId"].is_string()), "{reply}");
        list.iter().filter(|item| item["Event"] == 3).filter_map(Item::read).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visitors_hear_everything_from_when_they_came() {
    let Hall { app, room, host, alice, .. } = hall().await;
    say(&host, &room, "before").await;
    let mut visitor = Visitor::enter(&app, &room).await;
    // Not even when it asks for it: what was said before is not for visitors.
    visitor.next = 0;
    let (speaking, place) = (fresh(), room.clone());
    let speaker = tokio::spawn(async move {
        let mut said = Vec::new();
        for number in 0..150 {
            said.push(say(&host, &place, &format!("{speaking} {number}")).await);
        }
        (host, said)
    });
    let mut got = Vec::new();
    while got.len() < 150 {
        got.extend(visitor.fetch().await);
    }
    let (host, said) = speaker.await.unwrap();
    assert_eq!(got, said);
    expect_text(&alice, &room, &said[149].text).await;
    // A fetch that waits is answered by what is said next.
    let (mut late, place) = (visitor, room.clone());
    let waiting = tokio::spawn(async move {
        loop {
            let got = late.fetch().await;
            if !got.is_empty() {
                return got;
            }
        }
    });
    let next = say(&host, &place, "next").await;
    assert_eq!(within("the next message", waiting).await.unwrap(), [next]);
}

#[tokio::test]
async fn visitors_can_do_nothing_else() {
    let Hall { app, room, host, alice, .. } = hall().await;
    let stored = create(&app, "Public", "host", &["alice"]).await;
    say(&host, &stored, "inside").await;
    let mut visitor = Visitor::enter(&app, &room).await;
    // Only live rooms are open to visitors.
    for group in [stored.as_str(), "no-such-group", ""] {
        let reply = visitor.raw.ask(VISIT, "", &json!({"GroupId": group})).await;
        assert_ne!(code(&reply), 0, "{group}: {reply}");
        assert!(reply.get("LongPollingKey").is_none(), "{reply}");
    }
    // The key opens nothing but its room's messages.
    let key = visitor.key.clone();
    let words = message("alice", &room, (1, 1), "from a visitor");
    for (command, body) in [
        ("send_group_msg", words.clone()),
        ("group_msg_get", json!({"GroupId": stored, "ReqMsgNumber": 20})),
        ("get_group_self_member_info", json!({"GroupIdList": [stored, room]})),
        ("get_group_member_info", json!({"GroupId": stored})),
        ("apply_join_group", json!({"GroupId": room})),
        ("modify_group_base_info", json!({"GroupId": room, "Name": "visited"})),
    ] {
        for ticket in ["", key.as_str()] {
            let reply = visitor.raw.ask(&named(command), ticket, &body).await;
            assert_eq!(code(&reply), number(Code::GroupSignInRequired), "{command}: {reply}");
        }
    }
    for service in ["group_open_http_noauth_svc", "group_open_long_polling_http_noauth_svc"] {
        for command in ["send_group_msg", "group_msg_get", "get_group_info"] {
            let reply = visitor.raw.ask(&format!("{service}.{command}"), "", &words).await;
            assert_ne!(code(&reply), 0, "{service}.{command}: {reply}");
        }
    }
    // Nor do keys that are made up, or of a room's number with another's rest.
    let (group, rest) = key.split_once('-').unwrap();
    let other = group.parse::<i64>().unwrap() + 1;
    for forged in ["", "1", "-", &format!("{group}-0"), &format!("{other}-{rest}"), &format!("{key}0")] {
        let reply = visitor.raw.ask(FETCH, "", &json!({"Key": forged, "StartSeq": 0})).await;
        assert_ne!(code(&reply), 0, "{forged}: {reply}");
        assert!(!reply.to_string().contains("inside"), "{reply}");
    }
    let body = json!({"From_Account": "alice", "GroupId": room, "Random": 7, "MsgBody": text("forged")});
    let spoken = host.ok(&named("send_group_msg"), body).await;
    assert!(spoken["MsgSeq"].is_i64());
    // Whoever is named as the sender, it is who signed in.
    assert_eq!(expect_text(&alice, &room, "forged").await.from, "host");
}

#[tokio::test]
async fn visitors_are_told_what_the_app_has_to_say() {
    let Hall { app, room, alice, .. } = hall().await;
    let mut visitor = Visitor::enter(&app, &room).await;
    for words in ["one", "two"] {
        app.admin().ok(&path("send_group_system_notification"), json!({"GroupId": room, "Content": words})).await;
    }
    let told =
        alice.expects("the notices", |heard| Some(notices(heard, &room, 255)).filter(|told| told.len() == 2)).await;
    let ask = json!({"StartSeq": visitor.next, "Key": visitor.key});
    let list = visitor.raw.ask(FETCH, "", &ask).await["RspMsgList"].as_array().unwrap().clone();
    assert!(list.iter().all(|item| item["Event"] == 5 && item["GroupId"] == room.as_str()), "{list:?}");
    let seen = |list: &[Value]| -> Vec<(Value, Value)> {
        list.iter().map(|item| (item["MsgSeq"].clone(), item["MsgBody"]["UserDefinedField"].clone())).collect()
    };
    assert_eq!(seen(&list), seen(&told));
    assert_eq!(
        list.iter().map(|item| item["MsgBody"]["UserDefinedField"].as_str().unwrap()).collect::<Vec<_>>(),
        ["one", "two"]
    );
    assert_ne!(list[0]["MsgSeq"], list[1]["MsgSeq"], "clients drop sequences they have seen");
}

#[tokio::test]
async fn a_room_has_ten_kinds_of_marks() {
    let Hall { app, room, .. } = hall().await;
    let mark = async |kind: i64, account: &str, marks: &[i64]| {
        let body =
            json!({"GroupId": room, "CommandType": kind, "MemberList": [{"Member_Account": account, "Marks": marks}]});
        app.admin().ask("group_open_avchatroom_http_svc/modify_user_info", &body).await
    };
    let ten: Vec<i64> = (1001..=1010).collect();
    let reply = mark(1, "alice", &ten).await;
    assert_eq!(
        (&reply["CommandType"], &reply["MemberList"]),
        (&json!(1), &json!([{"Member_Account": "alice", "Marks": ten}]))
    );
    assert_eq!(code(&mark(1, "bob", &[1011]).await), number(Code::GroupParameterInvalid));
    assert_eq!(code(&mark(1, "bob", &[999]).await), number(Code::GroupParameterInvalid));
    // What is there may be given to others, what has a meaning is no kind, and who does not listen is left out.
    for (account, marks, worked) in [("bob", [1010], 1), ("bob", [500], 1), ("carol", [1001], 0), ("carol", [1011], 0)]
    {
        let reply = mark(1, account, &marks).await;
        assert_eq!((code(&reply), reply["MemberList"].as_array().unwrap().len()), (0, worked), "{account} {marks:?}");
    }
    // A kind that nobody has any more makes room for another.
    assert_eq!(code(&mark(2, "alice", &[1001]).await), 0);
    assert_eq!(code(&mark(1, "bob", &[1011]).await), 0);
    let listed =
        app.admin().ok("group_open_avchatroom_http_svc/get_members", json!({"GroupId": room, "Timestamp": 0})).await;
    let bob = listed["MemberList"].as_array().unwrap().iter().find(|one| one["Member_Account"] == "bob").unwrap();
    assert_eq!(bob["Marks"], json!([500, 1010, 1011]));
}

#[tokio::test]
async fn a_mark_counts_an_account_as_online_for_three_days() {
    let server = Server::start_fixed().await;
    let app = app(&server).await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    let room = create(&app, "AVChatRoom", "alice", &[]).await;
    for who in [&alice, &bob] {
        who.ok(&named("apply_join_group"), json!({"GroupId": room})).await;
    }
    let count = async || {
        let reply = app.admin().ok(&path("get_online_member_num"), json!({"GroupId": room})).await;
        reply["OnlineMemberNum"].as_i64().unwrap()
    };
    let mark = async |kind: i64| {
        let list = json!([{"Member_Account": "bob", "Marks": [500]}]);
        let body = json!({"GroupId": room, "CommandType": kind, "MemberList": list});
        app.admin().ok("group_open_avchatroom_http_svc/modify_user_info", body).await;
    };
    mark(1).await;
    assert_eq!(count().await, 2, "nobody counts twice");
    bob.lose(&server).await;
    alice.lose(&server).await;
    assert_eq!(count().await, 1, "whoever has the mark");
    // Longer than a listener without a connection is in the room.
    server.world().advance(86_400_000);
    assert_eq!(count().await, 1);
    server.world().advance(2 * 86_400_000);
    assert_eq!(count().await, 0);
    let (_alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    bob.ok(&named("apply_join_group"), json!({"GroupId": room})).await;
    mark(1).await;
    bob.ok(&named("quit_group"), json!({"GroupId": room})).await;
    assert_eq!(count().await, 0, "who leaves is gone");
}
