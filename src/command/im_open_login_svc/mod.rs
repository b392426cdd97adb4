//! `im_open_login_svc`: accounts.

use std::borrow::Cow;

use model::{Code, Error, UserId};
use serde::Serialize;

commands! { account_check account_delete account_import kick multiaccount_import }

/// The most accounts of one request.
const ACCOUNTS: usize = 100;

/// What became of one account of a list.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ItemResult {
    #[serde(rename = "UserID")]
    user: String,
    result_code: i32,
    result_info: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_status: Option<&'static str>,
}

/// Checks the length of a list of accounts; 70402 when it is empty or too long.
fn check_count(accounts: usize) -> Result<(), Error> {
    if (1..=ACCOUNTS).contains(&accounts) {
        return Ok(());
    }
    Err(Error::new(Code::AccountParameterInvalid).detail(format!("1 to {ACCOUNTS} accounts are named")))
}

/// Reads the name an account is given under either of its two field names.
fn named(user: Option<String>, identifier: Option<String>) -> Result<UserId, Error> {
    let name =
        user.or(identifier).ok_or_else(|| Error::new(Code::AccountParameterInvalid).detail("UserID is missing"))?;
    UserId::new(&name).ok_or_else(|| {
        Error::new(Code::AccountParameterInvalid).detail("UserID has 1 to 32 bytes and no control characters")
    })
}

#[cfg(test)]
mod tests {
    use model::Code;

    use super::{check_count, named};

    #[test]
    fn both_field_names_name_an_account() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(named(text("ann"), None).unwrap().as_str(), "ann");
        assert_eq!(named(None, text("ann")).unwrap().as_str(), "ann");
        assert_eq!(named(text("ann"), text("bob")).unwrap().as_str(), "ann");
        for bad in [None, text(""), text(&"a".repeat(33))] {
            assert_eq!(named(bad, None).unwrap_err().code, Code::AccountParameterInvalid);
        }
    }

    #[test]
    fn lists_have_1_to_100_accounts() {
        assert!(check_count(1).is_ok() && check_count(100).is_ok());
        assert!(check_count(0).is_err() && check_count(101).is_err());
    }
}
