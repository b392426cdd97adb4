//! What a user has not read or not received yet, and read marks.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use model::{Error, flags, message::UNREAD_COUNTED};
use serde_json::value::RawValue;
use store::{
    Entry, Overview, View,
    tables::contact::{ContactChange, ContactRow, GROUP_PEER, SYSTEM_PEER},
};

use super::wire::{Reading, message_read, raw};
use crate::{
    Account, LiveApp, Services, broken,
    group::notice_event,
    presence::{Push, Session},
};

/// Unread messages of one conversation.
pub struct Unread {
    /// The peer's name.
    pub peer: String,
    /// How many, at most 250.
    pub count: u32,
}

/// What a resumed session missed.
pub struct Missed {
    /// Messages and changes as the client reads them, oldest first.
    pub messages: Vec<Box<RawValue>>,
    /// System notices, as events.
    pub events: Vec<Box<RawValue>>,
    /// Unread counts of the conversations of these messages: clients do not count old ones themselves.
    pub unread: Vec<Unread>,
    /// Everything up to this position has been handed over.
    pub position: i64,
    /// There is more.
    pub more: bool,
}

/// What a user who signs in anew has not been told.
pub struct Untold {
    /// System notices and mentions, as events.
    pub events: Vec<Box<RawValue>>,
    /// Pushes to all users: clients show messages of a first reply only in a conversation's history, which has none of
    /// these, so they come as pushes.
    pub pushes: Vec<Arc<Push>>,
}

/// How many missed messages one reply carries. SDKs tell the application only of those in the last reply, so there is
/// one reply wherever possible.
const MISSED: usize = 10_000;
/// How many bytes of missed messages one reply carries.
const MISSED_BYTES: usize = 8 << 20;
/// How many entries are read at once.
const READ: usize = 500;

/// The members of an event as an object.
fn event_object(members: &str) -> Result<Box<RawValue>, Error> {
    raw(format!("{{{members}}}").into_bytes())
}

impl Services {
    /// What an account that signs in anew has not been told, up to a position of the log.
    pub async fn untold(&self, me: &Account, until: i64) -> Result<Untold, Error> {
        let (mut events, mut pushes) = (Vec::new(), Vec::new());
        for entry in self.untold_notices(me, until).await? {
            if entry.flags & flags::PUSHED == 0 {
                events.push(event_object(&notice_event(&entry))?);
            } else {
                pushes.extend(self.pushed_again(me, &entry).await?);
            }
        }
        for mention in self.unread_mentions(me).await? {
            events.push(event_object(&mention)?);
        }
        Ok(Untold { events, pushes })
    }

    /// The one-to-one conversations of a user.
    async fn pairs(&self, me: &Account) -> Result<Vec<ContactRow>, Error> {
        let mut contacts = self.store.book.contacts(me.number).await.map_err(broken)?;
        contacts.retain(|contact| contact.peer > GROUP_PEER);
        Ok(contacts)
    }

    /// The overview of contacts, in order, as of a position of the log.
    pub(crate) async fn overviews(
        &self,
        me: &Account,
        contacts: &[ContactRow],
        until: i64,
    ) -> Result<Vec<Overview>, Error> {
        let mut hidden: HashMap<i64, Vec<i64>> = HashMap::new();
        for (conversation, sequence) in self.store.book.hidden(me.number, None).await.map_err(broken)? {
            hidden.entry(conversation).or_default().push(sequence);
        }
        let mut views = Vec::with_capacity(contacts.len());
        for contact in contacts {
            let mut above = contact.cleared_sequence;
            if contact.is_group()
                && let Some(group) = self.group_numbered(contact.conversation).await?
            {
                above = above.max(group.visible_above(me.number));
            }
            views.push(View {
                conversation: contact.conversation,
                user: me.number,
                read: contact.read_sequence,
                above,
                until,
                hidden: hidden.remove(&contact.conversation).unwrap_or_default(),
                count_limit: UNREAD_COUNTED,
                hide_own: flags::NO_SENDER_COPY,
            });
        }
        self.store.log.overview(views).await.map_err(broken)
    }

    /// Unread counts of all conversations in the user's list, as of a position of the log.
    pub async fn unread(&self, me: &Account, until: i64) -> Result<Vec<Unread>, Error> {
        let contacts = self.pairs(me).await?;
        let overviews = self.overviews(me, &contacts, until).await?;
        let listed = contacts.into_iter().zip(overviews).filter(|(contact, overview)| {
            overview.unread > 0 && overview.last.as_ref().is_some_and(|last| last.position > contact.left_position)
        });
        Ok(listed.map(|(contact, overview)| Unread { peer: contact.peer_user, count: overview.unread }).collect())
    }

    /// How many messages a user has not read in conversations, by their numbers.
    pub async fn unread_in(&self, me: &Account, contacts: &[ContactRow]) -> Result<HashMap<i64, i64>, Error> {
        let overviews = self.overviews(me, contacts, i64::MAX).await?;
        let numbers = contacts.iter().map(|contact| contact.conversation);
        Ok(numbers.zip(overviews.iter().map(|overview| i64::from(overview.unread))).collect())
    }

    /// What arrived after the client's cookie and up to a position, without what this session has acknowledged.
    pub async fn missed(
        &self,
        app: &LiveApp,
        me: &Arc<Account>,
        session: &Session,
        (after, until): (i64, i64),
    ) -> Result<Missed, Error> {
        session.forget_acknowledged(after);
        // What was said in groups is pushed again when a connection comes back.
        let mut contacts = self.store.book.contacts(me.number).await.map_err(broken)?;
        contacts.retain(|contact| !contact.is_group());
        let by_number: HashMap<i64, &ContactRow> =
            contacts.iter().map(|contact| (contact.conversation, contact)).collect();
        let conversations: Vec<i64> = by_number.keys().copied().collect();
        let mut missed =
            Missed { messages: Vec::new(), events: Vec::new(), unread: Vec::new(), position: after, more: true };
        let (mut bytes, mut heard, mut told) = (0, HashSet::new(), None);
        while missed.more && missed.messages.len() < MISSED && bytes < MISSED_BYTES {
            let (log, from) = (&self.store.log, missed.position);
            let entries = log.since(conversations.clone(), from, until, READ).await.map_err(broken)?;
            missed.more = entries.len() == READ;
            missed.position = entries.last().filter(|_| missed.more).map_or(until, |last| last.position);
            for entry in entries {
                let Some(contact) = by_number.get(&entry.conversation) else { continue };
                // A client forgets the messages of a conversation it deletes, and would take them for new.
                let left = session.restored && entry.position <= contact.left_position;
                if left || session.has_acknowledged(entry.position) || entry.sequence <= contact.cleared_sequence {
                    continue;
                }
                if entry.flags & flags::PUSHED != 0 {
                    told = Some((contact.conversation, ContactChange::Read(entry.sequence, entry.time / 1000)));
                    missed.messages.extend(self.pushed_message(me, &entry).await?);
                } else if contact.peer == SYSTEM_PEER {
                    missed.events.push(event_object(&notice_event(&entry))?);
                } else if let Some(message) = self.missed_message(app, me, session, contact, &entry).await? {
                    bytes += message.get().len();
                    missed.messages.push(message);
                    heard.extend((entry.flags & flags::NOTICE == 0).then_some(entry.conversation));
                }
            }
        }
        if let Some(told) = told {
            // A later sign-in need not get it again.
            self.store.book.change_contacts(me.number, vec![told]).await.map_err(broken)?;
        }
        if heard.is_empty() {
            return Ok(missed);
        }
        let heard: Vec<ContactRow> = contacts.into_iter().filter(|row| heard.contains(&row.conversation)).collect();
        let overviews = self.overviews(me, &heard, missed.position).await?;
        let counted = heard.into_iter().zip(overviews);
        missed.unread = counted.map(|(row, overview)| Unread { peer: row.peer_user, count: overview.unread }).collect();
        Ok(missed)
    }

    async fn missed_message(
        &self,
        app: &LiveApp,
        me: &Arc<Account>,
        session: &Session,
        contact: &ContactRow,
        entry: &Entry,
    ) -> Result<Option<Box<RawValue>>, Error> {
        if entry.flags & flags::NOTICE != 0 {
            let mut event = b"{\"EventArray\":[{".to_vec();
            event.extend_from_slice(&entry.body);
            event.extend_from_slice(b"}]}");
            return raw(event).map(Some);
        }
        if entry.flags & (flags::IMPORTED | flags::NO_UNREAD) == flags::IMPORTED | flags::NO_UNREAD {
            return Ok(None);
        }
        let Some(peer) = self.accounts.by_number(app.sdkappid, contact.peer).await? else { return Ok(None) };
        let mine = entry.sender == me.number;
        // After a restart it is not known which of the user's own messages this very client sent.
        if mine && (session.restored || entry.flags & flags::NO_SENDER_COPY != 0) {
            return Ok(None);
        }
        let (from, to) = if mine { (me, &peer) } else { (&peer, me) };
        message_read(entry, from, to, Reading { copy: mine, online_only: false }).map(Some)
    }

    /// Marks what `peer` wrote up to a second as read by `me`, and tells the peer and the user's other devices.
    pub async fn mark_read(
        self: &Arc<Self>,
        me: &Account,
        peer: &Account,
        second: i64,
        except: Option<u32>,
    ) -> Result<(), Error> {
        let Some(conversation) = self.conversation(me, peer).await? else { return Ok(()) };
        let Some(contact) = self.store.book.contact(me.number, conversation.number).await.map_err(broken)? else {
            return Ok(());
        };
        let heads = self.store.log.heads(&[conversation.number]).await.map_err(broken)?;
        let Some(head) = heads.first() else { return Ok(()) };
        let end = second.saturating_mul(1000).saturating_add(999);
        let sequence = if head.time <= end || conversation.mixed {
            head.sequence
        } else {
            self.store.log.locate(conversation.number, end).await.map_err(broken)?
        };
        let time = second.min(head.time / 1000).max(contact.read_time);
        if sequence <= contact.read_sequence && time <= contact.read_time {
            return Ok(());
        }
        let change = ContactChange::Read(sequence.max(contact.read_sequence), time);
        self.store.book.change_contacts(me.number, vec![(conversation.number, change)]).await.map_err(broken)?;
        self.tell_read(me, peer, time, except);
        self.tell_c2c_read(me, peer, time).await
    }

    fn tell_read(&self, me: &Account, peer: &Account, second: i64, except: Option<u32>) {
        let to_peer = format!(
            r#""Event":10,"C2cNotifyMsgArray":[{{"C2cReadedReceipt":{{"To_Account":{},"UinPairReadArray":[{{"LastReadTime":{second}}}]}}}}]"#,
            me.quoted
        );
        self.tell(peer.number, to_peer, None);
        let to_me = format!(
            r#""Event":10,"C2cNotifyMsgArray":[{{"ReadC2cMsgNotify":{{"UinPairReadArray":[{{"From_Account":{},"LastReadTime":{second}}}]}}}}]"#,
            peer.quoted
        );
        self.tell(me.number, to_me, except);
    }

    /// Marks every conversation as read.
    pub async fn mark_all_read(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        except: Option<u32>,
    ) -> Result<(), Error> {
        let contacts = self.pairs(me).await?;
        let overviews = self.overviews(me, &contacts, i64::MAX).await?;
        for (contact, overview) in contacts.iter().zip(overviews) {
            if overview.unread == 0 {
                continue;
            }
            if let Some(peer) = self.accounts.by_number(app.sdkappid, contact.peer).await? {
                self.mark_read(me, &peer, self.world.second(), Some(0)).await?;
            }
        }
        self.tell(me.number, r#""Event":14,"C2CReadAllMsg":1,"GroupReadInfoArray":[]"#, except);
        Ok(())
    }
}
