//! Searches the users of the app by name, nickname, birthday and gender.

use std::sync::Arc;

use model::{Error, profile::Value};
use serde::{Deserialize, Serialize};
use service::{Account, UserFilter};

use crate::{Command, Context, Spec, group_search::shared::Wanted};

/// What a list of found users shows of them.
const SHOWN: [&str; 6] = [
    "Tag_Profile_IM_Nick",
    "Tag_Profile_IM_Image",
    "Tag_Profile_IM_Gender",
    "Tag_Profile_IM_BirthDay",
    "Tag_Profile_IM_SelfSignature",
    "Tag_Profile_IM_Location",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(flatten)]
    wanted: Wanted,
    user_birth_start: Option<u64>,
    user_birth_end: Option<u64>,
    user_gender_type: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    total_count: usize,
    cursor: String,
    users: Vec<Found>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    #[serde(rename = "UserID")]
    user: String,
    profile_items: Vec<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    tag: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    str_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    int_value: Option<u64>,
}

impl Found {
    fn of(account: &Account) -> Self {
        let item = |tag| match account.profile.get(tag)? {
            Value::Number(number) => Some(Item { tag, str_value: None, int_value: Some(*number) }),
            Value::Text(text) => Some(Item { tag, str_value: Some(text.clone()), int_value: None }),
        };
        Self { user: account.user.to_string(), profile_items: SHOWN.into_iter().filter_map(item).collect() }
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::search("user_search.query")
        .example(r#"{"Keywords":["ann"],"KeywordMatchType":0,"UserGenderType":"Gender_Type_Female","Count":20}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let birthday = (self.user_birth_start.is_some() || self.user_birth_end.is_some())
            .then(|| (self.user_birth_start.unwrap_or(0), self.user_birth_end.unwrap_or(u64::MAX)));
        let filter = UserFilter { words: self.wanted.words()?, birthday, gender: self.user_gender_type };
        let (cursor, limit) = (&self.wanted.cursor, self.wanted.limit()?);
        let found = cx.services.search_users(cx.app()?, cx.me()?, &filter, cursor, limit).await?;
        Ok(Reply {
            total_count: found.total,
            cursor: found.next.unwrap_or_default(),
            users: found.items.iter().map(|account| Found::of(account)).collect(),
        })
    }
}
