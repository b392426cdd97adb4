//! What waits for the user's decision in communities. Clients ask both services and show what both answer.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use crate::{
    Command, Context, Doors, Spec,
    group_open_http_svc::get_pendency::{Page, Reply},
};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(Page);

impl Command for Request {
    const SPEC: Spec = Spec::group("million_group_open_http_svc.get_pendency")
        .doors(Doors::SOCKET)
        .example(r#"{"StartTime":0,"Limit":20,"Handle_Account":"alice"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        self.0.list(&cx, true).await
    }
}
