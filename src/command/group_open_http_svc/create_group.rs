//! Makes a group (REST v4 `create_group`).

use std::sync::Arc;

use model::{Code, Error, GroupKind, Role, group::limit::ACCOUNTS};
use serde::{Deserialize, Serialize};
use service::group::NewGroup;

use super::shared::{Draft, Field, by, check_count, fields};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    draft: Draft,
    #[serde(rename = "Owner_Account")]
    owner: Option<String>,
    #[serde(default)]
    member_list: Vec<First>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct First {
    #[serde(rename = "Member_Account")]
    account: String,
    role: Option<String>,
    #[serde(default)]
    app_member_defined_data: Vec<Field>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    group_id: String,
    #[serde(rename = "Type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    huge_group_flag: Option<u8>,
    #[serde(rename = "OverJoinedGroupLimit_Account", skip_serializing_if = "Vec::is_empty")]
    over: Vec<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.create_group")
        .fails(&[
            Code::GroupIdInvalid,
            Code::GroupIdTaken,
            Code::GroupIdTakenByOwner,
            Code::GroupAccountMissing,
            Code::GroupTooManyAccounts,
            Code::GroupTooFrequent,
            Code::LiveGroupQuotaUsedUp,
            Code::UserGroupQuotaUsedUp,
            Code::MemberQuotaUsedUp,
            Code::CommunityDisabled,
        ])
        .example(
            r#"{"Owner_Account":"alice","Type":"Public","Name":"Hikers","MemberList":[{"Member_Account":"bob"}]}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let by = by(&cx, None).await?;
        if !self.member_list.is_empty() {
            check_count(self.member_list.len(), ACCOUNTS)?;
        }
        // A user makes groups of its own.
        let owner = match (&self.owner, by.app && cx.is_admin()) {
            (Some(name), true) if !name.is_empty() => Some(cx.account(name, Code::GroupAccountMissing).await?),
            (_, true) => None,
            (_, false) => Some(by.account.clone()),
        };
        let mut members = Vec::with_capacity(self.member_list.len());
        for first in self.member_list {
            let role = match first.role.as_deref() {
                None | Some("" | "Member") => Role::Member,
                Some("Admin") => Role::Admin,
                Some(_) => return Err(Error::new(Code::GroupParameterInvalid).detail("a first member's Role is Admin")),
            };
            let account = cx.account(&first.account, Code::GroupAccountMissing).await?;
            members.push((account, role, fields(first.app_member_defined_data)));
        }
        let new = NewGroup { owner, members, ..self.draft.into_group()? };
        let (group, over) = cx.services.create_group(cx.app()?, &by, new).await?;
        // One SDK takes whoever makes a live room for a listener and never joins; for the others joining changes nothing.
        if let (GroupKind::AvChatRoom, Some(session)) = (group.kind, cx.session()) {
            cx.services.apply(cx.app()?, &group, &by, session, ("", false)).await?;
        }
        Ok(Reply {
            group_id: group.id.to_string(),
            kind: group.kind.name(),
            huge_group_flag: (group.kind == GroupKind::Community).then_some(0),
            over: over.iter().map(|account| account.user.to_string()).collect(),
        })
    }
}
