//! Up to when peers have read what the user wrote.

use std::sync::Arc;

use model::Error;
use serde::{Deserialize, Serialize};
use service::Peer;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "To_Account")]
    peers: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    /// Seconds since 1970 in the order asked, 0 for never.
    #[serde(rename = "ReadTime")]
    times: Vec<i64>,
}

impl Command for Request {
    const SPEC: Spec =
        Spec::openim("openim.get_peer_read_time").doors(Doors::SOCKET).example(r#"{"To_Account":["bob"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.me()?;
        let mut times = Vec::with_capacity(self.peers.len());
        for peer in &self.peers {
            let row = match cx.find(peer).await? {
                // What the peer keeps about the conversation with me.
                Some(peer) => cx.services.contact_rows(&peer, &[Peer::User(me.clone())]).await?.pop(),
                None => None,
            };
            times.push(row.map_or(0, |row| row.read_time));
        }
        Ok(Reply { times })
    }
}
