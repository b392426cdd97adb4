//! Adds friends, or asks for their consent (REST v4 `friend_add`).

use std::sync::Arc;

use model::{
    Callback, Code, Error, Friend,
    friend::{Wanted, check_group_name},
};
use serde::Deserialize;
use serde_json::json;
use service::{Account, callback::Refusals, relation::Adding};

use super::shared::{Asked, LONG_BODY, Report};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "AddFriendItem")]
    items: Vec<Item>,
    #[serde(rename = "AddType", default)]
    kind: Kind,
    /// 1: nobody is asked. Only administrators can have that; 0 and 2 mean nothing.
    #[serde(rename = "ForceAddFlags", default)]
    force: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    #[serde(default)]
    add_source: String,
    #[serde(default)]
    remark: String,
    /// One group; made if it is missing.
    #[serde(default)]
    group_name: String,
    #[serde(default)]
    add_wording: String,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
enum Kind {
    /// Only into the user's own list.
    #[serde(rename = "Add_Type_Single")]
    Single,
    #[default]
    #[serde(rename = "Add_Type_Both")]
    Both,
}

impl Item {
    fn wanted(&self) -> Result<Wanted, Error> {
        let friend = Friend::new(&self.add_source, &self.add_wording, &self.remark)?;
        if self.group_name.is_empty() {
            return Ok(Wanted { friend, groups: Vec::new() });
        }
        check_group_name(&self.group_name)?;
        Ok(Wanted { friend, groups: vec![self.group_name.clone()] })
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.friend_add")
        .body(LONG_BODY, Code::BodyTooLong)
        .fails(&[
            Code::RelationAccountMissing,
            Code::RelationCollision,
            Code::FriendRequestForbidden,
            Code::FriendListFull,
            Code::TooManyFriendGroups,
            Code::TooManyFriendRequests,
            Code::PeerFriendListFull,
            Code::PeerIsBlocked,
            Code::FriendRequestsRefused,
            Code::BlockedByPeer,
            Code::FriendConsentPending,
        ])
        .example(
            r#"{"From_Account":"alice","AddFriendItem":[{"To_Account":"bob","AddSource":"AddSource_Type_Web","GroupName":"work"}],"AddType":"Add_Type_Both"}"#,
        );
    type Reply = Report;

    async fn run(self, cx: Arc<Context>) -> Result<Report, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        Asked::check(self.items.len())?;
        let how = Adding { both: self.kind == Kind::Both, force: self.force == 1 && cx.is_admin() };
        let refusals = self.ask(&cx, &me, how).await?;
        let (mut asked, mut items) = (Asked::default(), Vec::with_capacity(self.items.len()));
        for item in self.items {
            let wanted = refusals.of(&item.user).map_or_else(|| item.wanted(), Err);
            items.extend(asked.add(&cx, item.user, wanted).await?);
        }
        Ok(asked.report(cx.services.add_friends(cx.app()?, &me, &items, (how, cx.administrator())).await?))
    }
}

impl Request {
    /// Asks the app's server whom the user may add.
    async fn ask(&self, cx: &Context, me: &Account, how: Adding) -> Result<Refusals, Error> {
        if !cx.wants(Callback::PrevFriendAdd) {
            return Ok(Refusals::default());
        }
        let items = self.items.iter().map(|item| {
            json!({
                "To_Account": item.user, "Remark": item.remark, "GroupName": item.group_name,
                "AddSource": item.add_source, "AddWording": item.add_wording,
            })
        });
        let kind = if how.both { "Add_Type_Both" } else { "Add_Type_Single" };
        let rest = [("AddType", json!(kind)), ("ForceAddFlags", json!(i64::from(how.force)))];
        let items = ("FriendItem", &items.collect());
        cx.services.before_relation(Callback::PrevFriendAdd, me, items, &rest).await
    }
}
