//! Reading what was said, as one of the two sees it.

use std::{collections::HashSet, sync::Arc};

use model::{Code, Error, MessageKey, Millis, flags};
use serde_json::value::RawValue;
use store::Entry;

use super::{Conversation, message_of, wire::record_of};
use crate::{Account, LiveApp, Services, broken};

const DAY: Millis = 86_400_000;
/// How many messages of one second a page by second may have beyond its limit.
const CROWD: usize = 2000;

/// Which part of a history is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slice {
    /// From this message on, without it.
    pub beyond: Option<MessageKey>,
    /// Without a key: from this second on, all of it included; 0 is the end of the history.
    pub second: i64,
    /// Towards newer messages.
    pub newer: bool,
    /// How many messages.
    pub limit: usize,
    /// Only messages of this second or later.
    pub from_second: i64,
    /// A reply ends when its messages have so many bytes; such replies are continued by key, never by second.
    pub bytes: Option<usize>,
}

/// A part of a history.
pub struct History {
    /// Oldest first, with the sender of each.
    pub entries: Vec<(Entry, Arc<Account>, Arc<Account>)>,
    /// There is nothing more in this direction.
    pub complete: bool,
}

impl History {
    /// The messages as clients read them.
    pub fn messages(&self) -> Result<Vec<Box<RawValue>>, Error> {
        self.entries.iter().map(|(entry, from, to)| message_of(entry, from, to)).collect()
    }

    /// The messages as administrators read them (REST `admin_getroammsg`).
    pub fn records(&self) -> Result<Vec<Box<RawValue>>, Error> {
        self.entries.iter().map(|(entry, from, to)| record_of(entry, from, to)).collect()
    }

    /// The name of the oldest message.
    pub fn oldest(&self) -> Option<MessageKey> {
        self.entries.first().map(|(entry, ..)| key_of(entry))
    }
}

/// The name of a stored message.
pub(super) fn key_of(entry: &Entry) -> MessageKey {
    MessageKey { client_sequence: entry.client_sequence, random: entry.random, second: entry.time / 1000 }
}

impl Services {
    /// The earliest time whose messages an app's users may read.
    pub(crate) fn roaming_start(&self, app: &LiveApp) -> Millis {
        self.world.now() - app.settings.roaming_days * DAY
    }

    /// A part of the history of `me` with `peer`, as `me` sees it.
    pub async fn history(
        &self,
        app: &LiveApp,
        me: &Arc<Account>,
        peer: &Arc<Account>,
        slice: Slice,
    ) -> Result<History, Error> {
        let nothing = History { entries: Vec::new(), complete: true };
        let Some(conversation) = self.conversation(me, peer).await? else { return Ok(nothing) };
        let book = &self.store.book;
        let Some(contact) = book.contact(me.number, conversation.number).await.map_err(broken)? else {
            return Ok(nothing);
        };
        let mut reader = self.reader(app, (me, peer), &conversation, contact.cleared_sequence).await?;
        reader.earliest = reader.earliest.max(slice.from_second * 1000);
        let (entries, complete) = self.read(&conversation, &reader, slice).await?;
        let mut entries: Vec<_> = entries
            .into_iter()
            .map(|entry| {
                let mine = entry.sender == me.number;
                let (from, to) = if mine { (me, peer) } else { (peer, me) };
                (entry, from.clone(), to.clone())
            })
            .collect();
        if !slice.newer {
            entries.reverse();
        }
        Ok(History { entries, complete })
    }

    /// What `me` may see of a conversation with a peer of which all up to a sequence was cleared.
    pub(super) async fn reader(
        &self,
        app: &LiveApp,
        (me, peer): (&Account, &Account),
        conversation: &Conversation,
        cleared: i64,
    ) -> Result<Reader, Error> {
        let hidden = self.store.book.hidden(me.number, Some(conversation.number)).await.map_err(broken)?;
        Ok(Reader {
            hidden: hidden.into_iter().map(|(_, sequence)| sequence).collect(),
            cleared,
            me: me.number,
            peer: peer.number,
            earliest: self.roaming_start(app),
        })
    }

    /// Reads in the asked direction until the slice is full or the history ends.
    async fn read(
        &self,
        conversation: &Conversation,
        reader: &Reader,
        slice: Slice,
    ) -> Result<(Vec<Entry>, bool), Error> {
        let mut at = self.start_of(conversation, reader, slice).await?;
        let (mut found, mut bytes): (Vec<Entry>, usize) = (Vec::new(), 0);
        // As far as this a page goes on beyond its limit.
        let mut through = None;
        loop {
            let wanted = slice.limit + 1;
            let page = self.page(conversation, at, slice.newer, wanted).await?;
            let ended = page.len() < wanted;
            for entry in page {
                at = (entry.time, entry.sequence);
                if !slice.newer && entry.time < reader.earliest && !conversation.mixed {
                    return Ok((found, true));
                }
                if !reader.sees(&entry) {
                    continue;
                }
                // Paging by seconds gets on only if a page that begins within a second ends beyond it.
                let by_second = slice.beyond.is_none() && slice.bytes.is_none() && slice.second > 0;
                let within = by_second && found.last().is_none_or(|last: &Entry| last.time / 1000 == slice.second);
                let full = found.len() >= slice.limit && !(within && found.len() < slice.limit + CROWD);
                let too_long = slice.bytes.is_some_and(|most| !found.is_empty() && bytes + entry.body.len() > most);
                if full || too_long {
                    let is_behind = |place: (Millis, i64)| if slice.newer { place < at } else { place > at };
                    if let (Some(edge), true) = (found.last(), through.is_none_or(is_behind)) {
                        through = self.twin(conversation, reader, edge, slice.newer).await?;
                    }
                    if through.is_none_or(is_behind) || found.len() >= slice.limit + CROWD {
                        return Ok((found, false));
                    }
                }
                bytes += entry.body.len() + 200;
                found.push(entry);
            }
            if ended {
                return Ok((found, true));
            }
            if found.len() >= slice.limit + CROWD {
                return Ok((found, false));
            }
        }
    }

    /// The place of the message with the same name as the last of a page, if it is still to come: both peers may have
    /// named one so within a second. The page goes on to it, so that the name says where the next one begins.
    async fn twin(
        &self,
        conversation: &Conversation,
        reader: &Reader,
        edge: &Entry,
        newer: bool,
    ) -> Result<Option<(Millis, i64)>, Error> {
        let other = if edge.sender == reader.me { reader.peer } else { reader.me };
        let twin =
            self.find_of(conversation, Some(other), key_of(edge)).await?.map(|entry| (entry.time, entry.sequence));
        let edge = (edge.time, edge.sequence);
        Ok(twin.filter(|twin| if newer { *twin > edge } else { *twin < edge }))
    }

    /// Where reading starts: everything strictly beyond this time and sequence.
    async fn start_of(
        &self,
        conversation: &Conversation,
        reader: &Reader,
        slice: Slice,
    ) -> Result<(Millis, i64), Error> {
        let end = if slice.newer { (i64::MIN, 0) } else { (i64::MAX, i64::MAX) };
        if let Some(key) = slice.beyond {
            let mine = self.find_of(conversation, Some(reader.me), key).await?;
            let theirs = self.find_of(conversation, Some(reader.peer), key).await?;
            let places = [mine, theirs].into_iter().flatten().map(|entry| (entry.time, entry.sequence));
            // Pages end only at the last of those with one name.
            if let Some(place) = if slice.newer { places.max() } else { places.min() } {
                return Ok(place);
            }
            // The message itself is gone; its second is what is left of the place.
            let second = key.second;
            return self.start_of_second(conversation, second, slice.newer).await;
        }
        if slice.second == 0 {
            return Ok(end);
        }
        self.start_of_second(conversation, slice.second, slice.newer).await
    }

    async fn start_of_second(
        &self,
        conversation: &Conversation,
        second: i64,
        newer: bool,
    ) -> Result<(Millis, i64), Error> {
        let time = if newer { second * 1000 } else { (second + 1) * 1000 };
        if conversation.mixed {
            return Ok(if newer { (time, i64::MIN) } else { (time, 0) });
        }
        let before = self.store.log.locate(conversation.number, time - 1).await.map_err(broken)?;
        Ok((time, if newer { before } else { before + 1 }))
    }

    pub(super) async fn page(
        &self,
        conversation: &Conversation,
        at: (Millis, i64),
        newer: bool,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        let log = &self.store.log;
        let number = conversation.number;
        let page = match (conversation.mixed, newer) {
            (false, false) => log.range(number, 0, at.1, true, limit, flags::NOTICE).await,
            (false, true) => log.range(number, at.1, i64::MAX, false, limit, flags::NOTICE).await,
            (true, false) => log.range_by_time(number, (i64::MIN, 0), at, true, limit, flags::NOTICE).await,
            (true, true) => log.range_by_time(number, at, (i64::MAX, i64::MAX), false, limit, flags::NOTICE).await,
        };
        page.map_err(broken)
    }

    /// The message of that name in a conversation: that of the sender who is meant, or else the newest.
    pub(super) async fn find_in(
        &self,
        conversation: &Conversation,
        sender: i64,
        key: MessageKey,
    ) -> Result<Option<Entry>, Error> {
        match self.find_of(conversation, Some(sender), key).await? {
            Some(entry) => Ok(Some(entry)),
            None => self.find_of(conversation, None, key).await,
        }
    }

    async fn find_of(
        &self,
        conversation: &Conversation,
        sender: Option<i64>,
        key: MessageKey,
    ) -> Result<Option<Entry>, Error> {
        let found = self
            .store
            .log
            .find(conversation.number, sender, key.client_sequence, key.random, key.second, conversation.mixed)
            .await
            .map_err(broken)?;
        Ok(found.filter(|entry| entry.flags & flags::NOTICE == 0))
    }

    /// The conversation of two accounts and a message in it, or the error that says it is missing. Of two with one
    /// name it is that from `a`.
    pub(super) async fn find_message(
        &self,
        a: &Account,
        b: &Account,
        key: MessageKey,
        missing: Code,
    ) -> Result<(Arc<Conversation>, Entry), Error> {
        let Some(conversation) = self.conversation(a, b).await? else { return Err(missing.into()) };
        match self.find_in(&conversation, a.number, key).await? {
            Some(entry) => Ok((conversation, entry)),
            None => Err(missing.into()),
        }
    }
}

/// What a reader may see.
pub(super) struct Reader {
    hidden: HashSet<i64>,
    cleared: i64,
    me: i64,
    peer: i64,
    /// The time of the oldest message to be seen.
    pub earliest: Millis,
}

impl Reader {
    pub fn sees(&self, entry: &Entry) -> bool {
        let withheld = entry.sender == self.me && entry.flags & flags::NO_SENDER_COPY != 0;
        entry.sequence > self.cleared
            && entry.time >= self.earliest
            && !withheld
            && !self.hidden.contains(&entry.sequence)
    }
}
