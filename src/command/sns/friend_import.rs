//! Puts friends into a user's list without asking anybody (REST v4 `friend_import`).

use std::sync::Arc;

use model::{
    Code, Error, Friend, Settings,
    friend::{self, Wanted, check_group_name},
};
use serde::Deserialize;

use super::shared::{Asked, LONG_BODY, Report};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "AddFriendItem")]
    items: Vec<Item>,
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
    #[serde(default)]
    group_name: Vec<String>,
    #[serde(default)]
    add_wording: String,
    /// Seconds since 1970.
    #[serde(default)]
    add_time: u32,
    #[serde(default)]
    custom_item: Vec<friend::Item>,
}

impl Item {
    fn wanted(self, settings: &Settings) -> Result<Wanted, Error> {
        let mut friend = Friend::new(&self.add_source, &self.add_wording, &self.remark)?;
        for item in &self.custom_item {
            friend.set(item, settings)?;
        }
        for name in &self.group_name {
            check_group_name(name)?;
        }
        Ok(Wanted { friend, groups: self.group_name })
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.friend_import")
        .doors(Doors::REST)
        .body(LONG_BODY, Code::BodyTooLong)
        .fails(&[
            Code::RelationAccountMissing,
            Code::RelationCollision,
            Code::FriendListFull,
            Code::TooManyFriendGroups,
        ])
        .example(
            r#"{"From_Account":"alice","AddFriendItem":[{"To_Account":"bob","AddSource":"AddSource_Type_Web","Remark":"Bob","GroupName":["work"],"AddTime":1420000001}]}"#,
        );
    type Reply = Report;

    async fn run(self, cx: Arc<Context>) -> Result<Report, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        Asked::check(self.items.len())?;
        let (mut asked, mut items) = (Asked::default(), Vec::with_capacity(self.items.len()));
        for mut item in self.items {
            let (user, time) = (std::mem::take(&mut item.user), i64::from(item.add_time) * 1000);
            let wanted = item.wanted(&cx.app()?.settings);
            let found = asked.add(&cx, user, wanted).await?;
            items.extend(found.map(|(account, wanted)| (account, wanted, (time > 0).then_some(time))));
        }
        Ok(asked.report(cx.services.import_friends(cx.app()?, &me, &items).await?))
    }
}
