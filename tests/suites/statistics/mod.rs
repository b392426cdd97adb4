//! A day of mixed events over midnight, with the server killed in the middle, against what the test itself counts.

mod process;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use client::{Client, Framing};
use process::{Data, Process};
use serde_json::{Value, json};
use support::{Chance, code, text, within};
use tally::Tally;

/// Half past eight in the evening, in a calendar eight hours ahead of UTC.
const EVENING: i64 = 1_800_000_000_000 - 1_800_000_000_000 % 86_400_000 + 12 * 3_600_000 + 1_800_000;
const STEPS: usize = 2_400;
/// Steps after which the server is killed.
const KILLS: [usize; 2] = [700, 1_500];
/// Without anything that is not stored before a kill.
const CALM: usize = 60;

struct Group {
    members: BTreeSet<String>,
    owner: String,
    spoken: bool,
}

/// The app with all that the test knows of it.
struct Stage {
    process: Process,
    chance: Chance,
    tally: Tally,
    users: BTreeSet<String>,
    online: BTreeMap<String, Vec<Client>>,
    groups: BTreeMap<String, Group>,
    friends: BTreeSet<(String, String)>,
    made: usize,
}

impl Stage {
    fn someone(&mut self) -> String {
        let users: Vec<&String> = self.users.iter().collect();
        users[self.chance.below(users.len())].clone()
    }

    fn someone_online(&mut self) -> Option<String> {
        let online: Vec<&String> = self.online.keys().collect();
        (!online.is_empty()).then(|| online[self.chance.below(online.len())].clone())
    }

    fn a_group(&mut self) -> Option<String> {
        let all: Vec<&String> = self.groups.keys().collect();
        (!all.is_empty()).then(|| all[self.chance.below(all.len())].clone())
    }

    fn connections(&self, user: &str) -> i64 {
        self.online.get(user).map_or(0, |all| all.len() as i64)
    }

    fn names(&mut self) -> (u32, u32) {
        (self.chance.number() as u32 & 0x7fff_ffff, self.chance.number() as u32)
    }

    async fn rest(&self, command: &str, body: Value) -> Value {
        self.process.admin().ok(command, body).await
    }

    async fn import(&mut self, user: &str) {
        self.rest("im_open_login_svc/account_import", json!({"UserID": user})).await;
        if self.users.insert(user.to_owned()) {
            self.tally.add("RegistUserNumOneDay", 1);
            self.tally.total("RegistUserNumTotal", 1);
        }
    }

    async fn connect(&mut self, user: &str) {
        if self.connections(user) == 3 {
            return;
        }
        let url = format!("ws://{}", self.process.address);
        let (client, mut events) =
            within("connecting", Client::connect(&url, self.process.app, Framing::Binary)).await.unwrap();
        tokio::spawn(async move { while events.next().await.is_some() {} });
        within("signing in", client.login(user, &self.process.sign(user))).await.unwrap();
        if self.users.insert(user.to_owned()) {
            self.tally.add("RegistUserNumOneDay", 1);
            self.tally.total("RegistUserNumTotal", 1);
        }
        self.online.entry(user.to_owned()).or_default().push(client);
        self.tally.add("LoginTimes", 1);
        self.tally.who("LoginUserNum", user);
        self.tally.who("ActiveUserNum", user);
        self.tally.online(self.online.len());
    }

    async fn sign_out(&mut self, user: &str) {
        let Some(mut all) = self.online.remove(user) else { return };
        if let Some(client) = all.pop() {
            within("signing out", client.logout()).await.unwrap();
        }
        if !all.is_empty() {
            self.online.insert(user.to_owned(), all);
        }
    }

    async fn say_single(&mut self, from: &str, to: &str, online_only: bool) {
        let names = self.names();
        let body = json!({"From_Account": from, "To_Account": to, "MsgSeq": names.0, "MsgRandom": names.1,
            "MsgBody": text("hello"), "OnlineOnlyFlag": i32::from(online_only)});
        let client = &self.online[from][0];
        let reply: Value = client.request("openim.sendmsg", body.to_string()).await.unwrap().json().unwrap();
        assert_eq!(code(&reply), 0, "{reply}");
        let copies = if from == to { 0 } else { self.connections(from) - 1 };
        let reach = self.connections(to) - i64::from(from == to);
        self.tally.said("C2C", from, reach + copies);
        // The same again is the same message.
        if !online_only && self.chance.below(10) == 0 {
            self.online[from][0].request("openim.sendmsg", body.to_string()).await.unwrap();
        }
    }

    async fn say_single_by_rest(&mut self, from: &str, to: &str) {
        let copies = self.chance.below(2) == 0;
        let names = self.names();
        let body = json!({"From_Account": from, "To_Account": to, "MsgSeq": names.0, "MsgRandom": names.1,
            "MsgBody": text("hello"), "SyncOtherMachine": if copies { 1 } else { 2 }});
        self.rest("openim/sendmsg", body).await;
        let own = if copies && from != to { self.connections(from) } else { 0 };
        let reach = self.connections(to) + own;
        self.tally.said("C2C", from, reach);
    }

    async fn say_to_several(&mut self, from: &str) {
        let to: BTreeSet<String> = (0..4).map(|_| self.someone()).filter(|to| to != from).collect();
        if to.is_empty() {
            return;
        }
        let names = self.names();
        let body = json!({"From_Account": from, "To_Account": to, "MsgSeq": names.0, "MsgRandom": names.1,
            "MsgBody": text("hello"), "SyncOtherMachine": 2});
        self.rest("openim/batchsendmsg", body).await;
        for to in &to {
            let reach = self.connections(to);
            self.tally.said("C2C", from, reach);
        }
    }

    async fn say_in_group(&mut self, id: &str, online_only: bool) {
        let members: Vec<String> = self.groups[id].members.iter().cloned().collect();
        let from = self.chance.pick(&members).clone();
        let (_, random) = self.names();
        let body = json!({"GroupId": id, "From_Account": from, "Random": random, "MsgBody": text("hello"),
            "OnlineOnlyFlag": i32::from(online_only)});
        let by_sdk = self.online.get(&from).filter(|_| random % 2 == 0).map(|all| &all[0]);
        let reply: Value = match by_sdk {
            Some(client) => {
                let command = "group_open_http_svc.send_group_msg";
                client.request(command, body.to_string()).await.unwrap().json().unwrap()
            }
            None => self.process.admin().ask("group_open_http_svc/send_group_msg", &body).await,
        };
        assert_eq!(code(&reply), 0, "{reply}");
        let reach = members.iter().filter(|member| **member != from && self.connections(member) > 0).count();
        self.tally.said("Group", &from, reach as i64);
        self.tally.who("GroupSendMsgGroupNum", id);
        if let Some(group) = self.groups.get_mut(id) {
            group.spoken |= !online_only;
        }
    }

    async fn make_group(&mut self) {
        self.made += 1;
        let (id, owner) = (format!("group-{}", self.made), self.someone());
        let mut members: BTreeSet<String> = (0..3).map(|_| self.someone()).collect();
        members.remove(&owner);
        let list: Vec<Value> = members.iter().map(|member| json!({"Member_Account": member})).collect();
        let body = json!({"Owner_Account": owner, "Type": "Public", "Name": id, "GroupId": id, "MemberList": list});
        self.rest("group_open_http_svc/create_group", body).await;
        members.insert(owner.clone());
        self.groups.insert(id, Group { members, owner, spoken: false });
        self.tally.add("GroupNewGroupNum", 1);
        self.tally.total("GroupAllGroupNum", 1);
    }

    async fn join(&mut self, id: &str) {
        let (one, other) = (self.someone(), self.someone());
        let body = json!({"GroupId": id, "MemberList": [{"Member_Account": one}, {"Member_Account": other}]});
        self.rest("group_open_http_svc/add_group_member", body).await;
        let Some(group) = self.groups.get_mut(id) else { return };
        let new = [one, other].into_iter().filter(|user| group.members.insert(user.clone())).count();
        self.tally.add("GroupJoinGroupTimes", new as i64);
    }

    async fn leave(&mut self, id: &str) {
        let group = &self.groups[id];
        let others: Vec<String> = group.members.iter().filter(|user| **user != group.owner).cloned().collect();
        if others.is_empty() {
            return;
        }
        let who = self.chance.pick(&others).clone();
        if let Some(all) = self.online.get(&who) {
            let body = json!({"GroupId": id}).to_string();
            let reply: Value = all[0].request("group_open_http_svc.quit_group", body).await.unwrap().json().unwrap();
            assert_eq!(code(&reply), 0, "{reply}");
        } else {
            let body = json!({"GroupId": id, "MemberToDel_Account": [who]});
            self.rest("group_open_http_svc/delete_group_member", body).await;
        }
        self.tally.add("GroupQuitGroupTimes", 1);
        if let Some(group) = self.groups.get_mut(id) {
            group.members.remove(&who);
        }
    }

    /// Only one in which nothing was said: what was said there would be gone when the day is counted again.
    async fn dismiss(&mut self, id: &str) {
        if self.groups[id].spoken {
            return;
        }
        self.rest("group_open_http_svc/destroy_group", json!({"GroupId": id})).await;
        self.groups.remove(id);
        self.tally.add("GroupDestroyGroupNum", 1);
        self.tally.total("GroupAllGroupNum", -1);
    }

    async fn befriend(&mut self) {
        let (one, other) = (self.someone(), self.someone());
        if one == other {
            return;
        }
        let pair = if one < other { (one.clone(), other.clone()) } else { (other.clone(), one.clone()) };
        if self.friends.remove(&pair) {
            let body = json!({"From_Account": one, "To_Account": [other], "DeleteType": "Delete_Type_Both"});
            self.rest("sns/friend_delete", body).await;
            self.tally.add("ChainDecrease", 1);
            return;
        }
        let item = json!([{"To_Account": other, "AddSource": "AddSource_Type_Test"}]);
        let body = json!({"From_Account": one, "AddFriendItem": item, "AddType": "Add_Type_Both", "ForceAddFlags": 1});
        self.rest("sns/friend_add", body).await;
        self.friends.insert(pair);
        self.tally.add("ChainIncrease", 1);
    }

    /// An account without groups and friends that is not connected.
    async fn remove_someone(&mut self) {
        let free = |user: &&String| {
            self.connections(user) == 0
                && !self.groups.values().any(|group| group.members.contains(*user))
                && !self.friends.iter().any(|(one, other)| one == *user || other == *user)
        };
        let Some(user) = self.users.iter().find(free).cloned() else { return };
        self.rest("im_open_login_svc/account_delete", json!({"DeleteItem": [{"UserID": user}]})).await;
        self.users.remove(&user);
        self.tally.total("RegistUserNumTotal", -1);
    }

    async fn nothing(&mut self, from: &str) {
        let names = self.names();
        let body = json!({"To_Account": "who-is-this", "MsgSeq": names.0, "MsgRandom": names.1, "MsgBody": text("x")});
        let reply: Value =
            self.online[from][0].request("openim.sendmsg", body.to_string()).await.unwrap().json().unwrap();
        assert_ne!(code(&reply), 0, "nobody is there");
        let to = self.someone();
        if to == from {
            return;
        }
        let body = json!({"From_Account": from, "To_Account": to, "MsgSeq": names.0, "MsgRandom": names.1,
            "MsgTimeStamp": self.process.now / 1000 - 90_000, "SyncFromOldSystem": 2, "MsgBody": text("long ago")});
        self.rest("openim/importmsg", body).await;
    }

    async fn step(&mut self, calm: bool) {
        let millis = 1_000 + self.chance.below(11_000) as i64;
        self.process.advance(millis);
        self.tally.advance(self.process.now, self.online.keys());
        if self.chance.below(15) == 0 {
            self.process.tick();
        }
        let (someone, group, online) = (self.someone(), self.a_group(), self.someone_online());
        match (self.chance.below(100), group, online) {
            (0..8, ..) => self.connect(&someone).await,
            (8..12, _, Some(user)) => self.sign_out(&user).await,
            (12..15, ..) => {
                self.made += 1;
                let name = format!("user-{}", self.made);
                if self.made.is_multiple_of(2) { self.import(&name).await } else { self.connect(&name).await }
            }
            (15..40, _, Some(from)) => self.say_single(&from, &someone, false).await,
            (40..45, _, Some(from)) if !calm => self.say_single(&from, &someone, true).await,
            (45..55, ..) => {
                let from = self.someone();
                self.say_single_by_rest(&from, &someone).await;
            }
            (55..58, ..) => self.say_to_several(&someone).await,
            (58..80, Some(group), _) => self.say_in_group(&group, false).await,
            (80..83, Some(group), _) if !calm => self.say_in_group(&group, true).await,
            (83..86, ..) => self.make_group().await,
            (86..90, Some(group), _) => self.join(&group).await,
            (90..93, Some(group), _) => self.leave(&group).await,
            (93..94, Some(group), _) => self.dismiss(&group).await,
            (94..97, ..) => self.befriend().await,
            (97..98, ..) => self.remove_someone().await,
            (_, _, Some(from)) => self.nothing(&from).await,
            _ => self.connect(&someone).await,
        }
    }

    /// Kills the server while its clients send as fast as they can, and starts it again. What was not answered is sent
    /// again, and is there once.
    async fn kill(mut self, data: &Data) -> Self {
        self.made += 1;
        let away = format!("away-{}", self.made);
        self.import(&away).await;
        let mut waiting = Vec::new();
        for _ in 0..300 {
            let Some(from) = self.someone_online() else { break };
            let names = self.names();
            let body = json!({"From_Account": from, "To_Account": away, "MsgSeq": names.0, "MsgRandom": names.1,
                "MsgBody": text("in a storm")});
            // Their senders' other devices would get copies or not.
            if self.connections(&from) == 1 {
                let sending = self.online[&from][0].submit("openim.sendmsg", body.to_string()).await.unwrap();
                waiting.push((from, body, sending));
            }
        }
        let mut sent = Vec::new();
        let half = waiting.len() / 2;
        let mut rest = waiting.split_off(half);
        for (from, body, sending) in waiting {
            sending.reply().await.unwrap();
            sent.push((from, body));
        }
        let now = self.process.now;
        self.process.kill();
        let unanswered: Vec<_> = rest.drain(..).map(|(from, body, _)| (from, body)).collect();
        self.online.clear();
        self.process = Process::start(data, now);
        for (from, mut body) in sent.into_iter().chain(unanswered) {
            self.process.advance(20);
            body["SyncOtherMachine"] = 2.into();
            self.rest("openim/sendmsg", body).await;
            self.tally.said("C2C", &from, 0);
        }
        self.tally.advance(self.process.now, self.online.keys());
        self
    }

    async fn check(&mut self) {
        let reply = self.rest("openconfigsvr/getappinfo", json!({})).await;
        let rows = reply["Result"].as_array().unwrap();
        assert_eq!(rows.len(), 30);
        let mut checked = 0;
        for row in rows {
            let date = row["Date"].as_str().unwrap();
            checked += usize::from(self.tally.check(date, row));
        }
        assert_eq!(checked, self.tally.ended(self.process.now), "days that ended are there");
    }
}

async fn a_day(data: Data) {
    let process = Process::start(&data, EVENING);
    let tally = Tally::new(EVENING);
    let mut stage = Stage {
        process,
        chance: Chance::from_environment(),
        tally,
        users: BTreeSet::new(),
        online: BTreeMap::new(),
        groups: BTreeMap::new(),
        friends: BTreeSet::new(),
        made: 0,
    };
    // The administrator has an account too, made when it first does something.
    stage.import("administrator").await;
    stage.users.clear();
    for number in 0..12 {
        stage.import(&format!("first-{number}")).await;
    }
    for step in 0..STEPS {
        let next = KILLS.iter().find(|kill| **kill >= step);
        stage.step(next.is_some_and(|kill| kill - step < CALM)).await;
        if KILLS.contains(&(step + CALM)) {
            stage.process.tick();
        }
        if KILLS.contains(&step) {
            stage = stage.kill(&data).await;
        }
    }
    // First while the last day but one can still be counted, then when both have ended.
    stage.check().await;
    for day in [EVENING, EVENING + 86_400_000] {
        assert_eq!(stage.process.recount(day), json!([]), "counted again it is the same");
    }
    let millis = 86_400_000 + 900_000;
    stage.process.advance(millis);
    stage.tally.advance(stage.process.now, stage.online.keys());
    stage.process.tick();
    stage.check().await;
    let now = stage.process.now;
    stage.process.kill();
    stage.process = Process::start(&data, now);
    stage.check().await;
    let two = stage.rest("openconfigsvr/getappinfo", json!({"RequestField": ["UpMsgNum", "Nothing"]})).await;
    assert_eq!(two["Result"][0].as_object().unwrap().keys().collect::<Vec<_>>(), ["Date", "UpMsgNum"]);
    assert_eq!(two["ErrorInfo"], "OK");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_on_sqlite_is_counted_exactly() {
    a_day(Data::embedded()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_on_postgres_is_counted_exactly() {
    if let Some(data) = Data::clustered() {
        a_day(data).await;
    }
}
