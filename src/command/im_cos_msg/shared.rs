//! What requests that name one uploaded file have in common.

use model::{Code, Error};
use serde::Deserialize;

use crate::Context;

/// A file by its address.
#[derive(Deserialize)]
pub(crate) struct Named {
    #[serde(rename = "RawURL")]
    url: String,
}

impl Named {
    /// Takes the file from users' sight, or shows it again; 10004 when it was not uploaded here.
    pub async fn withhold(&self, cx: &Context, withheld: bool) -> Result<(), Error> {
        let missing = || Error::new(Code::GroupParameterInvalid).detail("RawURL is not a file that was uploaded here");
        let file = cx.services.file_at(cx.app()?.sdkappid, &self.url).await?.ok_or_else(missing)?;
        cx.services.withhold_file(&file, withheld).await
    }
}
