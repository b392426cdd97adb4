//! A robot says one text in pieces (REST v4 `send_stream_msg`): the first piece makes a text message, each later one
//! is added to it, and `Finish` ends it. Clients see the message grow as they see any modified message.

use std::sync::Arc;

use model::{Code, Error, Kind, MessageKey};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use service::{Account, Members, Outbound};

use super::robot;
use crate::{Command, Context, Doors, Spec};

/// The longest text, in bytes.
const TEXT_BYTES: usize = 64 * 1024;
/// How often a piece is added anew because something else changed the message at the same time.
const ATTEMPTS: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    to: String,
    chunk: String,
    msg_key: Option<String>,
    #[serde(default)]
    finish: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    msg_key: String,
}

/// The one element of such a message.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Element {
    #[serde(rename = "MsgType")]
    kind: String,
    #[serde(rename = "MsgContent")]
    content: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    text: String,
    /// 1 when nothing more will be added. Only messages made here have it, so no others can be added to.
    is_finished: u8,
}

fn invalid(detail: &'static str) -> Error {
    Error::new(Code::GroupParameterInvalid).detail(detail)
}

/// The body of the message with a piece more; `None`: the message begins.
fn grown(body: Option<&RawValue>, chunk: &str, finish: bool) -> Result<Box<RawValue>, Error> {
    let mut text = match body.map(|body| serde_json::from_str::<[Element; 1]>(body.get())) {
        None => String::new(),
        Some(Ok([Element { content: Text { text, is_finished: 0 }, .. }])) => text,
        Some(Ok(_)) => return Err(invalid("the message is finished")),
        Some(Err(_)) => return Err(invalid("the message was not sent in pieces")),
    };
    text.push_str(chunk);
    if text.len() > TEXT_BYTES {
        return Err(invalid("the text is longer than 65536 bytes"));
    }
    let content = Text { text, is_finished: finish.into() };
    let body = [Element { kind: "TIMTextElem".into(), content }];
    to_raw_value(&body).map_err(|error| Error::new(Code::GroupInternal).source(error))
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_robot_http_svc.send_stream_msg")
        .doors(Doors::REST)
        .example(r#"{"From_Account":"@RBT#helper","To_Account":"bob","Chunk":"Hel"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let from = robot(&cx, &self.from).await?;
        let to = cx.account(&self.to, Code::GroupParameterInvalid).await?;
        let key = match self.msg_key.as_deref().filter(|key| !key.is_empty()) {
            Some(key) => {
                let key = MessageKey::parse(key).ok_or_else(|| invalid("the MsgKey is malformed"))?;
                self.continued(&cx, &from, &to, key).await?;
                key
            }
            None => self.begun(&cx, from, to).await?,
        };
        Ok(Reply { msg_key: key.to_string() })
    }
}

impl Request {
    async fn begun(&self, cx: &Context, from: Arc<Account>, to: Arc<Account>) -> Result<MessageKey, Error> {
        let body = grown(None, &self.chunk, self.finish == 1)?;
        let world = &cx.services.world;
        let outbound = Outbound {
            members: Members::new(&body, "", &from),
            from,
            to,
            client_sequence: (world.number() & 0x7fff_ffff) as u32,
            random: (world.number() & 0x7fff_ffff) as u32,
            client_time: world.second() as u32,
            flags: 0,
            online_only: false,
            dated: None,
            push: true,
            copy: false,
            origin: None,
            order: None,
            forbidden: service::callback::Forbidden::default(),
        };
        cx.services.send(outbound).await.map(|sent| sent.key)
    }

    async fn continued(
        &self,
        cx: &Context,
        from: &Arc<Account>,
        to: &Arc<Account>,
        key: MessageKey,
    ) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let now = cx.services.content(from, to, key).await.map_err(as_parameter)?;
            let body = grown(Some(&now.body), &self.chunk, self.finish == 1)?;
            match cx.services.modify(from, to, key, (Some(&body), None), Some(now.version), None).await {
                Ok(_) => return Ok(()),
                Err(error) if error.code == Code::ModifyConflict => {}
                Err(error) => return Err(as_parameter(error)),
            }
        }
        Err(Code::GroupInternal.into())
    }
}

/// This service answers 10004 to whatever the caller got wrong.
fn as_parameter(error: Error) -> Error {
    match error.kind() {
        Kind::Caller => Error::new(Code::GroupParameterInvalid).detail(error.detail),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use model::Code;
    use serde_json::{Value, value::RawValue};

    use super::{TEXT_BYTES, grown};

    #[test]
    fn texts_grow_until_they_are_finished() {
        let first = grown(None, "Hel", false).unwrap();
        let last = grown(Some(&first), "lo", true).unwrap();
        let body: Value = serde_json::from_str(last.get()).unwrap();
        assert_eq!(body[0]["MsgType"], "TIMTextElem");
        assert_eq!(body[0]["MsgContent"]["Text"], "Hello");
        assert_eq!(grown(Some(&last), "!", false).unwrap_err().code, Code::GroupParameterInvalid);
        let long = "x".repeat(TEXT_BYTES);
        assert_eq!(grown(Some(&first), &long, false).unwrap_err().code, Code::GroupParameterInvalid);
    }

    #[test]
    fn other_messages_are_left_alone() {
        let plain = r#"[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]"#;
        let plain = RawValue::from_string(plain.to_owned()).unwrap();
        assert!(grown(Some(&plain), "x", false).is_err());
    }
}
