//! The one error a command can end with.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use crate::code::{Code, Kind};

/// A failed request: what the caller is told, and what only the log is told.
#[derive(Debug)]
pub struct Error {
    /// Which failure it is.
    pub code: Code,
    /// Text for the caller, never an internal; the code's own text unless replaced.
    pub detail: Cow<'static, str>,
    /// The cause, for the log only.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// A JSON object whose members are sent beside the error, such as a message's present state with 20027.
    pub fields: Option<Box<RawValue>>,
    /// A number the application's callback chose; sent in place of the code's own.
    pub number: Option<i32>,
}

impl Error {
    /// Makes an error whose text is the code's own.
    pub const fn new(code: Code) -> Self {
        Self { code, detail: Cow::Borrowed(code.text()), source: None, fields: None, number: None }
    }

    /// Makes the error of a callback that refused with a number of the application's own.
    ///
    /// Applications own 10100 to 10200, 38000 to 39000 and 120001 to 130000; with any other number the code's own is sent.
    #[must_use]
    pub fn refused(code: Code, number: i32) -> Self {
        let own = matches!(number, 10_100..=10_200 | 38_000..=39_000 | 120_001..=130_000);
        Self { number: own.then_some(number), ..Self::new(code) }
    }

    /// Replaces the text for the caller.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Attaches the cause, for the log only.
    #[must_use]
    pub fn source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Attaches a JSON object whose members are sent beside the error.
    #[must_use]
    pub fn fields(mut self, fields: Box<RawValue>) -> Self {
        self.fields = Some(fields);
        self
    }

    /// Returns the number to send: the application's own, else the code's.
    pub fn number(&self) -> i32 {
        self.number.unwrap_or(self.code.number())
    }

    /// Returns the code's kind.
    pub const fn kind(&self) -> Kind {
        self.code.kind()
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.detail, self.number())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::Error;
    use crate::code::{Code, Kind};

    #[test]
    fn text_falls_back_to_the_code() {
        let error = Error::from(Code::Blocked);
        assert_eq!(error.to_string(), "the receiver has blocked the sender (20007)");
        assert_eq!(error.detail("no").to_string(), "no (20007)");
    }

    #[test]
    fn only_the_apps_own_numbers_replace_the_codes() {
        assert_eq!(Error::refused(Code::MessageCallbackRefused, 120_001).number(), 120_001);
        assert_eq!(Error::refused(Code::GroupCallbackRefused, 10_200).number(), 10_200);
        assert_eq!(Error::refused(Code::MessageCallbackRefused, 130_001).number(), 20006);
        assert_eq!(Error::refused(Code::MessageCallbackRefused, 1).number(), 20006);
    }

    #[test]
    fn the_cause_stays_out_of_the_text() {
        let error = Error::new(Code::Broken).source("disk full");
        assert_eq!(error.kind(), Kind::Ours);
        assert!(!error.to_string().contains("disk"));
        let source = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("disk full"));
    }
}
