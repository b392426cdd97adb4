//! How many messages an account has not read, in all or of some peers (REST v4 `get_c2c_unread_msg_num`).

use std::{collections::HashMap, sync::Arc};

use model::{Code, Error};
use serde::{Deserialize, Serialize};

use crate::{Command, Context, Doors, Spec, entry::first_wrong};

/// The most peers of one request.
const PEERS: usize = 10;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "To_Account")]
    user: String,
    #[serde(rename = "Peer_Account")]
    peers: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Reply {
    All {
        #[serde(rename = "AllC2CUnreadMsgNum")]
        unread: u32,
    },
    ByPeer {
        #[serde(rename = "C2CUnreadMsgNumList")]
        counts: Vec<Count>,
        #[serde(rename = "ErrorList", skip_serializing_if = "Vec::is_empty")]
        failures: Vec<Failure>,
    },
}

#[derive(Serialize)]
pub(crate) struct Count {
    #[serde(rename = "Peer_Account")]
    peer: String,
    #[serde(rename = "C2CUnreadMsgNum")]
    unread: u32,
}

#[derive(Serialize)]
pub(crate) struct Failure {
    #[serde(rename = "Peer_Account")]
    peer: String,
    #[serde(rename = "ErrorCode")]
    code: i32,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.get_c2c_unread_msg_num")
        .doors(Doors::REST)
        .fails(&[Code::ToAccountInvalid])
        .example(r#"{"To_Account":"bob","Peer_Account":["alice"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let user = cx.account(&self.user, Code::ToAccountInvalid).await?;
        let unread = cx.services.unread(&user, i64::MAX).await?;
        let Some(peers) = self.peers.filter(|peers| !peers.is_empty()) else {
            return Ok(Reply::All { unread: unread.iter().map(|row| row.count).sum() });
        };
        if peers.len() > PEERS {
            return Err(Error::new(Code::OpenimBodyNotJson).detail(format!("at most {PEERS} peers are named")));
        }
        let by_peer: HashMap<&str, u32> = unread.iter().map(|row| (row.peer.as_str(), row.count)).collect();
        let (mut counts, mut failures) = (Vec::new(), Vec::new());
        for peer in peers {
            if cx.find(&peer).await?.is_some() {
                let unread = by_peer.get(peer.as_str()).copied().unwrap_or_default();
                counts.push(Count { peer, unread });
            } else {
                failures.push(Failure { peer, code: Code::AccountMissing.number() });
            }
        }
        Ok(Reply::ByPeer { counts, failures })
    }

    fn malformed(body: &serde_json::Value) -> Option<Error> {
        first_wrong(body, &[("To_Account", serde_json::Value::is_string, true, Code::ToAccountInvalid)])
    }
}
