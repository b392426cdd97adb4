//! What the SDK asks at a sign-in until it is ready, and what it has learnt then.

use std::collections::{BTreeSet, HashSet};

use anyhow::{Context, bail, ensure};
use client::{Frame, Framing, Identity, LOGIN_BODY, Login, Options, Session, UserSig, servcmd, sync_body};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// Profiles one request asks for.
const PROFILES: usize = 100;
/// What the commands of pushes begin with.
const PUSHES: &str = "im_open_push.";

const PROFILE: &str = "profile.portrait_get_all";
const FRIENDS: &str = "sns.friend_get";
const FRIEND_GROUPS: &str = "sns.group_get";
const PENDENCIES: &str = "sns.pendency_get";
const BLOCKED: &str = "sns.black_list_get";
const CONVERSATIONS: &str = "recentcontact.page_get";
const CONVERSATION_GROUPS: &str = "recentcontact.get_contact_group";
const GROUPS: &str = "group_open_http_svc.get_joined_group_list";
const COMMUNITIES: &str = "million_group_open_http_svc.get_joined_group_list";
const CONFIG: &str = "im_sdk_config_mgr.fetch_config";
const FEATURES: &str = "im_sdk_config_mgr.fetch_imsdk_purchase_bitsv2";

/// A request: command and body.
type Request = (&'static str, Vec<u8>);

/// What one sign-in took and gave.
#[derive(Debug, Default)]
pub struct Start {
    me: String,
    /// Requests, the sign-in itself and the heartbeat before it among them.
    pub requests: usize,
    /// Bytes of all frames received, as they came over the wire.
    pub received: usize,
    friends: Vec<String>,
    profiles: Vec<String>,
    conversations: Vec<String>,
    unread: usize,
}

/// The members of all answers that lead to further requests or are counted.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    error_code: i64,
    #[serde(rename = "int32_error_code")]
    config_code: i64,
    complete_flag: i64,
    next_start_index: i64,
    start_index: i64,
    standard_sequence: i64,
    custom_sequence: i64,
    time_stamp: i64,
    top_time_stamp: i64,
    top_start_index: i64,
    sync_flag: u8,
    cookie: String,
    user_data_item: Vec<Named>,
    user_profile_item: Vec<Named>,
    session_item: Vec<Named>,
    #[serde(rename = "C2CPairUnreadCount")]
    unread: Vec<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
struct Named {
    #[serde(rename = "To_Account", default)]
    user: String,
}

impl Start {
    /// Connects as a new instance, signs in and asks until nothing is left to ask. Requests leave as soon as the SDK
    /// knows them, without waiting for one another.
    pub async fn run(url: &str, sdkappid: u32, me: &str, key: &str) -> anyhow::Result<Self> {
        let mut start = Self { me: me.to_owned(), ..Self::default() };
        let usersig = UserSig::now(sdkappid, me).sign(key);
        let options = Options::new(url, sdkappid, Framing::Binary);
        let mut session = Session::open(&options).await.context("cannot connect")?;
        session.identify(&Identity::UserSig { identifier: me.to_owned(), usersig });
        for (command, body) in [(servcmd::ALIVE, &b"{}"[..]), (servcmd::LOGIN, LOGIN_BODY)] {
            let reply = session.call(command, body).await?.ok()?;
            start.requests += 1;
            start.received += reply.frame().wire_len();
            if command == servcmd::LOGIN {
                session.identify(&reply.json::<Login>()?.identity());
            }
        }

        let (mut pending, mut next) = (HashSet::new(), start.first(sdkappid));
        loop {
            for (command, body) in next {
                let (seq, _) = session.queue(command, &body).await?;
                pending.insert(u64::from(seq));
                start.requests += 1;
            }
            session.flush().await?;
            if pending.is_empty() {
                return Ok(start);
            }
            let frame = session.next().await?;
            start.received += frame.wire_len();
            next = if !frame.servcmd().starts_with(PUSHES) && pending.remove(&frame.seq()) {
                start.answered(&frame)?
            } else {
                Vec::new()
            };
        }
    }

    /// What is asked at once, in the SDK's order.
    fn first(&self, sdkappid: u32) -> Vec<Request> {
        let me = &self.me;
        let groups = |topics: u8| {
            json!({
                "Member_Account": me, "Limit": 200, "Offset": 0, "SupportTopic": topics, "NeedAppDefineData": 1,
                "ResponseFilter": {
                    "GroupBaseInfoFilter": [
                        "Type", "Name", "FaceUrl", "NextMsgSeq", "LastMsgTime", "LastInfoTime", "InfoSeq", "MemberNum",
                    ],
                    "SelfInfoFilter": ["Role", "JoinTime", "MsgFlag", "MsgSeq"],
                },
            })
        };
        let pendencies = json!({
            "From_Account": me, "PendencyType": "Pendency_Type_Both", "StartTime": 0, "MaxLimited": 100,
            "LastSequence": 0,
        });
        vec![
            self.ask_profiles(std::slice::from_ref(me)),
            self.ask_blocked(0),
            self.ask_conversations(&Answer::default()),
            ask(GROUPS, &groups(0)),
            (servcmd::SYNC, sync_body("", 0, false)),
            self.ask_friends(&Answer::default()),
            ask(FRIEND_GROUPS, &json!({"From_Account": me, "LastSequence": 0, "NeedFriend": "Need_Friend_Type_Yes"})),
            ask(PENDENCIES, &pendencies),
            ask(CONFIG, &json!({"uint32_sdkappid": sdkappid, "uint64_version": 0})),
            self.ask_conversation_groups(0),
            ask(COMMUNITIES, &groups(1)),
            ask(FEATURES, &json!({"uint32_sdkappid": sdkappid})),
        ]
    }

    fn answered(&mut self, frame: &Frame) -> anyhow::Result<Vec<Request>> {
        let command = frame.servcmd();
        let answer: Answer = frame.json().with_context(|| format!("the answer to {command}"))?;
        let code = if answer.error_code == 0 { answer.config_code } else { answer.error_code };
        ensure!(code == 0, "{command} was refused with code {code}");
        Ok(self.follow(command, answer))
    }

    /// Takes an answer and gives what is asked next because of it.
    fn follow(&mut self, command: &str, answer: Answer) -> Vec<Request> {
        let mut next = Vec::new();
        match command {
            FRIENDS => {
                let more = (answer.complete_flag == 0).then(|| self.ask_friends(&answer));
                self.friends.extend(names(answer.user_data_item));
                match more {
                    Some(more) => next.push(more),
                    None => next.extend(self.friends.chunks(PROFILES).map(|users| self.ask_profiles(users))),
                }
            }
            PROFILE => self.profiles.extend(names(answer.user_profile_item)),
            CONVERSATIONS => {
                next.extend((answer.complete_flag != 1).then(|| self.ask_conversations(&answer)));
                self.conversations.extend(names(answer.session_item));
            }
            servcmd::SYNC => {
                self.unread += answer.unread.len();
                if answer.sync_flag != 2 {
                    next.push((servcmd::SYNC, sync_body(&answer.cookie, answer.sync_flag, false)));
                }
            }
            BLOCKED if answer.start_index != 0 => next.push(self.ask_blocked(answer.start_index)),
            CONVERSATION_GROUPS if answer.complete_flag != 1 => {
                next.push(self.ask_conversation_groups(answer.next_start_index));
            }
            _ => {}
        }
        next
    }

    /// Holds what was learnt against what the user has: friends, each with a profile, and conversations with unread
    /// messages, with the first of them.
    pub fn check(&self, friends: &[String], conversations: usize) -> anyhow::Result<()> {
        let with_me = std::iter::once(&self.me).chain(friends);
        exactly("friends", &self.friends, friends.iter())?;
        exactly("profiles", &self.profiles, with_me)?;
        exactly("conversations", &self.conversations, friends[..conversations].iter())?;
        ensure!(self.unread == conversations, "{} unread counts, not {conversations}", self.unread);
        Ok(())
    }

    fn ask_profiles(&self, users: &[String]) -> Request {
        let item = |user| json!({"To_Account": user, "StandardSequence": 0, "CustomSequence": 0});
        let users: Vec<Value> = users.iter().map(item).collect();
        ask(PROFILE, &json!({"From_Account": self.me, "UserItem": users}))
    }

    fn ask_friends(&self, before: &Answer) -> Request {
        let body = json!({
            "From_Account": self.me, "StartIndex": before.next_start_index,
            "StandardSequence": before.standard_sequence, "CustomSequence": before.custom_sequence,
        });
        ask(FRIENDS, &body)
    }

    fn ask_conversations(&self, before: &Answer) -> Request {
        let body = json!({
            "From_Account": self.me, "TimeStamp": before.time_stamp, "StartIndex": before.start_index,
            "TopTimeStamp": before.top_time_stamp, "TopStartIndex": before.top_start_index, "OrderType": 1,
            "MsgAssistFlags": 15, "AssistFlags": 31,
        });
        ask(CONVERSATIONS, &body)
    }

    fn ask_conversation_groups(&self, start: i64) -> Request {
        ask(CONVERSATION_GROUPS, &json!({"From_Account": self.me, "StartIndex": start}))
    }

    fn ask_blocked(&self, start: i64) -> Request {
        ask(BLOCKED, &json!({"From_Account": self.me, "StartIndex": start, "MaxLimited": 1000}))
    }
}

fn ask(command: &'static str, body: &Value) -> Request {
    (command, body.to_string().into_bytes())
}

fn names(items: Vec<Named>) -> impl Iterator<Item = String> {
    items.into_iter().map(|item| item.user)
}

/// Whether a list holds each of the wanted once and nothing else.
fn exactly<'a>(what: &str, got: &[String], wanted: impl Iterator<Item = &'a String>) -> anyhow::Result<()> {
    let (found, wanted): (BTreeSet<&String>, BTreeSet<&String>) = (got.iter().collect(), wanted.collect());
    if found != wanted || got.len() != wanted.len() {
        let missing = wanted.difference(&found).next();
        bail!(
            "{} {what}, {} different, not the {} there are; missing {missing:?}",
            got.len(),
            found.len(),
            wanted.len()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(start: &mut Start, command: &str, answer: Value) -> Vec<(&'static str, Value)> {
        let next = start.follow(command, serde_json::from_value(answer).unwrap());
        next.into_iter().map(|(command, body)| (command, serde_json::from_slice(&body).unwrap())).collect()
    }

    fn users(range: std::ops::Range<usize>) -> Vec<Value> {
        range.map(|index| json!({"To_Account": format!("f{index}")})).collect()
    }

    #[test]
    fn profiles_are_asked_for_by_the_hundred_once_all_friends_are_known() {
        let mut start = Start::default();
        let page =
            json!({"CompleteFlag": 0, "NextStartIndex": 100, "StandardSequence": 7, "UserDataItem": users(0..100)});
        let next = follow(&mut start, FRIENDS, page);
        let [(FRIENDS, body)] = &next[..] else { panic!("{next:?}") };
        assert_eq!((&body["StartIndex"], &body["StandardSequence"]), (&json!(100), &json!(7)));
        let next = follow(&mut start, FRIENDS, json!({"CompleteFlag": 1, "UserDataItem": users(100..150)}));
        let sizes: Vec<usize> = next.iter().map(|(_, body)| body["UserItem"].as_array().unwrap().len()).collect();
        assert_eq!(sizes, [100, 50]);
    }

    #[test]
    fn pages_are_asked_for_until_the_last() {
        let mut start = Start::default();
        let page = json!({"CompleteFlag": 0, "TimeStamp": 5, "StartIndex": 9, "SessionItem": users(0..2)});
        let next = follow(&mut start, CONVERSATIONS, page);
        assert_eq!((&next[0].1["TimeStamp"], &next[0].1["StartIndex"]), (&json!(5), &json!(9)));
        assert!(follow(&mut start, CONVERSATIONS, json!({"CompleteFlag": 1, "StartIndex": 9})).is_empty());
        assert_eq!(follow(&mut start, servcmd::SYNC, json!({"SyncFlag": 0, "Cookie": "c"}))[0].1["Cookie"], "c");
        assert!(follow(&mut start, servcmd::SYNC, json!({"SyncFlag": 2, "Cookie": "d"})).is_empty());
        assert_eq!(follow(&mut start, BLOCKED, json!({"StartIndex": 3}))[0].1["StartIndex"], 3);
        assert!(follow(&mut start, BLOCKED, json!({"StartIndex": 0})).is_empty());
    }

    #[test]
    fn what_is_missing_or_repeated_is_found() {
        let names: Vec<String> = ["a", "b"].map(str::to_owned).into();
        assert!(exactly("users", &names, names.iter()).is_ok());
        assert!(exactly("users", &names[..1], names.iter()).is_err());
        assert!(exactly("users", &names, names[..1].iter()).is_err());
        assert!(exactly("users", &[names.clone(), names.clone()].concat(), names.iter()).is_err());
    }
}
