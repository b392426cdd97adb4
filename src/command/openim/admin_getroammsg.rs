//! Reads the stored conversation of two accounts as one of them sees it (REST v4 `admin_getroammsg`): from new to
//! old, each reply in the order of time and continued by the name of its oldest message.

use std::sync::Arc;

use model::{Code, Error, MessageKey};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::{Slice, roaming};

use crate::{Command, Context, Doors, Spec, entry::first_wrong};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "Operator_Account")]
    operator: Option<String>,
    #[serde(rename = "Peer_Account")]
    peer: Option<String>,
    /// What older clients call the operator.
    #[serde(rename = "From_Account")]
    from: Option<String>,
    /// What older clients call the peer.
    #[serde(rename = "To_Account")]
    to: Option<String>,
    max_cnt: i64,
    min_time: i64,
    max_time: i64,
    last_msg_key: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    /// 1: this was all; 0: ask again with the last key.
    complete: u8,
    msg_cnt: usize,
    /// Of the oldest message here, seconds since 1970.
    last_msg_time: i64,
    last_msg_key: String,
    msg_list: Vec<Box<RawValue>>,
}

const NOTHING: Reply =
    Reply { complete: 1, msg_cnt: 0, last_msg_time: 0, last_msg_key: String::new(), msg_list: Vec::new() };

impl Request {
    /// The part of the history that is wanted; `None` when no message can be in it.
    fn slice(&self) -> Result<Option<Slice>, Error> {
        if self.max_cnt < 1 {
            return Err(Error::new(Code::OpenimBodyNotJson).detail("MaxCnt is at least 1"));
        }
        let latest = i64::from(u32::MAX);
        let (from_second, second) = (self.min_time.clamp(0, latest), self.max_time.min(latest));
        if second < 1 || second < from_second {
            return Ok(None);
        }
        let key = match self.last_msg_key.as_deref() {
            None | Some("") => None,
            Some(key) => Some(MessageKey::parse(key).ok_or(Code::MsgKeyInvalid)?),
        };
        Ok(Some(Slice {
            // A key beyond the range is no place in it.
            beyond: key.filter(|key| key.second <= second),
            second,
            newer: false,
            limit: self.max_cnt.min(roaming::ADMIN_MESSAGES as i64) as usize,
            from_second,
            bytes: Some(roaming::ADMIN_BYTES),
        }))
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.admin_getroammsg")
        .doors(Doors::REST)
        .fails(&[Code::ToAccountInvalid, Code::FromAccountInvalid, Code::MsgKeyInvalid])
        .example(
            r#"{"Operator_Account":"alice","Peer_Account":"bob","MaxCnt":20,"MinTime":1700000000,"MaxTime":1700003600}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let slice = self.slice()?;
        let operator = self.operator.or(self.from).ok_or(Code::FromAccountInvalid)?;
        let peer = self.peer.or(self.to).ok_or(Code::ToAccountInvalid)?;
        let operator = cx.account(&operator, Code::FromAccountInvalid).await?;
        let peer = cx.account(&peer, Code::ToAccountInvalid).await?;
        let Some(slice) = slice else { return Ok(NOTHING) };
        let history = cx.services.history(cx.app()?, &operator, &peer, slice).await?;
        let Some(oldest) = history.oldest() else { return Ok(NOTHING) };
        let msg_list = history.records()?;
        Ok(Reply {
            complete: history.complete.into(),
            msg_cnt: msg_list.len(),
            last_msg_time: oldest.second,
            last_msg_key: oldest.to_string(),
            msg_list,
        })
    }

    fn malformed(body: &serde_json::Value) -> Option<Error> {
        let is_text = serde_json::Value::is_string;
        first_wrong(
            body,
            &[
                ("Operator_Account", is_text, false, Code::FromAccountInvalid),
                ("From_Account", is_text, false, Code::FromAccountInvalid),
                ("Peer_Account", is_text, false, Code::ToAccountInvalid),
                ("To_Account", is_text, false, Code::ToAccountInvalid),
                ("LastMsgKey", is_text, false, Code::MsgKeyInvalid),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use model::Code;
    use serde_json::{Value, json};
    use service::{Slice, roaming};

    use super::Request;

    fn slice(fields: &Value) -> Result<Option<Slice>, Code> {
        let mut body = json!({"MaxCnt": 20, "MinTime": 100, "MaxTime": 200});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value::<Request>(body).unwrap().slice().map_err(|error| error.code)
    }

    #[test]
    fn ranges_end_where_they_are_told_to() {
        let all = slice(&json!({})).unwrap().unwrap();
        assert_eq!((all.from_second, all.second, all.limit), (100, 200, 20));
        assert_eq!(slice(&json!({"MaxCnt": 5000})).unwrap().unwrap().limit, roaming::ADMIN_MESSAGES);
        assert!(slice(&json!({"MaxTime": 99})).unwrap().is_none());
        assert_eq!(slice(&json!({"MaxCnt": 0})).err(), Some(Code::OpenimBodyNotJson));
    }

    #[test]
    fn keys_continue_a_range() {
        let at = |key: &str| slice(&json!({"LastMsgKey": key}));
        assert!(at("1_2_150").unwrap().unwrap().beyond.is_some());
        assert!(at("1_2_201").unwrap().unwrap().beyond.is_none());
        assert!(at("").unwrap().unwrap().beyond.is_none());
        assert_eq!(at("nonsense").err(), Some(Code::MsgKeyInvalid));
    }
}
