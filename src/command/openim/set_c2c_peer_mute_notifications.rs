//! How messages of single peers arrive: 0 notify, 1 discard, 2 quiet.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use service::Peer;

use crate::{Command, Context, Doors, Spec};

/// The most peers of one request.
const PEERS: usize = 30;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "Peer_Account")]
    peers: Vec<String>,
    #[serde(rename = "Mute_Notifications")]
    mute: i64,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "ErrorList")]
    failed: Vec<Failed>,
}

#[derive(Serialize)]
struct Failed {
    #[serde(rename = "Peer_Account")]
    peer: String,
    #[serde(rename = "ErrorCode")]
    code: i32,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.set_c2c_peer_mute_notifications")
        .doors(Doors::SOCKET)
        .example(r#"{"Peer_Account":["bob"],"Mute_Notifications":2}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.me()?;
        if self.peers.len() > PEERS || !(0..=2).contains(&self.mute) {
            return Err(Error::new(Self::SPEC.malformed).detail("up to 30 peers, and 0, 1 or 2"));
        }
        let mut failed = Vec::new();
        for name in self.peers {
            let Some(peer) = cx.find(&name).await? else {
                failed.push(Failed { peer: name, code: Code::PeerUnknown.number() });
                continue;
            };
            cx.services.mute_contact(me, &Peer::User(peer.clone()), self.mute).await?;
            let event = format!(
                r#""Event":10,"C2cNotifyMsgArray":[{{"MuteNotificationsSync":{{"To_Account":[{}],"MuteNotifications":{}}}}}]"#,
                peer.quoted, self.mute
            );
            cx.services.tell(me.number, event, cx.instance());
        }
        Ok(Reply { failed })
    }
}
