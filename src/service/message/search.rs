//! Searching what was said to a user and by it (云端搜索).

use std::{cmp::Reverse, sync::Arc};

use model::{Code, Error, flags, message::searchable};
use serde_json::value::RawValue;
use store::{Entry, tables::contact::ContactRow};

use super::{Conversation, message_of, wire::with_parts};
use crate::{
    Account, LiveApp, Peer, Services, Words, broken,
    group::{By, Place},
};

/// How many of a user's newest messages a search looks at.
const LOOKED_AT: usize = 20_000;
/// And how many of one conversation.
const LOOKED_AT_OF_ONE: usize = 5000;
/// How many are read at a time.
const PAGE: usize = 500;
/// Searches that a user may begin in a second.
const PER_SECOND: u32 = 20;
/// Marks of what no search finds.
const NEVER: u32 = flags::NOTICE | flags::RECALLED | flags::TIP;

/// Which messages are looked for.
pub struct MessageFilter {
    /// In their texts; `None` is anything.
    pub words: Option<Words>,
    /// From one of these accounts; empty is anybody.
    pub senders: Vec<i64>,
    /// With an element of one of these types; empty is any.
    pub types: Vec<String>,
    /// Not before this second.
    pub from: i64,
    /// Not after this second.
    pub to: i64,
}

impl MessageFilter {
    fn fits(&self, entry: &Entry) -> Result<bool, Error> {
        let second = entry.time / 1000;
        if second < self.from || second > self.to || !(self.senders.is_empty() || self.senders.contains(&entry.sender))
        {
            return Ok(false);
        }
        with_parts(&entry.body, |parts| {
            (self.types.is_empty() || model::message::has_type(parts.body, &self.types))
                && self.words.as_ref().is_none_or(|words| words.are_in(&searchable(parts.body)))
        })
    }
}

/// What a search found in one conversation.
pub struct Hits {
    /// Whom it is with.
    pub peer: Peer,
    /// Newest first.
    pub entries: Vec<Entry>,
}

impl Hits {
    /// Some of the messages as clients read them.
    pub fn messages(&self, me: &Account, entries: &[Entry]) -> Result<Vec<Box<RawValue>>, Error> {
        let read = |entry: &Entry| match &self.peer {
            Peer::User(peer) if entry.sender == me.number => message_of(entry, me, peer),
            Peer::User(peer) => message_of(entry, peer, me),
            Peer::Group(group) => Place::of(group).message(entry),
        };
        entries.iter().map(read).collect()
    }
}

impl Services {
    /// Messages that `me` may read and that fit, per conversation: the one with the newest first. Communities and live
    /// rooms are not searched.
    pub async fn search_messages(
        &self,
        app: &LiveApp,
        me: &Arc<Account>,
        within: Option<&Peer>,
        filter: &MessageFilter,
    ) -> Result<Vec<Hits>, Error> {
        let _turn = self.begin_search(app, me, "messages", PER_SECOND).await?;
        let mut contacts = self.store.book.contacts(me.number).await.map_err(broken)?;
        contacts.retain(|contact| {
            !contact.peer_user.is_empty()
                && within.is_none_or(|peer| match peer {
                    Peer::User(account) => account.number == contact.peer,
                    Peer::Group(group) => group.number == contact.conversation,
                })
        });
        let numbers: Vec<i64> = contacts.iter().map(|contact| contact.conversation).collect();
        let heads = self.newest(&numbers).await?;
        // Those where something was said last are looked at first.
        contacts.sort_by_key(|contact| Reverse(heads.get(&contact.conversation).map_or(0, |(_, time)| *time)));
        let (mut found, mut left) = (Vec::new(), LOOKED_AT);
        for contact in contacts {
            if left == 0 {
                break;
            }
            let Some(peer) = self.peer_of(app, &contact).await? else { continue };
            let mut look = Look { filter, left: left.min(LOOKED_AT_OF_ONE), entries: Vec::new() };
            let had = look.left;
            match &peer {
                Peer::User(account) => self.look_through(app, me, account, &contact, &mut look).await?,
                Peer::Group(group) => {
                    let by = By { account: me.clone(), app: false, instance: None };
                    self.look_through_group(app, &Place::of(group), &by, &mut look).await?;
                }
            }
            left -= had - look.left;
            if !look.entries.is_empty() {
                found.push(Hits { peer, entries: look.entries });
            }
        }
        found.sort_by_key(|hits| Reverse(hits.entries.first().map(|entry| (entry.time, entry.position))));
        Ok(found)
    }

    async fn look_through(
        &self,
        app: &LiveApp,
        me: &Arc<Account>,
        peer: &Arc<Account>,
        contact: &ContactRow,
        look: &mut Look<'_>,
    ) -> Result<(), Error> {
        let Some(conversation) = self.conversation(me, peer).await? else { return Ok(()) };
        let mut reader = self.reader(app, (me, peer), &conversation, contact.cleared_sequence).await?;
        reader.earliest = reader.earliest.max(look.filter.from.saturating_mul(1000));
        let conversation: &Conversation = &conversation;
        let mut at = (i64::MAX, i64::MAX);
        while look.left > 0 {
            let wanted = look.left.min(PAGE);
            let page = self.page(conversation, at, false, wanted).await?;
            let ended = page.len() < wanted;
            for entry in page {
                at = (entry.time, entry.sequence);
                look.left -= 1;
                // Pages go by time where imports stand out of order, so nothing newer follows.
                if entry.time < reader.earliest {
                    return Ok(());
                }
                if reader.sees(&entry) {
                    look.at(entry)?;
                }
            }
            if ended {
                break;
            }
        }
        Ok(())
    }

    async fn look_through_group(
        &self,
        app: &LiveApp,
        place: &Place,
        by: &By,
        look: &mut Look<'_>,
    ) -> Result<(), Error> {
        if !place.group.is_searched() || place.group.role(by.account.number).is_none() {
            return Ok(());
        }
        let sight = self.sight(app, place, by).await?;
        let earliest = sight.earliest.max(look.filter.from.saturating_mul(1000));
        let mut below = i64::MAX;
        while look.left > 0 {
            let wanted = look.left.min(PAGE);
            let page = self.store.log.range(place.number(), sight.above, below, true, wanted, NEVER).await;
            let page = page.map_err(broken)?;
            let ended = page.len() < wanted;
            for entry in page {
                below = entry.sequence;
                look.left -= 1;
                if entry.time < earliest {
                    return Ok(());
                }
                if sight.sees(&entry)? {
                    look.at(entry)?;
                }
            }
            if ended {
                break;
            }
        }
        Ok(())
    }

    /// The conversation a search is to stay within; `None` for one that the user does not have or that is never
    /// searched.
    pub async fn searched_group(&self, app: &LiveApp, me: &Account, id: &str) -> Result<Option<Peer>, Error> {
        if model::group::community_of(id).is_some() {
            return Ok(None);
        }
        let group = match self.group(app.sdkappid, id).await {
            Ok(group) => group,
            Err(error) if matches!(error.code, Code::GroupMissing | Code::GroupIdInvalid) => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_found = group.is_searched() && group.role(me.number).is_some();
        Ok(is_found.then_some(Peer::Group(group)))
    }
}

/// A look through one conversation.
struct Look<'a> {
    filter: &'a MessageFilter,
    /// How many messages may still be looked at.
    left: usize,
    entries: Vec<Entry>,
}

impl Look<'_> {
    fn at(&mut self, entry: Entry) -> Result<(), Error> {
        if entry.flags & NEVER == 0 && self.filter.fits(&entry)? {
            self.entries.push(entry);
        }
        Ok(())
    }
}
