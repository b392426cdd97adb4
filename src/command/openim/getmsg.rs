//! What a client has not received yet: unread counts at sign-in, missed messages after a lost connection.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(default)]
    cookie: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    msg_list: Vec<Box<RawValue>>,
    /// 2: that was all; 0: ask again with the new cookie.
    sync_flag: u8,
    cookie: String,
    #[serde(rename = "C2CPairUnreadCount")]
    unread: Vec<Unread>,
    #[serde(rename = "C2CRemainingUnreadCount")]
    remaining: [(); 0],
    event_array: Vec<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unread {
    #[serde(rename = "From_Account")]
    peer: String,
    unread_count: u32,
}

fn counts(unread: Vec<service::Unread>) -> Vec<Unread> {
    unread.into_iter().map(|row| Unread { peer: row.peer, unread_count: row.count }).collect()
}

/// The cookie names a position of the log.
fn position(cookie: &str) -> Option<i64> {
    cookie.strip_prefix('p')?.parse().ok()
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.getmsg").doors(Doors::SOCKET).example(r#"{"Cookie":"","SyncFlag":0}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let (app, me, services) = (cx.app()?, cx.me()?, &cx.services);
        let (fetched, pushed) = reached(&cx);
        let (Some(after), Some(session)) = (position(&self.cookie), cx.session()) else {
            let unread = services.unread(me, fetched).await?;
            let untold = services.untold(me, fetched).await?;
            if let Some(link) = &cx.link {
                link.add_replay(untold.pushes);
            }
            return Ok(Reply {
                msg_list: Vec::new(),
                sync_flag: 2,
                cookie: format!("p{fetched}"),
                unread: counts(unread),
                remaining: [],
                event_array: untold.events,
            });
        };
        let missed = services.missed(app, me, session, (after, fetched)).await?;
        if let (false, Some(link)) = (missed.more, &cx.link) {
            link.fetched(services.world.now());
        }
        let reached = if missed.more { missed.position } else { missed.position.max(pushed) };
        Ok(Reply {
            msg_list: missed.messages,
            sync_flag: if missed.more { 0 } else { 2 },
            cookie: format!("p{}", reached.max(after)),
            unread: counts(missed.unread),
            remaining: [],
            event_array: missed.events,
        })
    }
}

/// Up to which position the client has to fetch, and up to which it has everything once it gets this reply: on a
/// signed-in connection, later messages are pushed, and pushes queued before this reply go out before it.
fn reached(cx: &Context) -> (i64, i64) {
    let now = cx.services.store().log.position();
    let attached = cx
        .link
        .as_ref()
        .filter(|link| link.session().zip(cx.session()).is_some_and(|(linked, mine)| Arc::ptr_eq(&linked, mine)));
    match attached {
        Some(link) => {
            let start = link.start();
            (start, if link.is_held(cx.services.world.now()) { start } else { now.max(start) })
        }
        None => (now, now),
    }
}
