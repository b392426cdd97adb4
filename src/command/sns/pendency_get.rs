//! The user's applications: those that came in and those it sent.

use std::sync::Arc;

use model::{Code, Error, quota::FRIEND_REQUESTS};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(default)]
    pendency_type: Kind,
    /// Up to which second, 0 for now.
    #[serde(default)]
    start_time: i64,
    max_limited: Option<usize>,
}

/// Which applications.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    #[serde(rename = "Pendency_Type_ComeIn")]
    ComeIn,
    #[serde(rename = "Pendency_Type_SendOut")]
    SendOut,
    #[default]
    #[serde(rename = "Pendency_Type_Both")]
    Both,
}

impl Kind {
    /// Whether the user sent them, for each that is meant.
    pub(super) fn sent(self) -> &'static [bool] {
        match self {
            Self::ComeIn => &[false],
            Self::SendOut => &[true],
            Self::Both => &[false, true],
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    pendency_item: Vec<Item>,
    unread_pendency_count: usize,
    /// Where the next page starts, 0 after the last one.
    start_time: i64,
    current_sequence: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    nick: String,
    image: String,
    add_time: i64,
    add_source: String,
    add_wording: String,
    pendency_type: Kind,
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.pendency_get")
        .doors(Doors::SOCKET)
        .fails(&[Code::RelationAccountMissing])
        .example(
            r#"{"From_Account":"alice","PendencyType":"Pendency_Type_Both","StartTime":0,"MaxLimited":100,"LastSequence":0}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let limit = self.max_limited.unwrap_or(FRIEND_REQUESTS).clamp(1, FRIEND_REQUESTS);
        let sent = self.pendency_type.sent();
        let page = cx.services.friend_applications(cx.app()?, &me, sent, self.start_time, limit).await?;
        let item = |(peer, sent, said, time): (Arc<service::Account>, bool, model::Friend, i64)| Item {
            user: peer.user.to_string(),
            nick: peer.profile.nick().to_owned(),
            image: peer.profile.image().to_owned(),
            add_time: time / 1000,
            add_source: said.source,
            add_wording: said.wording,
            pendency_type: if sent { Kind::SendOut } else { Kind::ComeIn },
        };
        Ok(Reply {
            pendency_item: page.list.into_iter().map(item).collect(),
            unread_pendency_count: page.unread,
            start_time: page.next,
            current_sequence: page.sequence,
        })
    }
}
