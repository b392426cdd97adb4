//! Whoever may not speak is refused at once, until the time is over, and only where it was said.

use serde_json::json;
use support::{Server, text};

const SAY: &str = "group_open_http_svc.send_group_msg";

#[tokio::test]
async fn a_silent_user_speaks_nowhere_it_was_forbidden() {
    let server = Server::start_fixed().await;
    let app = server.app().await;
    app.import(&["alice", "bob", "carol"]).await;
    app.example_groups().await;
    let (admin, bob) = (app.admin(), app.user("bob").connect().await);
    let mut number = 0;
    let mut codes = async || {
        number += 1;
        let pair = json!({"To_Account": "alice", "From_Account": "bob", "MsgSeq": number, "MsgRandom": number,
            "MsgBody": text("x")});
        let group = json!({"GroupId": "hikers-01", "From_Account": "bob", "Random": number, "MsgBody": text("x")});
        (bob.code("openim.sendmsg", pair).await, bob.code(SAY, group).await)
    };
    assert_eq!(codes().await, (0, 0));
    let set = async |body| admin.ok("openconfigsvr/setnospeaking", body).await;
    set(json!({"Set_Account": "bob", "C2CmsgNospeakingTime": 60})).await;
    assert_eq!(codes().await, (20012, 0));
    set(json!({"Set_Account": "bob", "GroupmsgNospeakingTime": 4_294_967_295_u32})).await;
    assert_eq!(codes().await, (20012, 10017));
    // What the backend says for it is the backend's.
    let pair = json!({"To_Account": "alice", "From_Account": "bob", "MsgRandom": 9, "MsgBody": text("x")});
    admin.ok("openim/sendmsg", pair).await;
    let left = async || {
        let reply = admin.ok("openconfigsvr/getnospeaking", json!({"Get_Account": "bob"})).await;
        (reply["C2CmsgNospeakingTime"].as_u64().unwrap(), reply["GroupmsgNospeakingTime"].as_u64().unwrap())
    };
    server.world().advance(25_000);
    assert_eq!(left().await, (35, 4_294_967_295));
    server.world().advance(35_000);
    assert_eq!((codes().await, left().await), ((0, 10017), (0, 4_294_967_295)));
    server.restart().await;
    assert_eq!(left().await, (0, 4_294_967_295), "it outlives the server");
    let bob = app.user("bob").connect().await;
    let group = json!({"GroupId": "hikers-01", "From_Account": "bob", "Random": 900, "MsgBody": text("x")});
    assert_eq!(bob.code(SAY, group.clone()).await, 10017);
    admin.ok("openconfigsvr/setnospeaking", json!({"Set_Account": "bob", "GroupmsgNospeakingTime": 0})).await;
    assert_eq!(bob.code(SAY, group).await, 0);
}
