//! The user's friends: none yet, in the form that ends a client's paging.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.friend_get").doors(Doors::SOCKET);
    type Reply = Value;

    async fn run(self, _: Arc<Context>) -> Result<Value, Error> {
        Ok(json!({
            "UserDataItem": [], "FriendNum": 0, "NextStartIndex": 0, "StandardSequence": 0, "CustomSequence": 0, "CompleteFlag": 1,
        }))
    }
}
