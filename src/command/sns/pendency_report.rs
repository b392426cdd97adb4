//! Says that the user has seen the applications up to a second.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    /// Seconds since 1970.
    #[serde(rename = "LatestPendencyTimeStamp", default)]
    latest: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.pendency_report")
        .doors(Doors::SOCKET)
        .fails(&[Code::RelationAccountMissing, Code::RelationCollision])
        .example(r#"{"From_Account":"alice","LatestPendencyTimeStamp":1700000000}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        cx.services.report_applications(&me, self.latest).await
    }
}
