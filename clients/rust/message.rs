//! Bodies this client reads and writes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Error, Frame};

/// Outcome of a request. The whole body stays at hand.
#[derive(Debug, Clone)]
pub struct Reply {
    /// `ErrorCode`; 0 when absent.
    pub code: i64,
    /// `ErrorInfo`; empty when absent.
    pub info: String,
    frame: Frame,
}

#[derive(Deserialize)]
struct Outcome<'a> {
    #[serde(default, rename = "ErrorCode")]
    code: i64,
    #[serde(default, rename = "ErrorInfo", borrow)]
    info: Cow<'a, str>,
}

impl Reply {
    pub(crate) fn new(frame: Frame) -> Result<Self, Error> {
        let outcome: Outcome<'_> = frame.json()?;
        let (code, info) = (outcome.code, outcome.info.into_owned());
        Ok(Self { code, info, frame })
    }

    /// The frame that carried the reply.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Turns a refusal into an error.
    pub fn ok(self) -> Result<Self, Error> {
        if self.code == 0 {
            return Ok(self);
        }
        Err(Error::Refused { servcmd: self.frame.servcmd().to_owned(), code: self.code, info: self.info })
    }

    /// Reads the body as `T`.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        self.frame.json()
    }
}

/// What a sign-in gives.
#[derive(Debug, Clone, Deserialize)]
pub struct Login {
    /// Session ticket for the head of later requests.
    #[serde(rename = "A2Key")]
    pub a2: String,
    /// Number of the account, as text.
    #[serde(rename = "TinyId")]
    pub tinyid: String,
    /// Number of this instance.
    #[serde(rename = "InstId", default)]
    pub inst_id: u64,
    /// Seconds between two hellos; `None` for never.
    #[serde(rename = "HelloInterval", default)]
    pub hello_interval: Option<u64>,
    /// Server clock, seconds since 1970.
    #[serde(rename = "TimeStamp", default)]
    pub time: u64,
}

/// Body of `im_open_status.wslogin`: who signs in, and with what, is in the head.
pub const LOGIN_BODY: &[u8] = br#"{"State":"Online","is_web_uniapp":0,"InstType":0,"CustomInfo":""}"#;
/// Body of `im_open_status.wshello`.
pub(crate) const HELLO_BODY: &[u8] = br#"{"is_web_uniapp":0}"#;
/// Body of `im_open_status.wslogout`.
pub(crate) const LOGOUT_BODY: &[u8] = br#"{"wslogout_type":0,"is_web_uniapp":0}"#;

/// A C2C text message on its way out, with the members the SDK sends.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Sender; must be the account of the session.
    pub from: &'a str,
    /// Receiver.
    pub to: &'a str,
    /// Number chosen by the sender; with `random` it names the message when it is sent again.
    pub seq: u32,
    /// Chance number chosen by the sender.
    pub random: u32,
    /// Sender's clock, seconds since 1970.
    pub client_time: u64,
    /// Text.
    pub text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendBody<'a> {
    #[serde(rename = "From_Account")]
    from: &'a str,
    #[serde(rename = "To_Account")]
    to: &'a str,
    msg_seq: u32,
    msg_random: u32,
    msg_body: [Element<'a>; 1],
    cloud_custom_data: &'a str,
    #[serde(rename = "From_AccountNick")]
    from_nick: &'a str,
    #[serde(rename = "From_AccountHeadurl")]
    from_face: &'a str,
    msg_client_time: u64,
    is_need_read_receipt: u8,
    support_message_extension: u8,
    is_relay_msg: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Element<'a> {
    msg_type: &'a str,
    msg_content: TextContent<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TextContent<'a> {
    text: &'a str,
}

impl Outgoing<'_> {
    /// Appends the body of `openim.sendmsg` to `out`.
    ///
    /// # Panics
    ///
    /// Never: writing to memory does not fail.
    pub fn write(&self, out: &mut Vec<u8>) {
        let body = SendBody {
            from: self.from,
            to: self.to,
            msg_seq: self.seq,
            msg_random: self.random,
            msg_body: [Element { msg_type: "TIMTextElem", msg_content: TextContent { text: self.text } }],
            cloud_custom_data: "",
            from_nick: "",
            from_face: "",
            msg_client_time: self.client_time,
            is_need_read_receipt: 0,
            support_message_extension: 0,
            is_relay_msg: 0,
        };
        serde_json::to_writer(out, &body).expect("a vector takes every write");
    }
}

/// A C2C message as the server shows it, borrowed from its frame.
#[derive(Debug, Clone, Deserialize)]
pub struct C2cMessage<'a> {
    /// Sender. Empty in a list entry that is no message but a notice.
    #[serde(rename = "From_Account", default, borrow)]
    pub from: Cow<'a, str>,
    /// Receiver.
    #[serde(rename = "To_Account", default, borrow)]
    pub to: Cow<'a, str>,
    /// Number chosen by the sender.
    #[serde(rename = "MsgSeq", default)]
    pub seq: u32,
    /// Chance number chosen by the sender.
    #[serde(rename = "MsgRandom", default)]
    pub random: u32,
    /// Server time, seconds since 1970.
    #[serde(rename = "MsgTimeStamp", default)]
    pub time: u64,
    /// Sender's clock, seconds since 1970.
    #[serde(rename = "MsgClientTime", default)]
    pub client_time: u64,
    /// Number of the sender's account, as text.
    #[serde(rename = "TinyId", default, borrow)]
    pub tinyid: Cow<'a, str>,
    /// 1 for the copy of a message another session of the receiver sent.
    #[serde(rename = "IsSyncMsg", default)]
    pub is_sync: u8,
    /// Elements, untouched.
    #[serde(rename = "MsgBody", default, borrow)]
    pub body: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ReceivedElement<'a> {
    #[serde(rename = "MsgType", borrow)]
    kind: Cow<'a, str>,
    #[serde(rename = "MsgContent", borrow)]
    content: &'a RawValue,
}

#[derive(Deserialize)]
struct ReceivedText<'a> {
    #[serde(rename = "Text", borrow)]
    text: Cow<'a, str>,
}

impl<'a> C2cMessage<'a> {
    /// Text of the first element, when that is a text.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        let elements: Vec<ReceivedElement<'a>> = serde_json::from_str(self.body?.get()).ok()?;
        let first = elements.first().filter(|element| element.kind == "TIMTextElem")?;
        let text: ReceivedText<'a> = serde_json::from_str(first.content.get()).ok()?;
        Some(text.text)
    }
}

/// Body of a message push.
#[derive(Debug, Clone, Deserialize)]
pub struct Pushed<'a> {
    /// What happened, in order.
    #[serde(rename = "EventArray", default, borrow)]
    pub events: Vec<PushEvent<'a>>,
    /// 1 when the push wants an acknowledgement.
    #[serde(rename = "NeedAck", default)]
    pub need_ack: u8,
    /// What the acknowledgement carries.
    #[serde(rename = "SessionData", default, borrow)]
    pub session_data: Cow<'a, str>,
    /// 1 when the client should fetch what it missed.
    #[serde(rename = "Flag", default)]
    pub flag: u8,
}

/// One event of a push; only C2C messages are read.
#[derive(Debug, Clone, Deserialize)]
pub struct PushEvent<'a> {
    /// Messages.
    #[serde(rename = "C2cMsgArray", default, borrow)]
    pub messages: Vec<C2cMessage<'a>>,
}

impl<'a> Pushed<'a> {
    /// C2C messages in the push, in order.
    pub fn messages(&self) -> impl Iterator<Item = &C2cMessage<'a>> {
        self.events.iter().flat_map(|event| &event.messages)
    }

    /// Appends the body of the acknowledgement to `out`.
    ///
    /// # Panics
    ///
    /// Never: writing to memory does not fail.
    pub fn write_ack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"SessionData":"#);
        serde_json::to_writer(&mut *out, &self.session_data).expect("a vector takes every write");
        out.push(b'}');
    }
}

/// One answer of `openim.getmsg`.
#[derive(Debug, Clone, Deserialize)]
pub struct SyncPage<'a> {
    /// Missed messages, in order; notices among them have an empty sender.
    #[serde(rename = "MsgList", default, borrow)]
    pub entries: Vec<C2cMessage<'a>>,
    /// 2 when complete.
    #[serde(rename = "SyncFlag", default)]
    pub sync_flag: u8,
    /// Where to go on from.
    #[serde(rename = "Cookie", default, borrow)]
    pub cookie: Cow<'a, str>,
}

impl<'a> SyncPage<'a> {
    /// C2C messages in the answer, in order.
    pub fn messages(&self) -> impl Iterator<Item = &C2cMessage<'a>> {
        self.entries.iter().filter(|entry| !entry.from.is_empty())
    }
}

/// Body of `openim.getmsg`; `online` when a push asked for it.
pub fn sync_body(cookie: &str, sync_flag: u8, online: bool) -> Vec<u8> {
    let cookie = serde_json::Value::from(cookie);
    let online = u8::from(online);
    format!(
        r#"{{"Cookie":{cookie},"SyncFlag":{sync_flag},"NeedAbstract":1,"IsOnlineSync":{online},"NeedSignaling":1,"NeedCachedMsg":1}}"#
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn push_is_read_and_acknowledged() {
        let text = r#"{"EventArray":[{"Event":10,"C2cNotifyMsgArray":[{}]},{"Event":9,"C2cMsgArray":[{"From_Account":"a","To_Account":"b\n",
            "MsgSeq":3140270001,"MsgRandom":4294967295,"MsgTimeStamp":5,"MsgClientTime":4,"TinyId":"144",
            "MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"h\"i"}}],"CloudCustomData":""}]}],"NeedAck":1,"SessionData":"s\"1","Flag":1}"#;
        let push: Pushed<'_> = serde_json::from_str(text).unwrap();
        let messages: Vec<_> = push.messages().collect();
        assert_eq!(messages.len(), 1);
        assert_eq!((&*messages[0].from, &*messages[0].to), ("a", "b\n"));
        assert_eq!((messages[0].seq, messages[0].random), (3_140_270_001, u32::MAX));
        assert_eq!(messages[0].text().as_deref(), Some("h\"i"));
        assert_eq!((push.need_ack, push.flag), (1, 1));
        let mut ack = Vec::new();
        push.write_ack(&mut ack);
        assert_eq!(ack, br#"{"SessionData":"s\"1"}"#);
    }

    #[test]
    fn notices_in_a_sync_page_are_no_messages() {
        let text = r#"{"MsgList":[{"EventArray":[{"Event":10}]},{"From_Account":"a","MsgBody":[{"MsgType":"TIMFaceElem","MsgContent":{}}]}],"SyncFlag":2,"Cookie":"c7"}"#;
        let page: SyncPage<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(page.messages().map(C2cMessage::text).collect::<Vec<_>>(), [None]);
        assert_eq!((page.sync_flag, &*page.cookie), (2, "c7"));
    }

    #[test]
    fn outgoing_text_is_escaped() {
        let mut body = Vec::new();
        Outgoing { from: "a", to: "b", seq: 1, random: 2, client_time: 3, text: "x\"y" }.write(&mut body);
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["From_Account"], "a");
        assert_eq!(value["MsgBody"][0]["MsgContent"]["Text"], "x\"y");
        assert_eq!(value["MsgClientTime"], 3);
    }
}
