//! A page of a user's friends with what the user keeps about them (REST v4 `friend_get`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::shared::standard_fields;
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(default)]
    start_index: u32,
    #[serde(default)]
    standard_sequence: i64,
    #[serde(default)]
    custom_sequence: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    user_data_item: Vec<Item>,
    standard_sequence: i64,
    custom_sequence: i64,
    friend_num: usize,
    /// 1 on the last page; clients go on asking while it is 0.
    complete_flag: u8,
    next_start_index: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    value_item: Vec<Value>,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.friend_get")
        .fails(&[Code::RelationAccountMissing])
        .example(r#"{"From_Account":"alice","StartIndex":0,"StandardSequence":0,"CustomSequence":0}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let page = cx.services.friends(&me, self.start_index.into()).await?;
        // Clients give the sequences of the first page with the pages after it, which are wanted all the same.
        let first = self.start_index == 0;
        let standard = !first || page.standard != self.standard_sequence;
        let custom = !first || page.custom != self.custom_sequence;
        let mut user_data_item = Vec::with_capacity(page.friends.len());
        for listed in page.friends {
            let mut value_item = Vec::new();
            if standard {
                let fields = standard_fields(&listed).into_iter();
                value_item.extend(fields.map(|(tag, value)| json!({"Tag": tag, "Value": value})));
            }
            if custom {
                let fields = listed.friend.custom.iter();
                value_item.extend(fields.map(|(tag, value)| json!({"Tag": tag, "Value": value})));
            }
            user_data_item.push(Item { user: listed.user, value_item });
        }
        Ok(Reply {
            user_data_item,
            standard_sequence: page.standard,
            custom_sequence: page.custom,
            friend_num: page.total,
            complete_flag: (page.next == 0).into(),
            next_start_index: page.next,
        })
    }
}
