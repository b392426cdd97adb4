//! Names the app's attributes (REST v4 `im_set_attr_name`).

use std::{collections::BTreeMap, sync::Arc};

use model::{Code, Error};
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// By slot, `0` to `9`.
    attr_names: BTreeMap<String, String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("all_member_push.im_set_attr_name")
        .doors(Doors::REST)
        .rate(100)
        .fails(&[Code::SyncFromOldSystemInvalid])
        .example(r#"{"AttrNames":{"0":"city","1":"level"}}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let slot = |(slot, name): (String, String)| match slot.parse() {
            Ok(slot) => Ok((slot, name)),
            Err(_) => Err(Error::new(Code::OpenimBodyNotJson).detail("attributes are numbered from 0 to 9")),
        };
        let names = self.attr_names.into_iter().map(slot).collect::<Result<_, _>>()?;
        cx.services.name_push_slots(cx.app()?.sdkappid, names).await
    }
}
