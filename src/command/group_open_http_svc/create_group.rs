//! Makes a group (REST v4 `create_group`).

use std::sync::Arc;

use model::{Code, Error, GroupKind, Role, group::limit::ACCOUNTS};
use serde::{Deserialize, Serialize};
use service::group::NewGroup;

use super::shared::{Field, by, check_count, fields, invite_option, join_option};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "Type")]
    kind: String,
    name: String,
    group_id: Option<String>,
    #[serde(rename = "Owner_Account")]
    owner: Option<String>,
    #[serde(default)]
    introduction: String,
    #[serde(default)]
    notification: String,
    #[serde(default)]
    face_url: String,
    #[serde(alias = "MaxMemberNum")]
    max_member_count: Option<u64>,
    apply_join_option: Option<String>,
    invite_join_option: Option<String>,
    #[serde(default)]
    member_list: Vec<First>,
    #[serde(default)]
    app_defined_data: Vec<Field>,
    #[serde(default)]
    support_topic: i64,
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
        let new = NewGroup {
            kind: GroupKind::from_name(&self.kind),
            id: self.group_id,
            name: self.name,
            introduction: self.introduction,
            notification: self.notification,
            face: self.face_url,
            most_members: self.max_member_count,
            join: join_option(self.apply_join_option.as_deref())?,
            invite: invite_option(self.invite_join_option.as_deref())?,
            fields: fields(self.app_defined_data),
            topics: self.support_topic == 1,
            owner,
            members,
            imported: None,
        };
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
