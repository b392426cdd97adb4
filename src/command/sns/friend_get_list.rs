//! Chosen friends with chosen fields of theirs and of their profiles (REST v4 `friend_get_list`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Account, relation::ListedFriend};

use super::shared::{Asked, check_tags, outcome, standard_fields};
use crate::{Command, Context, Spec, profile};

/// The most users of one request.
const USERS: usize = 100;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    users: Vec<String>,
    /// All fields when it is empty or missing.
    #[serde(rename = "TagList", default)]
    tags: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "InfoItem")]
    items: Vec<Item>,
    #[serde(rename = "Fail_Account", skip_serializing_if = "Vec::is_empty")]
    failed: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sns_profile_item: Option<Vec<Value>>,
    result_code: i32,
    result_info: String,
}

/// What is said of some friends; also the answer to clients, who name no fields and get all.
pub(super) async fn answer(cx: &Context, me: &Account, users: Vec<String>, tags: &[String]) -> Result<Reply, Error> {
    if users.len() > USERS {
        return Err(Error::new(Code::RelationParameterInvalid).detail("1 to 100 users are named"));
    }
    check_tags(tags, &cx.app()?.settings, cx.is_admin())?;
    let (asked, accounts) = Asked::accounts(cx, users).await?;
    let (mut done, mut found) = (Vec::with_capacity(accounts.len()), Vec::with_capacity(accounts.len()));
    for account in accounts {
        if let Some(listed) = cx.services.friend(me, &account).await? {
            found.push(values(cx, &listed, &account, tags)?);
            done.push(Ok(()));
        } else {
            let missing = Error::new(Code::RelationParameterInvalid);
            done.push(Err(missing.detail("Err_SNS_FriendGetList_Friend_Not_Exist")));
        }
    }
    let mut found = found.into_iter();
    let mut reply = Reply { items: Vec::new(), failed: Vec::new() };
    for (user, result) in asked.answered(done) {
        let fields = if result.is_ok() { found.next() } else { None };
        let (result_code, result_info) = outcome(&result);
        if result.is_err() {
            reply.failed.push(user.clone());
        }
        reply.items.push(Item { user, sns_profile_item: fields, result_code, result_info });
    }
    Ok(reply)
}

pub(super) fn values(
    cx: &Context,
    listed: &ListedFriend,
    account: &Account,
    tags: &[String],
) -> Result<Vec<Value>, Error> {
    let is_asked = |tag: &str| tags.is_empty() || tags.iter().any(|asked| asked == tag);
    let standard = standard_fields(listed).into_iter().filter(|(tag, _)| is_asked(tag));
    let custom = listed.friend.custom.iter().filter(|(tag, _)| is_asked(tag));
    let of_profile = profile::items(&account.profile, &cx.app()?.settings, cx.is_admin());
    let of_profile = of_profile.into_iter().filter(|item| item["Tag"].as_str().is_some_and(is_asked));
    Ok(standard
        .map(|(tag, value)| json!({"Tag": tag, "Value": value}))
        .chain(custom.map(|(tag, value)| json!({"Tag": tag, "Value": value})))
        .chain(of_profile)
        .collect())
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.friend_get_list").fails(&[Code::RelationAccountMissing]).example(
        r#"{"From_Account":"alice","To_Account":["bob"],"TagList":["Tag_SNS_IM_Remark","Tag_Profile_IM_Nick"]}"#,
    );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        answer(&cx, &me, self.users, &self.tags).await
    }
}
