//! A page of a user's friends with chosen fields of theirs and of their profiles (REST v4 `friend_get_all`, until 2019).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{friend_get_list::values, shared::check_tags};
use crate::{Command, Context, Doors, Spec};

/// The most friends of one page.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    start_index: u32,
    /// All fields when it is empty or missing.
    #[serde(default)]
    tag_list: Vec<String>,
    get_count: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    /// Nothing is remembered of what was fetched before, so it is always everything.
    need_update_all: &'static str,
    /// Seconds since 1970.
    time_stamp_now: i64,
    start_index: i64,
    info_item: Vec<Item>,
    current_standard_sequence: i64,
    friend_num: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "Info_Account")]
    user: String,
    sns_profile_item: Vec<Value>,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.friend_get_all")
        .doors(Doors::REST)
        .fails(&[Code::RelationAccountMissing])
        .example(r#"{"From_Account":"alice","StartIndex":0,"TagList":["Tag_SNS_IM_Remark"],"GetCount":100}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        check_tags(&self.tag_list, &cx.app()?.settings, true)?;
        let wanted = self.get_count.filter(|count| (1..=PAGE).contains(count)).unwrap_or(PAGE);
        let start = i64::from(self.start_index);
        let mut page = cx.services.friends(&me, start).await?;
        let mut next = page.next;
        if page.friends.len() > wanted {
            page.friends.truncate(wanted);
            next = start + wanted as i64;
        }
        let mut info_item = Vec::with_capacity(page.friends.len());
        for listed in page.friends {
            let Some(account) = cx.find(&listed.user).await? else { continue };
            let sns_profile_item = values(&cx, &listed, &account, &self.tag_list)?;
            info_item.push(Item { user: listed.user, sns_profile_item });
        }
        Ok(Reply {
            need_update_all: "GetAll_Type_YES",
            time_stamp_now: cx.services.world.second(),
            start_index: next,
            info_item,
            current_standard_sequence: page.standard,
            friend_num: page.total,
        })
    }
}
