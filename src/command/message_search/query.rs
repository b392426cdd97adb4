//! Searches the newest messages of a user's conversations for words.

use std::sync::Arc;

use model::{Error, Millis};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::{Hits, MessageFilter, Peer, Words};

use crate::{Command, Context, Spec};

/// The most senders or types of messages.
const NAMED: usize = 100;

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

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    /// Messages within one conversation, otherwise conversations.
    total_count: usize,
    cursor: String,
    conversation_msgs: Vec<Found>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    #[serde(rename = "UserID", skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(rename = "GroupID", skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    count: usize,
    msg_list: Vec<Box<RawValue>>,
}

impl Found {
    fn of(peer: &Peer, count: usize, msg_list: Vec<Box<RawValue>>) -> Self {
        let name = Some(peer.name().to_owned());
        let (user, group) = if matches!(peer, Peer::User(_)) { (name, None) } else { (None, name) };
        Self { user, group, count, msg_list }
    }
}

/// A place among what was found, newest first: when something was said, and a number.
type Place = (Millis, i64);

impl Request {
    async fn filter(&self, cx: &Context) -> Result<Option<MessageFilter>, Error> {
        let invalid = |why: &'static str| Err(Error::new(Self::SPEC.malformed).detail(why));
        let wants_nothing = self.keyword_list.is_empty() && self.senders.is_empty() && self.msg_type_list.is_empty();
        if wants_nothing {
            return invalid("a search has words, senders or types of messages");
        }
        if self.senders.len() > NAMED || self.msg_type_list.len() > NAMED {
            return invalid("a search has at most 100 senders and types");
        }
        let all = self.match_type == "and";
        let words = (!self.keyword_list.is_empty()).then(|| Words::new(&self.keyword_list, all)).transpose()?;
        let mut senders = Vec::new();
        for name in &self.senders {
            senders.extend(cx.find(name).await?.map(|account| account.number));
        }
        if senders.is_empty() && !self.senders.is_empty() {
            return Ok(None);
        }
        let to = if self.end_time > 0 { self.end_time } else { i64::MAX };
        Ok(Some(MessageFilter { words, senders, types: self.msg_type_list.clone(), from: self.start_time, to }))
    }

    /// Whether something lies beyond the page before.
    fn is_new(&self, place: Place) -> bool {
        let before = self.cursor.split_once('_').and_then(|(time, at)| Some((time.parse().ok()?, at.parse().ok()?)));
        before.is_none_or(|before: Place| place < before)
    }
}

impl Command for Request {
    const SPEC: Spec =
        Spec::search("message_search.query").example(r#"{"KeywordList":["hello"],"MatchType":"or","Count":20}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.me()?;
        let Some(filter) = self.filter(&cx).await? else { return Ok(Reply::default()) };
        let within = match (&self.peer_account, &self.group) {
            (Some(name), _) => cx.find(name).await?.map(Peer::User),
            (None, Some(id)) => cx.services.searched_group(cx.app()?, me, id).await?,
            (None, None) => None,
        };
        let is_within = self.peer_account.is_some() || self.group.is_some();
        if is_within && within.is_none() {
            return Ok(Reply::default());
        }
        let found = cx.services.search_messages(cx.app()?, me, within.as_ref(), &filter).await?;
        let limit = self.count.clamp(1, 100) as usize;
        if is_within { self.messages(me, found, limit) } else { self.conversations(me, found, limit) }
    }
}

impl Request {
    /// A page of the messages of one conversation.
    fn messages(&self, me: &service::Account, found: Vec<Hits>, limit: usize) -> Result<Reply, Error> {
        let Some(hits) = found.into_iter().next() else { return Ok(Reply::default()) };
        let place = |entry: &store::Entry| (entry.time, entry.sequence);
        let mut entries = hits.entries.clone();
        let total = entries.len();
        entries.retain(|entry| self.is_new(place(entry)));
        let more = entries.len() > limit;
        entries.truncate(limit);
        let cursor = entries.last().filter(|_| more).map(place);
        let shown = Found::of(&hits.peer, total, hits.messages(me, &entries)?);
        Ok(Reply { total_count: total, cursor: text(cursor), conversation_msgs: vec![shown] })
    }

    /// A page of the conversations with something that fits. Of several messages the newest is shown: clients show how
    /// many there are and ask again within the conversation.
    fn conversations(&self, me: &service::Account, found: Vec<Hits>, limit: usize) -> Result<Reply, Error> {
        let place = |hits: &Hits| hits.entries.first().map_or((0, 0), |entry| (entry.time, entry.position));
        let total_count = found.len();
        let mut new: Vec<Hits> = found.into_iter().filter(|hits| self.is_new(place(hits))).collect();
        let more = new.len() > limit;
        new.truncate(limit);
        let cursor = new.last().filter(|_| more).map(place);
        let show = |hits: &Hits| {
            let newest = &hits.entries[..hits.entries.len().min(1)];
            Ok(Found::of(&hits.peer, hits.entries.len(), hits.messages(me, newest)?))
        };
        let conversation_msgs = new.iter().map(show).collect::<Result<_, Error>>()?;
        Ok(Reply { total_count, cursor: text(cursor), conversation_msgs })
    }
}

fn text(place: Option<Place>) -> String {
    place.map_or_else(String::new, |(time, at)| format!("{time}_{at}"))
}
