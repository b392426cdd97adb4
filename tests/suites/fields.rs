//! Custom fields: each kind, each right and each door, held against what the app declares.

use std::collections::BTreeSet;

use model::{
    Code, GroupKind, Role,
    field::FieldType,
    group::{
        field::Level,
        rule::{self, Action, Actor},
    },
};
use serde_json::{Value, json};
use support::{App, Heard, Online, Server, code};

const STORED: [GroupKind; 4] = [GroupKind::Private, GroupKind::Public, GroupKind::ChatRoom, GroupKind::Community];
const REFUSED: i64 = 10007;

/// Somebody who asks: a client or, without one, the backend.
struct Asker<'a> {
    name: &'a str,
    client: Option<&'a Online>,
    actor: Actor,
}

impl Asker<'_> {
    async fn ask(&self, app: &App, kind: GroupKind, command: &str, body: &Value) -> Value {
        let service = if kind == GroupKind::Community { "million_group_open_http_svc" } else { "group_open_http_svc" };
        match self.client {
            Some(client) => client.ask(&format!("{service}.{command}"), body).await,
            None => app.admin().ask(&format!("{service}/{command}"), body).await,
        }
    }
}

/// A group of a type with one user of each role, somebody outside, and an administrator of the app in it.
struct Stage {
    server: Server,
    app: App,
    clients: Vec<Online>,
}

const NAMES: [&str; 5] = ["owner", "admin", "member", "stranger", "administrator"];

async fn stage() -> Stage {
    let server = Server::start().await;
    let app = server.app().await;
    app.set("community", "true").await;
    let mut clients = Vec::new();
    for name in NAMES {
        clients.push(app.user(name).connect().await);
    }
    Stage { server, app, clients }
}

impl Stage {
    /// Makes the group; a type without administrators has an ordinary member in the place of one.
    async fn group(&self, kind: GroupKind) -> String {
        let has_admins = rule::allows(kind, Action::SetAdmin, Actor::App);
        let role = if has_admins { "Admin" } else { "Member" };
        let members = json!([{"Member_Account": "admin", "Role": role}, {"Member_Account": "member"}]);
        let mut body = json!({"Type": kind.name(), "Name": "hikers", "Owner_Account": "owner"});
        if kind.is_stored() {
            body["MemberList"] = members;
        }
        let made = self.app.admin().ok("group_open_http_svc/create_group", body).await;
        let id = made["GroupId"].as_str().unwrap().to_owned();
        if !kind.is_stored() {
            for client in &self.clients[..3] {
                client.ok("group_open_http_svc.apply_join_group", json!({"GroupId": id})).await;
            }
        }
        id
    }

    fn askers(&self, kind: GroupKind) -> Vec<Asker<'_>> {
        let has_admins = rule::allows(kind, Action::SetAdmin, Actor::App);
        let admin = if has_admins { Role::Admin } else { Role::Member };
        let actors = [
            Actor::Member(Role::Owner),
            Actor::Member(admin),
            Actor::Member(Role::Member),
            Actor::Stranger,
            // An administrator of the app may at a client what the app may.
            Actor::App,
        ];
        let clients = self.clients.iter().zip(NAMES).zip(actors);
        let clients = clients.map(|((client, name), actor)| Asker { name, client: Some(client), actor });
        clients.chain([Asker { name: "the backend", client: None, actor: Actor::App }]).collect()
    }
}

/// The keys in a list of fields; `None` where there is no list.
fn keys(list: &Value) -> Option<BTreeSet<String>> {
    let list = list.as_array()?;
    Some(list.iter().map(|field| field["Key"].as_str().unwrap().to_owned()).collect())
}

/// The fields that an actor reads, by the levels of their names.
fn readable(prefix: &str, lets: impl Fn(Level) -> bool) -> BTreeSet<String> {
    Level::ALL.into_iter().filter(|level| lets(*level)).map(|level| format!("{prefix}_{}", level.name())).collect()
}

fn all_fields(prefix: &str) -> Value {
    Level::ALL.iter().map(|level| json!({"Key": format!("{prefix}_{}", level.name()), "Value": "x"})).collect()
}

fn declared(prefix: &str, rights: impl Fn(&str) -> String) -> String {
    Level::ALL.map(|level| format!("{prefix}_{}:*:{}", level.name(), rights(level.name()))).join(",")
}

#[tokio::test]
async fn fields_of_groups_keep_their_rights_at_every_door() {
    let stage = stage().await;
    let app = &stage.app;
    let fields = [declared("r", |level| format!("{level}:app")), declared("w", |level| format!("anyone:{level}"))];
    app.set("custom_group_fields", &fields.join(",")).await;
    let mut looked_at = 0;
    for kind in STORED.into_iter().chain([GroupKind::AvChatRoom]) {
        let id = stage.group(kind).await;
        let given = json!({"GroupId": id, "AppDefinedData": all_fields("r")});
        app.admin().ok("group_open_http_svc/modify_group_base_info", given).await;
        for asker in stage.askers(kind) {
            for level in Level::ALL {
                let key = format!("w_{}", level.name());
                let body = json!({"GroupId": id, "AppDefinedData": [{"Key": key, "Value": asker.name}]});
                let reply = asker.ask(app, kind, "modify_group_base_info", &body).await;
                let wanted = if level.lets(asker.actor) { 0 } else { REFUSED };
                assert_eq!(code(&reply), wanted, "{} writes {key} in {}", asker.name, kind.name());
            }
            let wanted = readable("r", |level| level.lets(asker.actor));
            let ids = json!({"GroupIdList": [id]});
            let mut shown = Vec::new();
            if asker.client.is_none() {
                let reply = asker.ask(app, kind, "get_group_info", &ids).await;
                shown.push(keys(&reply["GroupInfo"][0]["AppDefinedData"]));
            } else {
                for command in ["get_group_public_info", "get_group_self_member_info"] {
                    let reply = asker.ask(app, kind, command, &ids).await;
                    shown.push(keys(&reply["GroupInfo"][0]["AppDefinedData"]));
                }
                let body = json!({"Member_Account": asker.name, "Limit": 200, "Offset": 0});
                let reply = asker.ask(app, kind, "get_joined_group_list", &body).await;
                let list = reply["GroupIdList"].as_array().unwrap();
                let own = list.iter().find(|group| group["GroupId"] == id.as_str());
                shown.push(own.and_then(|group| keys(&group["AppDefinedData"])));
            }
            for keys in shown.into_iter().flatten() {
                let keys: BTreeSet<_> = keys.into_iter().filter(|key| key.starts_with("r_")).collect();
                assert_eq!(keys, wanted, "{} reads in {}", asker.name, kind.name());
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 50, "only {looked_at} answers had fields");
}

#[tokio::test]
async fn fields_of_members_keep_their_rights_at_every_door() {
    let stage = stage().await;
    let app = &stage.app;
    let mut looked_at = 0;
    for own in ["", "+own"] {
        for kind in STORED {
            app.set("custom_member_fields", &declared("w", |level| format!("anyone:{level}{own}"))).await;
            let id = stage.group(kind).await;
            for asker in stage.askers(kind) {
                for (level, whose) in Level::ALL.into_iter().flat_map(|level| [(level, "member"), (level, asker.name)])
                {
                    // Only a member has fields.
                    if asker.actor == Actor::Stranger && whose == asker.name || whose.starts_with("the") {
                        continue;
                    }
                    let is_missing = whose == "administrator";
                    let field = json!([{"Key": format!("w_{}", level.name()), "Value": "x"}]);
                    let body = json!({"GroupId": id, "Member_Account": whose, "AppMemberDefinedData": field});
                    let reply = asker.ask(app, kind, "modify_group_member_info", &body).await;
                    let may = level.lets(asker.actor) || !own.is_empty() && whose == asker.name;
                    let wanted = if may && !is_missing { 0 } else { REFUSED };
                    let what = format!("{} writes {}{own} of {whose} in {}", asker.name, level.name(), kind.name());
                    assert_eq!(code(&reply), wanted, "{what}");
                }
            }
            app.set("custom_member_fields", &declared("r", |level| format!("{level}{own}:app"))).await;
            for whose in ["owner", "admin", "member"] {
                let given = json!({"GroupId": id, "Member_Account": whose, "AppMemberDefinedData": all_fields("r")});
                app.admin().ok("group_open_http_svc/modify_group_member_info", given).await;
            }
            for asker in stage.askers(kind) {
                for (whose, shown) in shown_members(app, &asker, kind, &id).await {
                    let mine = !own.is_empty() && whose == asker.name;
                    let wanted = readable("r", |level| level.lets(asker.actor) || mine);
                    assert_eq!(shown, wanted, "{} reads{own} of {whose} in {}", asker.name, kind.name());
                    looked_at += 1;
                }
            }
        }
    }
    assert!(looked_at > 150, "only {looked_at} members had fields");
}

/// Whose fields somebody is shown, and which, at every door that has members.
async fn shown_members(app: &App, asker: &Asker<'_>, kind: GroupKind, id: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut lists = Vec::new();
    let body = json!({"GroupId": id, "Limit": 100, "Offset": 0});
    lists.push(asker.ask(app, kind, "get_group_member_info", &body).await["MemberList"].clone());
    let body = json!({"GroupId": id, "Member_List_Account": ["owner", "member"]});
    lists.push(asker.ask(app, kind, "get_specified_group_member_info", &body).await["MemberList"].clone());
    let info = if asker.client.is_some() { "get_group_self_member_info" } else { "get_group_info" };
    let reply = asker.ask(app, kind, info, &json!({"GroupIdList": [id]})).await;
    lists.push(reply["GroupInfo"][0]["MemberList"].clone());
    let refused = |list: &Value| list.as_array().is_none_or(Vec::is_empty);
    if asker.actor == Actor::Stranger {
        assert!(lists.iter().all(refused), "a stranger sees no members: {lists:?}");
    }
    let members = lists.iter().filter_map(Value::as_array).flatten();
    let of = |member: &Value| {
        let whose = member["Member_Account"].as_str().unwrap().to_owned();
        (whose, keys(&member["AppMemberDefinedData"]).unwrap())
    };
    members.map(of).collect()
}

#[tokio::test]
async fn what_is_not_declared_is_no_field() {
    let stage = stage().await;
    let app = &stage.app;
    app.set("custom_group_fields", "city:Public").await;
    app.set("custom_member_fields", "badge:Public").await;
    let invalid = i64::from(Code::GroupParameterInvalid.number());
    let admin = app.admin();
    let one = |key: &str| json!([{"Key": key, "Value": "x"}]);
    for (key, kind, wanted) in [
        ("city", "Public", 0),
        ("city", "ChatRoom", REFUSED),
        ("town", "Public", invalid),
        ("badge", "Public", invalid),
    ] {
        let body = json!({"Type": kind, "Name": "n", "AppDefinedData": one(key)});
        for command in ["create_group", "import_group"] {
            assert_eq!(
                admin.code(&format!("group_open_http_svc/{command}"), body.clone()).await,
                wanted,
                "{command} {key}"
            );
        }
        let made = stage.clients[0].code("group_open_http_svc.create_group", body).await;
        assert_eq!(made, wanted, "a client makes a {kind} with {key}");
    }
    for (key, wanted) in [("badge", 0), ("city", invalid)] {
        let list = json!([{"Member_Account": "member", "AppMemberDefinedData": one(key)}]);
        let body = json!({"Type": "Public", "Name": "n", "MemberList": list});
        assert_eq!(admin.code("group_open_http_svc/create_group", body).await, wanted, "a first member with {key}");
    }
    let id = stage.group(GroupKind::Public).await;
    let filter = |name: &str, key: &str| json!({"GroupIdList": [id], "ResponseFilter": {name: [key]}});
    for (name, key, wanted) in [
        ("AppDefinedDataFilter_Group", "city", 0),
        ("AppDefinedDataFilter_Group", "town", invalid),
        ("AppDefinedDataFilter_GroupMember", "badge", 0),
        ("AppDefinedDataFilter_GroupMember", "city", invalid),
    ] {
        let reply = admin.code("group_open_http_svc/get_group_info", filter(name, key)).await;
        assert_eq!(reply, wanted, "{name} {key}");
    }
    // Declared later or not any more, a value that is there is nobody's.
    let given = json!({"GroupId": id, "AppDefinedData": one("city")});
    admin.ok("group_open_http_svc/modify_group_base_info", given).await;
    app.set("custom_group_fields", "plan").await;
    let reply = admin.ok("group_open_http_svc/get_group_info", json!({"GroupIdList": [id]})).await;
    assert_eq!(reply["GroupInfo"][0]["AppDefinedData"], json!([]));
}

#[tokio::test]
async fn tips_tell_what_every_member_may_read() {
    let stage = stage().await;
    let app = &stage.app;
    app.set("custom_group_fields", "open:*:member:app,shut:*:owner:app").await;
    let id = stage.group(GroupKind::Public).await;
    let field = |key: &str| json!({"Key": key, "Value": "secret"});
    let admin = app.admin();
    for data in [json!([field("shut")]), json!([field("shut"), field("open")])] {
        admin.ok("group_open_http_svc/modify_group_base_info", json!({"GroupId": id, "AppDefinedData": data})).await;
    }
    let tips = |heard: &[Heard]| -> Vec<Value> {
        let all = heard.iter().flat_map(|one| one.events("GroupTips"));
        all.map(|tip| tip["MsgBody"]["MsgGroupNewInfo"]["MsgAppDefinedData"].clone()).filter(Value::is_array).collect()
    };
    for client in &stage.clients[..3] {
        let told = client.expects("the change", |heard| Some(tips(heard)).filter(|tips| !tips.is_empty())).await;
        client.settle().await;
        assert_eq!(told, [json!([field("open")])], "{}", client.name);
        assert_eq!(tips(&client.heard()).len(), 1, "what nobody may hear is not told");
    }
    drop(stage.server);
}

#[tokio::test]
async fn fields_of_profiles_keep_their_rights_at_every_door() {
    let stage = stage().await;
    let app = &stage.app;
    let rights = [("rw", "both"), ("r", "see"), ("w", "put"), ("-", "none")];
    let pairs: Vec<_> = rights.into_iter().flat_map(|clients| rights.map(|backend| (clients, backend))).collect();
    let name = |((_, clients), (_, backend)): &((&str, &str), (&str, &str))| format!("{clients}{backend}");
    let list: Vec<_> = pairs.iter().map(|pair| format!("{}:any:{}:{}", name(pair), pair.0.0, pair.1.0)).collect();
    app.set("custom_profile_fields", &list.join(",")).await;
    let [owner, friend, other] = [&stage.clients[0], &stage.clients[1], &stage.clients[2]];
    let adding = json!({"From_Account": "admin", "AddFriendItem": [{"To_Account": "owner"}]});
    friend.ok("sns.friend_add", adding).await;
    for pair in &pairs {
        let tag = format!("Tag_Profile_Custom_{}", name(pair));
        let set = json!({"From_Account": "owner", "ProfileItem": [{"Tag": tag, "Value": "x"}]});
        let get = json!({"To_Account": ["owner"], "TagList": [tag]});
        for (side, rights) in [("client", pair.0.0), ("backend", pair.1.0)] {
            let (write, read) = (rights.contains('w'), rights.contains('r'));
            let wrote = match side {
                "client" => owner.code("profile.portrait_set", set.clone()).await,
                _ => app.admin().code("profile/portrait_set", set.clone()).await,
            };
            assert_eq!(wrote, if write { 0 } else { 40008 }, "{side} writes {tag}");
            let wanted = if read { 0 } else { 40007 };
            if side == "backend" {
                assert_eq!(app.admin().code("profile/portrait_get", get.clone()).await, wanted, "{side} reads {tag}");
                continue;
            }
            for client in [owner, friend, other] {
                assert_eq!(
                    client.code("profile.portrait_get", get.clone()).await,
                    wanted,
                    "{} reads {tag}",
                    client.name
                );
                let all = json!({"UserItem": [{"To_Account": "owner"}]});
                let all = client.ok("profile.portrait_get_all", all).await.to_string();
                assert!(read || !all.contains(&tag), "{} reads {tag}: {all}", client.name);
            }
            let wanted = json!({"From_Account": "admin", "To_Account": ["owner"], "TagList": [tag]});
            let listed = friend.code("sns.friend_get_list", wanted).await;
            assert_eq!(listed, if read { 0 } else { 30001 }, "a friend lists {tag}");
        }
        // Nobody writes the profile of another, whatever clients may.
        assert_ne!(other.code("profile.portrait_set", set).await, 0, "{tag}");
    }
}

#[tokio::test]
async fn standard_fields_of_profiles_keep_their_rights_at_every_door() {
    let stage = stage().await;
    let app = &stage.app;
    let [owner, friend, other] = [&stage.clients[0], &stage.clients[1], &stage.clients[2]];
    let administrator = &stage.clients[4];
    let adding = json!({"From_Account": "admin", "AddFriendItem": [{"To_Account": "owner"}]});
    friend.ok("sns.friend_add", adding).await;
    let all = [
        ("Nick", json!("n")),
        ("Gender", json!("Gender_Type_Female")),
        ("BirthDay", json!(19_990_131)),
        ("Location", json!("loc")),
        ("SelfSignature", json!("s")),
        ("AllowType", json!("AllowType_Type_NeedConfirm")),
        ("Language", json!(1)),
        ("Image", json!("https://example.org/a.png")),
        ("MsgSettings", json!(1)),
        ("AdminForbidType", json!("AdminForbid_Type_SendOut")),
        ("Level", json!(2)),
        ("Role", json!(3)),
    ];
    for (name, value) in all {
        let tag = format!("Tag_Profile_IM_{name}");
        let set = json!({"From_Account": "owner", "ProfileItem": [{"Tag": tag, "Value": value}]});
        let get = json!({"To_Account": ["owner"], "TagList": [tag]});
        let wanted = if name == "AdminForbidType" { 40008 } else { 0 };
        assert_eq!(owner.code("profile.portrait_set", set.clone()).await, wanted, "the owner writes {tag}");
        for client in [friend, other] {
            assert_ne!(client.code("profile.portrait_set", set.clone()).await, 0, "{} writes {tag}", client.name);
        }
        assert_eq!(app.admin().code("profile/portrait_set", set).await, 0, "the backend writes {tag}");
        let shown = |reply: &Value| reply["UserProfileItem"][0]["ProfileItem"][0]["Value"].clone();
        for client in [owner, friend, other, administrator] {
            assert_eq!(
                shown(&client.ok("profile.portrait_get", get.clone()).await),
                value,
                "{} reads {tag}",
                client.name
            );
        }
        assert_eq!(shown(&app.admin().ok("profile/portrait_get", get).await), value, "the backend reads {tag}");
        let listed = json!({"From_Account": "admin", "To_Account": ["owner"], "TagList": [tag]});
        assert_eq!(friend.code("sns.friend_get_list", listed).await, 0, "a friend lists {tag}");
    }
    for (door, code) in [
        ("a client", owner.code("profile.portrait_get", json!({"TagList": ["Tag_Profile_IM_Nick"]})).await),
        ("the backend", app.admin().code("profile/portrait_get", json!({"TagList": ["Tag_Profile_IM_Nick"]})).await),
    ] {
        assert_eq!(code, 40002, "{door} reads nobody");
    }
}

#[tokio::test]
async fn fields_of_friends_keep_their_types_at_every_door() {
    let stage = stage().await;
    let app = &stage.app;
    app.set("custom_friend_fields", "Free,Word:text,Rank:number").await;
    let [owner, other] = [&stage.clients[0], &stage.clients[1]];
    let result = |reply: &Value| reply["ResultItem"][0]["ResultCode"].as_i64().unwrap();
    let types = [
        ("Free", Some(FieldType::Any)),
        ("Word", Some(FieldType::Text)),
        ("Rank", Some(FieldType::Number)),
        ("Team", None),
    ];
    for (keyword, kind) in types {
        let tag = format!("Tag_SNS_Custom_{keyword}");
        for value in [json!("seven"), json!(7), json!("7"), json!(-7), json!([7]), json!("x".repeat(501))] {
            let fits = value.as_str().is_none_or(|text| text.len() <= 500);
            let wanted = if fits && kind.is_some_and(|kind| kind.read(&value).is_some()) { 0 } else { 30001 };
            let item = json!([{"Tag": tag, "Value": value}]);
            let friend = json!([{"To_Account": "admin", "AddSource": "AddSource_Type_Web", "CustomItem": item}]);
            let import = json!({"From_Account": "owner", "AddFriendItem": friend});
            assert_eq!(result(&app.admin().ask("sns/friend_import", &import).await), wanted, "{tag} {value} imported");
            let known = json!({"From_Account": "owner", "AddFriendItem": [{"To_Account": "admin",
                "AddSource": "AddSource_Type_Web"}]});
            app.admin().ask("sns/friend_import", &known).await;
            let update = json!({"From_Account": "owner", "UpdateItem": [{"To_Account": "admin", "SnsItem": item}]});
            assert_eq!(result(&owner.ask("sns.friend_update", &update).await), wanted, "{tag} {value} at a client");
            assert_eq!(result(&app.admin().ask("sns/friend_update", &update).await), wanted, "{tag} {value} at REST");
            assert_ne!(other.code("sns.friend_update", update).await, 0, "another user's friend");
            let listed = json!({"From_Account": "owner", "To_Account": ["admin"]});
            let shown = owner.ok("sns.friend_get_specified", listed.clone()).await.to_string();
            assert_eq!(shown.contains(&tag), wanted == 0, "{tag} {value}: {shown}");
            assert_ne!(other.code("sns.friend_get_specified", listed).await, 0, "another user's list");
        }
    }
}
