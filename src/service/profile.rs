//! Changes of profiles, and who is told of them.

use std::sync::Arc;

use model::{
    Code, Error, UserId,
    profile::{IMAGE, Item, NICK, Value, check_readable},
};
use serde_json::json;

use crate::{Account, Import, LiveApp, Services, broken, presence::Push};

impl Services {
    /// Applies profile items, all or none. `except`: the asking instance of the user, which is not told.
    pub async fn set_profile(
        self: &Arc<Self>,
        app: &LiveApp,
        account: &Account,
        items: &[Item],
        (admin, operator): (bool, &UserId),
        except: Option<u32>,
    ) -> Result<(), Error> {
        let texts = items.iter().filter(|item| item.tag != IMAGE).filter_map(|item| item.value.as_str());
        self.lexicons.check(app.sdkappid, texts, Code::ProfileTextRejected)?;
        let change = |profile: &mut model::Profile| profile.change(items, &app.settings, admin);
        if let Some(fresh) = self.accounts.change_profile(account, change).await? {
            let tags: Vec<&str> = items.iter().map(|item| item.tag.as_str()).collect();
            self.tell_profile(app, &fresh, &tags, except).await?;
            self.tell_profile_set(&fresh, operator, items).await?;
        }
        Ok(())
    }

    /// Makes accounts, or refreshes nickname and avatar of those that exist. Returns the names that were refused.
    pub async fn import_accounts(&self, app: &LiveApp, accounts: Vec<Import>) -> Result<Vec<UserId>, Error> {
        let (refused, changed) = self.accounts.import(app, accounts).await?;
        for account in changed {
            self.tell_profile(app, &account, &[NICK, IMAGE], None).await?;
        }
        Ok(refused)
    }

    /// Tells a user's devices, and those of whoever has the user as a friend, what its profile says now. Fields that
    /// clients may not read are left out.
    async fn tell_profile(
        &self,
        app: &LiveApp,
        account: &Account,
        tags: &[&str],
        except: Option<u32>,
    ) -> Result<(), Error> {
        let of = |tag: &&str| match account.profile.get(tag)? {
            // Clients read one member or the other.
            Value::Number(number) => Some(json!({"Tag": tag, "ValueNum": number, "ValueBytes": number})),
            Value::Text(text) => Some(json!({"Tag": tag, "ValueBytes": text})),
        };
        let readable = tags.iter().filter(|tag| check_readable(tag, &app.settings, false).is_ok());
        let list: Vec<_> = readable.filter_map(of).collect();
        if list.is_empty() {
            return Ok(());
        }
        let changed = json!([{"PushType": 1, "Profile_Account": account.user, "ProfileList": list}]);
        let event = format!(r#""Event":8,"ProfileDataMod":{changed}"#);
        let push = Arc::new(Push::event(0, |out| out.extend_from_slice(event.as_bytes())));
        self.hub.push(account.number, &push, except);
        for holder in self.store.book.friend_holders(account.number).await.map_err(broken)? {
            self.hub.push(holder, &push, None);
        }
        Ok(())
    }
}
