//! Who is mentioned by what was said in groups (@), until they read it.

use std::{collections::BTreeMap, sync::Arc};

use model::{Error, flags};
use serde_json::{Value, json};
use store::Appended;

use super::{Mention, Place};
use crate::{Account, Services, broken, message::with_parts, presence::Push};

/// A message that mentions an account which has not read it.
pub struct Mentioned {
    /// Where it was said.
    pub place: Place,
    /// Its place in the group or topic.
    pub sequence: i64,
    /// Who said it.
    pub from: String,
    /// How: 1 by name, 2 with everybody.
    pub kinds: Vec<u8>,
    random: u32,
    client_sequence: u32,
}

impl Mentioned {
    /// As lists of communities and topics have it (`AtInfoList`).
    pub fn listed(&self) -> Value {
        json!({"From_Account": self.from, "AtMsgSeq": self.sequence, "AtFlagList": self.kinds})
    }
}

/// The members of the event that tells of a mention. `pushed`: on a connection; otherwise in `getmsg`.
pub(super) fn mention_event(
    place: &Place,
    from: &str,
    (sequence, random, client_sequence): (i64, u32, u32),
    kinds: &[u8],
    pushed: bool,
) -> String {
    let mut what = json!({
        "GroupId": place.group.id, "From_Account": from, "MsgSeq": sequence, "GroupAtType": kinds,
    });
    // Clients take an empty name for a topic's.
    if let (Some(topic), Some(what)) = (&place.topic, what.as_object_mut()) {
        what.insert("TopicId".into(), json!(topic.id));
    }
    let mut item = json!({
        "From_Account": from, "ToGroupId": place.group.id, "ClientSeq": client_sequence, "MsgRandom": random,
    });
    if let Some(item) = item.as_object_mut() {
        item.insert(if pushed { "GroupAtTips" } else { "MsgBody" }.into(), what);
    }
    format!("\"Event\":12,\"GroupTips\":[{item}]")
}

impl Services {
    /// Remembers who was mentioned until they read it, and tells them.
    pub(super) async fn mention(
        &self,
        place: &Place,
        from: &Account,
        mentions: &[Mention],
        appended: &Appended,
        random: u32,
        client_sequence: u32,
    ) -> Result<(), Error> {
        let all = mentions.iter().any(|mention| matches!(mention, Mention::All));
        let mut accounts: Vec<i64> = mentions
            .iter()
            .map(|mention| match mention {
                Mention::All => 0,
                Mention::One(account) => account.number,
            })
            .filter(|account| *account != from.number)
            .collect();
        accounts.sort_unstable();
        accounts.dedup();
        let (number, sequence) = (place.number(), appended.sequence);
        self.store.book.add_mentions(number, sequence, &accounts, appended.time).await.map_err(broken)?;
        let told = |kinds: &[u8]| {
            let event = mention_event(place, from.user.as_str(), (sequence, random, client_sequence), kinds, true);
            Arc::new(Push::event(0, |out| out.extend_from_slice(event.as_bytes())))
        };
        let (both, one, everybody) = (told(&[1, 2]), told(&[1]), told(&[2]));
        for member in place.group.read().members.values().filter(|member| member.account != from.number) {
            match (all, accounts.binary_search(&member.account).is_ok()) {
                (true, true) => self.hub.push(member.account, &both, None),
                (true, false) => self.hub.push(member.account, &everybody, None),
                (false, true) => self.hub.push(member.account, &one, None),
                (false, false) => {}
            }
        }
        Ok(())
    }

    /// What mentions an account and was not read by it, by place and sequence.
    pub async fn mentioned(&self, me: &Account) -> Result<Vec<Mentioned>, Error> {
        let mut found: BTreeMap<(i64, i64), Vec<u8>> = BTreeMap::new();
        for (conversation, sequence, everybody) in self.store.book.mentions(me.number).await.map_err(broken)? {
            let kinds = found.entry((conversation, sequence)).or_default();
            kinds.push(if everybody { 2 } else { 1 });
            kinds.sort_unstable();
        }
        let mut mentioned = Vec::with_capacity(found.len());
        for ((conversation, sequence), kinds) in found {
            let Some(place) = self.place_numbered(conversation).await? else { continue };
            let entries = self.store.log.range(conversation, sequence - 1, sequence + 1, false, 1, flags::RECALLED);
            let Some(entry) = entries.await.map_err(broken)?.pop() else { continue };
            if entry.sender == me.number {
                continue;
            }
            let from = with_parts(&entry.body, |parts| parts.sender())?;
            let (random, client_sequence) = (entry.random, entry.client_sequence);
            mentioned.push(Mentioned { place, sequence, from, kinds, random, client_sequence });
        }
        Ok(mentioned)
    }

    /// The same as events.
    pub async fn unread_mentions(&self, me: &Account) -> Result<Vec<String>, Error> {
        let event = |one: &Mentioned| {
            let numbers = (one.sequence, one.random, one.client_sequence);
            mention_event(&one.place, &one.from, numbers, &one.kinds, false)
        };
        Ok(self.mentioned(me).await?.iter().map(event).collect())
    }
}
