//! Changes what is said of a group (REST v4 `modify_group_base_info`); what is not named stays.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use service::group::GroupChange;

use super::shared::{Field, by, fields, group, invite_option, join_option, switch};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "From_Account")]
    from: Option<String>,
    name: Option<String>,
    introduction: Option<String>,
    notification: Option<String>,
    face_url: Option<String>,
    #[serde(alias = "MaxMemberCount")]
    max_member_num: Option<u64>,
    apply_join_option: Option<String>,
    invite_join_option: Option<String>,
    #[serde(alias = "ShutUpAllMember")]
    mute_all_member: Option<String>,
    #[serde(default)]
    app_defined_data: Vec<Field>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.modify_group_base_info")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupAccountMissing])
        .example(r#"{"GroupId":"hikers-01","Name":"Climbers","MuteAllMember":"Off"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let change = GroupChange {
            name: self.name,
            introduction: self.introduction,
            notification: self.notification,
            face: self.face_url,
            most_members: self.max_member_num,
            join: join_option(self.apply_join_option.as_deref())?,
            invite: invite_option(self.invite_join_option.as_deref())?,
            muted: switch("MuteAllMember", self.mute_all_member.as_deref())?,
            fields: fields(self.app_defined_data),
        };
        let by = by(&cx, self.from.as_deref()).await?;
        let group = group(&cx, &self.group_id).await?;
        cx.services.change_group(cx.app()?, &group, &by, change).await
    }
}
