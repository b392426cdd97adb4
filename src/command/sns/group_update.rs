//! Renames a friend group, or changes who is in it.

use std::sync::Arc;

use model::{Code, Error, friend::check_group_name};
use serde::{Deserialize, Serialize};
use service::relation::Membership;

use super::shared::{Asked, outcome};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    group_old_name: String,
    #[serde(default)]
    group_new_name: Option<String>,
    #[serde(default)]
    update_group_item: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    #[serde(rename = "UpdateType")]
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    #[serde(rename = "Update_Type_Add")]
    Add,
    #[serde(rename = "Update_Type_Delete")]
    Delete,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    result_item: Vec<Changed>,
    current_sequence: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Changed {
    #[serde(rename = "To_Account")]
    user: String,
    update_type: Kind,
    result_code: i32,
    result_info: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.group_update")
        .doors(Doors::SOCKET)
        .fails(&[Code::RelationAccountMissing, Code::RelationCollision, Code::FriendGroupAccountNotFriend])
        .example(
            r#"{"From_Account":"alice","GroupOldName":"work","UpdateGroupItem":[{"To_Account":"bob","UpdateType":"Update_Type_Add"}]}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let (app, services) = (cx.app()?, &cx.services);
        let mut name = self.group_old_name;
        if let Some(new) = self.group_new_name.filter(|new| !new.is_empty()) {
            check_group_name(&new)?;
            services.rename_friend_group(app, &me, &name, &new).await?;
            name = new;
        }
        let mut result_item = Vec::new();
        if !self.update_group_item.is_empty() {
            Asked::check(self.update_group_item.len())?;
            let (mut asked, mut changes, mut kinds) = (Asked::default(), Vec::new(), Vec::new());
            for item in self.update_group_item {
                kinds.push(item.kind);
                let found = asked.add(&cx, item.user, Ok(item.kind == Kind::Add)).await?;
                changes.extend(found.map(|(friend, joins)| Membership { friend, joins }));
            }
            let done = services.change_friend_group(app, &me, &name, &changes).await?;
            for ((user, result), update_type) in asked.answered(done).zip(kinds) {
                let (result_code, result_info) = outcome(&result);
                result_item.push(Changed { user, update_type, result_code, result_info });
            }
        }
        Ok(Reply { result_item, current_sequence: services.friend_group_sequence(&me).await? })
    }
}
