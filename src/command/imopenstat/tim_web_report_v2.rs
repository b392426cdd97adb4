//! A client's report of its own timings, which is taken and dropped.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec, Who};

#[derive(Deserialize)]
pub(crate) struct Request {}

impl Command for Request {
    const SPEC: Spec = Spec::new("imopenstat.tim_web_report_v2").doors(Doors::SOCKET).by(Who::Anybody);
    type Reply = ();

    async fn run(self, _: Arc<Context>) -> Result<(), Error> {
        Ok(())
    }
}
