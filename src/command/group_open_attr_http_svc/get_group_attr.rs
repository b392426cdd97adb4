//! The attributes of a group (REST v4 `get_group_attr`).

use std::sync::Arc;

use model::{Code, Error, group::rule::Action};
use serde::{Deserialize, Serialize};

use crate::group_open_http_svc::shared::{by, group};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    attr_main_seq: i64,
    group_attr_ary: Vec<Attribute>,
}

/// Written in lower case.
#[derive(Serialize)]
struct Attribute {
    key: String,
    value: String,
    seq: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_attr_http_svc.get_group_attr")
        .fails(&[Code::GroupMissing, Code::GroupNoPermission])
        .example(r#"{"GroupId":"hikers-01"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::ChangeAttributes)?;
        let attributes = cx.services.attributes(&group).await?;
        let values = attributes.values.into_iter();
        let group_attr_ary = values.map(|(key, (value, seq))| Attribute { key, value, seq }).collect();
        Ok(Reply { attr_main_seq: attributes.latest, group_attr_ary })
    }
}
