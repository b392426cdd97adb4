//! Pushing to all users of an app (全员推送): limits, and whom a push is for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Code, Error};

/// Limits, each with the page it is from.
pub mod limit {
    use crate::Millis;

    /// Pushes of an app in one day (`im_push`; 90047 beyond).
    pub const A_DAY: i64 = 100;
    /// The time between two pushes of an app (`im_push`; 90024 before).
    pub const INTERVAL: Millis = 1000;
    /// So long the same `MsgRandom` is the same push (`im_push`).
    pub const REPEATED: Millis = 7 * 86_400_000;
    /// How long a push and its state are kept. Longer than any push may wait for its receivers.
    pub const KEPT: Millis = 30 * 86_400_000;
    /// So long a push can be withdrawn (`timpush/revoke`).
    pub const WITHDRAWABLE: Millis = 86_400_000;
    /// Accounts of one request for tags or attributes (90018 beyond).
    pub const ACCOUNTS: usize = 100;
    /// Accounts of one push to named accounts (`timpush/batch`).
    pub const NAMED: usize = 500;
    /// Tags of one list, in a condition or of a user in one request (90032 beyond).
    pub const TAGS: usize = 10;
    /// Tags of a user (`im_add_tag`; 90046 beyond).
    pub const USER_TAGS: usize = 100;
    /// Attributes of an app (`im_set_attr_name`).
    pub const ATTRIBUTES: usize = 10;
    /// The longest tag, name or value of an attribute, in bytes.
    pub const TEXT_BYTES: usize = 50;
    /// Pushes asked for at once (`im_get_push_report`; 90014 beyond).
    pub const TASKS: usize = 500;
    /// The longest `DataId` (`timpush/batch`), in bytes.
    pub const DATA_ID_BYTES: usize = 64;
}

/// Whom a push is for, as the app's backend writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Condition {
    /// Users with any of these tags.
    pub tags_or: Vec<String>,
    /// Users with all of these tags.
    pub tags_and: Vec<String>,
    /// Not users with all of these tags.
    pub tags_not: Vec<String>,
    /// Users with any of these values, by the attribute's name.
    pub attrs_or: BTreeMap<String, String>,
    /// Users with all of these values, by the attribute's name.
    pub attrs_and: BTreeMap<String, String>,
}

impl Condition {
    /// Reads a condition, or a list of conditions that hold together; 90027 when it is malformed.
    pub fn read(value: serde_json::Value) -> Result<Self, Error> {
        let malformed = |_| Error::new(Code::PushConditionInvalid);
        if !value.is_array() {
            return serde_json::from_value(value).map_err(malformed);
        }
        let parts: Vec<Self> = serde_json::from_value(value).map_err(malformed)?;
        Ok(parts.into_iter().fold(Self::default(), |mut all, part| {
            all.tags_or.extend(part.tags_or);
            all.tags_and.extend(part.tags_and);
            all.tags_not.extend(part.tags_not);
            all.attrs_or.extend(part.attrs_or);
            all.attrs_and.extend(part.attrs_and);
            all
        }))
    }

    /// Checks a condition and turns it into an audience. `slots`: the app's attributes by name.
    pub fn audience(self, slots: &BTreeMap<String, i64>) -> Result<Audience, Error> {
        let lists = [&self.tags_or, &self.tags_and, &self.tags_not];
        let has_tags = lists.iter().any(|tags| !tags.is_empty());
        let has_attributes = !(self.attrs_or.is_empty() && self.attrs_and.is_empty());
        if has_tags && has_attributes {
            return Err(Code::PushConditionMixed.into());
        }
        for tags in lists {
            if tags.len() > limit::TAGS {
                return Err(Code::TooManyPushTags.into());
            }
            for tag in tags {
                match tag.len() {
                    0 => return Err(Code::PushTagEmpty.into()),
                    1..=limit::TEXT_BYTES => {}
                    _ => return Err(Error::new(Code::PushTagInvalid).detail("a tag is longer than 50 bytes")),
                }
            }
        }
        if self.tags_or.iter().any(|tag| self.tags_and.contains(tag)) {
            return Err(Code::PushTagRepeated.into());
        }
        let slot = |(name, value): (String, String)| match slots.get(&name) {
            Some(slot) => Ok((*slot, value)),
            None => Err(Error::new(Code::PushAttributeUndefined).detail(format!("there is no attribute {name}"))),
        };
        if has_attributes {
            let any = self.attrs_or.into_iter().map(slot).collect::<Result<_, _>>()?;
            let all = self.attrs_and.into_iter().map(slot).collect::<Result<_, _>>()?;
            return Ok(Audience::Attributes { any, all });
        }
        if !has_tags {
            return Ok(Audience::Everybody);
        }
        Ok(Audience::Tags { any: self.tags_or, all: self.tags_and, not_all: self.tags_not })
    }
}

/// Whom a push is for, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Audience {
    /// All users.
    Everybody,
    /// By their tags. An empty list asks for nothing.
    Tags {
        /// At least one of these.
        any: Vec<String>,
        /// All of these.
        all: Vec<String>,
        /// Not all of these.
        not_all: Vec<String>,
    },
    /// By the values of attributes, each a slot and a value. An empty list asks for nothing.
    Attributes {
        /// At least one of these.
        any: Vec<(i64, String)>,
        /// All of these.
        all: Vec<(i64, String)>,
    },
    /// These accounts, by number, in order.
    Accounts(BTreeSet<i64>),
}

impl Audience {
    /// Whether somebody with these tags belongs to it; asked only of [`Self::Tags`].
    pub fn has_tags(&self, tags: &BTreeSet<String>) -> bool {
        let Self::Tags { any, all, not_all } = self else { return true };
        (any.is_empty() || any.iter().any(|tag| tags.contains(tag)))
            && all.iter().all(|tag| tags.contains(tag))
            && (not_all.is_empty() || !not_all.iter().all(|tag| tags.contains(tag)))
    }

    /// Whether somebody with these values, by slot, belongs to it; asked only of [`Self::Attributes`].
    pub fn has_attributes(&self, values: &BTreeMap<i64, String>) -> bool {
        let Self::Attributes { any, all } = self else { return true };
        let is_so = |(slot, value): &(i64, String)| values.get(slot) == Some(value);
        (any.is_empty() || any.iter().any(is_so)) && all.iter().all(is_so)
    }
}

/// What a push is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PushState {
    /// Not begun.
    Waiting = 0,
    /// On its way.
    Running = 1,
    /// Everybody had its turn, or its time is over.
    Finished = 2,
    /// Held by an operator.
    Paused = 3,
    /// Ended by an operator.
    Cancelled = 4,
    /// Taken back by the app.
    Withdrawn = 5,
}

impl PushState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Running, Self::Finished, Self::Paused, Self::Cancelled, Self::Withdrawn];

    /// The state of a number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as i64 == number)
    }

    /// Whether there is something left to do.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

/// Checks a tag that a user gets or loses; 90034 when it is empty or too long.
pub fn check_tag(tag: &str) -> Result<(), Error> {
    if tag.is_empty() {
        return Err(Error::new(Code::TagTooLong).detail("a tag has 1 to 50 bytes"));
    }
    if tag.len() > limit::TEXT_BYTES { Err(Code::TagTooLong.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::{Value, json};

    use super::{Audience, Condition, PushState, check_tag};
    use crate::Code;

    fn slots() -> BTreeMap<String, i64> {
        BTreeMap::from([("city".to_owned(), 0), ("level".to_owned(), 9)])
    }

    fn audience(value: Value) -> Result<Audience, Code> {
        Condition::read(value).and_then(|condition| condition.audience(&slots())).map_err(|error| error.code)
    }

    #[test]
    fn conditions_become_audiences() {
        assert_eq!(audience(json!({})), Ok(Audience::Everybody));
        let tags = audience(json!([{"TagsOr": ["a"]}, {"TagsOr": ["b"], "TagsAnd": ["c"]}])).unwrap();
        let expected = Audience::Tags { any: vec!["a".into(), "b".into()], all: vec!["c".into()], not_all: vec![] };
        assert_eq!(tags, expected);
        let attributes = audience(json!({"AttrsAnd": {"city": "Ghent"}})).unwrap();
        assert_eq!(attributes, Audience::Attributes { any: vec![], all: vec![(0, "Ghent".into())] });
    }

    #[test]
    fn each_wrong_condition_has_its_code() {
        let long = "t".repeat(51);
        let many: Vec<String> = (0..11).map(|number| number.to_string()).collect();
        for (value, code) in [
            (json!({"TagsOr": "a"}), Code::PushConditionInvalid),
            (json!("all"), Code::PushConditionInvalid),
            (json!({"AttrsOr": {"city": 7}}), Code::PushConditionInvalid),
            (json!({"TagsOr": ["a"], "AttrsOr": {"city": "x"}}), Code::PushConditionMixed),
            (json!({"TagsOr": ["a"], "TagsAnd": ["b", "a"]}), Code::PushTagRepeated),
            (json!({"TagsAnd": [""]}), Code::PushTagEmpty),
            (json!({"TagsOr": [long]}), Code::PushTagInvalid),
            (json!({"TagsNot": many}), Code::TooManyPushTags),
            (json!({"AttrsAnd": {"size": "x"}}), Code::PushAttributeUndefined),
        ] {
            assert_eq!(audience(value.clone()), Err(code), "{value}");
        }
    }

    #[test]
    fn audiences_are_those_of_their_words() {
        let tagged = |value: Value, tags: &[&str]| {
            audience(value).unwrap().has_tags(&tags.iter().map(|tag| (*tag).to_owned()).collect::<BTreeSet<_>>())
        };
        assert!(tagged(json!({"TagsOr": ["a", "b"]}), &["b"]));
        assert!(!tagged(json!({"TagsOr": ["a", "b"]}), &["c"]));
        assert!(tagged(json!({"TagsAnd": ["a", "b"]}), &["a", "b", "c"]));
        assert!(!tagged(json!({"TagsAnd": ["a", "b"]}), &["a"]));
        assert!(!tagged(json!({"TagsOr": ["a"], "TagsAnd": ["b"]}), &["a"]), "both must hold");
        assert!(tagged(json!({"TagsNot": ["a", "b"]}), &["a"]));
        assert!(!tagged(json!({"TagsNot": ["a", "b"]}), &["a", "b"]));
        let living = |value: Value, city: &str| {
            audience(value).unwrap().has_attributes(&BTreeMap::from([(0, city.to_owned()), (9, "1".to_owned())]))
        };
        assert!(living(json!({"AttrsAnd": {"city": "Ghent", "level": "1"}}), "Ghent"));
        assert!(!living(json!({"AttrsAnd": {"city": "Ghent", "level": "2"}}), "Ghent"));
        assert!(living(json!({"AttrsOr": {"city": "Ghent", "level": "2"}}), "Ghent"));
        assert!(!living(json!({"AttrsOr": {"city": "Ghent"}, "AttrsAnd": {"level": "1"}}), "Bruges"));
    }

    #[test]
    fn tags_have_1_to_50_bytes() {
        assert!(check_tag(&"t".repeat(50)).is_ok());
        assert!(check_tag("").is_err() && check_tag(&"t".repeat(51)).is_err());
    }

    #[test]
    fn states_are_read_back() {
        for state in PushState::ALL {
            assert_eq!(PushState::from_number(state as i64), Some(state));
        }
        assert_eq!(PushState::from_number(6), None);
    }
}
