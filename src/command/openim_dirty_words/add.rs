//! Adds words that the app's users may not say (REST v4 `add`, until about 2020).

use std::sync::Arc;

use model::{Error, word::Word};
use serde::Deserialize;

use super::shared::List;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(flatten)]
    list: List,
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_dirty_words.add")
        .doors(Doors::REST)
        .example(r#"{"DirtyWordsList":["spamword","another"]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let words: Vec<Word> = self.list.words()?.iter().map(|word| Word::refused(word)).collect();
        cx.services.add_words(cx.app()?.sdkappid, &words, Self::SPEC.malformed).await
    }
}
