//! Makes administrators of a live room or takes that back (REST v4 `modify_admin`).

use std::sync::Arc;

use model::{Code, Error, group::limit::ROOM_ADMINS};
use serde::Deserialize;

use super::shared::is_set;
use crate::{
    Command, Context, Doors, Spec,
    group_open_http_svc::shared::{accounts, by, check_count, group},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    command_type: i64,
    #[serde(rename = "Admin_Account")]
    admins: Names,
}

/// One name or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Many(Vec<String>),
}

impl Names {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name],
            Self::Many(names) => names,
        }
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_avchatroom_http_svc.modify_admin")
        .doors(Doors::REST)
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupAccountMissing, Code::GroupTooManyAccounts])
        .example(r#"{"GroupId":"live-01","CommandType":1,"Admin_Account":["bob"]}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let made = is_set(self.command_type)?;
        let names = self.admins.list();
        check_count(names.len(), ROOM_ADMINS)?;
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        let accounts = accounts(&cx, names.iter().map(String::as_str)).await?;
        cx.services.set_room_admins(&group, &by, &accounts, made).await
    }
}

#[cfg(test)]
mod tests {
    use super::Request;

    #[test]
    fn one_name_is_as_good_as_a_list() {
        for (text, names) in [(r#""bob""#, vec!["bob"]), (r#"["bob","carol"]"#, vec!["bob", "carol"])] {
            let body = format!(r#"{{"GroupId":"g","CommandType":1,"Admin_Account":{text}}}"#);
            assert_eq!(serde_json::from_str::<Request>(&body).unwrap().admins.list(), names);
        }
    }
}
