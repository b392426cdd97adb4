//! Reading what was said in a group.

use std::collections::HashSet;

use model::{Code, Error, GroupKind, flags, group::rule::Action};
use serde_json::value::RawValue;
use store::Entry;

use super::{By, LiveGroup, Place, wire};
use crate::{LiveApp, Services, broken, message::with_parts};

/// Which part of a history is wanted.
#[derive(Clone, Debug)]
pub enum GroupSlice {
    /// So many messages down from a sequence, this one too; `None` is the newest.
    Down {
        /// The greatest sequence.
        from: Option<i64>,
        /// How many.
        limit: usize,
    },
    /// These.
    Named(Vec<i64>),
}

/// A part of a group's history, newest first.
pub struct GroupPage {
    /// Messages and tips.
    pub entries: Vec<Entry>,
    /// Sequences within the part that the reader may not see.
    pub invisible: Vec<i64>,
    /// There is nothing older that the reader may see.
    pub complete: bool,
    /// Where the next page begins.
    pub next: i64,
}

impl GroupPage {
    /// The messages as clients read them.
    pub fn messages(&self, place: &Place) -> Result<Vec<Box<RawValue>>, Error> {
        self.entries.iter().map(|entry| wire::item_of(place, entry)).collect()
    }

    /// The messages as administrators read them (REST v4 `group_msg_get_simple`).
    pub fn records(&self) -> Result<Vec<Box<RawValue>>, Error> {
        self.entries.iter().map(wire::record_of).collect()
    }
}

impl Place {
    /// A message or a tip of it as clients read it.
    pub(crate) fn message(&self, entry: &Entry) -> Result<Box<RawValue>, Error> {
        wire::item_of(self, entry)
    }
}

impl LiveGroup {
    /// Whether searches look through what was said in it.
    pub(crate) fn is_searched(&self) -> bool {
        self.kind.is_stored() && self.kind != GroupKind::Community
    }

    /// Above which sequence of the group itself a member sees messages.
    pub(crate) fn visible_above(&self, account: i64) -> i64 {
        if self.kind.shows_past() {
            return 0;
        }
        self.read().member(account).map_or(0, |member| member.join_sequence)
    }
}

/// What of a place somebody may see.
pub(crate) struct Sight<'a> {
    by: &'a By,
    /// The greatest sequence that is not to be seen.
    pub above: i64,
    hidden: HashSet<i64>,
    /// The time of the oldest message to be seen, in milliseconds.
    pub earliest: i64,
}

impl Sight<'_> {
    pub fn sees(&self, entry: &Entry) -> Result<bool, Error> {
        if self.by.is_backend() {
            return Ok(true);
        }
        if entry.sequence <= self.above || self.hidden.contains(&entry.sequence) {
            return Ok(false);
        }
        if entry.flags & flags::DIRECTED == 0 || entry.sender == self.by.account.number {
            return Ok(true);
        }
        with_parts(&entry.body, |parts| parts.is_for(self.by.account.user.as_str()))
    }
}

/// How far back the message is looked for that a list shows of a topic.
const LAST_LOOKED_AT: usize = 50;

impl Services {
    pub(crate) async fn sight<'a>(&self, app: &LiveApp, place: &Place, by: &'a By) -> Result<Sight<'a>, Error> {
        let (number, me) = (place.number(), by.account.number);
        let mut sight = Sight { by, above: 0, hidden: HashSet::new(), earliest: self.roaming_start(app) };
        if !by.is_backend() {
            if place.topic.is_none() {
                sight.above = place.group.visible_above(me);
            }
            if let Some(contact) = self.store.book.contact(me, number).await.map_err(broken)? {
                sight.above = sight.above.max(contact.cleared_sequence);
            }
            let rows = self.store.book.hidden(me, Some(number)).await.map_err(broken)?;
            sight.hidden.extend(rows.into_iter().map(|(_, sequence)| sequence));
        }
        Ok(sight)
    }

    /// The message or tip that a list shows somebody of a place: the newest that it may see and that counts as one.
    pub async fn last_seen(&self, app: &LiveApp, place: &Place, by: &By) -> Result<Option<Box<RawValue>>, Error> {
        if !by.is_backend() && place.group.role(by.account.number).is_none() {
            return Ok(None);
        }
        let sight = self.sight(app, place, by).await?;
        let without = flags::NO_LAST;
        let found = self.store.log.range(place.number(), sight.above, i64::MAX, true, LAST_LOOKED_AT, without);
        for entry in found.await.map_err(broken)? {
            if entry.time >= sight.earliest && sight.sees(&entry)? {
                return wire::item_of(place, &entry).map(Some);
            }
        }
        Ok(None)
    }

    /// A part of a group's history as somebody may see it.
    pub async fn group_history(
        &self,
        app: &LiveApp,
        place: &Place,
        by: &By,
        slice: GroupSlice,
    ) -> Result<GroupPage, Error> {
        place.group.check(by, Action::ReadHistory)?;
        let number = place.number();
        let heads = self.store.log.heads(&[number]).await.map_err(broken)?;
        let newest = heads.first().map_or(0, |head| head.sequence);
        let sight = self.sight(app, place, by).await?;
        let (above, earliest) = (sight.above, sight.earliest);
        let mut page = GroupPage { entries: Vec::new(), invisible: Vec::new(), complete: false, next: 0 };
        match slice {
            GroupSlice::Named(sequences) => {
                for sequence in sequences {
                    let Some(entry) = self.named_entry(number, sequence, 0).await? else { continue };
                    if entry.time >= earliest && sight.sees(&entry)? {
                        page.entries.push(entry);
                    } else {
                        page.invisible.push(entry.sequence);
                    }
                }
                page.entries.sort_by_key(|entry| std::cmp::Reverse(entry.sequence));
                page.complete = true;
            }
            GroupSlice::Down { from, limit } => {
                let top = from.unwrap_or(newest).min(newest);
                let found = self.store.log.range(number, above, top.saturating_add(1), true, limit, 0).await;
                let found = found.map_err(broken)?;
                let full = found.len() == limit;
                let mut lowest = top + 1;
                for entry in found {
                    lowest = entry.sequence;
                    if entry.time < earliest {
                        page.complete = true;
                    } else if sight.sees(&entry)? {
                        page.entries.push(entry);
                    } else {
                        page.invisible.push(entry.sequence);
                    }
                }
                page.next = lowest - 1;
                page.complete |= !full || lowest <= above + 1;
            }
        }
        Ok(page)
    }

    /// One message of a group, or the error that says it is missing. Tips cannot be changed.
    pub(crate) async fn group_message(&self, place: &Place, sequence: i64, missing: Code) -> Result<Entry, Error> {
        self.named_entry(place.number(), sequence, flags::TIP).await?.ok_or_else(|| missing.into())
    }

    /// The same of one that somebody may see.
    pub(crate) async fn seen_message(
        &self,
        place: &Place,
        by: &By,
        sequence: i64,
        missing: Code,
    ) -> Result<Entry, Error> {
        let entry = self.group_message(place, sequence, missing).await?;
        let app = self.apps.get(place.group.app).ok_or(Code::GroupMissing)?;
        let sight = self.sight(&app, place, by).await?;
        if sight.sees(&entry)? { Ok(entry) } else { Err(missing.into()) }
    }

    /// The entry of a sequence that a client named, which may be any number.
    async fn named_entry(&self, number: i64, sequence: i64, without: u32) -> Result<Option<Entry>, Error> {
        let (above, below) = (sequence.saturating_sub(1), sequence.saturating_add(1));
        let found = self.store.log.range(number, above, below, false, 1, without).await;
        Ok(found.map_err(broken)?.pop())
    }

    /// The newest sequence of conversations, and when that was, in milliseconds; those without messages are left out.
    pub async fn newest(&self, numbers: &[i64]) -> Result<std::collections::HashMap<i64, (i64, i64)>, Error> {
        let heads = self.store.log.heads(numbers).await.map_err(broken)?;
        Ok(heads.into_iter().map(|head| (head.conversation, (head.sequence, head.time))).collect())
    }
}
