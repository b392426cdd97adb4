//! A page of the conversation list, as clients ask for it.

use std::{collections::HashMap, sync::Arc};

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::{ListedContact, Page, Peer};

use super::shared::marks;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(default)]
    time_stamp: i64,
    #[serde(default)]
    start_index: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    /// 1 on the last page; clients go on asking until then.
    complete_flag: u8,
    session_item: Vec<Item>,
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
    msg_time_stamp: i64,
    msg_seq: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_msg: Option<Box<RawValue>>,
    last_msg_flags: u8,
    top_flags: u8,
    msg_recv_option: i64,
    standard_mark: String,
    custom_mark: String,
    contact_group_id: Vec<i64>,
    #[serde(flatten)]
    with: With,
}

/// What only one kind of conversation has.
#[derive(Serialize)]
#[serde(untagged)]
enum With {
    User {
        #[serde(rename = "To_Account")]
        peer: String,
        #[serde(rename = "LastC2cMsgFrom_Account", skip_serializing_if = "Option::is_none")]
        last_from: Option<String>,
        #[serde(rename = "C2cPeerReadTime")]
        peer_read_time: i64,
        #[serde(rename = "C2cNick")]
        nick: String,
        #[serde(rename = "C2cImage")]
        image: String,
        #[serde(rename = "C2cRemark")]
        remark: &'static str,
    },
    Group {
        #[serde(rename = "ToAccount")]
        id: String,
        #[serde(rename = "GroupNick")]
        name: String,
        #[serde(rename = "GroupImage")]
        image: String,
        #[serde(rename = "GroupType")]
        kind: &'static str,
        #[serde(rename = "MsgGroupFrom_Account")]
        last_from: String,
        #[serde(rename = "MsgGroupFromNickName")]
        last_nick: String,
        #[serde(rename = "MsgGroupFromCardName")]
        last_card: String,
        #[serde(rename = "MsgGroupReadedSeq")]
        read: i64,
        #[serde(rename = "GroupNextMsgSeq")]
        next: i64,
        #[serde(rename = "UnreadMsgCount")]
        unread: u32,
        /// The count leaves out already what does not count.
        #[serde(rename = "GroupIgnoredUnreadSeqCount")]
        ignored: u32,
    },
}

/// How clients are told that a last message was recalled.
const RECALLED_PAIR: u8 = 8;
const RECALLED_GROUP: u8 = 2;

impl Item {
    fn new(listed: ListedContact, groups: &mut HashMap<i64, Vec<i64>>) -> Self {
        let row = listed.row;
        let (recalled, sequence) = listed.last.as_ref().map_or((false, 0), |last| (last.recalled, last.sequence));
        let (last_msg, who) = listed.last.map(|last| (last.message, (last.from, last.shown))).unzip();
        let (kind, flag, with) = match &listed.peer {
            Peer::User(account) => {
                let with = With::User {
                    peer: row.peer_user,
                    last_from: who.map(|(from, _)| from),
                    peer_read_time: listed.peer_read_time,
                    nick: account.profile.nick().to_owned(),
                    image: account.profile.image().to_owned(),
                    remark: "",
                };
                (1, RECALLED_PAIR, with)
            }
            Peer::Group(group) => {
                let info = group.info();
                let (last_from, (last_nick, last_card)) = who.unwrap_or_default();
                let with = With::Group {
                    id: group.id.to_string(),
                    name: info.name.clone(),
                    image: info.face.clone(),
                    kind: group.kind.name(),
                    last_from,
                    last_nick,
                    last_card,
                    read: row.read_sequence,
                    next: listed.newest + 1,
                    unread: listed.unread,
                    ignored: 0,
                };
                (2, RECALLED_GROUP, with)
            }
        };
        Self {
            kind,
            msg_time_stamp: listed.time / 1000,
            msg_seq: sequence,
            last_msg,
            last_msg_flags: if recalled { flag } else { 0 },
            top_flags: (row.pinned > 0).into(),
            msg_recv_option: row.mute,
            standard_mark: marks(row.marks),
            contact_group_id: groups.remove(&row.conversation).unwrap_or_default(),
            custom_mark: row.custom_mark,
            with,
        }
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.page_get")
        .doors(Doors::SOCKET)
        .fails(&[Code::ContactInternal])
        .example(r#"{"From_Account":"alice","TimeStamp":0,"StartIndex":0,"TopTimeStamp":0,"TopStartIndex":0}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let (app, me) = (cx.app()?, cx.me()?);
        let now = cx.services.world.second();
        let page = Page { since: self.time_stamp, offset: self.start_index };
        let (listed, next) = cx.services.contacts(app, me, page).await?;
        let mut groups = cx.services.contact_group_members(me).await?;
        let session_item = listed.into_iter().map(|listed| Item::new(listed, &mut groups)).collect();
        // After the last page the cursor asks for what is new since then.
        let (time_stamp, start_index) = next.map_or((now, 0), |next| (next.since, next.offset));
        Ok(Reply {
            complete_flag: next.is_none().into(),
            session_item,
            time_stamp,
            start_index,
            top_time_stamp: 0,
            top_start_index: 0,
        })
    }
}
