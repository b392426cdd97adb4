//! Silences accounts in a group or in one of its topics for some seconds (REST v4 `forbid_send_msg`); 0 ends it.

use std::sync::Arc;

use model::{
    Code, Error,
    group::{limit::ACCOUNTS, rule::Action},
};
use serde::Deserialize;

use super::shared::{accounts, by, check_count, place};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    #[serde(rename = "Members_Account")]
    members: Vec<String>,
    #[serde(alias = "ShutUpTime")]
    mute_time: u32,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.forbid_send_msg")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupAccountMissing, Code::GroupTooManyAccounts])
        .example(r#"{"GroupId":"hikers-01","Members_Account":["bob"],"MuteTime":60}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        check_count(self.members.len(), ACCOUNTS)?;
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        place.group.check(&by, Action::MuteMember)?;
        let accounts = accounts(&cx, self.members.iter().map(String::as_str)).await?;
        cx.services.mute(&place, &by, &accounts, self.mute_time.into()).await
    }
}
