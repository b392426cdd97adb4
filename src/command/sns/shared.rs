//! What the commands of this service share.

use std::sync::Arc;

use model::{Code, Error, Settings, friend, profile::check_readable, quota::RELATIONS_PER_REQUEST};
use serde::Serialize;
use serde_json::{Value, json};
use service::{
    Account,
    relation::{ListedFriend, Results},
};

use crate::Context;

/// Bodies that carry a thousand users with all that is said of them.
pub(super) const LONG_BODY: usize = 1024 * 1024;

/// What became of each user.
#[derive(Serialize)]
pub(crate) struct Report {
    #[serde(rename = "ResultItem")]
    items: Vec<ReportItem>,
    #[serde(rename = "Fail_Account", skip_serializing_if = "Vec::is_empty")]
    failed: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ReportItem {
    #[serde(rename = "To_Account")]
    user: String,
    result_code: i32,
    result_info: String,
}

/// Who has whom in a list, a user and another.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Checked {
    #[serde(rename = "To_Account")]
    user: String,
    relation: &'static str,
    result_code: i32,
    result_info: String,
}

/// The code and the text of one user's result; 0 and nothing for success.
pub(super) fn outcome(result: &Result<(), Error>) -> (i32, String) {
    match result {
        Ok(()) => (0, String::new()),
        Err(error) => (error.number(), error.detail.to_string()),
    }
}

/// The users of a request by name, with what is wrong with some of them already.
#[derive(Default)]
pub(super) struct Asked(Vec<(String, Result<(), Error>)>);

impl Asked {
    /// Checks how many users are named.
    pub(super) fn check(count: usize) -> Result<(), Error> {
        if (1..=RELATIONS_PER_REQUEST).contains(&count) {
            return Ok(());
        }
        Err(Error::new(Code::RelationParameterInvalid).detail("1 to 1000 users are named"))
    }

    /// Adds a user, and returns its account with what is asked of it unless one of both is wrong.
    pub(super) async fn add<T>(
        &mut self,
        cx: &Context,
        name: String,
        item: Result<T, Error>,
    ) -> Result<Option<(Arc<Account>, T)>, Error> {
        let account = cx.find(&name).await?.ok_or_else(|| Error::from(Code::RelationAccountMissing));
        let (result, found) = match account.and_then(|account| Ok((account, item?))) {
            Ok(found) => (Ok(()), Some(found)),
            Err(error) => (Err(error), None),
        };
        self.0.push((name, result));
        Ok(found)
    }

    /// The accounts of named users.
    pub(super) async fn accounts(cx: &Context, names: Vec<String>) -> Result<(Self, Vec<Arc<Account>>), Error> {
        Self::check(names.len())?;
        let (mut asked, mut accounts) = (Self::default(), Vec::with_capacity(names.len()));
        for name in names {
            accounts.extend(asked.add(cx, name, Ok(())).await?.map(|(account, ())| account));
        }
        Ok((asked, accounts))
    }

    /// Each name with its result, once those without a mistake have theirs.
    pub(super) fn answered(self, done: Results) -> impl Iterator<Item = (String, Result<(), Error>)> {
        let mut done = done.into_iter();
        self.0.into_iter().map(move |(name, result)| (name, result.and_then(|()| done.next().unwrap_or(Ok(())))))
    }

    /// The same as a reply.
    pub(super) fn report(self, done: Results) -> Report {
        let mut report = Report { items: Vec::new(), failed: Vec::new() };
        for (user, result) in self.answered(done) {
            let (result_code, result_info) = outcome(&result);
            if result_code != 0 {
                report.failed.push(user.clone());
            }
            report.items.push(ReportItem { user, result_code, result_info });
        }
        report
    }

    /// Each name with what was found of it, in order and `none` for those with a mistake; and the names of these.
    pub(super) fn checked(self, found: Vec<&'static str>, none: &'static str) -> (Vec<Checked>, Vec<String>) {
        let mut found = found.into_iter();
        let (mut items, mut failed) = (Vec::with_capacity(self.0.len()), Vec::new());
        for (user, result) in self.0 {
            let (result_code, result_info) = outcome(&result);
            if result.is_err() {
                failed.push(user.clone());
            }
            let relation = result.ok().and_then(|()| found.next()).unwrap_or(none);
            items.push(Checked { user, relation, result_code, result_info });
        }
        (items, failed)
    }
}

/// A friend's standard fields.
pub(super) fn standard_fields(listed: &ListedFriend) -> [(&'static str, Value); 5] {
    [
        (friend::GROUP, json!(listed.groups)),
        (friend::REMARK, json!(listed.friend.remark)),
        (friend::SOURCE, json!(listed.friend.source)),
        (friend::WORDING, json!(listed.friend.wording)),
        (friend::TIME, json!(listed.since / 1000)),
    ]
}

/// Checks tags of friends and of profiles; those that do not exist or may not be read are refused.
pub(super) fn check_tags(tags: &[String], settings: &Settings, admin: bool) -> Result<(), Error> {
    let of_profiles = tags.iter().filter(|tag| !friend::is_tag(tag, settings));
    for tag in of_profiles {
        check_readable(tag, settings, admin)
            .map_err(|why| Error::new(Code::RelationParameterInvalid).detail(why.detail))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use model::{Code, Error};

    use super::{Asked, outcome};

    #[test]
    fn results_go_to_those_without_a_mistake() {
        let missing = || Err(Error::from(Code::RelationAccountMissing));
        let asked = Asked(vec![("a".into(), Ok(())), ("b".into(), missing()), ("c".into(), Ok(()))]);
        let report = asked.report(vec![Ok(()), Err(Code::FriendListFull.into())]);
        let codes: Vec<_> = report.items.iter().map(|item| item.result_code).collect();
        assert_eq!((codes, report.failed), (vec![0, 30003, 30010], vec!["b".to_owned(), "c".to_owned()]));
        assert_eq!(outcome(&Ok(())), (0, String::new()));
    }

    #[test]
    fn requests_name_1_to_1000_users() {
        assert!(Asked::check(1).is_ok() && Asked::check(1000).is_ok());
        assert!(Asked::check(0).is_err() && Asked::check(1001).is_err());
    }
}
