//! The user's conversation groups, and the conversations that have marks or groups (REST v4 `get_contact_group`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use super::shared::{Group, Marked};
use crate::{Command, Context, Spec};

/// The most conversations of a page.
const PAGE: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(default)]
    start_index: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    complete_flag: u8,
    next_start_index: usize,
    group_item: Vec<Group>,
    contact_item: Vec<Marked>,
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.get_contact_group")
        .fails(&[Code::ContactAccountMissing])
        .example(r#"{"From_Account":"alice","StartIndex":0}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::ContactAccountMissing).await?;
        let groups = cx.services.contact_groups(&me).await?;
        let mut members = cx.services.contact_group_members(&me).await?;
        let mut marked: Vec<Marked> = Vec::new();
        for row in cx.services.all_contact_rows(&me).await?.into_iter().filter(|row| !row.peer_user.is_empty()) {
            let groups = members.remove(&row.conversation).unwrap_or_default();
            if row.marks != 0 || !row.custom_mark.is_empty() || !groups.is_empty() {
                marked.push(Marked::new(row, groups));
            }
        }
        let next = self.start_index.saturating_add(PAGE);
        let more = next < marked.len();
        Ok(Reply {
            complete_flag: (!more).into(),
            next_start_index: if more { next } else { 0 },
            group_item: groups.into_iter().map(|(group_id, group_name)| Group { group_id, group_name }).collect(),
            contact_item: marked.into_iter().skip(self.start_index).take(PAGE).collect(),
        })
    }
}
