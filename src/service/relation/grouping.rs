//! Friend groups: named sets of friends, known only to the user.

use std::{collections::BTreeMap, sync::Arc};

use model::{Code, Error, friend::GROUP};
use serde_json::json;
use store::tables::{
    friend::FriendGroupRow,
    relation::{GroupingChange, RelationChange},
};

use super::{Draft, Results, refused};
use crate::{Account, LiveApp, Services, broken};

/// A friend who comes into a group, or leaves it.
pub struct Membership {
    /// The friend.
    pub friend: Arc<Account>,
    /// It comes; otherwise it leaves.
    pub joins: bool,
}

impl Services {
    /// Makes friend groups and puts friends into all of them; 32216 for who is no friend. Groups that exist stay.
    pub async fn add_friend_groups(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        names: &[String],
        friends: &[Arc<Account>],
    ) -> Result<Results, Error> {
        self.check_friend_texts(app, names)?;
        let mut draft = self.draft(app, me, std::iter::empty()).await?;
        draft.need_groups(self, me.number, names).await?;
        let mut results = Vec::with_capacity(friends.len());
        for friend in friends {
            if !draft.friends.contains(&friend.number) {
                results.push(refused(Code::FriendGroupAccountNotFriend, "Err_SNS_GroupAdd_ToTinyId_Not_Friend"));
                continue;
            }
            for name in names {
                draft.batch.change(me.number, friend.number, RelationChange::Join(name.clone()));
            }
            self.tell_groups(&mut draft, friend, |groups| {
                groups.extend(names.iter().filter(|name| !groups.contains(name)).cloned().collect::<Vec<_>>());
            })
            .await?;
            results.push(Ok(()));
        }
        self.finish(draft).await?;
        Ok(results)
    }

    /// Removes friend groups; who was in them stays a friend. Those that do not exist are gone already.
    pub async fn delete_friend_groups(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        names: &[String],
    ) -> Result<(), Error> {
        let mut draft = self.draft(app, me, std::iter::empty()).await?;
        let known = draft.groups(self, me.number).await?.clone();
        for name in names.iter().filter(|name| known.contains(*name)) {
            draft.batch.group(me.number, GroupingChange::Remove(name.clone()));
        }
        self.tell_regrouped(&mut draft, |group| (!names.contains(group)).then(|| group.clone())).await?;
        self.finish(draft).await
    }

    /// Gives a friend group another name.
    pub async fn rename_friend_group(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        old: &str,
        new: &str,
    ) -> Result<(), Error> {
        self.check_friend_texts(app, [new])?;
        let mut draft = self.draft(app, me, std::iter::empty()).await?;
        let known = draft.groups(self, me.number).await?;
        if !known.contains(old) {
            return refused(Code::RelationParameterInvalid, "there is no such friend group");
        }
        if old == new {
            return Ok(());
        }
        if known.contains(new) {
            return refused(Code::RelationParameterInvalid, "there is a friend group of that name already");
        }
        draft.batch.group(me.number, GroupingChange::Rename(old.to_owned(), new.to_owned()));
        self.tell_regrouped(&mut draft, |group| Some(if group == old { new.to_owned() } else { group.clone() }))
            .await?;
        self.finish(draft).await
    }

    /// Puts friends into a group and takes others out.
    pub async fn change_friend_group(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        name: &str,
        changes: &[Membership],
    ) -> Result<Results, Error> {
        let mut draft = self.draft(app, me, std::iter::empty()).await?;
        if !draft.groups(self, me.number).await?.contains(name) {
            return refused(Code::RelationParameterInvalid, "there is no such friend group");
        }
        let mut results = Vec::with_capacity(changes.len());
        for Membership { friend, joins } in changes {
            if !draft.friends.contains(&friend.number) {
                results.push(Err(Code::FriendGroupAccountNotFriend.into()));
                continue;
            }
            let change = if *joins { RelationChange::Join } else { RelationChange::Leave };
            draft.batch.change(me.number, friend.number, change(name.to_owned()));
            self.tell_groups(&mut draft, friend, |groups| {
                groups.retain(|known| known != name);
                if *joins {
                    groups.push(name.to_owned());
                }
            })
            .await?;
            results.push(Ok(()));
        }
        self.finish(draft).await?;
        Ok(results)
    }

    /// Tells the user's devices which groups a friend is in after a change.
    async fn tell_groups(
        &self,
        draft: &mut Draft<'_>,
        friend: &Account,
        change: impl FnOnce(&mut Vec<String>),
    ) -> Result<(), Error> {
        let row = self.store.book.friend(draft.me.number, friend.number).await.map_err(broken)?;
        let mut groups = row.map(|row| row.groups).unwrap_or_default();
        change(&mut groups);
        draft.tell_fields(friend.user.as_str(), &[(GROUP, json!(groups))]);
        Ok(())
    }

    /// Tells the user's devices which groups friends are in when groups themselves change: `now` says what has become of
    /// each.
    async fn tell_regrouped(
        &self,
        draft: &mut Draft<'_>,
        now: impl Fn(&String) -> Option<String>,
    ) -> Result<(), Error> {
        let members = self.store.book.friend_group_members(draft.me.number).await.map_err(broken)?;
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (group, friend) in members {
            groups.entry(friend).or_default().push(group);
        }
        let changed = groups.into_iter().filter_map(|(friend, before)| {
            let after: Vec<String> = before.iter().filter_map(&now).collect();
            (after != before).then(|| (friend, vec![(GROUP, json!(after))]))
        });
        draft.tell_all_fields(changed.collect());
        Ok(())
    }

    /// A user's friend groups in the order they were made, who is in them as `(group, name)`, and the sequence that
    /// counts their changes.
    pub async fn friend_groups(
        &self,
        me: &Account,
        with_members: bool,
    ) -> Result<(Vec<FriendGroupRow>, Vec<(String, String)>, i64), Error> {
        let book = &self.store.book;
        let sequence = self.friend_group_sequence(me).await?;
        let groups = book.friend_groups(me.number).await.map_err(broken)?;
        let members =
            if with_members { book.friend_group_members(me.number).await.map_err(broken)? } else { Vec::new() };
        Ok((groups, members, sequence))
    }

    /// What counts the changes of a user's friend groups.
    pub async fn friend_group_sequence(&self, me: &Account) -> Result<i64, Error> {
        Ok(self.store.book.relation_state(me.number).await.map_err(broken)?.grouped)
    }
}
