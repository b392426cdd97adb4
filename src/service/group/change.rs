//! What happens to group messages later: recalled, modified, deleted, confirmed as read, pinned; and imports.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use model::{
    Callback, Code, Error, Millis, flags,
    group::{
        Priority, limit,
        rule::{self, Action},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use store::{Append, Change, Entry, StoreError, tables::contact::ContactChange};
use tokio::sync::oneshot;

use super::{By, LiveGroup, Place, notice::tip, wire};
use crate::{
    Account, Found, LiveApp, Services,
    account::tiny_id,
    broken, fault,
    message::{Members, conflict, emptied, found, with_parts},
};

/// So many of the newest messages are looked at to recall all of one sender.
const SENDERS_NEWEST: usize = 1000;
/// The name of the pinned messages among what is kept of a group.
const PINS: &str = "pins";

/// The read receipts of one message.
#[derive(Clone, Copy, Debug)]
pub struct Receipts {
    /// Its place in the group.
    pub sequence: i64,
    /// 0, or 10062 when it has none.
    pub code: i32,
    /// How many members have read it.
    pub read: i64,
    /// How many have not.
    pub unread: i64,
}

/// A pinned message: its sequence and who pinned it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// Its place in the group.
    pub sequence: i64,
    /// Who pinned it.
    pub by: String,
}

fn sender_of(entry: &Entry) -> Result<String, Error> {
    with_parts(&entry.body, |parts| parts.sender())
}

/// The change that takes a message's words away and says who recalled it.
fn erased(entry: &Entry, revoker: &Value) -> Result<Change, Error> {
    let body = emptied(entry)?;
    let mut members = with_parts(&entry.body, |parts| parts.replaced(Some(&body), Some("")))?;
    members.raw("RevokerInfo", &revoker.to_string());
    Ok(Change { set_flags: flags::RECALLED, body: Some(members.into_bytes().into()), ..Change::default() })
}

impl Services {
    /// Recalls messages; each has its own result, 0 or a code.
    pub async fn recall_in_group(
        self: &Arc<Self>,
        app: &LiveApp,
        place: &Place,
        by: &By,
        sequences: &[i64],
        reason: &str,
    ) -> Result<Vec<(i64, i32)>, Error> {
        if !place.group.kind.is_stored() {
            return Err(Code::GroupTypeCannotRecall.into());
        }
        let mut results = Vec::with_capacity(sequences.len());
        for sequence in sequences {
            let result = self.recall_one(app, place, by, *sequence, reason).await;
            results.push((
                *sequence,
                match result {
                    Ok(()) => 0,
                    Err(error) if error.kind() == model::Kind::Ours => return Err(error),
                    Err(error) => error.number(),
                },
            ));
        }
        let gone: Value =
            results.iter().filter(|(_, code)| *code == 0).map(|(sequence, _)| json!({"MsgSeq": sequence})).collect();
        if gone.as_array().is_some_and(|gone| !gone.is_empty()) {
            let mut told = vec![("Operator_Account", json!(by.account.user)), ("MsgSeqList", gone)];
            told.extend(place.topic.as_ref().map(|topic| ("TopicId", json!(topic.id))));
            self.tell_in_group(Callback::GroupAfterRecall, &place.group, &told).await?;
        }
        Ok(results)
    }

    async fn recall_one(
        self: &Arc<Self>,
        app: &LiveApp,
        place: &Place,
        by: &By,
        sequence: i64,
        reason: &str,
    ) -> Result<(), Error> {
        let group = &place.group;
        let entry = self.group_message(place, sequence, Code::GroupMessageMissing).await?;
        if entry.flags & flags::RECALLED != 0 {
            return Err(Code::GroupMessageNotRecallable.into());
        }
        let own = entry.sender == by.account.number && !by.is_backend();
        let any = group.allows(by, Action::RecallAny);
        if !any {
            group.check(by, if own { Action::RecallOwn } else { Action::RecallAny })?;
            if self.world.now() - entry.time > app.settings.recall_seconds * 1000 {
                return Err(Code::GroupRecallTooLate.into());
            }
        }
        let revoker = json!({"Revoker_Account": by.account.user, "Reason": reason});
        let change = Change { unless_flags: flags::RECALLED, ..erased(&entry, &revoker)? };
        self.store.log.amend(place.number(), sequence, change).await.map_err(|error| match error {
            StoreError::Conflict { .. } => Code::GroupMessageNotRecallable.into(),
            StoreError::Missing => Code::GroupMessageMissing.into(),
            error => broken(error),
        })?;
        let now = self.world.now();
        self.store.book.add_recalls(place.number(), &[sequence], now * 1000).await.map_err(broken)?;
        let topic = place.topic.as_ref().map_or("", |topic| topic.id.as_str());
        let body = json!({"GroupWithdrawInfoArray": [{
            "GroupId": group.id, "TopicId": topic, "MsgSeq": sequence, "MsgRandom": entry.random,
            "TinyId": tiny_id(entry.sender).to_string(), "MsgClientTime": entry.client_time,
            "MsgTime": entry.time / 1000, "RevokerInfo": revoker,
        }]});
        let event = wire::signal(place, &body, json!({"RevokerInfo": revoker}));
        self.push_about(group, &entry, event.as_bytes(), by.origin())
    }

    /// Recalls, without a word, what one account said among the newest messages.
    pub async fn recall_sender(&self, place: &Place, by: &By, sender: &Account) -> Result<(), Error> {
        if !place.group.kind.is_stored() {
            return Ok(());
        }
        let without = flags::TIP | flags::RECALLED;
        let newest = self.store.log.range(place.number(), 0, i64::MAX, true, SENDERS_NEWEST, without).await;
        let revoker = json!({"Revoker_Account": by.account.user, "Reason": ""});
        let mut gone = Vec::new();
        for entry in newest.map_err(broken)?.into_iter().filter(|entry| entry.sender == sender.number) {
            let change = erased(&entry, &revoker)?;
            self.store.log.amend(place.number(), entry.sequence, change).await.map_err(broken)?;
            gone.push(entry.sequence);
        }
        self.store.book.add_recalls(place.number(), &gone, self.world.now() * 1000).await.map_err(broken)
    }

    /// What was recalled between two times in microseconds: message and revoker, oldest first; and where to go on, 0
    /// when that was all.
    pub async fn recalled_between(
        &self,
        place: &Place,
        (from, until): (i64, i64),
        limit: usize,
    ) -> Result<(Vec<(Entry, Box<RawValue>)>, i64), Error> {
        let number = place.number();
        let recalls = self.store.book.recalls(number, from, until, limit).await.map_err(broken)?;
        let next = if recalls.len() == limit { recalls.last().map_or(0, |(_, time)| time + 1) } else { 0 };
        let mut found = Vec::with_capacity(recalls.len());
        for (sequence, _) in recalls {
            let entries = self.store.log.range(number, sequence - 1, sequence + 1, false, 1, 0).await;
            for entry in entries.map_err(broken)? {
                let revoker = with_parts(&entry.body, |parts| parts.revoker.map(ToOwned::to_owned))?;
                if let Some(revoker) = revoker {
                    found.push((entry, revoker));
                }
            }
        }
        Ok((found, next))
    }

    /// From when on nothing is known to have been recalled in the groups that an account is in, in microseconds; 0 where
    /// nothing ever was.
    pub async fn last_recalls(&self, account: &Account) -> Result<HashMap<i64, i64>, Error> {
        let rows = self.store.book.last_recalls(account.number).await.map_err(broken)?;
        // Clients ask for what was recalled from this time on, and take the last one for new if it comes again.
        Ok(rows.into_iter().map(|(group, time)| (group, if time == 0 { 0 } else { time + 1 })).collect())
    }

    /// Replaces the elements or the custom data of a message. `known`: the version the caller knows; another one is
    /// answered with 20027 and the message as it is.
    pub async fn modify_in_group(
        &self,
        place: &Place,
        by: &By,
        sequence: i64,
        (body, custom_data): (Option<&RawValue>, Option<&str>),
        known: Option<u32>,
    ) -> Result<Found, Error> {
        place.group.check(by, Action::ModifyMessage)?;
        let entry = self.seen_message(place, by, sequence, Code::MessageMissing).await?;
        if entry.flags & flags::RECALLED != 0 {
            return Err(Code::AlreadyRecalled.into());
        }
        if known.is_some_and(|known| known != entry.version) {
            return Err(conflict(&found(&entry)?)?);
        }
        let body = body.map(RawValue::get);
        let members = with_parts(&entry.body, |parts| parts.replaced(body, custom_data))?;
        let change = Change {
            body: Some(members.into_bytes().into()),
            bump_version: true,
            expect_version: Some(entry.version),
            unless_flags: flags::RECALLED,
            ..Change::default()
        };
        let changed = match self.store.log.amend(place.number(), sequence, change).await {
            Ok(changed) => changed,
            Err(StoreError::Conflict { .. }) => {
                let now = self.group_message(place, sequence, Code::MessageMissing).await?;
                return Err(conflict(&found(&now)?)?);
            }
            Err(StoreError::Missing) => return Err(Code::MessageMissing.into()),
            Err(error) => return Err(broken(error)),
        };
        let result = found(&changed)?;
        let topic = place.topic.as_ref().map_or("", |topic| topic.id.as_str());
        let item = json!({
            "GroupId": place.group.id, "TopicId": topic, "From_Account": sender_of(&changed)?, "MsgSeq": sequence,
            "MsgRandom": changed.random, "MsgTimeStamp": changed.time / 1000, "MsgTime": changed.time / 1000,
            "MsgClientTime": changed.client_time, "TinyId": tiny_id(changed.sender).to_string(),
            "MsgBody": result.body, "CloudCustomData": result.custom_data, "MsgVersion": changed.version,
        });
        let event = format!("\"Event\":18,\"GroupMsgModNotifys\":[{item}]");
        self.push_about(&place.group, &changed, event.as_bytes(), by.origin())?;
        Ok(result)
    }

    /// Deletes messages for `me` alone.
    pub async fn hide_in_group(&self, place: &Place, by: &By, sequences: Vec<i64>) -> Result<(), Error> {
        place.group.check(by, Action::ReadHistory)?;
        if place.topic.is_some() {
            let peer = store::tables::contact::GROUP_PEER;
            let ensured = self.store.book.ensure_contacts(place.number(), peer, &[by.account.number]).await;
            ensured.map_err(broken)?;
        }
        let change = vec![(place.number(), ContactChange::Hide(sequences))];
        self.store.book.change_contacts(by.account.number, change).await.map_err(broken)
    }

    /// Deletes a group's history up to a sequence, for everybody; `None` is all of it.
    pub async fn clear_group(&self, place: &Place, up_to: Option<i64>) -> Result<(), Error> {
        rule::check(place.group.kind, Action::ReadHistory, rule::Actor::App)?;
        self.store.log.purge(place.number(), up_to.unwrap_or(i64::MAX)).await.map_err(broken)
    }

    fn check_receipts(group: &LiveGroup) -> Result<(), Error> {
        if !group.kind.has_receipts() {
            return Err(Error::new(Code::GroupNoPermission).detail("this type of group has no read receipts"));
        }
        if group.member_count() > limit::RECEIPT_MEMBERS {
            return Err(Code::GroupTooLargeForReceipts.into());
        }
        Ok(())
    }

    /// A member confirms messages as read; their senders are told.
    pub async fn confirm_in_group(
        self: &Arc<Self>,
        place: &Place,
        by: &By,
        me: &Account,
        sequences: &[i64],
    ) -> Result<(), Error> {
        let group = &place.group;
        group.check(by, Action::ReadHistory)?;
        Self::check_receipts(group)?;
        let mut wanted = HashMap::new();
        for sequence in sequences {
            let Ok(entry) = self.seen_message(place, by, *sequence, Code::ReceiptMissing).await else { continue };
            if entry.flags & flags::NEED_RECEIPT != 0 && entry.sender != me.number {
                wanted.insert(*sequence, entry);
            }
        }
        let ordered: Vec<i64> = sequences.iter().copied().filter(|sequence| wanted.contains_key(sequence)).collect();
        let now = self.world.now();
        let new = self.store.book.add_receipts(place.number(), me.number, now, &ordered).await.map_err(broken)?;
        let receipts = self.receipts(place, &new).await?;
        if !receipts.is_empty() {
            let list: Value = receipts
                .iter()
                .map(|one| {
                    json!({
                        "MsgSeq": one.sequence, "ReadNum": one.read, "UnreadNum": one.unread,
                        "ReadReceiptMembers": [{"Member_Account": me.user}],
                    })
                })
                .collect();
            let told = [("GroupMsgReceiptList", list)];
            self.tell_in_group(Callback::GroupReadReceipt, group, &told).await?;
        }
        for receipt in receipts {
            let Some(entry) = wanted.get(&receipt.sequence) else { continue };
            let body = json!({"GroupMsgReceiptList": [{
                "MsgSeq": receipt.sequence, "TinyId": tiny_id(entry.sender).to_string(),
                "MsgClientTime": entry.client_time, "MsgRandom": entry.random,
                "ReadNum": receipt.read, "UnreadNum": receipt.unread,
            }]});
            self.tell(entry.sender, wire::signal(place, &body, Value::Null), None);
        }
        Ok(())
    }

    /// Who can have read a message: members it was for who were in when it was sent, but its sender.
    fn readers(group: &LiveGroup, entry: &Entry) -> Result<Vec<(i64, String)>, Error> {
        with_parts(&entry.body, |parts| {
            let state = group.read();
            let could = |member: &&super::Member| {
                let was_in = member.join_sequence < entry.sequence && member.account != entry.sender;
                was_in && parts.is_for(member.user.as_str())
            };
            state.members().filter(could).map(|member| (member.account, member.user.to_string())).collect()
        })
    }

    /// The counts of messages, each with its code.
    pub async fn receipts(&self, place: &Place, sequences: &[i64]) -> Result<Vec<Receipts>, Error> {
        Self::check_receipts(&place.group)?;
        let mut found = Vec::with_capacity(sequences.len());
        for sequence in sequences {
            let entry = self.group_message(place, *sequence, Code::ReceiptMissing).await;
            let entry = entry.ok().filter(|entry| entry.flags & flags::NEED_RECEIPT != 0);
            let Some(entry) = entry else {
                let code = Code::ReceiptMissing.number();
                found.push(Receipts { sequence: *sequence, code, read: 0, unread: 0 });
                continue;
            };
            let (read, unread) = self.read_by(place, &entry).await?;
            found.push(Receipts { sequence: *sequence, code: 0, read: read.len() as i64, unread: unread.len() as i64 });
        }
        Ok(found)
    }

    /// Who has read a message, with when in milliseconds, and who has not.
    async fn read_by(&self, place: &Place, entry: &Entry) -> Result<(Vec<(String, Millis)>, Vec<String>), Error> {
        let rows = self.store.book.receipts(place.number(), entry.sequence).await.map_err(broken)?;
        let times: HashMap<i64, Millis> = rows.into_iter().map(|(account, _, time)| (account, time)).collect();
        let (mut read, mut unread) = (Vec::new(), Vec::new());
        for (account, user) in Self::readers(&place.group, entry)? {
            match times.get(&account) {
                Some(time) => read.push((user, *time)),
                None => unread.push(user),
            }
        }
        read.sort_by_key(|(_, time)| *time);
        Ok((read, unread))
    }

    /// Who has read a message with when in milliseconds, and who has not; 10062 when it asks for no receipts.
    pub async fn receipt_detail(
        &self,
        place: &Place,
        sequence: i64,
    ) -> Result<(Vec<(String, Millis)>, Vec<String>), Error> {
        Self::check_receipts(&place.group)?;
        let entry = self.group_message(place, sequence, Code::ReceiptMissing).await?;
        if entry.flags & flags::NEED_RECEIPT == 0 {
            return Err(Code::ReceiptMissing.into());
        }
        self.read_by(place, &entry).await
    }

    /// The pinned messages of a place, those pinned last first.
    pub async fn pinned(&self, place: &Place) -> Result<Vec<Pinned>, Error> {
        self.kept(place.number(), PINS).await
    }

    /// Pins a message or takes that back, and tells the members.
    pub async fn pin(self: &Arc<Self>, place: &Place, by: &By, sequence: i64, pin: bool) -> Result<(), Error> {
        place.group.check(by, Action::Pin)?;
        let missing = Code::GroupMessageNotFound;
        // What was pinned before an administrator came may still be taken off.
        let entry = if pin {
            self.seen_message(place, by, sequence, missing).await?
        } else {
            self.group_message(place, sequence, missing).await?
        };
        let alone = place.group.change().await?;
        let mut pins = self.pinned(place).await?;
        let was = pins.len();
        pins.retain(|pinned| pinned.sequence != sequence);
        if pin {
            if pins.len() >= limit::PINNED {
                return Err(Code::TooManyPinnedMessages.into());
            }
            pins.insert(0, Pinned { sequence, by: by.account.user.to_string() });
        } else if pins.len() == was {
            return Ok(());
        }
        self.keep(place.number(), PINS, &pins).await?;
        drop(alone);
        let kind = if pin { tip::PINNED } else { tip::UNPINNED };
        let what = if pin {
            json!({"PinnedMsg": wire::item_of(place, &entry)?})
        } else {
            json!({"SdkGroupMessageId": {
                "MsgClientTime": entry.client_time, "MsgRandom": entry.random,
                "SenderTinyId": tiny_id(entry.sender).to_string(), "ServerTime": entry.time / 1000, "MsgSeq": sequence,
            }})
        };
        let body = Self::tip_body(kind, by, place.group.member(by.account.number).as_ref(), &[], what);
        let event = self.told(place, &body);
        self.push_about(&place.group, &entry, event.as_bytes(), None)
    }

    /// Imports one message (REST v4 `import_group_msg`): time in milliseconds. Nobody is told. Returns its place.
    /// `listed`: conversation lists show it as the last message.
    pub async fn import_in_group(
        &self,
        place: &Place,
        from: &Arc<Account>,
        time: Millis,
        random: u32,
        (body, listed): (&RawValue, bool),
    ) -> Result<i64, Error> {
        let group = &place.group;
        let heads = self.store.log.heads(&[place.number()]).await.map_err(broken)?;
        let newest = heads.first().map_or(0, |head| head.time);
        if time < group.created || time < newest || time > self.world.now() {
            return Err(Error::new(Code::GroupParameterInvalid)
                .detail("SendTime lies after the group's making and its newest message, and before now"));
        }
        let mut members = Members::new(body, "", from);
        members.raw("From_Account", &from.quoted);
        let (done, outcome) = oneshot::channel();
        let append = Append {
            conversation: place.number(),
            sender: from.number,
            client_sequence: (time / 1000) as u32,
            random,
            time,
            dated: true,
            client_time: (time / 1000) as u32,
            flags: (Priority::Normal as u32 - 1) << flags::PRIORITY_SHIFT | if listed { 0 } else { flags::NO_LAST },
            tally: 0,
            body: Bytes::from(members.into_bytes()),
            done: Box::new(move |result| drop(done.send(result))),
        };
        self.store.log.append(append).await.map_err(broken)?;
        Ok(outcome.await.map_err(fault)?.map_err(broken)?.sequence)
    }

    /// After an import: members have read all there is, and a private group shows.
    pub async fn end_import(&self, place: &Place) -> Result<(), Error> {
        let group = &place.group;
        let heads = self.store.log.heads(&[place.number()]).await.map_err(broken)?;
        let newest = heads.first().map_or(0, |head| head.sequence);
        let accounts: Vec<i64> = group.read().members().map(|member| member.account).collect();
        for account in accounts {
            let read = ContactChange::MoveRead(newest, self.world.second());
            self.store.book.change_contacts(account, vec![(place.number(), read)]).await.map_err(broken)?;
        }
        self.activate(group).await
    }
}
