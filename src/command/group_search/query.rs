//! Searches the groups of the app that the user is in or may apply to, by id and name.

use std::sync::Arc;

use model::{Error, UserId, group::InviteOption, group::JoinOption};
use serde::{Deserialize, Serialize};
use service::group::LiveGroup;

use super::shared::Wanted;
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    wanted: Wanted,
    #[serde(default)]
    group_type: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    total_count: usize,
    cursor: String,
    groups: Vec<Found>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    #[serde(rename = "GroupID")]
    group: String,
    group_name: String,
    group_type: &'static str,
    group_face_url: String,
    group_introduction: String,
    #[serde(rename = "GroupOwnerUserID")]
    owner: String,
    group_owner_user_name: String,
    group_member_num: usize,
    group_add_option: JoinOption,
    group_invite_option: InviteOption,
}

impl Found {
    async fn of(cx: &Context, group: &LiveGroup) -> Result<Self, Error> {
        let owner = group.read().owner_name().to_owned();
        let nick = match UserId::new(&owner) {
            Some(user) => {
                cx.services.accounts.find(group.app, &user).await?.map(|owner| owner.profile.nick().to_owned())
            }
            None => None,
        };
        let info = group.info();
        Ok(Self {
            group: group.id.to_string(),
            group_name: info.name.clone(),
            group_type: group.kind.name(),
            group_face_url: info.face.clone(),
            group_introduction: info.introduction.clone(),
            owner,
            group_owner_user_name: nick.unwrap_or_default(),
            group_member_num: group.member_count(),
            group_add_option: info.join,
            group_invite_option: info.invite,
        })
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::search("group_search.query")
        .example(r#"{"Keywords":["hikers"],"KeywordMatchType":0,"GroupType":["Public"],"Count":20}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let filter = self.wanted.groups(&self.group_type, Vec::new())?;
        let (cursor, limit) = (&self.wanted.cursor, self.wanted.limit()?);
        let found = cx.services.search_groups(cx.app()?, cx.me()?, &filter, cursor, limit).await?;
        let mut groups = Vec::with_capacity(found.items.len());
        for group in &found.items {
            groups.push(Found::of(&cx, group).await?);
        }
        Ok(Reply { total_count: found.total, cursor: found.next.unwrap_or_default(), groups })
    }
}
