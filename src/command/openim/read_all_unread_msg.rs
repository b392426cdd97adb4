//! A user has read everything, or what some groups say up to some message.

use std::sync::Arc;

use model::{Error, Kind};
use serde::{Deserialize, Serialize};

use crate::{
    Command, Context, Doors, Spec,
    group_open_http_svc::shared::{by, place},
};

/// The most groups of one request.
const GROUPS: usize = 500;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "C2CReadAllMsg", default)]
    all: i64,
    #[serde(rename = "GroupReadInfo", default)]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    group_id: String,
    topic_id: Option<String>,
    msg_seq: i64,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "C2CReadAllMsg")]
    all: i64,
    #[serde(rename = "GroupReadInfoArray")]
    groups: Vec<Read>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Read {
    group_id: String,
    msg_seq: i64,
    ret_code: i32,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.read_all_unread_msg")
        .doors(Doors::SOCKET)
        .example(r#"{"C2CReadAllMsg":1,"GroupReadInfo":[]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.groups.len() > GROUPS {
            return Err(Error::new(Self::SPEC.malformed).detail("at most 500 groups are read at once"));
        }
        if self.all == 1 {
            cx.services.mark_all_read(cx.app()?, cx.me()?, cx.instance()).await?;
        }
        let by = by(&cx, None).await?;
        let mut groups = Vec::with_capacity(self.groups.len());
        for group in self.groups {
            let read = match place(&cx, &group.group_id, group.topic_id.as_deref()).await {
                Ok(place) => cx.services.read_group(&place, &by, group.msg_seq).await,
                Err(error) => Err(error),
            };
            let ret_code = match read {
                Ok(()) => 0,
                Err(error) if error.kind() == Kind::Ours => return Err(error),
                Err(error) => error.number(),
            };
            groups.push(Read { group_id: group.group_id, msg_seq: group.msg_seq, ret_code });
        }
        Ok(Reply { all: self.all, groups })
    }
}
