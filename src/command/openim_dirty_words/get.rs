//! The words that the app's users may not say (REST v4 `get`, until about 2020).

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    dirty_words_list: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_dirty_words.get").doors(Doors::REST);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let words = cx.services.words(cx.app()?.sdkappid).into_iter();
        let refused = words.filter(|row| !row.pattern && row.replacement.is_none());
        Ok(Reply { dirty_words_list: refused.map(|row| row.word).collect() })
    }
}
