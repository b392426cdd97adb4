//! Named members of a group (REST v4 `get_specified_group_member_info`); who is no member is left out.

use std::sync::Arc;

use model::{
    Code, Error, GroupKind,
    group::{limit::ASKED, rule::Action},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::shared::{asker, by, check_count, check_filters, filters, group, know_who_spoke, listed_member, read_marks};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "Member_List_Account")]
    members: Vec<String>,
    member_info_filter: Option<Vec<String>>,
    #[serde(rename = "AppDefinedDataFilter_GroupMember")]
    fields: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    member_list: Vec<Value>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_specified_group_member_info")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupTooManyAccounts])
        .example(r#"{"GroupId":"hikers-01","Member_List_Account":["bob"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check_count(self.members.len(), ASKED)?;
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        // Clients look up a listener of a live room before they mute it.
        if group.kind != GroupKind::AvChatRoom || filters(&cx) {
            group.check(&by, Action::ReadMembers)?;
        }
        let (names, fields) = (self.member_info_filter.as_deref(), self.fields.as_deref());
        check_filters(&cx, None, fields)?;
        let asker = asker(&cx, &group, &by)?;
        know_who_spoke(&cx, &group, names).await?;
        let read = read_marks(&cx, &group, names).await?;
        let mut member_list = Vec::with_capacity(self.members.len());
        for name in &self.members {
            let account = cx.find(name).await?;
            if let Some(member) = account.and_then(|account| group.participant(&account)) {
                member_list.push(listed_member(&cx, (&asker, &group), (&member, &read), names, fields));
            }
        }
        Ok(Reply { member_list })
    }
}
