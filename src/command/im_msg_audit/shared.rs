//! What single texts and lists of them have in common.

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use crate::Context;

/// The longest content, in bytes.
const BYTES: usize = 8 * 1024;

/// Something to be audited.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Audited {
    /// `Text`, `Image`, `Audio`, `Video`.
    content_type: String,
    content: String,
}

/// What it was found to be.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Verdict {
    request_id: String,
    /// `Pass`, `Review` where words would be replaced, `Block`.
    result: &'static str,
    score: u8,
    label: &'static str,
    keywords: Vec<String>,
}

impl Audited {
    /// Looks for the app's words; 2015 for what is no text, which this server cannot look into.
    pub fn verdict(&self, cx: &Context) -> Result<Verdict, Error> {
        match self.content_type.as_str() {
            "Text" => {}
            "Image" | "Audio" | "Video" => return Err(Code::AuditDisabled.into()),
            _ => {
                return Err(
                    Error::new(Code::AuditParameterInvalid).detail("ContentType is Text, Image, Audio or Video")
                );
            }
        }
        if self.content.len() > BYTES {
            return Err(Error::new(Code::AuditParameterInvalid).detail("Content has at most 8 KiB"));
        }
        let (refused, replaced) = cx.services.words_in(cx.app()?.sdkappid, &self.content);
        let result = match (refused.is_empty(), replaced.is_empty()) {
            (false, _) => "Block",
            (true, false) => "Review",
            (true, true) => "Pass",
        };
        let is_clean = result == "Pass";
        Ok(Verdict {
            request_id: cx.services.world.hex(16),
            result,
            score: if is_clean { 0 } else { 100 },
            label: if is_clean { "Normal" } else { "Illegal" },
            keywords: refused.into_iter().chain(replaced).collect(),
        })
    }
}

/// Checks the name of the rules to be used: there is one set of words for all.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() { Err(Error::new(Code::AuditParameterInvalid).detail("AuditName is missing")) } else { Ok(()) }
}
