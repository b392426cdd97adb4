//! Tags and attributes of users, by which pushes choose them.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Code, Error, SdkAppId, UserId,
    push::{check_tag, limit},
};

use crate::{Services, broken};

/// A change of one user's tags.
pub struct TagChange {
    /// The user.
    pub user: String,
    /// The tags.
    pub tags: Vec<String>,
}

/// A change of one user's attributes.
pub struct ValueChange {
    /// The user.
    pub user: String,
    /// Values by the attribute's name; `None` removes.
    pub values: BTreeMap<String, Option<String>>,
}

/// 90018 when there are too many accounts.
fn check_count(accounts: usize) -> Result<(), Error> {
    if accounts > limit::ACCOUNTS { Err(Code::TooManyPushAccounts.into()) } else { Ok(()) }
}

impl Services {
    /// The number of a user's account; what is said of unknown users is taken and forgotten.
    async fn number_of(&self, app: SdkAppId, user: &str) -> Result<Option<i64>, Error> {
        let Some(user) = UserId::new(user) else { return Ok(None) };
        Ok(self.accounts.find(app, &user).await?.map(|account| account.number))
    }

    /// The slots of an app's attributes, by name.
    pub async fn push_slots(&self, app: SdkAppId) -> Result<BTreeMap<String, i64>, Error> {
        let names = self.store.book.attribute_names(app.into()).await.map_err(broken)?;
        Ok(names.into_iter().map(|(slot, name)| (name, slot)).collect())
    }

    /// Names attributes of an app; slots not given keep their names.
    /// 90001 for a name that would stand for two: which of them a condition or a value means could not be told.
    pub async fn name_push_slots(&self, app: SdkAppId, names: Vec<(i64, String)>) -> Result<(), Error> {
        let _one_at_a_time = self.pushes.making(app).lock().await;
        for (slot, name) in &names {
            if !(0..limit::ATTRIBUTES as i64).contains(slot) {
                return Err(Error::new(Code::OpenimBodyNotJson).detail("attributes are numbered from 0 to 9"));
            }
            check_text(name)?;
        }
        let known = self.store.book.attribute_names(app.into()).await.map_err(broken)?;
        let mut after: BTreeMap<i64, String> = known.into_iter().collect();
        after.extend(names.iter().cloned());
        if after.values().collect::<BTreeSet<_>>().len() < after.len() {
            return Err(Error::new(Code::OpenimBodyNotJson).detail("two attributes would have the same name"));
        }
        self.store.book.set_attribute_names(app.into(), &names).await.map_err(broken)
    }

    /// Sets and removes attributes of users.
    pub async fn set_push_values(&self, app: SdkAppId, changes: &[ValueChange]) -> Result<(), Error> {
        check_count(changes.len())?;
        let slots = self.push_slots(app).await?;
        let mut rows = Vec::new();
        for change in changes {
            let number = self.number_of(app, &change.user).await?;
            for (name, value) in &change.values {
                let slot = slots.get(name).ok_or_else(|| {
                    Error::new(Code::PushAttributeUndefined).detail(format!("there is no attribute {name}"))
                })?;
                if let Some(value) = value {
                    check_text(value)?;
                }
                rows.extend(number.map(|number| (number, *slot, value.as_deref())));
            }
        }
        self.store.book.change_attributes(&rows).await.map_err(broken)
    }

    /// The attributes of users by name, in order.
    pub async fn push_values(
        &self,
        app: SdkAppId,
        users: Vec<String>,
    ) -> Result<Vec<(String, BTreeMap<String, String>)>, Error> {
        check_count(users.len())?;
        let names: BTreeMap<i64, String> =
            self.store.book.attribute_names(app.into()).await.map_err(broken)?.into_iter().collect();
        let mut found = Vec::with_capacity(users.len());
        for user in users {
            let mut values = BTreeMap::new();
            if let Some(number) = self.number_of(app, &user).await? {
                for (slot, value) in self.store.book.attributes(number).await.map_err(broken)? {
                    values.extend(names.get(&slot).map(|name| (name.clone(), value)));
                }
            }
            found.push((user, values));
        }
        Ok(found)
    }

    /// Gives users tags: at most 10 at once to each, and 100 in all.
    pub async fn add_push_tags(&self, app: SdkAppId, changes: &[TagChange]) -> Result<(), Error> {
        check_count(changes.len())?;
        let _one_at_a_time = self.pushes.making(app).lock().await;
        let mut tags: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
        let mut rows = Vec::new();
        for change in changes {
            if change.tags.len() > limit::TAGS {
                return Err(Code::TooManyPushTags.into());
            }
            for tag in &change.tags {
                check_tag(tag)?;
            }
            let Some(number) = self.number_of(app, &change.user).await? else { continue };
            let mut all = match tags.remove(&number) {
                Some(tags) => tags,
                None => self.store.book.push_tags(number).await.map_err(broken)?.into_iter().collect(),
            };
            all.extend(change.tags.iter().cloned());
            if all.len() > limit::USER_TAGS {
                return Err(Error::new(Code::TooManyUserTags).detail(format!(
                    "{} would have more than {} tags",
                    change.user,
                    limit::USER_TAGS
                )));
            }
            tags.insert(number, all);
            rows.extend(change.tags.iter().map(|tag| (number, tag.as_str(), true)));
        }
        self.store.book.change_tags(&rows).await.map_err(broken)
    }

    /// Takes tags away from users.
    pub async fn remove_push_tags(&self, app: SdkAppId, changes: &[TagChange]) -> Result<(), Error> {
        check_count(changes.len())?;
        let mut rows = Vec::new();
        for change in changes {
            for tag in &change.tags {
                check_tag(tag)?;
            }
            if let Some(number) = self.number_of(app, &change.user).await? {
                rows.extend(change.tags.iter().map(|tag| (number, tag.as_str(), false)));
            }
        }
        self.store.book.change_tags(&rows).await.map_err(broken)
    }

    /// Takes all tags away from users.
    pub async fn clear_push_tags(&self, app: SdkAppId, users: &[String]) -> Result<(), Error> {
        check_count(users.len())?;
        let mut numbers = Vec::new();
        for user in users {
            numbers.extend(self.number_of(app, user).await?);
        }
        self.store.book.clear_tags(&numbers).await.map_err(broken)
    }

    /// The tags of users, in order.
    pub async fn push_tags(&self, app: SdkAppId, users: Vec<String>) -> Result<Vec<(String, Vec<String>)>, Error> {
        check_count(users.len())?;
        let mut found = Vec::with_capacity(users.len());
        for user in users {
            let tags = match self.number_of(app, &user).await? {
                Some(number) => self.store.book.push_tags(number).await.map_err(broken)?,
                None => Vec::new(),
            };
            found.push((user, tags));
        }
        Ok(found)
    }
}

/// Checks the name or the value of an attribute: 90030 when it is empty or too long.
fn check_text(text: &str) -> Result<(), Error> {
    if (1..=limit::TEXT_BYTES).contains(&text.len()) {
        return Ok(());
    }
    // The number is shared with imports, whose text it has.
    Err(Error::new(Code::SyncFromOldSystemInvalid).detail("names and values of attributes have 1 to 50 bytes"))
}
