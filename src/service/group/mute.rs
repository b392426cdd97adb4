//! Who may not speak for a while, in a group or in one of its topics.

use std::{collections::HashMap, sync::Arc};

use model::{Code, Error, GroupKind, Role, UserId, group::rule::Action};
use serde_json::{Value, json};

use super::{By, Place, notice::tip};
use crate::{Account, Services, broken};

/// Until when accounts are muted, seconds since 1970; also of those who left.
#[derive(Clone, Debug, Default)]
pub(super) struct Mutes(HashMap<i64, (UserId, i64)>);

impl Mutes {
    pub fn insert(&mut self, account: i64, user: UserId, until: i64) {
        self.0.insert(account, (user, until));
    }

    /// Mutes accounts until a time; 0 ends it.
    pub fn set(&mut self, accounts: &[Arc<Account>], until: i64) {
        for account in accounts {
            if until == 0 {
                self.0.remove(&account.number);
            } else {
                self.insert(account.number, account.user.clone(), until);
            }
        }
    }

    /// Until when an account is muted, 0 when it is not.
    pub fn until(&self, account: i64, now: i64) -> i64 {
        self.0.get(&account).map_or(0, |(_, until)| if *until > now { *until } else { 0 })
    }

    /// Who is muted now, by name, and until when.
    pub fn list(&self, now: i64) -> Vec<(UserId, i64)> {
        let mut muted: Vec<_> = self.0.values().filter(|(_, until)| *until > now).cloned().collect();
        muted.sort();
        muted
    }
}

impl Place {
    /// Until when an account may say nothing here, seconds since 1970; 0 when it may. Whoever is muted in a community
    /// is so in its topics.
    pub fn muted_until(&self, account: i64, now: i64) -> i64 {
        let topic = self.topic.as_ref().map_or(0, |topic| topic.muted_until(account, now));
        topic.max(self.group.read().muted_until(account, now))
    }

    /// Who is muted here now, and until when; in a topic those who are muted in it.
    pub fn muted(&self, now: i64) -> Vec<(UserId, i64)> {
        match &self.topic {
            Some(topic) => topic.muted(now),
            None => self.group.read().muted(now),
        }
    }
}

impl Services {
    /// Silences accounts for some seconds; 0 ends it. Also those who are not members: the silence stays with the
    /// account when it leaves and joins again. In a topic it holds there alone.
    pub async fn mute(
        self: &Arc<Self>,
        place: &Place,
        by: &By,
        accounts: &[Arc<Account>],
        seconds: i64,
    ) -> Result<(), Error> {
        let group = &place.group;
        for account in accounts {
            let action = match group.role(account.number) {
                Some(Role::Owner | Role::Admin) => Action::MuteAdmin,
                _ => Action::MuteMember,
            };
            group.check(by, action)?;
            if group.role(account.number) == Some(Role::Owner) && !by.app {
                return Err(Error::new(Code::GroupNoPermission).detail("the owner cannot be muted"));
            }
        }
        let until = if seconds == 0 { 0 } else { self.world.second().saturating_add(seconds) };
        let alone = group.change().await?;
        let topic = if place.topic.is_some() { Some(Self::present(place)?) } else { None };
        let numbers: Vec<i64> = accounts.iter().map(|account| account.number).collect();
        self.store.book.set_mutes(place.number(), &numbers, until).await.map_err(broken)?;
        match topic {
            Some(topic) => topic.set_mutes(accounts, until),
            None => group.write().mutes.set(accounts, until),
        }
        drop(alone);
        // In these types it stays out of the conversation; the muted learn when they speak.
        if matches!(group.kind, GroupKind::ChatRoom | GroupKind::AvChatRoom) {
            return Ok(());
        }
        let whom: Vec<_> = accounts.iter().map(|account| (account.clone(), group.member(account.number))).collect();
        let muted: Value =
            whom.iter().map(|(account, _)| json!({"User_Account": account.user, "ShutupTime": seconds})).collect();
        let operator = group.member(by.account.number);
        let more = json!({"MsgMemberInfo": muted});
        let body = Self::tip_body(tip::MEMBER_INFO, by, operator.as_ref(), &whom, more);
        self.tip(place, by, body).await
    }
}

#[cfg(test)]
mod tests {
    use model::UserId;

    use super::Mutes;

    #[test]
    fn mutes_end_by_themselves() {
        let mut mutes = Mutes::default();
        for (account, name, until) in [(2, "b", 20), (1, "a", 10)] {
            mutes.insert(account, UserId::new(name).unwrap(), until);
        }
        let names =
            |now| mutes.list(now).into_iter().map(|(user, until)| (user.to_string(), until)).collect::<Vec<_>>();
        assert_eq!(names(9), [("a".to_owned(), 10), ("b".to_owned(), 20)]);
        assert_eq!(names(10), [("b".to_owned(), 20)]);
        assert_eq!((mutes.until(1, 9), mutes.until(1, 10), mutes.until(3, 0)), (10, 0, 0));
    }
}
