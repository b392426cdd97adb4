//! The older name of `query_online_status`.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use super::query_online_status as newer;
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(newer::Request);

impl Command for Request {
    const SPEC: Spec = Spec { name: "openim.querystate", ..newer::Request::SPEC };
    type Reply = newer::Reply;

    async fn run(self, cx: Arc<Context>) -> Result<newer::Reply, Error> {
        self.0.run(cx).await
    }

    fn malformed(body: &serde_json::Value) -> Option<Error> {
        newer::Request::malformed(body)
    }
}
