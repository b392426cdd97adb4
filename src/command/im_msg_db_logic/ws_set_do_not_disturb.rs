//! Sets when and how messages of all conversations arrive.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};
use service::Quiet;

use crate::{Command, Context, Doors, Spec};

/// The time as clients write it, in requests, replies and pushes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// 0 notify, 1 discard, 2 quiet.
    #[serde(default)]
    level: i64,
    #[serde(default)]
    start_time: i64,
    #[serde(default)]
    end_time: i64,
    #[serde(default)]
    is_repeated: i64,
}

impl From<Quiet> for Request {
    fn from(quiet: Quiet) -> Self {
        Self { level: quiet.level, start_time: quiet.start, end_time: quiet.end, is_repeated: quiet.repeated.into() }
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("im_msg_db_logic.ws_set_do_not_disturb")
        .doors(Doors::SOCKET)
        .example(r#"{"StartTime":1700000000,"EndTime":1700003600,"IsRepeated":1,"Level":2}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let me = cx.me()?;
        if !(0..=2).contains(&self.level) {
            return Err(Error::new(Self::SPEC.malformed).detail("Level is 0, 1 or 2"));
        }
        let quiet =
            Quiet { level: self.level, start: self.start_time, end: self.end_time, repeated: self.is_repeated == 1 };
        cx.services.accounts.set_preferences(me, |preferences| preferences.quiet = quiet).await?;
        let event = format!(
            r#""Event":24,"Level":{},"StartTime":{},"EndTime":{},"IsRepeated":{}"#,
            self.level, self.start_time, self.end_time, self.is_repeated
        );
        cx.services.tell(me.number, event, cx.instance());
        Ok(())
    }
}
