//! Accounts: who there is, what they say of themselves, whom they follow.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use model::{
    Code, Error, Millis, Profile, SdkAppId, UserId,
    profile::{IMAGE, NICK},
    usersig,
};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use store::{
    Store,
    tables::account::{AccountRow, Follows},
};

use crate::{World, app::LiveApp, failure::broken};

/// What the `TinyIds` of accounts are counted from; part of every message's id, so it never changes.
const TINY_ID_BASE: i64 = 144_115_000_000_000_000;
/// How many accounts are kept in memory.
const CACHED: usize = 200_000;
/// Failed signature checks of one account before they are answered with 70050.
const FAILURES: u32 = 20;
/// How long.
const FAILURE_MILLIS: Millis = 60_000;
/// The most robots of an app.
const ROBOTS: i64 = 20;

/// An account as of its last change.
#[derive(Debug)]
pub struct Account {
    /// Unique over all apps.
    pub number: i64,
    /// The app.
    pub app: SdkAppId,
    /// The user's name in the app.
    pub user: UserId,
    /// The name as a JSON string.
    pub quoted: Box<str>,
    /// A robot.
    pub robot: bool,
    /// Signatures made up to this second are refused.
    pub signed_after: i64,
    /// What the user says of himself.
    pub profile: Profile,
    /// What else the user set.
    pub preferences: Preferences,
}

/// What a user set for all conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The user's own status text.
    pub custom_status: String,
    /// Do not disturb.
    pub quiet: Quiet,
    /// Set by the app's backend, not by the user.
    pub silence: Silence,
}

/// Until when an account may not speak (全局禁言), in seconds since 1970; [`i64::MAX`] is for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Silence {
    /// To another user.
    pub pairs: i64,
    /// In groups.
    pub groups: i64,
}

impl Silence {
    /// What a moment is called that never comes, where seconds are written.
    const FOREVER: u32 = u32::MAX;

    /// The end of a silence of so many seconds.
    pub fn end(seconds: u32, now: i64) -> i64 {
        match seconds {
            0 => 0,
            Self::FOREVER => i64::MAX,
            seconds => now + i64::from(seconds),
        }
    }

    /// How many seconds are left until an end.
    pub fn left(end: i64, now: i64) -> u32 {
        if end == i64::MAX {
            return Self::FOREVER;
        }
        u32::try_from((end - now).max(0)).unwrap_or(Self::FOREVER)
    }
}

/// When messages arrive without a sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// 0 notify, 1 discard, 2 quiet.
    pub level: i64,
    /// Seconds since 1970.
    pub start: i64,
    /// Seconds since 1970.
    pub end: i64,
    /// Every day.
    pub repeated: bool,
}

/// The protocol's internal number of the account of a number.
pub(crate) fn tiny_id(account: i64) -> i64 {
    TINY_ID_BASE + account
}

impl Account {
    /// The protocol's internal number of the account.
    pub fn tiny_id(&self) -> i64 {
        tiny_id(self.number)
    }

    fn of(app: SdkAppId, row: &AccountRow) -> Result<Self, Error> {
        let broken = |error| Error::new(Code::Broken).source(error);
        let user = UserId::new(&row.user_id)
            .ok_or_else(|| Error::new(Code::Broken).source("a stored account has no valid name"))?;
        Ok(Self {
            number: row.number,
            app,
            quoted: serde_json::to_string(user.as_str()).map_err(broken)?.into(),
            user,
            robot: row.robot,
            signed_after: row.signed_after,
            profile: serde_json::from_slice(&row.profile).map_err(broken)?,
            preferences: serde_json::from_slice(&row.preferences).map_err(broken)?,
        })
    }
}

/// An account to be imported.
pub struct Import {
    /// The name.
    pub user: UserId,
    /// A nickname, if given.
    pub nick: Option<String>,
    /// An avatar's address, if given.
    pub image: Option<String>,
}

type Failures = HashMap<(SdkAppId, String), (u32, Millis)>;

/// The accounts of all apps.
pub struct Accounts {
    store: Arc<Store>,
    world: Arc<World>,
    by_name: Cache<(SdkAppId, UserId), Arc<Account>>,
    by_number: Cache<i64, Arc<Account>>,
    failures: Mutex<Failures>,
    /// Taken to change an account and to read it into memory, so that changes never overwrite each other and what is
    /// in memory is never older than what is stored.
    changing: [tokio::sync::Mutex<()>; 64],
}

impl Accounts {
    pub(crate) fn new(store: Arc<Store>, world: Arc<World>) -> Self {
        Self {
            store,
            world,
            by_name: Cache::new(CACHED),
            by_number: Cache::new(CACHED),
            failures: Mutex::default(),
            changing: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        }
    }

    /// The account of that name.
    pub async fn find(&self, app: SdkAppId, user: &UserId) -> Result<Option<Arc<Account>>, Error> {
        let key = (app, user.clone());
        match self.by_name.get(&key) {
            Some(account) => Ok(Some(account)),
            None => Box::pin(self.look_up(key)).await,
        }
    }

    async fn look_up(&self, (app, user): (SdkAppId, UserId)) -> Result<Option<Arc<Account>>, Error> {
        loop {
            let Some(row) = self.store.book.account(app.into(), user.as_str()).await.map_err(broken)? else {
                return Ok(None);
            };
            let _unchanged = self.lock(row.number).lock().await;
            if let Some(account) = self.load(row.number).await? {
                return Ok(Some(account));
            }
            // It was removed meanwhile, and there may be another of that name.
        }
    }

    /// The account of that name, or the error that says it is missing.
    pub async fn need(&self, app: SdkAppId, user: &UserId, missing: Code) -> Result<Arc<Account>, Error> {
        self.find(app, user).await?.ok_or_else(|| Error::new(missing).detail(format!("there is no account {user}")))
    }

    /// The account of that number in that app.
    pub async fn by_number(&self, app: SdkAppId, number: i64) -> Result<Option<Arc<Account>>, Error> {
        if let Some(account) = self.by_number.get(&number) {
            return Ok((account.app == app).then_some(account));
        }
        let load = async {
            let _unchanged = self.lock(number).lock().await;
            Ok(self.load(number).await?.filter(|account| account.app == app))
        };
        Box::pin(load).await
    }

    /// The account of that number. The caller holds its lock: what is read and kept here must not be older than what
    /// a change has kept meanwhile.
    async fn load(&self, number: i64) -> Result<Option<Arc<Account>>, Error> {
        if let Some(account) = self.by_number.get(&number) {
            self.by_name.insert((account.app, account.user.clone()), account.clone());
            return Ok(Some(account));
        }
        let Some((app, row)) = self.store.book.account_by_number(number).await.map_err(broken)? else {
            return Ok(None);
        };
        let app = SdkAppId::try_from(app).map_err(|error| Error::new(Code::Broken).source(error))?;
        Ok(Some(self.keep(Account::of(app, &row)?)))
    }

    fn keep(&self, account: Account) -> Arc<Account> {
        let account = Arc::new(account);
        self.by_name.insert((account.app, account.user.clone()), account.clone());
        self.by_number.insert(account.number, account.clone());
        account
    }

    async fn reload(&self, app: SdkAppId, number: i64) -> Result<(), Error> {
        if let Some((_, row)) = self.store.book.account_by_number(number).await.map_err(broken)? {
            self.keep(Account::of(app, &row)?);
        }
        Ok(())
    }

    fn lock(&self, number: i64) -> &tokio::sync::Mutex<()> {
        &self.changing[(number % 64) as usize]
    }

    /// Makes accounts, or refreshes nickname and avatar of those that exist. Returns the names that were refused, and
    /// the accounts whose profiles changed.
    pub(crate) async fn import(
        &self,
        app: &LiveApp,
        accounts: Vec<Import>,
    ) -> Result<(Vec<UserId>, Vec<Arc<Account>>), Error> {
        let (mut new, mut known, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for import in accounts {
            if !import.user.is_ordinary() {
                refused.push(import.user);
            } else if self.find(app.sdkappid, &import.user).await?.is_some() {
                known.push(import);
            } else {
                new.push(import);
            }
        }
        if !new.is_empty() {
            self.check_quota(app, new.len()).await?;
            let mut rows = Vec::with_capacity(new.len());
            for import in &new {
                let mut profile = Profile::default();
                profile.set_given(NICK, import.nick.as_deref())?;
                profile.set_given(IMAGE, import.image.as_deref())?;
                rows.push((import.user.as_str().to_owned(), encode(&profile)?));
            }
            self.store.book.add_accounts(app.sdkappid.into(), false, self.world.now(), rows).await.map_err(broken)?;
        }
        let mut changed = Vec::new();
        for import in known {
            if import.nick.is_none() && import.image.is_none() {
                continue;
            }
            let account = self.need(app.sdkappid, &import.user, Code::AccountMissing).await?;
            let change = |profile: &mut Profile| {
                profile.set_given(NICK, import.nick.as_deref())?;
                profile.set_given(IMAGE, import.image.as_deref())
            };
            changed.extend(self.change_profile(&account, change).await?);
        }
        Ok((refused, changed))
    }

    async fn check_quota(&self, app: &LiveApp, new: usize) -> Result<(), Error> {
        let Some(most) = app.edition.quota().accounts else { return Ok(()) };
        let count = self.store.book.account_count(app.sdkappid.into(), false).await.map_err(broken)?;
        if count + new as i64 > most as i64 {
            return Err(Error::new(Code::AccountQuotaUsedUp)
                .detail(format!("an app of this edition has at most {most} accounts, upgrade it for more")));
        }
        Ok(())
    }

    /// The account of a user who signs in, made if it is the first time.
    pub async fn sign_in(&self, app: &LiveApp, user: &UserId) -> Result<Arc<Account>, Error> {
        if let Some(account) = self.find(app.sdkappid, user).await? {
            return Ok(account);
        }
        let (refused, _) = self.import(app, vec![Import { user: user.clone(), nick: None, image: None }]).await?;
        if !refused.is_empty() {
            return Err(Error::new(Code::AccountParameterInvalid).detail("this name is reserved"));
        }
        self.need(app.sdkappid, user, Code::AccountMissing).await
    }

    /// Checks a `UserSig`; each way to be wrong has its code.
    pub async fn check_signature(&self, app: &LiveApp, user: &str, signature: &str) -> Result<UserId, Error> {
        match usersig::verify(signature, app.sdkappid, user, app.keys(), self.world.second()) {
            Ok(verified) => {
                let user = UserId::new(user).ok_or_else(|| {
                    Error::new(Code::UserSigIdentifierMismatch).detail("the identifier is not a name")
                })?;
                if let Some(account) = self.find(app.sdkappid, &user).await?
                    && verified.issued_at <= account.signed_after
                {
                    return Err(Code::UserSigRevoked.into());
                }
                Ok(user)
            }
            Err(failure) => Err(self.count_failure(app.sdkappid, user, failure.code())),
        }
    }

    fn count_failure(&self, app: SdkAppId, user: &str, code: Code) -> Error {
        let now = self.world.now();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() > 10_000 {
            failures.retain(|_, (_, last)| now - *last < FAILURE_MILLIS);
        }
        let entry = failures.entry((app, user.to_owned())).or_insert((0, now));
        if now - entry.1 >= FAILURE_MILLIS {
            entry.0 = 0;
        }
        *entry = (entry.0 + 1, now);
        // An expired signature is an honest mistake that the client must hear of to get a new one.
        if entry.0 > FAILURES && code != Code::UserSigExpired {
            return Code::UserSigTooManyFailures.into();
        }
        code.into()
    }

    /// Changes a profile and returns the account as it is now, or nothing when the profile is as it was.
    pub(crate) async fn change_profile(
        &self,
        account: &Account,
        change: impl FnOnce(&mut Profile) -> Result<(), Error>,
    ) -> Result<Option<Arc<Account>>, Error> {
        let _changing = self.lock(account.number).lock().await;
        let Some(fresh) = self.load(account.number).await? else {
            return Err(Code::ProfileAccountMissing.into());
        };
        let mut profile = fresh.profile.clone();
        change(&mut profile)?;
        if profile == fresh.profile {
            return Ok(None);
        }
        self.store.book.set_profiles(vec![(account.number, encode(&profile)?)]).await.map_err(broken)?;
        self.reload(account.app, account.number).await?;
        self.load(account.number).await
    }

    /// Changes a user's preferences.
    pub async fn set_preferences(&self, account: &Account, change: impl FnOnce(&mut Preferences)) -> Result<(), Error> {
        let _changing = self.lock(account.number).lock().await;
        let Some(fresh) = self.load(account.number).await? else { return Ok(()) };
        let mut preferences = fresh.preferences.clone();
        change(&mut preferences);
        self.store.book.set_preferences(account.number, encode(&preferences)?).await.map_err(broken)?;
        self.reload(account.app, account.number).await
    }

    /// Ends all sign-ins and refuses signatures made until now.
    pub(crate) async fn revoke(&self, account: &Account) -> Result<(), Error> {
        let _changing = self.lock(account.number).lock().await;
        self.store.book.revoke_account(account.number, self.world.second()).await.map_err(broken)?;
        self.reload(account.app, account.number).await
    }

    /// Removes an account.
    pub(crate) async fn remove(&self, account: &Account) -> Result<(), Error> {
        let _changing = self.lock(account.number).lock().await;
        if self.load(account.number).await?.is_none() {
            return Err(Error::new(Code::AccountMissing).detail("the account was removed already"));
        }
        self.store.book.remove_account(account.number, self.world.now()).await.map_err(broken)?;
        self.by_name.remove(&(account.app, account.user.clone()));
        self.by_number.remove(&account.number);
        Ok(())
    }

    /// Makes a robot; repeating a name makes only one.
    pub async fn create_robot(&self, app: &LiveApp, user: UserId, profile: Profile) -> Result<(), Error> {
        if self.find(app.sdkappid, &user).await?.is_some() {
            return Ok(());
        }
        let count = self.store.book.account_count(app.sdkappid.into(), true).await.map_err(broken)?;
        if count >= ROBOTS {
            return Err(Error::new(Code::GroupParameterInvalid).detail("an app has at most 20 robots"));
        }
        let row = vec![(user.as_str().to_owned(), encode(&profile)?)];
        self.store.book.add_accounts(app.sdkappid.into(), true, self.world.now(), row).await.map_err(broken)
    }

    /// The names of an app's robots.
    pub async fn robots(&self, app: SdkAppId) -> Result<Vec<String>, Error> {
        self.store.book.robots(app.into()).await.map_err(broken)
    }

    /// Follows an account, or ends it.
    pub async fn set_following(&self, account: &Account, peer: &Account, follow: bool) -> Result<(), Error> {
        let book = &self.store.book;
        let done = if follow {
            book.follow(account.number, peer.number, self.world.now()).await
        } else {
            book.unfollow(account.number, peer.number).await
        };
        done.map_err(broken)
    }

    /// A page of a follow list by name: `(name, since when in milliseconds)`.
    pub async fn follows(
        &self,
        which: Follows,
        account: &Account,
        after: &str,
        limit: i64,
    ) -> Result<Vec<(String, Millis)>, Error> {
        self.store.book.follows(which, account.number, after, limit).await.map_err(broken)
    }

    /// Followers, followed and mutual, counted.
    pub async fn follow_counts(&self, account: &Account) -> Result<(i64, i64, i64), Error> {
        self.store.book.follow_counts(account.number).await.map_err(broken)
    }

    /// Whether an account follows another.
    pub async fn does_follow(&self, account: &Account, peer: &Account) -> Result<bool, Error> {
        self.store.book.does_follow(account.number, peer.number).await.map_err(broken)
    }
}

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| Error::new(Code::Broken).source(error))
}

#[cfg(test)]
mod tests {
    use super::Silence;

    #[test]
    fn what_is_left_of_a_silence_shrinks_unless_it_is_for_ever() {
        assert_eq!(Silence::left(Silence::end(60, 1000), 1010), 50);
        assert_eq!(Silence::left(Silence::end(60, 1000), 2000), 0);
        assert_eq!(Silence::left(Silence::end(0, 1000), 1000), 0);
        assert_eq!(Silence::left(Silence::end(u32::MAX, 1000), i64::MAX - 1), u32::MAX);
    }
}
