//! Words that an app does not let its users say: how many there are, and what becomes of them.

use crate::{Code, Error};

/// The longest word, in bytes.
pub const BYTES: usize = 200;
/// The most words of an app.
pub const WORDS: usize = 5000;
/// The most of them that are regular expressions.
pub const PATTERNS: usize = 100;

/// What becomes of a text that has the word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is refused.
    Refused,
    /// The word is replaced by this, where it is said in a message.
    Replaced(String),
}

/// A word, or a regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What is looked for: in upper or lower case where its letters are ASCII.
    pub text: String,
    /// It is a regular expression.
    pub pattern: bool,
    /// What becomes of texts that have it.
    pub fate: Fate,
}

impl Word {
    /// A word that is refused.
    pub fn refused(text: &str) -> Self {
        Self { text: text.into(), pattern: false, fate: Fate::Refused }
    }

    /// Checks its lengths. `invalid` is the code.
    pub fn check(&self, invalid: Code) -> Result<(), Error> {
        let replacement = if let Fate::Replaced(text) = &self.fate { text.len() } else { 0 };
        if self.text.trim().is_empty() || self.text.len() > BYTES || replacement > BYTES {
            return Err(Error::new(invalid).detail("a word has 1 to 200 bytes, and so has what it is replaced by"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Fate, Word};
    use crate::Code;

    #[test]
    fn words_have_lengths() {
        let check = |word: Word| word.check(Code::GroupParameterInvalid).is_ok();
        assert!(check(Word::refused("a")) && check(Word::refused(&"a".repeat(200))));
        assert!(!check(Word::refused("")) && !check(Word::refused("  ")) && !check(Word::refused(&"a".repeat(201))));
        let replaced = |by: usize| Word { fate: Fate::Replaced("*".repeat(by)), ..Word::refused("a") };
        assert!(check(replaced(0)) && check(replaced(200)) && !check(replaced(201)));
    }
}
