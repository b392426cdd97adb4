//! A page of the history with one peer.

use std::sync::Arc;

use model::{Error, MessageKey};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::{Slice, roaming};

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "Peer_Account")]
    peer: String,
    #[serde(default)]
    max_cnt: i64,
    #[serde(default)]
    last_msg_time: i64,
    #[serde(default)]
    msg_key: String,
    /// 0 older, 1 newer.
    #[serde(default)]
    get_direction: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    complete: u8,
    msg_list: Vec<Box<RawValue>>,
    last_msg_time: i64,
    msg_key: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.getroammsg")
        .doors(Doors::SOCKET)
        .example(r#"{"Peer_Account":"bob","MaxCnt":15,"LastMsgTime":0,"MsgKey":"","GetDirection":0}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let (app, me) = (cx.app()?, cx.me()?);
        if let Some(link) = &cx.link {
            link.fetches(cx.services.world.now());
        }
        let nothing = Reply { complete: 1, msg_list: Vec::new(), last_msg_time: 0, msg_key: String::new() };
        if !app.settings.client_roaming {
            return Ok(nothing);
        }
        let Some(peer) = cx.find(&self.peer).await? else { return Ok(nothing) };
        let newer = self.get_direction == 1;
        let slice = Slice {
            beyond: MessageKey::parse(&self.msg_key),
            second: self.last_msg_time.clamp(0, i64::from(u32::MAX)),
            newer,
            limit: self.max_cnt.clamp(1, roaming::CLIENT_MESSAGES as i64) as usize,
            ..Slice::default()
        };
        let history = cx.services.history(app, me, &peer, slice).await?;
        let edge = if newer { history.entries.last() } else { history.entries.first() };
        let key = edge.map(|(entry, ..)| MessageKey {
            client_sequence: entry.client_sequence,
            random: entry.random,
            second: entry.time / 1000,
        });
        Ok(Reply {
            complete: history.complete.into(),
            msg_list: history.messages()?,
            last_msg_time: key.map_or(self.last_msg_time, |key| key.second),
            msg_key: key.map_or(self.msg_key, |key| key.to_string()),
        })
    }
}
