//! The user's friend applications: none yet.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.pendency_get").doors(Doors::SOCKET);
    type Reply = Value;

    async fn run(self, _: Arc<Context>) -> Result<Value, Error> {
        Ok(json!({"PendencyItem": [], "UnreadPendencyCount": 0, "StartTime": 0, "CurrentSequence": 0}))
    }
}
