//! Random steps by random people on every type of group: each is allowed or refused as the table says, and after each
//! the group is as it should be.

use std::{cell::Cell, sync::Mutex};

use model::{
    GroupKind, Role,
    group::{InviteOption, JoinOption, SYSTEM_USER},
};
use serde_json::{Value, json};
use support::{Admin, App, Chance, Heard, Online, Server, code};

use super::{
    Item, RECALLED, app, group_of, history, path,
    shadow::{Entry, Outcome, Shadow, Step, Who},
};

pub(super) const USERS: [&str; 6] = ["u0", "u1", "u2", "u3", "u4", "u5"];
const STEPS: usize = 2000;
const STORED: [GroupKind; 4] = [GroupKind::Private, GroupKind::Public, GroupKind::ChatRoom, GroupKind::Community];

/// What was done, by group; shown when the test fails.
#[derive(Default)]
struct Story(Mutex<(String, Vec<(String, String)>)>);

impl Story {
    fn tell(&self, group: &str, line: String) {
        let mut story = self.0.lock().unwrap();
        group.clone_into(&mut story.0);
        story.1.push((group.to_owned(), line));
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let story = self.0.lock().unwrap();
            println!("the steps of {}:", story.0);
            for (_, line) in story.1.iter().filter(|(group, _)| *group == story.0) {
                println!("  {line}");
            }
        }
    }
}

pub(super) struct Play {
    server: Server,
    app: App,
    admin: Admin,
    users: Vec<Online>,
    /// How much of what each user heard has been looked at.
    looked_at: Vec<Cell<usize>>,
    chance: Chance,
    story: Story,
    made: usize,
}

fn index(name: &str) -> Option<usize> {
    USERS.iter().position(|user| *user == name)
}

impl Play {
    async fn begin() -> Self {
        let chance = Chance::from_environment();
        let server = Server::start_fixed().await;
        let app = app(&server).await;
        let mut users = Vec::new();
        for name in USERS {
            users.push(app.user(name).connect().await);
        }
        let looked_at = USERS.iter().map(|_| Cell::new(0)).collect();
        let admin = app.admin();
        Self { server, app, admin, users, looked_at, chance, story: Story::default(), made: 0 }
    }

    fn now(&self) -> i64 {
        self.server.world().now()
    }

    pub(super) async fn ask(&self, who: Who, command: &str, body: &Value) -> Value {
        match who {
            Who::App => self.admin.ask(&command.replacen('.', "/", 1), body).await,
            Who::User(user) => self.users[user].ask(command, body).await,
        }
    }

    fn user(&mut self) -> usize {
        self.chance.below(USERS.len())
    }

    /// Makes a group of a type, by the app or by a user.
    async fn make(&mut self, kind: GroupKind) -> Shadow {
        self.made += 1;
        let prefix = if kind == GroupKind::Community { "@TGS#_" } else { "" };
        let id = format!("{prefix}{}-{}", kind.name(), self.made);
        let admins = STORED.contains(&kind) && kind != GroupKind::Private;
        let creator = match self.chance.below(3) {
            0 if kind != GroupKind::BChatRoom => Who::User(self.user()),
            _ => Who::App,
        };
        let owner = match creator {
            Who::User(user) => Some(user),
            Who::App if self.chance.below(6) == 0 => None,
            Who::App => Some(self.user()),
        };
        let mut members = Vec::new();
        if STORED.contains(&kind) {
            for user in 0..USERS.len() {
                if Some(user) != owner && self.chance.below(2) == 0 {
                    let role = if admins && self.chance.below(3) == 0 { Role::Admin } else { Role::Member };
                    members.push((user, role));
                }
            }
        }
        let mut body = json!({"Type": kind.name(), "Name": "first", "GroupId": id});
        if let Some(owner) = owner {
            body["Owner_Account"] = USERS[owner].into();
        }
        if !members.is_empty() {
            let one = |(user, role): &(usize, Role)| json!({"Member_Account": USERS[*user], "Role": role.name()});
            body["MemberList"] = members.iter().map(one).collect();
        }
        self.story.tell(&id, format!("{creator:?} makes it: {body}"));
        let reply = self.ask(creator, "group_open_http_svc.create_group", &body).await;
        assert_eq!((code(&reply), &reply["GroupId"]), (0, &json!(id)), "{reply}");
        let mut shadow = Shadow::new(kind, id, owner, &members);
        // Clients take whoever makes a live room for a listener.
        if let (Who::User(user), GroupKind::AvChatRoom) = (creator, kind) {
            shadow.listeners.insert(user);
        }
        self.check(&shadow).await;
        shadow
    }

    /// A message of the group's, mostly; sometimes a tip, sometimes one that there is not.
    fn sequence(&mut self, shadow: &Shadow) -> i64 {
        let newest = shadow.log.len();
        if newest == 0 || self.chance.below(12) == 0 {
            return newest as i64 + 1;
        }
        // The newest are those that matter.
        let recent = newest.min(12);
        (newest - self.chance.below(recent)) as i64
    }

    fn step(&mut self, shadow: &Shadow) -> (Who, Step) {
        let who = if self.chance.below(5) == 0 { Who::App } else { Who::User(self.user()) };
        let on = self.chance.below(2) == 0;
        let step = match self.chance.below(100) {
            0..10 => Step::Apply,
            10..17 => {
                let (from, subject, invited) = (self.user(), self.user(), on);
                let from = if invited { from } else { subject };
                Step::Decide { invited, from, who: subject, agree: self.chance.below(3) > 0 }
            }
            17..24 => {
                let first = self.user();
                let more =
                    (0..USERS.len()).filter(|user| *user != first && self.chance.below(5) == 0).collect::<Vec<_>>();
                Step::Invite([vec![first], more].concat())
            }
            24..29 => Step::Quit,
            29..34 => Step::Kick(self.user()),
            34..40 => Step::SetAdmin(self.user(), self.chance.below(3) > 0),
            40..42 => Step::HandOver(self.user()),
            42..45 => Step::Rename,
            45..48 => Step::SetJoin(*self.chance.pick(&[
                JoinOption::FreeAccess,
                JoinOption::NeedPermission,
                JoinOption::DisableApply,
            ])),
            48..51 => Step::SetInvite(*self.chance.pick(&[
                InviteOption::FreeAccess,
                InviteOption::NeedPermission,
                InviteOption::DisableInvite,
            ])),
            51..53 => Step::SetSize(*self.chance.pick(&[2, 4, 6, 200])),
            53..57 => Step::Mute(self.user(), if self.chance.below(3) == 0 { 0 } else { 60 }),
            57..60 => Step::MuteAll(self.chance.below(4) == 0),
            60..63 => Step::Card(self.user()),
            63..75 => Step::Speak,
            75..77 => {
                if on {
                    Step::Count
                } else {
                    Step::SetAttribute
                }
            }
            77..84 => Step::Recall(self.sequence(shadow)),
            84..88 => Step::Modify(self.sequence(shadow)),
            88..90 => Step::ReadMembers,
            90..91 => Step::ReadInfo,
            91..94 => Step::ReadHistory,
            94..97 => Step::Pin(self.sequence(shadow), on),
            97..99 => Step::Ban(self.user()),
            _ => Step::Dismiss,
        };
        (who, step)
    }

    /// Compares the server's group with what it should be.
    async fn check(&self, shadow: &Shadow) {
        let body = json!({"GroupIdList": [shadow.id]});
        let reply = self.admin.ok(&path("get_group_info"), body).await;
        let info = &reply["GroupInfo"][0];
        if shadow.dismissed {
            assert_eq!(code(info), super::number(model::Code::GroupMissing), "{info}");
            return;
        }
        let owner = shadow.owner.map_or("", |owner| USERS[owner]);
        assert_eq!(info["Owner_Account"], owner, "{info}");
        let switch = |on| if on { "On" } else { "Off" };
        assert_eq!(info["ShutUpAllMember"], switch(shadow.muted), "{info}");
        if !STORED.contains(&shadow.kind) {
            assert_eq!(info["MemberNum"], shadow.listeners.len(), "{info}");
            return;
        }
        assert_eq!(info["MemberNum"], shadow.members.len(), "{info}");
        assert_eq!(info["NextMsgSeq"], shadow.log.len() + 1, "{info}");
        assert_eq!((&info["ApplyJoinOption"], &info["InviteJoinOption"]), (&json!(shadow.join), &json!(shadow.invite)));
        self.check_members(shadow, &info["MemberList"]);
    }

    fn check_members(&self, shadow: &Shadow, list: &Value) {
        let second = self.now() / 1000;
        let mut listed: Vec<(usize, String, i64)> = list
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| {
                let user = index(one["Member_Account"].as_str().unwrap()).unwrap();
                (user, one["Role"].as_str().unwrap().to_owned(), one["ShutUpUntil"].as_i64().unwrap())
            })
            .collect();
        listed.sort();
        let of = |(user, place): (&usize, &super::shadow::Place)| {
            (*user, place.role.name().to_owned(), shadow.muted_until(*user, second))
        };
        assert_eq!(listed, shadow.members.iter().map(of).collect::<Vec<_>>());
        let owners: Vec<usize> = listed.iter().filter(|(_, role, _)| role == "Owner").map(|(user, ..)| *user).collect();
        assert_eq!(owners, shadow.owner.into_iter().collect::<Vec<_>>());
    }

    /// The history as somebody should see it.
    fn seen(shadow: &Shadow, who: Who) -> Vec<(i64, String, String)> {
        let above = shadow.sees_above(who);
        let all = shadow.log.iter().zip(1..).map(|(entry, sequence)| match entry {
            Entry::Tip => (sequence, SYSTEM_USER.to_owned(), "tip".to_owned()),
            Entry::Said { from, text, recalled, .. } => {
                let from = if let Who::User(user) = from { USERS[*user] } else { "administrator" };
                (sequence, from.to_owned(), if *recalled { RECALLED.to_owned() } else { text.clone() })
            }
        });
        all.filter(|(sequence, ..)| *sequence > above).collect()
    }

    async fn check_history(&self, shadow: &Shadow, who: Who) {
        let plain = |text: String| if text.starts_with("tip") { "tip".to_owned() } else { text };
        let got: Vec<_> = match who {
            Who::User(user) => {
                let items = history(&self.users[user], &shadow.id, 20).await;
                items.into_iter().map(|item| (item.sequence, item.from, plain(item.text))).collect()
            }
            Who::App => self.records(&shadow.id).await,
        };
        assert_eq!(got, Self::seen(shadow, who), "{who:?} reads the history");
    }

    /// The history as the app reads it, oldest first.
    async fn records(&self, group: &str) -> Vec<(i64, String, String)> {
        let mut all = Vec::new();
        let mut top: Option<i64> = None;
        while top != Some(0) {
            let body = json!({"GroupId": group, "ReqMsgNumber": 20, "ReqMsgSeq": top, "WithRecalledMsg": 1});
            let reply = self.admin.ok(&path("group_msg_get_simple"), body).await;
            let list = reply["RspMsgList"].as_array().unwrap();
            for record in list {
                let text = match (&record["IsSystemMsg"], &record["IsPlaceMsg"]) {
                    (system, _) if *system == 1 => "tip",
                    (_, place) if *place == 2 => RECALLED,
                    _ => record["MsgBody"][0]["MsgContent"]["Text"].as_str().unwrap(),
                };
                let from = record["From_Account"].as_str().unwrap().to_owned();
                all.push((record["MsgSeq"].as_i64().unwrap(), from, text.to_owned()));
            }
            let Some((last, ..)) = all.last().filter(|_| !list.is_empty()) else { break };
            top = Some(last - 1);
        }
        all.reverse();
        all
    }

    /// Waits until all who are in the group have got what is new, and checks that they got nothing else.
    async fn check_pushes(&self, shadow: &Shadow, speaker: Who, before: usize) {
        let new: Vec<i64> = (before as i64 + 1..=shadow.log.len() as i64).collect();
        for user in shadow.members.keys() {
            let spoke =
                speaker == Who::User(*user) && matches!(shadow.log.last(), Some(Entry::Said { .. }) if !new.is_empty());
            if new.is_empty() || spoke {
                continue;
            }
            let seen = &self.looked_at[*user];
            let find = |heard: &[Heard]| {
                let got = conversation(&heard[seen.get()..]);
                (got.len() >= new.len()).then_some((got, heard.len()))
            };
            let (got, end) = self.users[*user].expects(&format!("{new:?} of {}", shadow.id), find).await;
            seen.set(end);
            let wanted: Vec<_> = new.iter().map(|sequence| (shadow.id.clone(), *sequence)).collect();
            assert_eq!(got, wanted, "{} was pushed", USERS[*user]);
        }
    }
}

/// What was pushed of the conversations of stored groups: group and sequence.
fn conversation(heard: &[Heard]) -> Vec<(String, i64)> {
    let pushed = heard.iter().flat_map(|one| [one.events("GroupMsgArray"), one.events("GroupTips")].concat());
    pushed
        .filter(|item| !group_of(item).contains("ChatRoom-") || group_of(item).starts_with("ChatRoom-"))
        .filter_map(|item| Item::read(&item).map(|read| (group_of(&item).to_owned(), read.sequence)))
        .collect()
}

fn expected(outcome: &Outcome) -> i64 {
    outcome.as_ref().map_or_else(|code| i64::from(code.number()), |_| 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_done_is_allowed_or_refused_as_the_table_says() {
    let mut play = Play::begin().await;
    let mut shadows = Vec::new();
    for kind in GroupKind::ALL {
        shadows.push(play.make(kind).await);
    }
    let mut refused = 0;
    for number in 0..STEPS {
        // Rooms without members have less to get wrong.
        let place = play.chance.below(2 * STORED.len() + 2);
        let kind = if place < 2 { [GroupKind::AvChatRoom, GroupKind::BChatRoom][place] } else { STORED[place % 4] };
        let place = kind as usize - 1;
        let long = play.chance.below(40) == 0;
        play.server.world().advance(if long { 50_000 } else { 40 });
        let (who, step) = play.step(&shadows[place]);
        let before = shadows[place].log.len();
        play.story.tell(&shadows[place].id, format!("{number}: {who:?} {step:?}"));
        let (got, reply) = play.act(&shadows[place], who, &step).await;
        let outcome = shadows[place].step(who, &step, play.now());
        assert_eq!(got, expected(&outcome), "{who:?} {step:?} in {}: {reply}", shadows[place].id);
        refused += usize::from(got != 0);
        let shadow = &shadows[place];
        play.check(shadow).await;
        play.check_pushes(shadow, who, before).await;
        match &step {
            Step::Speak if got == 0 && STORED.contains(&kind) => {
                assert_eq!(reply["MsgSeq"], shadow.log.len(), "{reply}");
            }
            Step::ReadMembers if got == 0 => {
                assert_eq!(reply["MemberNum"], shadow.members.len(), "{reply}");
                play.check_members(shadow, &reply["MemberList"]);
            }
            Step::ReadHistory if got == 0 => play.check_history(shadow, who).await,
            Step::Pin(..) if got == 0 => {
                let Who::User(user) = who else { unreachable!("only users pin") };
                let pins =
                    play.users[user].ok("group_open_http_svc.get_pinned_messages", json!({"GroupId": shadow.id}));
                let pins: Vec<i64> = pins.await["PinnedMsgList"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|pin| pin["MsgSeq"].as_i64().unwrap())
                    .collect();
                assert_eq!(pins, shadow.pins());
            }
            _ => {}
        }
        if shadow.dismissed {
            shadows[place] = play.make(kind).await;
        }
    }
    assert!((STEPS / 5..STEPS * 4 / 5).contains(&refused), "{refused} of {STEPS} steps were refused");
    for shadow in shadows.iter().filter(|shadow| STORED.contains(&shadow.kind)) {
        play.story.tell(&shadow.id, "the end".into());
        for who in std::iter::once(Who::App).chain(shadow.members.keys().map(|user| Who::User(*user))) {
            play.check_history(shadow, who).await;
        }
    }
    for (user, seen) in play.users.iter().zip(&play.looked_at) {
        user.settle().await;
        assert_eq!(conversation(&user.heard()[seen.get()..]), [], "{} got more", user.name);
    }
    drop(play.app);
}
