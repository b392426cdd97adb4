//! What one request changes, put together while its accounts are held.

use std::collections::{BTreeSet, HashMap, hash_map::Entry};

use model::{Code, Error, UserId, friend::Wanted, quota};
use serde_json::{Value, json};
use store::tables::relation::{GroupingChange, RelationBatch, RelationChange};

use super::{
    Held, encode,
    notice::{Kind, NAMES, Notices},
};
use crate::{Account, LiveApp, Services, broken};

pub(super) struct Draft<'a> {
    pub(super) app: &'a LiveApp,
    pub(super) me: &'a Account,
    pub(super) held: Held,
    /// The user's friends, with those of the draft.
    pub(super) friends: BTreeSet<i64>,
    pub(super) batch: RelationBatch,
    pub(super) notices: Notices,
    /// The names of friend groups by account, with those of the draft.
    groups: HashMap<i64, BTreeSet<String>>,
    /// Applications from and to the user, once they were needed.
    open: Option<Vec<(i64, i64, bool)>>,
    /// Applications that the draft adds to the user's list.
    pub(super) applications: usize,
    /// Who gets whom as a friend.
    pub(super) befriended: Vec<(UserId, UserId)>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(app: &'a LiveApp, me: &'a Account, held: Held, friends: &[i64]) -> Self {
        Self {
            app,
            me,
            held,
            friends: friends.iter().copied().collect(),
            batch: RelationBatch::default(),
            notices: Notices::default(),
            groups: HashMap::new(),
            open: None,
            applications: 0,
            befriended: Vec::new(),
        }
    }

    /// The names of an account's friend groups. The caller holds the account.
    pub(super) async fn groups(&mut self, services: &Services, account: i64) -> Result<&mut BTreeSet<String>, Error> {
        match self.groups.entry(account) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let rows = services.store.book.friend_groups(account).await.map_err(broken)?;
                Ok(unknown.insert(rows.into_iter().map(|row| row.name).collect()))
            }
        }
    }

    /// Makes the friend groups that an account lacks; 30011 when it would have too many, and then none.
    pub(super) async fn need_groups(
        &mut self,
        services: &Services,
        account: i64,
        names: &[String],
    ) -> Result<(), Error> {
        if names.is_empty() {
            return Ok(());
        }
        let groups = self.groups(services, account).await?;
        let mut new: Vec<String> = Vec::new();
        for name in names {
            if !groups.contains(name) && !new.contains(name) {
                new.push(name.clone());
            }
        }
        if groups.len() + new.len() > quota::FRIEND_GROUPS {
            return Err(Code::TooManyFriendGroups.into());
        }
        groups.extend(new.iter().cloned());
        for name in new {
            self.batch.group(account, GroupingChange::Add(name));
        }
        Ok(())
    }

    /// Puts a friend into an account's list and tells its devices; its groups exist already.
    pub(super) fn befriend(
        &mut self,
        (owner, owner_name): (i64, &UserId),
        peer: &Account,
        wanted: &Wanted,
        created: i64,
    ) -> Result<(), Error> {
        let body = encode(&wanted.friend)?;
        let custom = !wanted.friend.custom.is_empty();
        self.batch.change(owner, peer.number, RelationChange::Put { created, body, custom });
        for name in &wanted.groups {
            self.batch.change(owner, peer.number, RelationChange::Join(name.clone()));
        }
        if owner == self.me.number {
            self.friends.insert(peer.number);
        }
        self.notices.names(owner, Kind::FriendAdded, peer.user.as_str());
        self.befriended.push((owner_name.clone(), peer.user.clone()));
        Ok(())
    }

    /// Takes a friend out of an account's list and tells its devices.
    pub(super) fn unfriend(&mut self, owner: i64, (peer, name): (i64, &str)) {
        self.batch.change(owner, peer, RelationChange::Remove);
        if owner == self.me.number {
            self.friends.remove(&peer);
        }
        self.notices.names(owner, Kind::FriendRemoved, name);
    }

    /// Takes the applications between the user and a peer out of both lists, as far as there are any.
    pub(super) async fn withdraw_all(&mut self, services: &Services, peer: &Account) -> Result<(), Error> {
        let me = self.me;
        if self.open.is_none() {
            let open = services.store.book.friend_applications_about(me.number).await.map_err(broken)?;
            self.open = Some(open);
        }
        let open = self.open.iter().flatten();
        for (owner, other, sent) in open.filter(|(owner, other, _)| [*owner, *other].contains(&peer.number)) {
            self.batch.change(*owner, *other, RelationChange::Withdraw { sent: *sent });
            let name = if *other == me.number { &me.user } else { &peer.user };
            self.notices.names(*owner, Kind::ApplicationGone, name.as_str());
        }
        Ok(())
    }

    /// Tells the user's devices that fields of a friend changed.
    pub(super) fn tell_fields(&mut self, friend: &str, fields: &[(&str, Value)]) {
        self.tell_all_fields(vec![(friend.to_owned(), fields.to_vec())]);
    }

    /// The same of several friends.
    pub(super) fn tell_all_fields(&mut self, friends: Vec<(String, Vec<(&str, Value)>)>) {
        let changed = friends.into_iter().map(|(friend, fields)| {
            let fields = fields.into_iter().map(|(tag, value)| json!({"BytesTag": tag, "BytesValue": value}));
            json!({"Friend_Account": friend, "SNS": fields.collect::<Vec<_>>()})
        });
        let changed: Vec<Value> = changed.collect();
        for page in changed.chunks(NAMES) {
            self.notices.entry(self.me.number, json!({"PushType": 8, "FriendUpInfo": page}));
        }
    }

    /// The most friends of a user of this app.
    pub(super) fn limit(&self) -> usize {
        self.app.edition.quota().friends as usize
    }
}
