//! What requests about audited words have in common.

use model::{
    Code, Error,
    word::{Fate, Word},
};
use serde::{Deserialize, Serialize};

use crate::Context;

/// The most words of one request.
const A_REQUEST: usize = 10;
/// `WordType`: a regular expression.
pub(super) const PATTERN: u8 = 2;
/// `FilterType`: the word is replaced.
pub(super) const REPLACE: u8 = 1;
/// `FilterType`: the text is refused.
pub(super) const BLOCK: u8 = 2;

/// Words of an app, as requests bring them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct List {
    sdk_app_id: Option<u32>,
    local_audit_words: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    keyword: String,
    /// 1 word, 2 regular expression.
    word_type: u8,
    /// 1 replace, 2 block; what is deleted needs none.
    #[serde(default)]
    filter_type: Option<u8>,
    #[serde(default)]
    replaced_content: String,
}

/// The name of a request, for whoever asks about it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Done {
    pub request_id: String,
}

impl Done {
    pub fn new(cx: &Context) -> Self {
        Self { request_id: cx.services.world.hex(16) }
    }
}

fn invalid(why: &'static str) -> Error {
    Error::new(Code::AuditParameterInvalid).detail(why)
}

/// The app that a request names must be the one that asks.
pub(super) fn check_app(cx: &Context, named: Option<u32>) -> Result<(), Error> {
    let is_mine = named.is_none_or(|named| cx.app().is_ok_and(|app| app.sdkappid == named));
    if is_mine { Ok(()) } else { Err(invalid("SdkAppId is not the app that asks")) }
}

impl List {
    /// 1 to 10 words: 2016 for more.
    fn check(&self, cx: &Context) -> Result<(), Error> {
        check_app(cx, self.sdk_app_id)?;
        if self.local_audit_words.is_empty() {
            return Err(invalid("LocalAuditWords has 1 to 10 words"));
        }
        if self.local_audit_words.len() > A_REQUEST {
            return Err(Code::TooManyAuditWords.into());
        }
        if self.local_audit_words.iter().any(|item| !(1..=PATTERN).contains(&item.word_type)) {
            return Err(invalid("WordType is 1 or 2"));
        }
        Ok(())
    }

    pub fn words(&self, cx: &Context) -> Result<Vec<Word>, Error> {
        self.check(cx)?;
        let word = |item: &Item| {
            let fate = match item.filter_type {
                Some(REPLACE) => Fate::Replaced(item.replaced_content.clone()),
                Some(BLOCK) => Fate::Refused,
                _ => return Err(invalid("FilterType is 1 or 2")),
            };
            Ok(Word { text: item.keyword.clone(), pattern: item.word_type == PATTERN, fate })
        };
        self.local_audit_words.iter().map(word).collect()
    }

    /// Which words are meant: whether each is a regular expression, and its text.
    pub fn named(self, cx: &Context) -> Result<Vec<(bool, String)>, Error> {
        self.check(cx)?;
        Ok(self.local_audit_words.into_iter().map(|item| (item.word_type == PATTERN, item.keyword)).collect())
    }
}
