//! The list that requests about words bring.

use model::{Code, Error};
use serde::Deserialize;

/// The most words of one request.
const A_REQUEST: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct List {
    dirty_words_list: Vec<String>,
}

impl List {
    /// 1 to 50 words.
    pub fn words(self) -> Result<Vec<String>, Error> {
        if self.dirty_words_list.is_empty() || self.dirty_words_list.len() > A_REQUEST {
            return Err(Error::new(Code::GroupParameterInvalid).detail("DirtyWordsList has 1 to 50 words"));
        }
        Ok(self.dirty_words_list)
    }
}
