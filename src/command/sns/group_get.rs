//! The user's friend groups (REST v4 `group_get`).

use std::{collections::HashMap, sync::Arc};

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    /// All groups when it is missing or empty.
    #[serde(default)]
    group_name: Vec<String>,
    #[serde(default)]
    need_friend: NeedFriend,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
enum NeedFriend {
    #[serde(rename = "Need_Friend_Type_Yes")]
    Yes,
    #[default]
    #[serde(rename = "Need_Friend_Type_No")]
    No,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    result_item: Vec<Item>,
    current_sequence: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    group_name: String,
    friend_number: i64,
    #[serde(rename = "To_Account", skip_serializing_if = "Option::is_none")]
    users: Option<Vec<String>>,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.group_get")
        .fails(&[Code::RelationAccountMissing])
        .example(r#"{"From_Account":"alice","NeedFriend":"Need_Friend_Type_Yes","LastSequence":0}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let with_members = self.need_friend == NeedFriend::Yes;
        let (groups, members, sequence) = cx.services.friend_groups(&me, with_members).await?;
        let mut users: HashMap<String, Vec<String>> = HashMap::new();
        for (group, user) in members {
            users.entry(group).or_default().push(user);
        }
        let is_asked = |name: &String| self.group_name.is_empty() || self.group_name.contains(name);
        let item = |group: store::tables::friend::FriendGroupRow| Item {
            users: with_members.then(|| users.remove(&group.name).unwrap_or_default()),
            friend_number: group.count,
            group_name: group.name,
        };
        let result_item = groups.into_iter().filter(|group| is_asked(&group.name)).map(item).collect();
        Ok(Reply { result_item, current_sequence: sequence })
    }
}
