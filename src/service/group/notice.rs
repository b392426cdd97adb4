//! What members see of changes (群提示消息), and what single accounts are told (群系统消息).

use std::sync::Arc;

use bytes::Bytes;
use model::{
    Error, Role, flags,
    group::{SYSTEM_TINY_ID, SYSTEM_USER},
};
use serde_json::{Value, json};
use store::{
    Append, Entry,
    tables::contact::{ContactChange, SYSTEM_PEER},
};
use tokio::sync::oneshot;

use super::{By, Member, Place, wire};
use crate::{Account, Services, broken, message::Members, presence::Push};

/// How long notices are kept for who is away, in milliseconds, and how many: more than there can be pushes in that time.
const KEPT_MILLIS: i64 = 7 * 86_400_000;
const KEPT: usize = 1000;

/// What a system notice says: the numbers are the protocol's `ReportType`.
pub(super) mod report {
    pub const APPLIED: u8 = 1;
    pub const ACCEPTED: u8 = 2;
    pub const REFUSED: u8 = 3;
    pub const KICKED: u8 = 4;
    pub const DISMISSED: u8 = 5;
    pub const CREATED: u8 = 6;
    pub const INVITED: u8 = 7;
    pub const QUIT: u8 = 8;
    pub const MADE_ADMIN: u8 = 9;
    pub const LOST_ADMIN: u8 = 10;
    pub const INVITATION: u8 = 12;
    pub const INVITATION_ACCEPTED: u8 = 13;
    pub const INVITATION_REFUSED: u8 = 14;
    pub const TOPIC_CREATED: u8 = 17;
    pub const TOPICS_DELETED: u8 = 18;
    pub const RECEIVE_OPTION: u8 = 20;
    pub const BANNED: u8 = 21;
    pub const CUSTOM: u8 = 255;
}

/// What a tip says: the numbers are the protocol's `OpType`.
pub(super) mod tip {
    pub const JOINED: u8 = 1;
    pub const QUIT: u8 = 2;
    pub const KICKED: u8 = 3;
    pub const MADE_ADMIN: u8 = 4;
    pub const LOST_ADMIN: u8 = 5;
    pub const INFO: u8 = 6;
    pub const MEMBER_INFO: u8 = 7;
    pub const TOPIC: u8 = 8;
    pub const BANNED: u8 = 10;
    pub const UNBANNED: u8 = 11;
    pub const PINNED: u8 = 16;
    pub const UNPINNED: u8 = 17;
}

/// An account as tips show it.
pub(super) fn person(account: &Account, member: Option<&Member>) -> Value {
    json!({
        "UserId": account.user,
        "NickName": account.profile.nick(),
        "ImageUrl": account.profile.image(),
        "NameCard": member.map_or("", |member| member.name_card.as_str()),
        "Role": member.map_or(Role::Member, |member| member.role).number(),
    })
}

fn notice_members(place: &Place, to: &str, kind: u8, operator: &Account, extra: &Value) -> String {
    let info = wire::merged(wire::info_of(place), json!({"From_Account": operator.user, "To_Account": to}));
    let body = json!({"ReportType": kind, "Operator_Account": operator.user, "RemarkInfo": "", "Authentication": "",
        "MsgKey": 0, "UserDefinedField": "", "GroupName": place.group.info().name});
    let body = wire::merged(body, extra.clone());
    let mut members = Members::default();
    for (name, value) in [
        ("From_Account", json!(SYSTEM_USER)),
        ("TinyId", json!(SYSTEM_TINY_ID)),
        ("To_Account", json!(to)),
        ("ToGroupId", json!(place.group.id)),
        ("GroupInfo", info),
        ("MsgBody", body),
    ] {
        members.raw(name, &value.to_string());
    }
    String::from_utf8(members.into_bytes()).unwrap_or_default()
}

fn event(members: &str, sequence: i64, random: u32, second: i64) -> String {
    format!(
        "\"Event\":5,\"GroupTips\":[{{{members},\"MsgSeq\":{sequence},\"ClientSeq\":{sequence},\"MsgRandom\":{random},\
         \"MsgTimeStamp\":{second},\"MsgClientTime\":{second}}}]"
    )
}

/// The event of a stored notice.
pub(crate) fn notice_event(entry: &Entry) -> String {
    event(&String::from_utf8_lossy(&entry.body), entry.sequence, entry.random, entry.time / 1000)
}

impl Services {
    /// The body of a tip: who did what to whom, and what else is said of it. `operator` is what the operator is in the
    /// group.
    pub(super) fn tip_body(
        kind: u8,
        by: &By,
        operator: Option<&Member>,
        whom: &[(Arc<Account>, Option<Member>)],
        more: Value,
    ) -> Value {
        let people: Vec<Value> = whom.iter().map(|(account, member)| person(account, member.as_ref())).collect();
        let names: Vec<&str> = whom.iter().map(|(account, _)| account.user.as_str()).collect();
        let body = json!({
            "OpType": kind,
            "Operator_Account": by.account.user,
            "MsgOperatorMemberExtraInfo": person(&by.account, operator),
            "List_Account": names,
            "MsgMemberExtraInfo": people,
        });
        wire::merged(body, more)
    }

    /// Tells everybody connected of something that is not kept for the others; in a live room also its visitors.
    pub(super) fn announce(
        &self,
        place: &Place,
        kind: u8,
        operator: &Account,
        extra: &Value,
        except: Option<(i64, u32)>,
    ) -> Result<(), Error> {
        let members = notice_members(place, "", kind, operator, extra);
        let (random, second) = (self.world.number() as u32, self.world.second());
        if !place.group.kind.is_stored() {
            let told = |sequence| Ok(event(&members, sequence, random, second).into_bytes());
            return self.tell_room(place, except, told).map(drop);
        }
        let event = event(&members, i64::from(random >> 1), random, second);
        self.push_members(&place.group, event.as_bytes(), except);
        Ok(())
    }

    /// Tells an account something, now if it is connected; nothing is kept.
    pub(super) fn tell_notice(
        &self,
        place: &Place,
        to: &Account,
        kind: u8,
        operator: &Account,
        extra: &Value,
        except: Option<u32>,
    ) {
        let members = notice_members(place, to.user.as_str(), kind, operator, extra);
        let random = self.world.number() as u32;
        self.tell(to.number, event(&members, i64::from(random >> 1), random, self.world.second()), except);
    }

    /// Tells an account something, now or when it comes back.
    pub(super) async fn notify(
        self: &Arc<Self>,
        place: &Place,
        to: &Account,
        kind: u8,
        operator: &Account,
        extra: &Value,
        except: Option<u32>,
    ) -> Result<(), Error> {
        let members = notice_members(place, to.user.as_str(), kind, operator, extra);
        let conversation = self.system_conversation(to).await?;
        let random = self.world.number() as u32;
        let (done, outcome) = oneshot::channel();
        let (services, account) = (self.clone(), to.number);
        let append = Append {
            conversation,
            sender: 0,
            client_sequence: random >> 1,
            random,
            time: self.world.now(),
            dated: false,
            client_time: 0,
            flags: flags::NOTICE | flags::NO_UNREAD | flags::NO_LAST,
            tally: 0,
            body: Bytes::from(members.clone().into_bytes()),
            done: Box::new(move |result| {
                if let Ok(appended) = &result {
                    let event = event(&members, appended.sequence, random, appended.time / 1000);
                    let push = Push::event(appended.position, |out| out.extend_from_slice(event.as_bytes()));
                    services.hub.push(account, &Arc::new(push), except);
                }
                let _ = done.send(result);
            }),
        };
        self.store.log.append(append).await.map_err(broken)?;
        let appended = outcome.await.map_err(crate::fault)?.map_err(broken)?;
        if self.hub.is_online(to.number) {
            // Whoever signs in later need not hear of it again.
            let read = ContactChange::Read(appended.sequence, appended.time / 1000);
            self.store.book.change_contacts(to.number, vec![(conversation, read)]).await.map_err(broken)?;
        }
        Ok(())
    }

    async fn system_conversation(&self, to: &Account) -> Result<i64, Error> {
        let key = (SYSTEM_PEER, to.number);
        let make = async {
            let row = self.store.book.add_system_conversation(to.app.into(), to.number).await.map_err(broken)?;
            Ok::<_, Error>(Arc::new(crate::Conversation { number: row.number, mixed: row.mixed }))
        };
        Ok(self.conversations.get_or_insert_async(&key, make).await?.number)
    }

    /// What the system has for an account that it has not been told of yet, up to a position of the log, oldest first;
    /// from now on it has.
    pub(crate) async fn untold_notices(&self, me: &Account, until: i64) -> Result<Vec<Entry>, Error> {
        let Some(conversation) = self.conversation_at((SYSTEM_PEER, me.number)).await? else { return Ok(Vec::new()) };
        let number = conversation.number;
        let contact = self.store.book.contact(me.number, number).await.map_err(broken)?;
        let read = contact.map_or(0, |contact| contact.read_sequence);
        let mut entries = self.store.log.range(number, read, i64::MAX, true, KEPT, 0).await.map_err(broken)?;
        // What is later is pushed.
        entries.retain(|entry| entry.position <= until);
        let hidden = self.store.book.hidden(me.number, Some(number)).await.map_err(broken)?;
        let Some(newest) = entries.first().map(|entry| (entry.sequence, entry.time / 1000)) else {
            return Ok(Vec::new());
        };
        let earliest = self.world.now() - KEPT_MILLIS;
        entries.retain(|entry| entry.time >= earliest && !hidden.iter().any(|(_, gone)| *gone == entry.sequence));
        let read = ContactChange::Read(newest.0, newest.1);
        self.store.book.change_contacts(me.number, vec![(number, read)]).await.map_err(broken)?;
        entries.reverse();
        Ok(entries)
    }

    /// Forgets notices of an account, by their sequences.
    pub async fn forget_notices(&self, me: &Account, sequences: Vec<i64>) -> Result<(), Error> {
        let number = self.system_conversation(me).await?;
        let change = vec![(number, ContactChange::Hide(sequences))];
        self.store.book.change_contacts(me.number, change).await.map_err(broken)
    }

    /// Tells members what the app has to say (REST v4 `send_group_system_notification`): who is connected, and nobody
    /// later. Nobody named is everybody.
    pub fn tell_custom(&self, place: &Place, by: &By, content: &str, whom: &[Arc<Account>]) -> Result<(), Error> {
        let extra = json!({"UserDefinedField": content});
        if whom.is_empty() {
            self.announce(place, report::CUSTOM, &by.account, &extra, None)?;
        }
        for account in whom {
            self.tell_notice(place, account, report::CUSTOM, &by.account, &extra, None);
        }
        Ok(())
    }
}
