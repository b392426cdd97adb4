//! Searches the newest messages of a user's conversations for words.

use std::{collections::HashSet, sync::Arc};

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Command, Context, Doors, Spec};

/// How many of the newest messages a search looks at.
const LOOKED_AT: usize = 20_000;
/// The most words.
const WORDS: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(default)]
    keyword_list: Vec<String>,
    /// `or`, `and`.
    #[serde(default)]
    match_type: String,
    peer_account: Option<String>,
    #[serde(rename = "GroupID")]
    group: Option<String>,
    #[serde(default)]
    count: i64,
    #[serde(default)]
    cursor: String,
    #[serde(default)]
    msg_type_list: Vec<String>,
    #[serde(rename = "SendUserIDList", default)]
    senders: Vec<String>,
    #[serde(default)]
    start_time: i64,
    #[serde(default)]
    end_time: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    total_count: usize,
    cursor: String,
    conversation_msgs: Vec<Hits>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Hits {
    #[serde(rename = "UserID")]
    user: String,
    count: usize,
    msg_list: Vec<Box<RawValue>>,
}

impl Request {
    fn matches(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let mut found = self.keyword_list.iter().map(|word| text.contains(&word.to_lowercase()));
        if self.match_type == "and" { found.all(|found| found) } else { found.any(|found| found) }
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("message_search.query")
        .doors(Doors::SOCKET)
        .fails(&[Code::OpenimBodyNotJson])
        .example(r#"{"KeywordList":["hello"],"MatchType":"or","Count":20}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.me()?;
        let nothing = || Reply { total_count: 0, cursor: String::new(), conversation_msgs: Vec::new() };
        if self.keyword_list.len() > WORDS {
            return Err(Error::new(Self::SPEC.malformed).detail("a search has at most 5 words"));
        }
        if self.group.is_some() {
            return Ok(nothing());
        }
        let peer = match &self.peer_account {
            Some(name) => match cx.find(name).await? {
                Some(peer) => Some(peer),
                None => return Ok(nothing()),
            },
            None => None,
        };
        let mut senders = HashSet::new();
        for name in &self.senders {
            senders.extend(cx.find(name).await?.map(|account| account.number));
        }
        let found = cx
            .services
            .search(cx.app()?, me, peer.as_ref(), LOOKED_AT, |entry, text| {
                let second = entry.time / 1000;
                (self.keyword_list.is_empty() || self.matches(text))
                    && (self.senders.is_empty() || senders.contains(&entry.sender))
                    && (self.start_time == 0 || second >= self.start_time)
                    && (self.end_time == 0 || second <= self.end_time)
                    && self.msg_type_list.iter().all(|kind| contains(&entry.body, kind))
            })
            .await?;
        let limit = self.count.clamp(1, 100) as usize;
        let skip: usize = self.cursor.parse().unwrap_or(0);
        let mut conversation_msgs = Vec::new();
        let total: usize = found.iter().map(|hits| hits.entries.len()).sum();
        // Within one conversation the pages go through its messages, otherwise through the conversations.
        let (shown, next) = if peer.is_some() { (total, skip + limit) } else { (found.len(), skip + limit) };
        for hits in found {
            let within = peer.is_some();
            let messages = hits.messages(me)?;
            let count = messages.len();
            let page = if within { messages.into_iter().skip(skip).take(limit).collect() } else { messages };
            conversation_msgs.push(Hits { user: hits.peer.user.to_string(), count, msg_list: page });
        }
        if peer.is_none() {
            conversation_msgs = conversation_msgs.into_iter().skip(skip).take(limit).collect();
            // A conversation with several hits is shown by their number; the client asks again within it.
            for hits in &mut conversation_msgs {
                if hits.count > 1 {
                    hits.msg_list.truncate(1);
                }
            }
        }
        let cursor = if next < shown { next.to_string() } else { String::new() };
        Ok(Reply { total_count: total, cursor, conversation_msgs })
    }
}

fn contains(body: &[u8], kind: &str) -> bool {
    body.windows(kind.len().max(1)).any(|part| part == kind.as_bytes())
}
