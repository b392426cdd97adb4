//! Lists of friends: adding, changing, removing, asking.

use std::{collections::HashSet, sync::Arc};

use model::{
    AllowType, Callback, Code, Error, Friend, Millis, UserId,
    friend::{GROUP, Item, Wanted, group_names},
};
use store::tables::{friend::FriendRow, relation::RelationChange};

use super::{Draft, List, Results, decode, encode, refused};
use crate::{Account, LiveApp, Services, broken};

/// Friends of one page of a list.
const PAGE: i64 = 100;

/// How friends are added.
#[derive(Clone, Copy, Debug)]
pub struct Adding {
    /// Each becomes a friend of the other.
    pub both: bool,
    /// Nobody is asked for consent.
    pub force: bool,
}

/// How friends are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// Only out of the user's own list.
    Single,
    /// Out of each other's lists.
    Both,
}

/// Who has whom, between a user and another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// The user has the other in its list.
    pub forward: bool,
    /// The other has the user in its list.
    pub backward: bool,
}

/// A friend as listed.
pub struct ListedFriend {
    /// The name.
    pub user: String,
    /// What the user keeps about it.
    pub friend: Friend,
    /// The names of its groups.
    pub groups: Vec<String>,
    /// When it was added.
    pub since: Millis,
}

/// A page of a list of friends.
pub struct FriendPage {
    /// The friends.
    pub friends: Vec<ListedFriend>,
    /// Where the next page starts, 0 after the last one.
    pub next: i64,
    /// How many friends there are in all.
    pub total: usize,
    /// Counts changes of standard fields.
    pub standard: i64,
    /// Counts changes of custom fields.
    pub custom: i64,
}

fn listed(row: FriendRow) -> Result<ListedFriend, Error> {
    Ok(ListedFriend { user: row.user, friend: decode(&row.body)?, groups: row.groups, since: row.created })
}

impl Services {
    /// Adds friends, or asks those for consent who want to be asked (30539).
    pub async fn add_friends(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        items: &[(Arc<Account>, Wanted)],
        (how, admin): (Adding, Option<&UserId>),
    ) -> Result<Results, Error> {
        let mut draft = self.draft(app, me, items.iter().map(|(peer, _)| peer.number)).await?;
        let mut results = Vec::with_capacity(items.len());
        let mut added = HashSet::new();
        for (peer, wanted) in items {
            if added.contains(&peer.number) {
                results.push(refused(Code::RelationParameterInvalid, "Err_SNS_FriendAdd_Friend_Exist"));
                continue;
            }
            let result = self.add_friend(&mut draft, peer, wanted, how).await?;
            if result.is_ok() {
                added.insert(peer.number);
            }
            results.push(result);
        }
        let pairs = std::mem::take(&mut draft.befriended);
        self.finish(draft).await?;
        let pairs: Vec<_> = pairs.into_iter().map(|(from, to)| (from, to, me.user.clone())).collect();
        let command = if admin.is_some() { "FriendAdd" } else { "friend_add" };
        self.tell_befriended(me, &pairs, command, (admin, how.force)).await?;
        Ok(results)
    }

    async fn add_friend(
        &self,
        draft: &mut Draft<'_>,
        peer: &Account,
        wanted: &Wanted,
        how: Adding,
    ) -> Result<Result<(), Error>, Error> {
        let me = draft.me;
        if peer.number == me.number {
            return Ok(refused(Code::RelationParameterInvalid, "nobody is a friend of himself"));
        }
        let texts = [&wanted.friend.remark, &wanted.friend.wording].into_iter().chain(&wanted.groups);
        if let Err(error) = self.check_friend_texts(draft.app, texts) {
            return Ok(Err(error));
        }
        let theirs = self.relations.list(List::Friends, peer.number).await?;
        let (forward, backward) = (draft.friends.contains(&peer.number), theirs.binary_search(&me.number).is_ok());
        if forward && (backward || !how.both) {
            return Ok(refused(Code::RelationParameterInvalid, "Err_SNS_FriendAdd_Friend_Exist"));
        }
        if me.profile.is_forbidden_to_apply() && !how.force {
            return Ok(Err(Code::FriendRequestForbidden.into()));
        }
        if self.relations.list(List::Blocked, me.number).await?.binary_search(&peer.number).is_ok() {
            return Ok(Err(Code::PeerIsBlocked.into()));
        }
        if self.relations.list(List::Blocked, peer.number).await?.binary_search(&me.number).is_ok() {
            return Ok(Err(Code::BlockedByPeer.into()));
        }
        if !forward && draft.friends.len() >= draft.limit() {
            return Ok(Err(Code::FriendListFull.into()));
        }
        let allow = peer.profile.allow_type().unwrap_or(draft.app.settings.allow_type);
        match if how.force { AllowType::Any } else { allow } {
            AllowType::Deny => return Ok(Err(Code::FriendRequestsRefused.into())),
            AllowType::Confirm => return self.ask_consent(draft, peer, wanted).await,
            AllowType::Any => {}
        }
        let reverse = how.both && !backward;
        if reverse && theirs.len() >= draft.limit() {
            return Ok(Err(Code::PeerFriendListFull.into()));
        }
        if let Err(full) = draft.need_groups(self, me.number, &wanted.groups).await {
            return if full.code == Code::TooManyFriendGroups { Ok(Err(full)) } else { Err(full) };
        }
        let now = self.world.now();
        draft.withdraw_all(self, peer).await?;
        if !forward {
            draft.befriend((me.number, &me.user), peer, wanted, now)?;
        }
        if reverse {
            let friend = Friend { remark: String::new(), ..wanted.friend.clone() };
            let wanted = Wanted { friend, groups: Vec::new() };
            draft.befriend((peer.number, &peer.user), me, &wanted, now)?;
        }
        Ok(Ok(()))
    }

    /// Puts friends into a user's list without asking anybody; those it has are refreshed. Each may come with the time
    /// it was added at.
    pub async fn import_friends(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        items: &[(Arc<Account>, Wanted, Option<Millis>)],
    ) -> Result<Results, Error> {
        let mut draft = self.draft(app, me, items.iter().map(|(peer, ..)| peer.number)).await?;
        let known = draft.friends.clone();
        let mut results = Vec::with_capacity(items.len());
        for (peer, wanted, created) in items {
            let is_known = draft.friends.contains(&peer.number);
            if peer.number == me.number {
                results.push(refused(Code::RelationParameterInvalid, "nobody is a friend of himself"));
                continue;
            }
            if !is_known && draft.friends.len() >= draft.limit() {
                results.push(Err(Code::FriendListFull.into()));
                continue;
            }
            if let Err(full) = draft.need_groups(self, me.number, &wanted.groups).await {
                if full.code != Code::TooManyFriendGroups {
                    return Err(full);
                }
                results.push(Err(full));
                continue;
            }
            let created = match created {
                Some(created) => *created,
                None if known.contains(&peer.number) => {
                    let row = self.store.book.friend(me.number, peer.number).await.map_err(broken)?;
                    row.map_or_else(|| self.world.now(), |row| row.created)
                }
                None => self.world.now(),
            };
            draft.befriend((me.number, &me.user), peer, wanted, created)?;
            results.push(Ok(()));
        }
        self.finish(draft).await?;
        Ok(results)
    }

    /// Checks names and remarks of friends and of their groups: 30005 where the app does not let its users say so.
    pub(super) fn check_friend_texts(
        &self,
        app: &LiveApp,
        texts: impl IntoIterator<Item: AsRef<str>>,
    ) -> Result<(), Error> {
        self.lexicons.check(app.sdkappid, texts, Code::RelationTextRejected)
    }

    /// Changes what a user keeps about friends: remark, groups, custom fields. Of each friend all or nothing.
    pub async fn update_friends(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        items: &[(Arc<Account>, Vec<Item>)],
    ) -> Result<Results, Error> {
        let mut draft = self.draft(app, me, items.iter().map(|(peer, _)| peer.number)).await?;
        let mut done = HashSet::new();
        let mut results = Vec::with_capacity(items.len());
        for (peer, fields) in items {
            if !done.insert(peer.number) {
                results.push(refused(Code::RelationParameterInvalid, "the friend is named twice"));
                continue;
            }
            match self.update_friend(&mut draft, peer, fields).await {
                Err(error) if error.kind() == model::Kind::Caller => results.push(Err(error)),
                other => results.push(Ok(other?)),
            }
        }
        self.finish(draft).await?;
        Ok(results)
    }

    async fn update_friend(&self, draft: &mut Draft<'_>, peer: &Account, fields: &[Item]) -> Result<(), Error> {
        let me = draft.me.number;
        let Some(row) = self.store.book.friend(me, peer.number).await.map_err(broken)? else {
            return refused(Code::RelationParameterInvalid, "Err_SNS_FriendUpdate_Friend_Not_Exist");
        };
        let old: Friend = decode(&row.body)?;
        let (mut friend, mut groups) = (old.clone(), None);
        for item in fields {
            if item.tag == GROUP {
                let names = group_names(&item.value)?;
                self.check_friend_texts(draft.app, &names)?;
                groups = Some(names);
            } else {
                friend.set(item, &draft.app.settings)?;
                self.check_friend_texts(draft.app, item.value.as_str())?;
            }
        }
        if let Some(names) = &groups {
            draft.need_groups(self, me, names).await?;
        }
        if friend != old {
            let custom = friend.custom != old.custom;
            let put = RelationChange::Put { created: row.created, body: encode(&friend)?, custom };
            draft.batch.change(me, peer.number, put);
        }
        if let Some(names) = &groups {
            draft.batch.change(me, peer.number, RelationChange::LeaveAll);
            for name in names {
                draft.batch.change(me, peer.number, RelationChange::Join(name.clone()));
            }
        }
        let changed: Vec<_> = fields.iter().map(|item| (item.tag.as_str(), item.value.clone())).collect();
        draft.tell_fields(peer.user.as_str(), &changed);
        Ok(())
    }

    /// Removes friends; 31704 for who is none.
    pub async fn delete_friends(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        peers: &[Arc<Account>],
        how: Deletion,
    ) -> Result<Results, Error> {
        let mut draft = self.draft(app, me, peers.iter().map(|peer| peer.number)).await?;
        let holders: HashSet<i64> = match how {
            Deletion::Single => HashSet::new(),
            Deletion::Both => self.holders(me).await?,
        };
        let mut pairs = Vec::new();
        let mut results = Vec::with_capacity(peers.len());
        for peer in peers {
            if !draft.friends.contains(&peer.number) {
                results.push(Err(Code::FriendToDeleteMissing.into()));
                continue;
            }
            draft.unfriend(me.number, (peer.number, peer.user.as_str()));
            pairs.push((me.user.clone(), peer.user.clone()));
            if holders.contains(&peer.number) {
                draft.unfriend(peer.number, (me.number, me.user.as_str()));
                pairs.push((peer.user.clone(), me.user.clone()));
            }
            results.push(Ok(()));
        }
        self.finish(draft).await?;
        self.tell_pairs(Callback::FriendDelete, me, &pairs).await?;
        Ok(results)
    }

    /// Removes all friends of a user.
    pub async fn delete_all_friends(self: &Arc<Self>, app: &LiveApp, me: &Account, how: Deletion) -> Result<(), Error> {
        loop {
            let rows = self.store.book.friends(me.number, 0, model::quota::RELATIONS_PER_REQUEST as i64);
            let rows = rows.await.map_err(broken)?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut draft = self.draft(app, me, rows.iter().map(|row| row.peer)).await?;
            let holders = self.holders(me).await?;
            let mut pairs = Vec::new();
            for row in rows.iter().filter(|row| draft.friends.contains(&row.peer)).collect::<Vec<_>>() {
                draft.unfriend(me.number, (row.peer, &row.user));
                let user = UserId::new(&row.user);
                pairs.extend(user.clone().map(|user| (me.user.clone(), user)));
                if how == Deletion::Both && holders.contains(&row.peer) {
                    draft.unfriend(row.peer, (me.number, me.user.as_str()));
                    pairs.extend(user.map(|user| (user, me.user.clone())));
                }
            }
            self.finish(draft).await?;
            self.tell_pairs(Callback::FriendDelete, me, &pairs).await?;
        }
    }

    pub(super) async fn holders(&self, account: &Account) -> Result<HashSet<i64>, Error> {
        let holders = self.store.book.friend_holders(account.number).await.map_err(broken)?;
        Ok(holders.into_iter().collect())
    }

    /// Who has whom as a friend.
    pub async fn check_friend(&self, me: &Account, peer: &Account) -> Result<Check, Error> {
        Ok(Check {
            forward: self.relations.has(List::Friends, me.number, peer.number).await?,
            backward: self.relations.has(List::Friends, peer.number, me.number).await?,
        })
    }

    /// Who blocks whom.
    pub async fn check_blocked(&self, me: &Account, peer: &Account) -> Result<Check, Error> {
        Ok(Check { forward: self.blocks(me, peer).await?, backward: self.blocks(peer, me).await? })
    }

    /// A page of a user's friends, in the order they were added.
    pub async fn friends(&self, me: &Account, start: i64) -> Result<FriendPage, Error> {
        let book = &self.store.book;
        // First, so that what changes meanwhile is seen as changed the next time.
        let state = book.relation_state(me.number).await.map_err(broken)?;
        let rows = book.friends(me.number, start, PAGE).await.map_err(broken)?;
        let total = book.friend_numbers(me.number).await.map_err(broken)?.len();
        let next = start + rows.len() as i64;
        Ok(FriendPage {
            next: if rows.len() as i64 == PAGE && next < total as i64 { next } else { 0 },
            friends: rows.into_iter().map(listed).collect::<Result<_, _>>()?,
            total,
            standard: state.standard,
            custom: state.custom,
        })
    }

    /// One friend of a user.
    pub async fn friend(&self, me: &Account, peer: &Account) -> Result<Option<ListedFriend>, Error> {
        let row = self.store.book.friend(me.number, peer.number).await.map_err(broken)?;
        row.map(listed).transpose()
    }
}
