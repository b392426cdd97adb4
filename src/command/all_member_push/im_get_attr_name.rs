//! The names of the app's attributes (REST v4 `im_get_attr_name`).

use std::{collections::BTreeMap, sync::Arc};

use model::Error;
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    /// By slot, `0` to `9`.
    attr_names: BTreeMap<String, String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("all_member_push.im_get_attr_name").doors(Doors::REST).rate(100);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let slots = cx.services.push_slots(cx.app()?.sdkappid).await?;
        Ok(Reply { attr_names: slots.into_iter().map(|(name, slot)| (slot.to_string(), name)).collect() })
    }
}
