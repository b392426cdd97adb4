//! Who is banned from a live room, page by page (REST v4 `get_group_ban_member`).

use std::sync::Arc;

use model::{Code, Error, group::rule::Action};
use serde::{Deserialize, Serialize};

use super::shared::{by, group};
use crate::{Command, Context, Spec};

/// The most accounts of one page.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    limit: Option<usize>,
    #[serde(default)]
    offset: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    banned_account_list: Vec<Banned>,
    next_offset: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Banned {
    #[serde(rename = "Member_Account")]
    account: String,
    banned_until: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_ban_member")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing])
        .example(r#"{"GroupId":"live-01","Limit":100,"Offset":0}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let limit = self.limit.unwrap_or(PAGE);
        if !(1..=PAGE).contains(&limit) {
            return Err(Error::new(Code::GroupParameterInvalid).detail("Limit is 1 to 100"));
        }
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::Ban)?;
        let banned = cx.services.banned(&group).await?;
        let total = banned.len();
        let page = banned.into_iter().skip(self.offset).take(limit);
        let list: Vec<Banned> = page.map(|(account, until)| Banned { account, banned_until: until }).collect();
        let end = self.offset.saturating_add(list.len());
        Ok(Reply { banned_account_list: list, next_offset: if end < total { end } else { 0 } })
    }
}
