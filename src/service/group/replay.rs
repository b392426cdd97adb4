//! What a resumed session missed in groups: clients ask for nothing themselves, so it is pushed again, right after the
//! sign-in is answered and before anything newer.

use std::{collections::HashMap, sync::Arc};

use model::{Error, Millis, flags};

use super::{Place, mention::mention_event, send::delivers, wire};
use crate::{
    Account, Services, broken,
    message::with_parts,
    presence::{Link, Push, Session},
};

/// The most messages that are pushed again; clients fetch what is older from the history.
const MOST: usize = 2000;
/// After a restart it is not known what a client had: what was said in this time before is pushed again, and the
/// client knows by itself what it has.
const UNCERTAIN: Millis = 60_000;
/// So far back, in positions of the log, that time is looked for.
const LOOKED_AT: i64 = 50_000;

impl Services {
    /// The place of a conversation's number, if it is a group's or a topic's.
    pub(crate) async fn place_numbered(&self, number: i64) -> Result<Option<Place>, Error> {
        if let Some(group) = self.group_numbered(number).await? {
            return Ok(Some(Place { group, topic: None }));
        }
        let Some(community) = self.community_of_topic(number).await? else { return Ok(None) };
        let Some(group) = self.group_numbered(community).await? else { return Ok(None) };
        let topic = self.topics(&group).await?.get(&number).cloned();
        Ok(topic.map(|topic| Place { group, topic: Some(topic) }))
    }

    /// Gives a connection what its session missed in groups up to the connection's start.
    pub async fn replay_groups(&self, me: &Account, session: &Session, link: &Arc<Link>) -> Result<(), Error> {
        let until = link.start();
        let Some(missing) = session.missing(until) else { return Ok(()) };
        let (after, earliest) = match missing.after {
            Some(after) => (after, 0),
            None => (self.started.0 - LOOKED_AT, self.started.1 - UNCERTAIN),
        };
        if after >= until {
            return Ok(());
        }
        let mut places: HashMap<i64, Place> = HashMap::new();
        for group in self.groups_of(me.number).await? {
            for topic in self.topics(&group).await?.values() {
                places.insert(topic.number, Place { group: group.clone(), topic: Some(topic.clone()) });
            }
            places.insert(group.number, Place { group, topic: None });
        }
        let conversations: Vec<i64> = places.keys().copied().collect();
        let rows = self.store.book.contacts(me.number).await.map_err(broken)?;
        let cleared: HashMap<i64, i64> = rows.iter().map(|row| (row.conversation, row.cleared_sequence)).collect();
        let mut pushes = Vec::new();
        for entry in self.store.log.since(conversations, after.max(0), until, MOST).await.map_err(broken)? {
            let Some(place) = places.get(&entry.conversation) else { continue };
            let new = entry.time >= earliest && missing.has(entry.position);
            let cleared = cleared.get(&entry.conversation).copied().unwrap_or(0);
            let hidden = if place.topic.is_some() { 0 } else { place.group.visible_above(me.number) };
            let visible = entry.sequence > cleared.max(hidden);
            if !new || !visible || session.has_acknowledged(entry.position) {
                continue;
            }
            let mine = entry.sender == me.number;
            let (for_me, kinds, from) = with_parts(&entry.body, |parts| {
                (parts.is_for(me.user.as_str()), parts.mentions_of(me.user.as_str()), parts.sender())
            })?;
            let tip = entry.flags & flags::TIP != 0;
            let arrives = mine || delivers(place.receive_option(me.number), || tip || !kinds.is_empty());
            if !(for_me || mine) || !arrives {
                continue;
            }
            let event = wire::event_of(place, &entry, false)?;
            let push = Push::event(entry.position, |out| out.extend_from_slice(&event)).in_group();
            pushes.push(Arc::new(push));
            if !kinds.is_empty() && !mine {
                let numbers = (entry.sequence, entry.random, entry.client_sequence);
                let event = mention_event(place, &from, numbers, &kinds, true);
                pushes.push(Arc::new(Push::event(0, |out| out.extend_from_slice(event.as_bytes()))));
            }
        }
        session.note_pushed(pushes.iter().map(|push| push.position));
        link.add_replay(pushes);
        Ok(())
    }
}
