//! What happens to messages later: recalled, modified, deleted, confirmed as read.

use std::sync::Arc;

use model::{Code, Error, MessageKey, flags};
use serde_json::{json, value::RawValue};
use store::{Change, Entry, StoreError, tables::contact::ContactChange};

use super::{
    history::key_of,
    wire::{Members, with_parts},
};
use crate::{Account, Services, broken, presence::Push};

/// A stored message as a modification left it.
pub struct Found {
    /// How often it was modified.
    pub version: u32,
    /// Its elements.
    pub body: Box<RawValue>,
    /// Its custom data.
    pub custom_data: String,
}

impl Services {
    /// Recalls a message. `within`: only if it is so young, in seconds (20016 otherwise).
    pub async fn recall(
        self: &Arc<Self>,
        from: &Arc<Account>,
        to: &Arc<Account>,
        key: MessageKey,
        within: Option<i64>,
        revoker: &Account,
    ) -> Result<(), Error> {
        let (conversation, entry) = self.find_message(from, to, key, Code::MessageMissing).await?;
        if entry.sender != from.number {
            return Err(Error::new(Code::MessageMissing).detail("the message was not sent by this user"));
        }
        if entry.flags & flags::RECALLED != 0 {
            return Err(Code::AlreadyRecalled.into());
        }
        if within.is_some_and(|seconds| self.world.now() - entry.time > seconds * 1000) {
            return Err(Code::RecallTooLate.into());
        }
        let revoker = format!(r#"{{"Revoker_Account":{},"Reason":""}}"#, revoker.quoted);
        let mut members = Members::default();
        // A recalled message says nothing any more, except that it was there.
        members.raw("MsgBody", &emptied(&entry)?);
        members.raw("RevokerInfo", &revoker);
        let change = Change {
            set_flags: flags::RECALLED,
            body: Some(members.into_bytes().into()),
            unless_flags: flags::RECALLED,
            ..Change::default()
        };
        self.store.log.amend(conversation.number, entry.sequence, change).await.map_err(|error| match error {
            StoreError::Conflict { .. } => Code::AlreadyRecalled.into(),
            StoreError::Missing => Code::MessageMissing.into(),
            error => broken(error),
        })?;
        let event = format!(
            r#""Event":10,"C2cNotifyMsgArray":[{{"WithdrawC2cMsgNotify":{{"C2cWithdrawInfoArray":[{{"From_Account":{},"To_Account":{},"MsgSeq":{},"MsgRandom":{},"MsgRand":{},"MsgTimeStamp":{},"MsgClientTime":{},"TinyId":"{}","RevokerInfo":{revoker}}}]}}}}]"#,
            from.quoted,
            to.quoted,
            entry.client_sequence,
            entry.random,
            entry.random,
            entry.time / 1000,
            entry.client_time,
            from.tiny_id(),
        );
        self.append_notice(conversation.number, (from, to), event, None).await?;
        self.tell_c2c_recall(&entry, from, to).await
    }

    /// Replaces the elements or the custom data of a message. `known`: the version the caller knows; another one
    /// is answered with 20027 and the message as it is.
    pub async fn modify(
        self: &Arc<Self>,
        from: &Arc<Account>,
        to: &Arc<Account>,
        key: MessageKey,
        (body, custom_data): (Option<&RawValue>, Option<&str>),
        known: Option<u32>,
        except: Option<u32>,
    ) -> Result<Found, Error> {
        let (conversation, entry) = self.find_message(from, to, key, Code::MessageMissing).await?;
        if entry.sender != from.number {
            return Err(Error::new(Code::MessageMissing).detail("the message was not sent by this user"));
        }
        if entry.flags & flags::RECALLED != 0 {
            return Err(Code::AlreadyRecalled.into());
        }
        if known.is_some_and(|known| known != entry.version) {
            return Err(conflict(&found(&entry)?)?);
        }
        let members = with_parts(&entry.body, |parts| parts.replaced(body.map(RawValue::get), custom_data))?;
        let change = Change {
            body: Some(members.into_bytes().into()),
            bump_version: true,
            expect_version: Some(entry.version),
            unless_flags: flags::RECALLED,
            ..Change::default()
        };
        let changed = match self.store.log.amend(conversation.number, entry.sequence, change).await {
            Ok(changed) => changed,
            Err(StoreError::Conflict { .. }) => {
                let (_, now) = self.find_message(from, to, key, Code::MessageMissing).await?;
                return Err(conflict(&found(&now)?)?);
            }
            Err(StoreError::Missing) => return Err(Code::MessageMissing.into()),
            Err(error) => return Err(broken(error)),
        };
        let found = found(&changed)?;
        let event = format!(
            r#""Event":17,"C2cMsgModNotifys":[{{"From_Account":{},"To_Account":{},"MsgSeq":{},"MsgRandom":{},"MsgTimeStamp":{},"MsgClientTime":{},"MsgVersion":{},"MsgBody":{},"CloudCustomData":{}}}]"#,
            from.quoted,
            to.quoted,
            changed.client_sequence,
            changed.random,
            changed.time / 1000,
            changed.client_time,
            changed.version,
            found.body.get(),
            json!(found.custom_data),
        );
        self.tell_both(from, to, &event, except);
        Ok(found)
    }

    /// A message that its sender wants to add to.
    pub async fn content(&self, from: &Account, to: &Account, key: MessageKey) -> Result<Found, Error> {
        let (_, entry) = self.find_message(from, to, key, Code::MessageMissing).await?;
        found(&entry)
    }

    /// Deletes messages for `me` alone; those that do not exist are skipped. Of two with one name it is that from
    /// `sender`.
    pub async fn hide(&self, me: &Account, peer: &Account, sender: &Account, keys: &[MessageKey]) -> Result<(), Error> {
        let Some(conversation) = self.conversation(me, peer).await? else { return Ok(()) };
        let mut sequences = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(entry) = self.find_in(&conversation, sender.number, *key).await? {
                sequences.push(entry.sequence);
            }
        }
        let changes = vec![(conversation.number, ContactChange::Hide(sequences))];
        self.store.book.change_contacts(me.number, changes).await.map_err(broken)
    }

    /// Confirms single messages from `peer` as read by `me`, and tells the peer.
    pub async fn confirm(&self, me: &Account, peer: &Account, keys: &[MessageKey]) -> Result<(), Error> {
        let Some(conversation) = self.conversation(me, peer).await? else { return Ok(()) };
        for key in keys {
            let Some(entry) = self.find_in(&conversation, peer.number, *key).await? else { continue };
            let wanted = entry.sender == peer.number && entry.flags & flags::NEED_RECEIPT != 0;
            if !wanted || entry.flags & flags::PEER_READ != 0 {
                continue;
            }
            let change = Change { set_flags: flags::PEER_READ, ..Change::default() };
            self.store.log.amend(conversation.number, entry.sequence, change).await.map_err(broken)?;
            let key = key_of(&entry);
            let event = format!(
                r#""Event":16,"Peer_Account":{},"PeerReadTime":{},"C2cMsgInfo":[{{"From_Account":{},"To_Account":{},"TinyId":"{}","MsgClientTime":{},"MsgRandom":{},"MsgSeq":{},"MsgTime":{}}}]"#,
                me.quoted,
                self.world.second(),
                peer.quoted,
                me.quoted,
                peer.tiny_id(),
                entry.client_time,
                key.random,
                key.client_sequence,
                key.second,
            );
            self.tell(peer.number, event, None);
        }
        Ok(())
    }

    /// Sends an event to the connections of an account; `event` is the members of the event object.
    pub fn tell(&self, account: i64, event: impl AsRef<[u8]>, except: Option<u32>) {
        if self.hub.reaches(account, except) {
            let push = Push::event(0, |out| out.extend_from_slice(event.as_ref()));
            self.hub.push(account, &Arc::new(push), except);
        }
    }

    pub(super) fn tell_both(&self, a: &Account, b: &Account, event: &str, except: Option<u32>) {
        let push = Arc::new(Push::event(0, |out| out.extend_from_slice(event.as_bytes())));
        self.hub.push(a.number, &push, except);
        if b.number != a.number {
            self.hub.push(b.number, &push, except);
        }
    }
}

/// The elements of a recalled message: their types stay, so that clients can show what kind it was.
pub(crate) fn emptied(entry: &Entry) -> Result<String, Error> {
    with_parts(&entry.body, |parts| {
        let elements = serde_json::from_str::<Vec<model::message::Element<'_>>>(parts.body.get()).unwrap_or_default();
        let empty = elements.iter().map(|element| match element.kind.as_ref() {
            "TIMTextElem" => json!({"MsgType": "TIMTextElem", "MsgContent": {"Text": ""}}),
            _ => json!({"MsgType": "TIMCustomElem", "MsgContent": {"Data": "", "Desc": "", "Ext": ""}}),
        });
        serde_json::Value::Array(empty.take(1).collect()).to_string()
    })
}

/// A stored message as it is now.
pub(crate) fn found(entry: &Entry) -> Result<Found, Error> {
    with_parts(&entry.body, |parts| Found {
        version: entry.version,
        body: parts.body.to_owned(),
        custom_data: parts.custom_data.and_then(|text| serde_json::from_str(text.get()).ok()).unwrap_or_default(),
    })
}

/// The error that tells of another version, with the message as it is.
pub(crate) fn conflict(found: &Found) -> Result<Error, Error> {
    let fields = format!(
        r#"{{"MsgVersion":{},"MsgBody":{},"CloudCustomData":{}}}"#,
        found.version,
        found.body.get(),
        json!(found.custom_data)
    );
    let fields = RawValue::from_string(fields).map_err(crate::fault)?;
    Ok(Error::new(Code::ModifyConflict).fields(fields))
}
