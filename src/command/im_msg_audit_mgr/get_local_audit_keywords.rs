//! The words that are refused or replaced, page by page (REST v4 `get_local_audit_keywords`).

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};
use store::tables::word::WordRow;

use super::shared::{BLOCK, Done, PATTERN, REPLACE, check_app};
use crate::{Command, Context, Doors, Spec};

/// The most of one page.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    sdk_app_id: Option<u32>,
    filter_type: Option<u8>,
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
    #[serde(default)]
    keyword: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    #[serde(flatten)]
    done: Done,
    local_audit_words: Vec<Item>,
    /// Of all that fit, then of this page; of each, how many are regular expressions.
    total_count: usize,
    total_reg_count: usize,
    cur_count: usize,
    cur_reg_count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    id: i64,
    keyword: String,
    word_type: u8,
    filter_type: u8,
    replaced_content: String,
    /// Seconds since 1970.
    update_time: i64,
}

impl Item {
    fn of(row: &WordRow) -> Self {
        Self {
            id: row.number,
            keyword: row.word.clone(),
            word_type: if row.pattern { PATTERN } else { 1 },
            filter_type: filter_type(row),
            replaced_content: row.replacement.clone().unwrap_or_default(),
            update_time: row.updated,
        }
    }
}

fn filter_type(row: &WordRow) -> u8 {
    if row.replacement.is_some() { REPLACE } else { BLOCK }
}

impl Command for Request {
    const SPEC: Spec = Spec::audit("im_msg_audit_mgr.get_local_audit_keywords")
        .doors(Doors::REST)
        .example(r#"{"FilterType":2,"Offset":0,"Limit":100}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check_app(&cx, self.sdk_app_id)?;
        let limit = self.limit.unwrap_or(PAGE);
        if limit == 0 || limit > PAGE || self.filter_type.is_some_and(|kind| !(REPLACE..=BLOCK).contains(&kind)) {
            return Err(Error::new(Self::SPEC.malformed).detail("Limit is 1 to 100, FilterType 1 or 2"));
        }
        let mut rows = cx.services.words(cx.app()?.sdkappid);
        rows.retain(|row| {
            self.filter_type.is_none_or(|kind| kind == filter_type(row)) && row.word.contains(&self.keyword)
        });
        let page: Vec<&WordRow> = rows.iter().skip(self.offset).take(limit).collect();
        Ok(Reply {
            done: Done::new(&cx),
            total_count: rows.len(),
            total_reg_count: rows.iter().filter(|row| row.pattern).count(),
            cur_count: page.len(),
            cur_reg_count: page.iter().filter(|row| row.pattern).count(),
            local_audit_words: page.into_iter().map(Item::of).collect(),
        })
    }
}
