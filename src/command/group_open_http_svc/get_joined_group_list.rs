//! The groups that a user is in, with what the user is to them (REST v4 `get_joined_group_list`).

use std::{collections::HashMap, sync::Arc};

use model::{Code, Error, GroupKind, Role, group::field::Asker};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{
    Account,
    group::{LiveGroup, Mentioned},
};

use super::shared::{Filter, asker, base, by, filters, keep, member};
use crate::{Command, Context, Spec};

/// The most groups of one page.
const PAGE: usize = 5000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "Member_Account")]
    account: String,
    limit: Option<usize>,
    #[serde(default)]
    offset: usize,
    group_type: Option<String>,
    support_topic: Option<i64>,
    #[serde(default)]
    with_huge_groups: i64,
    #[serde(default)]
    with_no_active_groups: i64,
    response_filter: Option<Filter>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    total_count: usize,
    group_id_list: Vec<Value>,
}

/// What is known of the groups of a page, by their numbers.
struct Kept {
    /// The newest message's sequence and time in milliseconds.
    newest: HashMap<i64, (i64, i64)>,
    /// Up to where the user has read.
    read: HashMap<i64, i64>,
    /// How much the user has not read; only what backends are told.
    unread: HashMap<i64, i64>,
    /// Of all topics of a community together: the next sequences, and up to where the user has read.
    topics: HashMap<i64, (i64, i64)>,
    /// When something was last recalled, microseconds since 1970.
    recalls: HashMap<i64, i64>,
    mentioned: Vec<Mentioned>,
}

/// Which groups are wanted.
struct Wanted {
    kind: Option<GroupKind>,
    topics: Option<bool>,
    live: bool,
    silent: bool,
}

impl Wanted {
    /// Whether a group is to be listed. `owner`: the user owns it. Others see a private group from its first message
    /// on.
    fn has(&self, kind: GroupKind, (topics, active, owner): (bool, bool, bool)) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
            && self.topics.is_none_or(|wanted| wanted == topics)
            && (self.live || kind.is_stored())
            && (kind != GroupKind::Private || active || owner || self.silent)
    }
}

impl Request {
    fn wanted(&self, cx: &Context) -> Result<Wanted, Error> {
        let kind = match self.group_type.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => match GroupKind::from_name(name) {
                Some(kind) => Some(kind),
                None => return Err(Error::new(Code::GroupParameterInvalid).detail("there is no such GroupType")),
            },
            None => None,
        };
        let topics_of = kind.filter(|_| self.support_topic.is_some() && filters(cx));
        if topics_of.is_some_and(|kind| kind != GroupKind::Community) {
            return Err(Error::new(Code::GroupParameterInvalid).detail("only communities have SupportTopic"));
        }
        Ok(Wanted {
            kind,
            topics: self.support_topic.map(|wanted| wanted == 1),
            live: filters(cx) && self.with_huge_groups == 1,
            silent: self.with_no_active_groups == 1,
        })
    }

    /// The groups to be listed, of all pages.
    async fn groups(&self, cx: &Context, me: &Account) -> Result<Vec<Arc<LiveGroup>>, Error> {
        let wanted = self.wanted(cx)?;
        let mut groups = cx.services.groups_of(me.number).await?;
        // A live room stores its administrators only; who is in it is who listens.
        groups.retain(|group| group.kind.is_stored());
        if wanted.live {
            groups.extend(cx.services.rooms_of(me.number));
        }
        groups.retain(|group| {
            let info = group.info();
            wanted.has(group.kind, (info.topics, info.active, group.role(me.number) == Some(Role::Owner)))
        });
        Ok(groups)
    }

    fn item(&self, cx: &Context, asker: &Asker<'_>, me: &Account, (group, kept): (&LiveGroup, &Kept)) -> Value {
        let number = group.number;
        let newest = kept.newest.get(&number).copied();
        let read = kept.read.get(&number).copied().unwrap_or(0);
        let mut object = base(asker, group, newest);
        object.insert("LastRecallTime".into(), json!(kept.recalls.get(&number).copied().unwrap_or(0)));
        if group.kind == GroupKind::Community {
            // Mentions in other groups come with what was missed.
            let here = kept.mentioned.iter().filter(|one| one.place.number() == number);
            object.insert("AtInfoList".into(), here.map(Mentioned::listed).collect());
        }
        let mut own = match group.member(me.number) {
            Some(one) => member(asker, group, &one, cx.services.world.second(), Some(read)),
            None => serde_json::Map::from_iter([("Role".into(), json!(group.role(me.number).map_or("", Role::name)))]),
        };
        own.insert("NoUnreadSeqList".into(), json!([]));
        if filters(cx) {
            let filter = self.response_filter.clone().unwrap_or_default();
            let unread = kept.unread.get(&number).copied().filter(|_| group.kind.counts_unread()).unwrap_or(0);
            own.insert("UnreadMsgNum".into(), json!(unread));
            if let Some((next, read)) = kept.topics.get(&number) {
                object.insert("GrossTopicNextMsgSeq".into(), json!(next));
                own.insert("GrossTopicReadSeq".into(), json!(read));
            }
            keep(&mut object, Some(filter.base.as_deref().unwrap_or_default()), &["GroupId"]);
            keep(&mut own, Some(filter.own.as_deref().unwrap_or_default()), &[]);
        }
        if !own.is_empty() {
            object.insert("SelfInfo".into(), Value::Object(own));
        }
        Value::Object(object)
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_joined_group_list")
        .example(r#"{"Member_Account":"alice","Limit":200,"Offset":0}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let limit = self.limit.unwrap_or(PAGE);
        if limit > PAGE {
            return Err(Error::new(Code::GroupParameterInvalid).detail("Limit is at most 5000"));
        }
        let me = if cx.session().is_some() {
            Some(cx.act_as(Some(&self.account), &Self::SPEC, Code::GroupAccountMissing).await?)
        } else {
            cx.find(&self.account).await?
        };
        let Some(me) = me else { return Ok(Reply { total_count: 0, group_id_list: Vec::new() }) };
        let groups = self.groups(&cx, &me).await?;
        let total_count = groups.len();
        let page: Vec<_> = groups.into_iter().skip(self.offset).take(limit).collect();
        let numbers: Vec<i64> = page.iter().map(|group| group.number).collect();
        let rows = cx.services.all_contact_rows(&me).await?;
        let mut kept = Kept {
            newest: cx.services.newest(&numbers).await?,
            read: rows.iter().map(|row| (row.conversation, row.read_sequence)).collect(),
            unread: HashMap::new(),
            topics: HashMap::new(),
            recalls: cx.services.last_recalls(&me).await?,
            mentioned: Vec::new(),
        };
        if filters(&cx) {
            let asked: Vec<_> = rows.into_iter().filter(|row| numbers.contains(&row.conversation)).collect();
            kept.unread = cx.services.unread_in(&me, &asked).await?;
            for group in page.iter().filter(|group| group.info().topics) {
                let topics: Vec<i64> = cx.services.topics(group).await?.keys().copied().collect();
                let newest = cx.services.newest(&topics).await?;
                let next = topics.iter().map(|topic| newest.get(topic).map_or(0, |head| head.0) + 1).sum();
                let read = topics.iter().filter_map(|topic| kept.read.get(topic)).sum();
                kept.topics.insert(group.number, (next, read));
            }
        }
        if page.iter().any(|group| group.kind == GroupKind::Community) {
            kept.mentioned = cx.services.mentioned(&me).await?;
        }
        let by = by(&cx, None).await?;
        let item = |group: &Arc<LiveGroup>| Ok(self.item(&cx, &asker(&cx, group, &by)?, &me, (group, &kept)));
        Ok(Reply { total_count, group_id_list: page.iter().map(item).collect::<Result<_, Error>>()? })
    }
}

#[cfg(test)]
mod tests {
    use model::GroupKind;

    use super::Wanted;

    const PLAIN: (bool, bool, bool) = (false, false, false);

    #[test]
    fn silent_private_groups_are_their_owners() {
        let wanted = Wanted { kind: None, topics: None, live: false, silent: false };
        assert!(!wanted.has(GroupKind::Private, PLAIN));
        assert!(wanted.has(GroupKind::Private, (false, true, false)));
        assert!(wanted.has(GroupKind::Private, (false, false, true)));
        assert!(wanted.has(GroupKind::Public, PLAIN));
        assert!(Wanted { silent: true, ..wanted }.has(GroupKind::Private, PLAIN));
    }

    #[test]
    fn topics_types_and_live_rooms_are_told_apart() {
        let wanted = |topics, live, kind| Wanted { kind, topics, live, silent: false };
        let with_topics = (true, false, false);
        assert!(wanted(Some(true), false, None).has(GroupKind::Community, with_topics));
        assert!(!wanted(Some(true), false, None).has(GroupKind::Public, PLAIN));
        assert!(!wanted(Some(false), false, None).has(GroupKind::Community, with_topics));
        assert!(wanted(Some(false), false, None).has(GroupKind::Community, PLAIN));
        assert!(!wanted(None, false, None).has(GroupKind::AvChatRoom, PLAIN));
        assert!(wanted(None, true, None).has(GroupKind::AvChatRoom, PLAIN));
        assert!(!wanted(None, true, Some(GroupKind::Public)).has(GroupKind::AvChatRoom, PLAIN));
    }
}
