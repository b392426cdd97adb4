//! A push as its receivers see it: at once, after a lost connection, or when they sign in later.

use std::sync::Arc;

use bytes::Bytes;
use model::{Error, Millis, SdkAppId, flags, push::Audience};
use serde_json::value::RawValue;
use store::{Entry, tables::push::PushRow};

use crate::{
    Account, Services,
    account::tiny_id,
    broken, fault,
    message::{Reading, raw, write_named},
    presence::Push,
};

/// A push in memory.
#[derive(Debug)]
pub(super) struct Pushed {
    pub number: i64,
    pub app: SdkAppId,
    /// The account of the shown sender, 0 when it has none.
    pub sender: i64,
    /// The shown sender as a JSON string.
    quoted: Box<str>,
    pub random: u32,
    pub created: Millis,
    /// In seconds.
    pub lifetime: i64,
    pub audience: Audience,
    body: Bytes,
    pub until: i64,
}

impl Pushed {
    pub fn of(row: &PushRow) -> Result<Self, Error> {
        Ok(Self {
            number: row.number,
            app: SdkAppId::try_from(row.app).map_err(fault)?,
            sender: row.sender,
            quoted: serde_json::to_string(&row.sender_id).map_err(fault)?.into(),
            random: u32::try_from(row.random).map_err(fault)?,
            created: row.created,
            lifetime: row.lifetime,
            audience: serde_json::from_slice(&row.audience).map_err(fault)?,
            body: row.body.clone().into(),
            until: row.until,
        })
    }

    /// The sender's own number for the message, the same for all receivers.
    pub fn client_sequence(&self) -> u32 {
        (self.number & 0x7fff_ffff) as u32
    }

    /// Whether it is kept for who is away.
    pub fn is_kept(&self) -> bool {
        self.lifetime > 0
    }

    /// Whether nobody is to have it any more.
    pub fn is_over(&self, now: Millis) -> bool {
        self.body.is_empty() || (self.is_kept() && now >= self.created + self.lifetime * 1000)
    }

    /// The message as a JSON object.
    fn write(&self, out: &mut Vec<u8>, to: &str, position: i64) -> Result<(), Error> {
        let entry = Entry {
            position,
            conversation: 0,
            sequence: 0,
            time: self.created,
            sender: self.sender,
            client_sequence: self.client_sequence(),
            random: self.random,
            client_time: (self.created / 1000) as u32,
            flags: 0,
            version: 0,
            body: self.body.clone(),
        };
        let to = serde_json::to_string(to).map_err(fault)?;
        let reading = Reading { copy: false, online_only: !self.is_kept() };
        write_named(out, &entry, (&self.quoted, &to), tiny_id(self.sender), reading);
        Ok(())
    }

    /// The push of the message to a user.
    pub fn push(&self, to: &str, position: i64) -> Result<Arc<Push>, Error> {
        let mut event = Vec::with_capacity(self.body.len() + 400);
        event.extend_from_slice(b"\"Event\":9,\"C2cMsgArray\":[");
        self.write(&mut event, to, position)?;
        event.push(b']');
        Ok(Arc::new(Push::event(position, |out| out.extend_from_slice(&event))))
    }

    /// The event that tells a user that the message was taken back.
    pub fn withdrawal(&self, to: &str) -> Result<String, Error> {
        let to = serde_json::to_string(to).map_err(fault)?;
        let (quoted, sequence, random, second) =
            (&self.quoted, self.client_sequence(), self.random, self.created / 1000);
        let tiny_id = tiny_id(self.sender);
        Ok(format!(
            r#""Event":10,"C2cNotifyMsgArray":[{{"WithdrawC2cMsgNotify":{{"C2cWithdrawInfoArray":[{{"From_Account":{quoted},"To_Account":{to},"MsgSeq":{sequence},"MsgRandom":{random},"MsgRand":{random},"MsgTimeStamp":{second},"MsgClientTime":{second},"TinyId":"{tiny_id}","RevokerInfo":{{"Revoker_Account":{quoted},"Reason":""}}}}]}}}}]"#
        ))
    }
}

/// The number of the push that an entry of the log refers to.
pub(super) fn referred(entry: &Entry) -> Option<i64> {
    if entry.flags & flags::PUSHED == 0 {
        return None;
    }
    std::str::from_utf8(&entry.body).ok()?.parse().ok()
}

impl Services {
    /// The push of that number, if it is still known.
    pub(super) async fn pushed(&self, number: i64) -> Result<Option<Arc<Pushed>>, Error> {
        if let Some(pushed) = self.pushes.cache.get(&number) {
            return Ok(Some(pushed));
        }
        let Some(row) = self.store.book.push(number).await.map_err(broken)? else { return Ok(None) };
        let pushed = Arc::new(Pushed::of(&row)?);
        if !row.body.is_empty() {
            self.pushes.cache.insert(number, pushed.clone());
        }
        Ok(Some(pushed))
    }

    async fn due(&self, entry: &Entry) -> Result<Option<Arc<Pushed>>, Error> {
        let Some(number) = referred(entry) else { return Ok(None) };
        let pushed = self.pushed(number).await?;
        Ok(pushed.filter(|pushed| !pushed.is_over(self.world.now())))
    }

    /// The message that an entry refers to, as its receiver reads it; `None` when it is taken back or too old.
    pub(crate) async fn pushed_message(&self, me: &Account, entry: &Entry) -> Result<Option<Box<RawValue>>, Error> {
        let Some(pushed) = self.due(entry).await? else { return Ok(None) };
        let mut out = Vec::new();
        pushed.write(&mut out, me.user.as_str(), entry.position)?;
        raw(out).map(Some)
    }

    /// The same as a push.
    pub(crate) async fn pushed_again(&self, me: &Account, entry: &Entry) -> Result<Option<Arc<Push>>, Error> {
        let Some(pushed) = self.due(entry).await? else { return Ok(None) };
        pushed.push(me.user.as_str(), entry.position).map(Some)
    }
}
