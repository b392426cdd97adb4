//! Takes words back that the app's users may not say (REST v4 `delete`, until about 2020).

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use super::shared::List;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(flatten)]
    list: List,
}

impl Command for Request {
    const SPEC: Spec =
        Spec::parameter("openim_dirty_words.delete").doors(Doors::REST).example(r#"{"DirtyWordsList":["spamword"]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let words: Vec<_> = self.list.words()?.into_iter().map(|word| (false, word)).collect();
        cx.services.remove_words(cx.app()?.sdkappid, &words).await
    }
}
