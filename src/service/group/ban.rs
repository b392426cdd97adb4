//! Who is shut out of a live room.

use std::sync::Arc;

use model::{Code, Error, group::rule::Action};
use serde_json::{Value, json};

use super::{
    By, LiveGroup, Member, Place,
    notice::{report, tip},
};
use crate::{Account, Services, broken};

impl Services {
    /// Shuts accounts out of a live room for some seconds; they and all who listen learn of it.
    pub async fn ban(
        self: &Arc<Self>,
        group: &Arc<LiveGroup>,
        by: &By,
        accounts: &[Arc<Account>],
        seconds: i64,
        reason: &str,
    ) -> Result<(), Error> {
        group.check(by, Action::Ban)?;
        let numbers: Vec<i64> = accounts.iter().map(|account| account.number).collect();
        let owner = group.read().owner;
        if numbers.contains(&owner) {
            return Err(Error::new(Code::GroupNoPermission).detail("the owner cannot be banned"));
        }
        let until = self.world.second() + seconds;
        self.store.book.set_bans(group.number, &numbers, until, reason).await.map_err(broken)?;
        let place = Place::of(group);
        let mut whom: Vec<(Arc<Account>, Option<Member>)> = Vec::with_capacity(accounts.len());
        let mut gone = Vec::new();
        for account in accounts {
            whom.push((account.clone(), group.participant(account)));
            let extra = json!({"BanDuration": seconds, "BanDescription": reason, "RemarkInfo": reason});
            self.tell_notice(&place, account, report::BANNED, &by.account, &extra, None);
            for session in self.hub.sessions(account.number) {
                let instance = i64::from(session.instance);
                self.store.book.remove_listener(group.number, account.number, instance).await.map_err(broken)?;
                session.exit(group);
                if group.room().remove((session.account, session.instance)) {
                    gone.push(account.clone());
                }
            }
        }
        let operator = group.participant(&by.account);
        let body = Self::tip_body(tip::BANNED, by, operator.as_ref(), &whom, Value::Null);
        self.tip(&place, by, body).await?;
        if gone.is_empty() {
            return Ok(());
        }
        self.tell_exit(group, by, "Kicked", &gone).await
    }

    /// Lets accounts into a live room again; who listens learns of those that were shut out.
    pub async fn unban(
        self: &Arc<Self>,
        group: &Arc<LiveGroup>,
        by: &By,
        accounts: &[Arc<Account>],
    ) -> Result<(), Error> {
        group.check(by, Action::Ban)?;
        let now = self.world.second();
        let bans = self.store.book.bans(group.number).await.map_err(broken)?;
        let numbers: Vec<i64> = accounts.iter().map(|account| account.number).collect();
        self.store.book.set_bans(group.number, &numbers, 0, "").await.map_err(broken)?;
        let was_out = |account: &Account| bans.iter().any(|(out, _, until)| *out == account.number && *until > now);
        let whom: Vec<(Arc<Account>, Option<Member>)> =
            accounts.iter().filter(|account| was_out(account)).map(|account| (account.clone(), None)).collect();
        if whom.is_empty() {
            return Ok(());
        }
        let operator = group.participant(&by.account);
        let body = Self::tip_body(tip::UNBANNED, by, operator.as_ref(), &whom, Value::Null);
        self.tip(&Place::of(group), by, body).await
    }

    /// Who is banned from a room now, and until when.
    pub async fn banned(&self, group: &LiveGroup) -> Result<Vec<(String, i64)>, Error> {
        let now = self.world.second();
        let bans = self.store.book.bans(group.number).await.map_err(broken)?;
        Ok(bans.into_iter().filter(|(_, _, until)| *until > now).map(|(_, user, until)| (user, until)).collect())
    }
}
