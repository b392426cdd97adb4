//! A page of a user's conversation list for the app's backend (REST v4 `get_list`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use service::{ListedContact, Page};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(default)]
    start_index: usize,
    /// Bit 0: say what is pinned; bit 1: also conversations without messages; bit 2: page the pinned ones, which come
    /// first anyway.
    #[serde(default = "all")]
    assist_flags: u32,
}

fn all() -> u32 {
    7
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    session_item: Vec<Item>,
    complete_flag: u8,
    time_stamp: i64,
    start_index: usize,
    top_time_stamp: i64,
    top_start_index: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "Type")]
    kind: i64,
    #[serde(rename = "To_Account", skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<String>,
    msg_time: i64,
    top_flag: u8,
}

impl Item {
    fn new(listed: ListedContact, with_pins: bool) -> Self {
        let top_flag = (with_pins && listed.row.pinned > 0).into();
        let group = listed.row.is_group();
        let name = listed.row.peer_user;
        let (user, group_id) = if group { (None, Some(name)) } else { (Some(name), None) };
        Self { kind: if group { 2 } else { 1 }, user, group_id, msg_time: listed.time / 1000, top_flag }
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.get_list")
        .doors(Doors::REST)
        .fails(&[Code::ContactAccountMissing])
        .example(
            r#"{"From_Account":"alice","TimeStamp":0,"StartIndex":0,"TopTimeStamp":0,"TopStartIndex":0,"AssistFlags":7}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.account(&self.from, Code::ContactAccountMissing).await?;
        let page = Page { since: 0, offset: self.start_index };
        let (listed, next) = cx.services.contacts(cx.app()?, &me, page).await?;
        let time_stamp = listed.last().map_or(0, |last| last.time / 1000);
        Ok(Reply {
            session_item: listed
                .into_iter()
                .filter(|listed| self.assist_flags & 2 != 0 || listed.last.is_some())
                .map(|listed| Item::new(listed, self.assist_flags & 1 != 0))
                .collect(),
            complete_flag: next.is_none().into(),
            time_stamp,
            start_index: next.map_or(0, |next| next.offset),
            top_time_stamp: 0,
            top_start_index: 0,
        })
    }
}
