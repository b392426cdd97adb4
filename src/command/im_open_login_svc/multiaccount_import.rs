//! Imports up to 100 accounts (REST v4 `multiaccount_import`): as names alone, or with nicknames and avatars.

use std::{collections::HashSet, sync::Arc};

use model::{Code, Error, UserId, profile::TEXT_BYTES};
use serde::{Deserialize, Serialize};
use service::Import;

use super::check_count;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "Accounts")]
    names: Option<Vec<String>>,
    #[serde(rename = "AccountList")]
    list: Option<Vec<Item>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "UserID")]
    user: String,
    nick: Option<String>,
    face_url: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    fail_accounts: Vec<String>,
}

impl Request {
    fn items(self) -> Result<Vec<Item>, Error> {
        let plain = |user| Item { user, nick: None, face_url: None };
        match (self.list, self.names) {
            (Some(list), _) => Ok(list),
            (None, Some(names)) => Ok(names.into_iter().map(plain).collect()),
            (None, None) => {
                Err(Error::new(Code::AccountParameterInvalid).detail("neither AccountList nor Accounts is given"))
            }
        }
    }
}

/// Apart: what may be imported, each name once, and the names that cannot be names.
fn sorted(items: Vec<Item>) -> (Vec<Import>, Vec<String>) {
    let (mut imports, mut bad, mut seen) = (Vec::with_capacity(items.len()), Vec::new(), HashSet::new());
    for item in items {
        match UserId::new(&item.user) {
            Some(user) if seen.insert(user.clone()) => {
                imports.push(Import { user, nick: item.nick, image: item.face_url });
            }
            Some(_) => {}
            None => bad.push(item.user),
        }
    }
    (imports, bad)
}

impl Command for Request {
    const SPEC: Spec = Spec::account("im_open_login_svc.multiaccount_import")
        .doors(Doors::REST)
        .rate(100)
        .fails(&[Code::ProfileValueTooLong, Code::AccountQuotaUsedUp])
        .example(r#"{"AccountList":[{"UserID":"u1001","Nick":"Ann"},{"UserID":"u1002"}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let items = self.items()?;
        check_count(items.len())?;
        // Checked for all before anything is done, so that a refused request has imported nobody.
        let texts = items.iter().flat_map(|item| [&item.nick, &item.face_url]).flatten();
        if texts.into_iter().any(|text| text.len() > TEXT_BYTES) {
            return Err(Code::ProfileValueTooLong.into());
        }
        let (imports, mut fail_accounts) = sorted(items);
        let refused = cx.services.import_accounts(cx.app()?, imports).await?;
        fail_accounts.extend(refused.into_iter().map(|user| user.to_string()));
        Ok(Reply { fail_accounts })
    }
}

#[cfg(test)]
mod tests {
    use super::{Item, sorted};

    #[test]
    fn repeats_are_taken_once_and_bad_names_apart() {
        let item = |user: &str| Item { user: user.into(), nick: None, face_url: None };
        let (imports, bad) = sorted(vec![item("ann"), item(""), item("ann"), item("bob")]);
        let names: Vec<&str> = imports.iter().map(|import| import.user.as_str()).collect();
        assert_eq!(names, ["ann", "bob"]);
        assert_eq!(bad, [""]);
    }
}
