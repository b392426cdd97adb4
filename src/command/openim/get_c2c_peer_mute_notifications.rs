//! How messages of peers arrive; of all peers when none is named.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};
use service::Peer;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "Peer_Account")]
    peers: Option<Vec<String>>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "MuteNotificationsList")]
    list: Vec<Muted>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Muted {
    #[serde(rename = "Peer_Account")]
    peer: String,
    mute_notifications: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.get_c2c_peer_mute_notifications")
        .doors(Doors::SOCKET)
        .example(r#"{"Peer_Account":["bob"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.me()?;
        let Some(peers) = self.peers else {
            let rows = cx.services.all_contact_rows(me).await?;
            let muted = rows.into_iter().filter(|row| row.peer > 0 && row.mute != 0);
            let list = muted.map(|row| Muted { peer: row.peer_user, mute_notifications: row.mute }).collect();
            return Ok(Reply { list });
        };
        let mut list = Vec::with_capacity(peers.len());
        for peer in peers {
            let row = match cx.find(&peer).await? {
                Some(account) => cx.services.contact_rows(me, &[Peer::User(account)]).await?.pop(),
                None => None,
            };
            list.push(Muted { peer, mute_notifications: row.map_or(0, |row| row.mute) });
        }
        Ok(Reply { list })
    }
}
