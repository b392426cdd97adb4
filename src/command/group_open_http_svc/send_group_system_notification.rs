//! Tells members who are connected what the app has to say (REST v4 `send_group_system_notification`); nothing is
//! stored.

use std::sync::Arc;

use model::{Code, Error, group::limit::ACCOUNTS};
use serde::Deserialize;

use super::shared::{by, check_count, place};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    content: String,
    #[serde(rename = "ToMembers_Account", default)]
    members: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.send_group_system_notification")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupTooManyAccounts])
        .example(r#"{"GroupId":"hikers-01","Content":"rain ahead","ToMembers_Account":["bob"]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        if self.members.is_empty() {
            return cx.services.tell_custom(&place, &by, &self.content, &[]);
        }
        check_count(self.members.len(), ACCOUNTS)?;
        if !place.group.kind.is_stored() {
            return Err(Error::new(Code::GroupNoPermission).detail("in this type of group only all are told"));
        }
        let mut told = Vec::with_capacity(self.members.len());
        for name in &self.members {
            told.extend(cx.find(name).await?.filter(|account| place.group.member(account.number).is_some()));
        }
        // Nobody named would be everybody.
        if told.is_empty() {
            return Ok(());
        }
        cx.services.tell_custom(&place, &by, &self.content, &told)
    }
}
