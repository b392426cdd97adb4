//! Sends one message to one account (REST v4 `sendmsg`, and what clients send).

use std::sync::Arc;

use model::{Callback, Code, Error, UserId, flags, message::MESSAGE_BYTES, message::check_body};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::{Account, Members, Outbound, Sent};

use super::parts;
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: Option<String>,
    #[serde(rename = "To_Account")]
    to: String,
    msg_seq: Option<u32>,
    msg_random: u32,
    msg_body: Box<RawValue>,
    #[serde(default)]
    cloud_custom_data: String,
    msg_client_time: Option<u32>,
    /// Sent by older backends and never used, but it must be a number.
    #[serde(rename = "MsgTimeStamp")]
    _time: Option<i64>,
    msg_life_time: Option<i64>,
    #[serde(default)]
    online_only_flag: i64,
    #[serde(default)]
    send_msg_control: Vec<String>,
    #[serde(default)]
    forbid_callback_control: Vec<String>,
    #[serde(default)]
    is_need_read_receipt: i64,
    #[serde(default)]
    support_message_extension: i64,
    sync_other_machine: Option<i64>,
    offline_push_info: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    /// Seconds since 1970.
    msg_time: i64,
    msg_key: String,
    msg_id: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.sendmsg")
        .ordered()
        .body(MESSAGE_BYTES, Code::BodyTooLong)
        .fails(&[
            Code::PeerUnknown,
            Code::Blocked,
            Code::NotMutualFriends,
            Code::ReceiverUnknown,
            Code::FromAccountInvalid,
            Code::MsgBodyMalformed,
            Code::MsgBodyNotArray,
            Code::MessageMalformed,
            Code::TextRejected,
            Code::MsgRandomInvalid,
            Code::MsgTimeStampInvalid,
            Code::ToAccountInvalid,
        ])
        .example(
            r#"{"To_Account":"bob","MsgSeq":7,"MsgRandom":90210,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]}"#,
        );
    type Reply = Reply;

    async fn run(mut self, cx: Arc<Context>) -> Result<Reply, Error> {
        // Taken before anything can wait: a client's messages are stored in the order they came in.
        let order = match cx.session() {
            Some(session) => Some(session.order.clone().lock_owned().await),
            None => None,
        };
        let from = cx.act_as(self.from.as_deref(), &Self::SPEC, Code::FromAccountInvalid).await?;
        check_body(&self.msg_body)?;
        parts::check_push_info(self.offline_push_info.as_deref())?;
        let client_time = self.msg_client_time.unwrap_or(cx.services.world.second() as u32);
        let random = self.msg_random;
        let receiver = match parts::screen(&cx, &mut self.msg_body, &self.send_msg_control) {
            Ok(()) => self.receiver(&cx, &from).await,
            Err(error) => Err(error),
        };
        let receiver = match receiver {
            Err(error) if cx.wants(Callback::C2cAfterSend) => {
                if let Some(to) = cx.find(&self.to).await? {
                    let message = self.outbound(&cx, from, to, client_time);
                    cx.services.tell_refused(&message, &error).await?;
                }
                return Err(error);
            }
            receiver => receiver?,
        };
        let sent = match receiver {
            Some(to) => {
                let message = Outbound { order, ..self.outbound(&cx, from.clone(), to, client_time) };
                cx.services.send(message).await?
            }
            None => unheard(&cx, &self),
        };
        Ok(Reply {
            msg_time: sent.time / 1000,
            msg_key: sent.key.to_string(),
            msg_id: format!("{}-{client_time}-{random}", from.tiny_id()),
        })
    }

    fn malformed(body: &serde_json::Value) -> Option<Error> {
        parts::diagnose(body)
    }
}

impl Request {
    /// The receiver; administrators reach everybody, users only who lets them.
    async fn receiver(&self, cx: &Context, from: &Account) -> Result<Option<Arc<Account>>, Error> {
        if cx.is_admin() {
            return cx.account(&self.to, Code::ReceiverUnknown).await.map(Some);
        }
        let to = UserId::new(&self.to).ok_or(Code::PeerUnknown)?;
        cx.services.receiver_for(cx.app()?, from, &to).await
    }

    fn outbound(self, cx: &Context, from: Arc<Account>, to: Arc<Account>, client_time: u32) -> Outbound {
        let is_set = |flag: i64, value: u32| if flag == 1 { value } else { 0 };
        let admin = cx.is_admin();
        let withheld = admin && self.sync_other_machine == Some(2);
        Outbound {
            members: Members::new(&self.msg_body, &self.cloud_custom_data, &from),
            from,
            to,
            client_sequence: self.msg_seq.unwrap_or((cx.services.world.number() & 0x7fff_ffff) as u32),
            random: self.msg_random,
            client_time,
            flags: parts::control_flags(&self.send_msg_control)
                | is_set(self.is_need_read_receipt, flags::NEED_RECEIPT)
                | is_set(self.support_message_extension, flags::SUPPORTS_EXTENSION)
                | is_set(withheld.into(), flags::NO_SENDER_COPY),
            online_only: self.online_only_flag == 1 || self.msg_life_time == Some(0),
            dated: None,
            push: true,
            copy: if admin { self.sync_other_machine == Some(1) } else { true },
            origin: cx.session().cloned(),
            order: None,
            forbidden: parts::forbidden(&self.forbid_callback_control, admin),
        }
    }
}

/// What a blocked sender is told where the app wants it to look like a success.
fn unheard(cx: &Context, request: &Request) -> Sent {
    let time = cx.services.world.now();
    let client_sequence = request.msg_seq.unwrap_or_default();
    let key = model::MessageKey { client_sequence, random: request.msg_random, second: time / 1000 };
    Sent { time, key }
}
