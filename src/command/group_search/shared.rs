//! What requests to search for groups, members and users have in common.

use model::{Code, Error, GroupKind};
use serde::Deserialize;
use service::{GroupFilter, Words};

/// How many a page has unless the client says.
const USUAL: i64 = 20;
/// The most of a page.
const MOST: i64 = 100;

/// What is looked for, and which part of what is found.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Wanted {
    keywords: Vec<String>,
    /// 0 any of the words, 1 all of them.
    #[serde(default)]
    keyword_match_type: u8,
    #[serde(default)]
    count: Option<i64>,
    #[serde(default)]
    pub cursor: String,
}

impl Wanted {
    pub fn words(&self) -> Result<Words, Error> {
        match self.keyword_match_type {
            0 | 1 => Words::new(&self.keywords, self.keyword_match_type == 1),
            _ => Err(Error::new(Code::SearchInvalid).detail("KeywordMatchType is 0 or 1")),
        }
    }

    pub fn limit(&self) -> Result<usize, Error> {
        let count = self.count.unwrap_or(USUAL);
        if !(1..=MOST).contains(&count) {
            return Err(Error::new(Code::SearchInvalid).detail("Count is 1 to 100"));
        }
        Ok(count as usize)
    }

    pub fn groups(&self, kinds: &[String], ids: Vec<String>) -> Result<GroupFilter, Error> {
        let kind = |name: &String| {
            GroupKind::from_name(name)
                .ok_or_else(|| Error::new(Code::SearchInvalid).detail(format!("there is no GroupType {name}")))
        };
        Ok(GroupFilter { words: self.words()?, kinds: kinds.iter().map(kind).collect::<Result<_, _>>()?, ids })
    }
}
