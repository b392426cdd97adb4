//! What commands about pushes read alike.

use model::{Code, Error, UserId, message::LIFE_SECONDS};
use serde::Deserialize;
use service::TagChange;

use crate::{Caller, Context};

/// The most bytes of a request for tags or attributes.
pub(super) const BODY_BYTES: usize = 256 * 1024;

/// A list of users with something said of each; some clients send the only entry without its list.
pub(crate) fn listed<T>(list: Option<Vec<T>>, only: Option<T>) -> Result<Vec<T>, Error> {
    match (list, only) {
        (Some(list), _) if !list.is_empty() => Ok(list),
        (None, Some(only)) => Ok(vec![only]),
        _ => Err(Error::new(Code::OpenimBodyNotJson).detail("the request names nobody")),
    }
}

/// Users with tags, to be given or taken away.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagList {
    user_tags: Option<Vec<Tagged>>,
    #[serde(flatten)]
    only: Option<Tagged>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tagged {
    #[serde(rename = "To_Account")]
    user: String,
    tags: Vec<String>,
}

impl TagList {
    pub(super) fn changes(self) -> Result<Vec<TagChange>, Error> {
        let listed = listed(self.user_tags, self.only)?.into_iter();
        Ok(listed.map(|item| TagChange { user: item.user, tags: item.tags }).collect())
    }
}

/// How long a push waits for who is away, in seconds.
pub(crate) fn lifetime(given: Option<i64>, unless_given: i64) -> Result<i64, Error> {
    match given.unwrap_or(unless_given) {
        seconds if seconds > LIFE_SECONDS => Err(Code::MsgLifeTimeTooLong.into()),
        seconds if seconds < 0 => Err(Code::MsgLifeTimeInvalid.into()),
        seconds => Ok(seconds),
    }
}

/// The shown sender: who is named, or the administrator who asks.
pub(crate) fn sender(cx: &Context, named: Option<&str>) -> Result<UserId, Error> {
    match (named, &cx.caller) {
        (Some(name), _) => UserId::new(name).ok_or_else(|| {
            Error::new(Code::FromAccountInvalid).detail("a user name has 1 to 32 bytes and no control characters")
        }),
        (None, Caller::Admin { user }) => Ok(user.clone()),
        (None, _) => Err(Code::OpenimAdminRequired.into()),
    }
}

#[cfg(test)]
mod tests {
    use model::Code;

    use super::{lifetime, listed};

    #[test]
    fn a_single_entry_is_a_list_of_one() {
        assert_eq!(listed(Some(vec![1, 2]), None).unwrap(), [1, 2]);
        assert_eq!(listed(None, Some(3)).unwrap(), [3]);
        assert!(listed(Some(Vec::<i32>::new()), None).is_err() && listed::<i32>(None, None).is_err());
    }

    #[test]
    fn lifetimes_have_their_codes() {
        assert_eq!(lifetime(None, 9).unwrap(), 9);
        assert_eq!(lifetime(Some(604_800), 0).unwrap(), 604_800);
        assert_eq!(lifetime(Some(604_801), 0).unwrap_err().code, Code::MsgLifeTimeTooLong);
        assert_eq!(lifetime(Some(-1), 0).unwrap_err().code, Code::MsgLifeTimeInvalid);
    }
}
