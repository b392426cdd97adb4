//! A user's conversation list: order, pins, mutes, marks, groups.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use model::{Code, Error, Millis};
use serde_json::value::RawValue;
use store::{
    Entry, Head, StoreError,
    tables::contact::{ContactChange, ContactRow},
};

use crate::{
    Account, LiveApp, Services, broken,
    group::{LiveGroup, Place, group_last_message},
    message::with_parts,
};

/// How many conversations a page has.
const PAGE: usize = 100;
/// The most conversation groups of a user.
const GROUPS: usize = 20;
/// The longest name of a conversation group, in bytes.
const GROUP_NAME_BYTES: usize = 32;
/// The most conversations of a user that are in groups or have marks.
const KEPT: usize = 1000;
/// The most pinned conversations of a user.
const PINNED: usize = 50;

/// Where a page of the list begins: only conversations with something new since a second, and which of them first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    /// Seconds since 1970; 0 for all.
    pub since: i64,
    /// How many were returned before.
    pub offset: usize,
}

/// Whom a conversation is with.
#[derive(Clone)]
pub enum Peer {
    /// Another user.
    User(Arc<Account>),
    /// A group.
    Group(Arc<LiveGroup>),
}

impl Peer {
    /// The other user's name or the group's id.
    pub fn name(&self) -> &str {
        match self {
            Self::User(account) => account.user.as_str(),
            Self::Group(group) => &group.id,
        }
    }
}

/// A conversation in the list.
pub struct ListedContact {
    /// What the user keeps about it.
    pub row: ContactRow,
    /// Whom it is with.
    pub peer: Peer,
    /// Messages that the user has not read, in a group.
    pub unread: u32,
    /// The sequence of the newest message, in a group.
    pub newest: i64,
    /// When something last happened in it.
    pub time: Millis,
    /// Its last message with the sender's name, if there is one: `MsgBody`, `CloudCustomData`, `RevokerInfo`.
    pub last: Option<LastMessage>,
    /// Up to which second the other one has read.
    pub peer_read_time: i64,
}

/// The last message of a conversation.
pub struct LastMessage {
    /// The message.
    pub message: Box<RawValue>,
    /// Who sent it.
    pub from: String,
    /// The sender's nick and name card in a group.
    pub shown: (String, String),
    /// Its place: in a group the sequence, otherwise the number chosen by the sender.
    pub sequence: i64,
    /// It was recalled.
    pub recalled: bool,
}

impl Services {
    /// A page of the conversation list, newest first, and where the next one begins, if there is more.
    pub async fn contacts(
        &self,
        app: &LiveApp,
        me: &Account,
        page: Page,
    ) -> Result<(Vec<ListedContact>, Option<Page>), Error> {
        let rows = self.store.book.contacts(me.number).await.map_err(broken)?;
        let numbers: Vec<i64> = rows.iter().map(|row| row.conversation).collect();
        let heads = self.store.log.heads(&numbers).await.map_err(broken)?;
        let heads: HashMap<i64, Head> = heads.into_iter().map(|head| (head.conversation, head)).collect();
        let grouped = self.contact_group_members(me).await?;
        let kept = |row: ContactRow| {
            let Some(head) = heads.get(&row.conversation) else {
                // Where nothing was said, it is in the list for what the user did with it.
                let is_kept = row.left_position == 0
                    && (row.pinned > 0 || is_marked(&row) || grouped.contains_key(&row.conversation));
                let time = row.pinned.max(row.changed * 1000);
                return is_kept.then_some((row, (0, time)));
            };
            // One that was left comes back with its next message.
            let is_listed = row.left_position == 0 || head.position > row.left_position;
            is_listed.then_some((row, (head.sequence, head.time)))
        };
        let mut rows: Vec<(ContactRow, (i64, Millis))> = rows
            .into_iter()
            // Topics are listed with their community, and system notices nowhere.
            .filter(|row| !row.peer_user.is_empty())
            .filter_map(kept)
            .filter(|(row, (_, time))| time / 1000 >= page.since || row.changed >= page.since)
            .collect();
        rows.sort_by_key(|(row, (_, time))| (std::cmp::Reverse((row.pinned > 0, *time)), row.conversation));
        rows.truncate(app.settings.recent_contacts as usize);
        let total = rows.len();
        let rows: Vec<_> = rows.into_iter().skip(page.offset).take(PAGE).collect();
        let next = page.offset + rows.len();
        let next = (next < total && !rows.is_empty()).then_some(Page { offset: next, ..page });
        Ok((self.list(app, me, rows).await?, next))
    }

    async fn list(
        &self,
        app: &LiveApp,
        me: &Account,
        rows: Vec<(ContactRow, (i64, Millis))>,
    ) -> Result<Vec<ListedContact>, Error> {
        let (contacts, heads): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let overviews = self.overviews(me, &contacts, i64::MAX).await?;
        let read: HashMap<i64, i64> =
            self.store.book.peer_read_times(me.number).await.map_err(broken)?.into_iter().collect();
        let mut listed = Vec::with_capacity(contacts.len());
        for ((row, (newest, head_time)), overview) in contacts.into_iter().zip(heads).zip(overviews) {
            let Some(peer) = self.peer_of(app, &row).await? else { continue };
            // The next message must be one that the user sees. A cleared conversation stays, without one.
            let is_back = overview.last.as_ref().is_some_and(|last| last.position > row.left_position);
            if row.left_position > 0 && !is_back {
                continue;
            }
            let time = overview.last.as_ref().map_or(head_time, |last| last.time);
            let last = overview.last.map(|entry| shown_last(me, &peer, &entry)).transpose()?;
            let peer_read_time = read.get(&row.conversation).copied().unwrap_or(0);
            let unread = match &peer {
                Peer::Group(group) if group.kind.counts_unread() => overview.unread,
                _ => 0,
            };
            listed.push(ListedContact { row, peer, unread, newest, time, last, peer_read_time });
        }
        Ok(listed)
    }

    pub(crate) async fn peer_of(&self, app: &LiveApp, row: &ContactRow) -> Result<Option<Peer>, Error> {
        if row.is_group() {
            return Ok(self.group_numbered(row.conversation).await?.map(Peer::Group));
        }
        Ok(self.accounts.by_number(app.sdkappid, row.peer).await?.map(Peer::User))
    }

    /// The number of the conversation that a user has with a peer.
    async fn contact_number(&self, me: &Account, peer: &Peer) -> Result<Option<i64>, Error> {
        match peer {
            Peer::User(account) => Ok(self.conversation(me, account).await?.map(|conversation| conversation.number)),
            Peer::Group(group) => Ok(group.role(me.number).map(|_| group.number)),
        }
    }

    /// The same; made where there is none, and 51007 for a group that the user is not in.
    async fn need_contact(&self, me: &Account, peer: &Peer) -> Result<i64, Error> {
        match peer {
            Peer::User(account) => Ok(self.make_conversation(me, account).await?.number),
            Peer::Group(_) => self.contact_number(me, peer).await?.ok_or_else(|| Code::ContactGroupUnresolved.into()),
        }
    }

    /// What a user keeps about conversations with some peers; those never had are left out.
    pub async fn contact_rows(&self, me: &Account, peers: &[Peer]) -> Result<Vec<ContactRow>, Error> {
        let mut rows = Vec::with_capacity(peers.len());
        for peer in peers {
            if let Some(row) = self.contact_row(me, peer).await? {
                rows.push(row);
            }
        }
        Ok(rows)
    }

    async fn contact_row(&self, me: &Account, peer: &Peer) -> Result<Option<ContactRow>, Error> {
        let Some(conversation) = self.contact_number(me, peer).await? else { return Ok(None) };
        self.store.book.contact(me.number, conversation).await.map_err(broken)
    }

    /// All that a user keeps about conversations.
    pub async fn all_contact_rows(&self, me: &Account) -> Result<Vec<ContactRow>, Error> {
        self.store.book.contacts(me.number).await.map_err(broken)
    }

    async fn change_contact(&self, me: &Account, conversation: i64, change: ContactChange) -> Result<(), Error> {
        self.store.book.change_contacts(me.number, vec![(conversation, change)]).await.map_err(broken)
    }

    /// Takes a conversation out of the user's list, with or without its history.
    pub async fn leave_contact(&self, me: &Account, peer: &Peer, clear: bool) -> Result<(), Error> {
        let Some(conversation) = self.contact_number(me, peer).await? else { return Ok(()) };
        let heads = self.store.log.heads(&[conversation]).await.map_err(broken)?;
        let Some(head) = heads.first() else {
            // Nothing was said, and yet it may be in the list. What is said later is after all that there is now.
            let change = ContactChange::Leave(self.store.log.position());
            return self.change_contact(me, conversation, change).await;
        };
        let mut changes = vec![
            (conversation, ContactChange::Leave(head.position)),
            (conversation, ContactChange::Read(head.sequence, head.time / 1000)),
        ];
        if clear {
            changes.push((conversation, ContactChange::Clear(head.sequence)));
        }
        self.store.book.change_contacts(me.number, changes).await.map_err(broken)
    }

    /// Forgets the user's history of a conversation, which stays in the list.
    pub async fn clear_contact(&self, me: &Account, peer: &Peer) -> Result<(), Error> {
        let Some(conversation) = self.contact_number(me, peer).await? else { return Ok(()) };
        let heads = self.store.log.heads(&[conversation]).await.map_err(broken)?;
        let Some(head) = heads.first() else { return Ok(()) };
        let changes = vec![
            (conversation, ContactChange::Clear(head.sequence)),
            (conversation, ContactChange::Read(head.sequence, head.time / 1000)),
        ];
        self.store.book.change_contacts(me.number, changes).await.map_err(broken)
    }

    /// Pins conversations or unpins them, all or none: 51012 when there would be too many.
    pub async fn pin_contacts(&self, me: &Account, peers: &[Peer], pin: bool) -> Result<(), Error> {
        let mut conversations = BTreeSet::new();
        for peer in peers {
            conversations.insert(self.need_contact(me, peer).await?);
        }
        if pin {
            let rows = self.all_contact_rows(me).await?;
            let others = rows.iter().filter(|row| row.pinned > 0 && !conversations.contains(&row.conversation)).count();
            let is_pinned = |row: &ContactRow| row.pinned > 0 && conversations.contains(&row.conversation);
            let new = conversations.len() - rows.iter().filter(|row| is_pinned(row)).count();
            if new > 0 && others + conversations.len() > PINNED {
                return Err(Code::TooManyPinnedContacts.into());
            }
        }
        let change = ContactChange::Pin(if pin { self.world.now() } else { 0 }, self.world.second());
        let changes = conversations.into_iter().map(|conversation| (conversation, change.clone())).collect();
        self.store.book.change_contacts(me.number, changes).await.map_err(broken)
    }

    /// Sets how messages of a peer arrive: 0 notify, 1 discard, 2 quiet.
    pub async fn mute_contact(&self, me: &Account, peer: &Peer, mute: i64) -> Result<(), Error> {
        let conversation = self.need_contact(me, peer).await?;
        self.change_contact(me, conversation, ContactChange::Mute(mute, self.world.second())).await
    }

    /// Sets and clears standard marks, by bit number, and the custom mark. Returns both as they are now.
    pub async fn mark_contact(
        &self,
        me: &Account,
        peer: &Peer,
        (set, clear): (&[u32], &[u32]),
        custom: Option<&str>,
    ) -> Result<ContactRow, Error> {
        let conversation = self.need_contact(me, peer).await?;
        self.check_kept(me, &[conversation]).await?;
        let Some(mut row) = self.store.book.contact(me.number, conversation).await.map_err(broken)? else {
            return Err(Code::ContactAccountMissing.into());
        };
        let bits = |numbers: &[u32]| numbers.iter().fold(0_i64, |bits, number| bits | 1_i64.wrapping_shl(*number));
        row.marks = row.marks & !bits(clear) | bits(set);
        if let Some(custom) = custom {
            custom.clone_into(&mut row.custom_mark);
        }
        row.changed = self.world.second();
        let change = ContactChange::Mark(row.marks, row.custom_mark.clone(), row.changed);
        self.change_contact(me, conversation, change).await?;
        Ok(row)
    }

    /// The user's conversation groups by number.
    pub async fn contact_groups(&self, me: &Account) -> Result<BTreeMap<i64, String>, Error> {
        Ok(self.store.book.contact_groups(me.number).await.map_err(broken)?.into_iter().collect())
    }

    /// The groups each of the user's conversations is in.
    pub async fn contact_group_members(&self, me: &Account) -> Result<HashMap<i64, Vec<i64>>, Error> {
        let mut groups: HashMap<i64, Vec<i64>> = HashMap::new();
        for (conversation, group) in self.store.book.contact_group_members(me.number).await.map_err(broken)? {
            groups.entry(conversation).or_default().push(group);
        }
        Ok(groups)
    }

    /// The number of a conversation group, or the error that says it is missing.
    pub async fn contact_group(&self, me: &Account, name: &str) -> Result<i64, Error> {
        let groups = self.contact_groups(me).await?;
        groups.into_iter().find_map(|(number, other)| (other == name).then_some(number)).ok_or_else(|| {
            Error::new(Code::ContactGroupMissing).detail(format!("there is no conversation group {name}"))
        })
    }

    /// Makes a conversation group.
    pub async fn add_contact_group(&self, me: &Account, name: &str) -> Result<i64, Error> {
        check_group_name(name)?;
        if self.contact_groups(me).await?.len() >= GROUPS {
            return Err(Code::TooManyContactGroups.into());
        }
        self.store.book.add_contact_group(me.number, name).await.map_err(taken)
    }

    /// Renames a conversation group.
    pub async fn rename_contact_group(&self, me: &Account, group: i64, name: &str) -> Result<(), Error> {
        check_group_name(name)?;
        self.store.book.rename_contact_group(me.number, group, name).await.map_err(taken)
    }

    /// Removes a conversation group.
    pub async fn remove_contact_group(&self, me: &Account, group: i64) -> Result<(), Error> {
        self.store.book.remove_contact_group(me.number, group).await.map_err(broken)
    }

    /// Whether a user may have a conversation with a peer; 51007 for a group that the user is not in.
    pub async fn check_contact(&self, me: &Account, peer: &Peer) -> Result<(), Error> {
        self.need_contact(me, peer).await.map(drop)
    }

    /// Puts conversations with peers into a group, or takes them out.
    pub async fn change_contact_group(
        &self,
        me: &Account,
        group: i64,
        added: &[Peer],
        removed: &[Peer],
    ) -> Result<(), Error> {
        let (mut into, mut out) = (Vec::new(), Vec::new());
        for peer in added {
            into.push(self.need_contact(me, peer).await?);
        }
        for peer in removed {
            out.extend(self.contact_number(me, peer).await?);
        }
        self.check_kept(me, &into).await?;
        let now = self.world.second();
        self.store.book.change_contact_group(me.number, group, &into, &out, now).await.map_err(broken)
    }

    /// Checks that there is room for these among the conversations that are in groups or have marks: 51008.
    async fn check_kept(&self, me: &Account, added: &[i64]) -> Result<(), Error> {
        let members = self.contact_group_members(me).await?;
        let mut kept: HashSet<i64> = members.into_keys().collect();
        for row in self.all_contact_rows(me).await? {
            if is_marked(&row) {
                kept.insert(row.conversation);
            }
        }
        let new = added.iter().filter(|conversation| !kept.contains(conversation)).collect::<HashSet<_>>().len();
        if new > 0 && kept.len() + new > KEPT { Err(Code::TooManyGroupedContacts.into()) } else { Ok(()) }
    }
}

fn is_marked(row: &ContactRow) -> bool {
    row.marks != 0 || !row.custom_mark.is_empty()
}

fn shown_last(me: &Account, peer: &Peer, entry: &Entry) -> Result<LastMessage, Error> {
    let recalled = entry.flags & model::flags::RECALLED != 0;
    match peer {
        Peer::User(account) => Ok(LastMessage {
            message: with_parts(&entry.body, |parts| parts.shown_last())??,
            from: if entry.sender == me.number { &me.user } else { &account.user }.as_str().to_owned(),
            shown: Default::default(),
            sequence: entry.client_sequence.into(),
            recalled,
        }),
        Peer::Group(group) => {
            let last = group_last_message(&Place::of(group), entry)?;
            Ok(LastMessage {
                message: last.message,
                from: last.from,
                shown: (last.nick, last.card),
                sequence: entry.sequence,
                recalled,
            })
        }
    }
}

fn check_group_name(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > GROUP_NAME_BYTES {
        return Err(Code::ContactGroupNameTooLong.into());
    }
    Ok(())
}

fn taken(error: StoreError) -> Error {
    match error {
        StoreError::Conflict { .. } => {
            Error::new(Code::ContactParameterInvalid).detail("there is a conversation group of that name already")
        }
        error => broken(error),
    }
}
