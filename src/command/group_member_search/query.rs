//! Searches the members of the user's groups by name, nickname and name card.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};
use service::FoundMember;

use crate::{Command, Context, Spec, group_search::shared::Wanted};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    wanted: Wanted,
    #[serde(default)]
    group_type: Vec<String>,
    #[serde(default)]
    group_id_list: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    total_count: usize,
    cursor: String,
    group_members: Vec<Found>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    #[serde(rename = "GroupID")]
    group: String,
    group_name: String,
    group_type: &'static str,
    group_face_url: String,
    #[serde(rename = "GroupMemberUserID")]
    user: String,
    group_member_user_name: String,
    group_member_name_card: String,
    group_member_avatar: String,
}

impl Found {
    fn of(member: FoundMember) -> Self {
        let FoundMember { group, account, name_card } = member;
        let info = group.info();
        Self {
            group: group.id.to_string(),
            group_name: info.name.clone(),
            group_type: group.kind.name(),
            group_face_url: info.face.clone(),
            user: account.user.to_string(),
            group_member_user_name: account.profile.nick().to_owned(),
            group_member_name_card: name_card,
            group_member_avatar: account.profile.image().to_owned(),
        }
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::search("group_member_search.query")
        .example(r#"{"Keywords":["ann"],"KeywordMatchType":0,"GroupIdList":["hikers-01"],"Count":20}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let (cursor, limit) = (self.wanted.cursor.clone(), self.wanted.limit()?);
        let filter = self.wanted.groups(&self.group_type, self.group_id_list)?;
        let found = cx.services.search_members(cx.app()?, cx.me()?, &filter, &cursor, limit).await?;
        Ok(Reply {
            total_count: found.total,
            cursor: found.next.unwrap_or_default(),
            group_members: found.items.into_iter().map(Found::of).collect(),
        })
    }
}
