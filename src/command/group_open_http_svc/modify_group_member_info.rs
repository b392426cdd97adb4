//! Changes a member of a group (REST v4 `modify_group_member_info`): role, name card, custom fields, silence, how
//! messages arrive; the last two also in a topic alone.

use std::sync::Arc;

use model::{Code, Error, Role, group::Receive};
use serde::Deserialize;
use service::group::MemberChange;

use super::shared::{Field, by, fields, place};
use crate::{Command, Context, Door, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    #[serde(rename = "Member_Account")]
    account: String,
    role: Option<String>,
    name_card: Option<String>,
    msg_flag: Option<String>,
    #[serde(alias = "ShutUpTime")]
    mute_time: Option<u32>,
    #[serde(default)]
    app_member_defined_data: Vec<Field>,
}

fn invalid(detail: &'static str) -> Error {
    Error::new(Code::GroupParameterInvalid).detail(detail)
}

fn role(name: Option<&str>) -> Result<Option<Role>, Error> {
    match name {
        None | Some("") => Ok(None),
        Some("Admin") => Ok(Some(Role::Admin)),
        Some("Member") => Ok(Some(Role::Member)),
        Some(_) => Err(invalid("Role is Admin or Member")),
    }
}

fn receive(name: Option<&str>) -> Result<Option<Receive>, Error> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    Receive::from_name(name).map(Some).ok_or_else(|| invalid("MsgFlag names no receive option"))
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.modify_group_member_info")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupAccountMissing])
        .example(r#"{"GroupId":"hikers-01","Member_Account":"bob","NameCard":"Bob"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let change = MemberChange {
            role: role(self.role.as_deref())?,
            name_card: self.name_card,
            mute: self.mute_time.map(i64::from),
            fields: fields(self.app_member_defined_data),
            receive: receive(self.msg_flag.as_deref())?,
        };
        let nothing = change.role.is_none()
            && change.name_card.is_none()
            && change.mute.is_none()
            && change.fields.is_empty()
            && change.receive.is_none();
        if nothing {
            return Err(invalid("nothing is to be changed"));
        }
        let by = by(&cx, None).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        if cx.door == Door::Rest && !place.group.kind.is_stored() {
            return Err(Error::new(Code::GroupNoPermission).detail("members of this type of group are not stored"));
        }
        let account = cx.account(&self.account, Code::GroupAccountMissing).await?;
        cx.services.change_member(cx.app()?, &place, &by, &account, change).await
    }
}

#[cfg(test)]
mod tests {
    use model::{Role, group::Receive};

    use super::{receive, role};

    #[test]
    fn only_what_can_be_set_is_read() {
        assert_eq!(role(Some("Admin")).unwrap(), Some(Role::Admin));
        assert_eq!(role(Some("")).unwrap(), None);
        assert!(role(Some("Owner")).is_err());
        assert_eq!(receive(Some("Discard")).unwrap(), Some(Receive::Discard));
        assert!(receive(Some("discard")).is_err());
    }
}
