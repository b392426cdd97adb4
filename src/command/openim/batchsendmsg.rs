//! Sends one message to many accounts, one conversation each (REST v4 `batchsendmsg`). All copies share one name.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use model::{Code, Error, Millis, flags, message::MESSAGE_BYTES, message::check_body};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use service::{Account, Members, Outbound, Sent};

use super::parts;
use crate::{Command, Context, Doors, Envelope, Spec};

/// The most receivers.
const RECEIVERS: usize = 500;
/// How many copies are on their way at once; they share commits.
const AT_ONCE: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: Option<String>,
    #[serde(rename = "To_Account")]
    to: Vec<String>,
    msg_seq: Option<u32>,
    msg_random: u32,
    msg_body: Box<RawValue>,
    #[serde(default)]
    cloud_custom_data: String,
    msg_life_time: Option<i64>,
    #[serde(default)]
    send_msg_control: Vec<String>,
    #[serde(default)]
    forbid_callback_control: Vec<String>,
    #[serde(default)]
    is_need_read_receipt: i64,
    sync_other_machine: Option<i64>,
    offline_push_info: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    /// `OK`, or `SomeError` when not all receivers were reached.
    action_status: &'static str,
    error_code: i32,
    error_info: &'static str,
    msg_key: String,
    msg_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    error_list: Vec<Failure>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    #[serde(rename = "To_Account")]
    user: String,
    error_code: i32,
}

/// What all copies have in common.
struct Common {
    request: Request,
    from: Arc<Account>,
    client_sequence: u32,
    now: Millis,
}

impl Common {
    async fn send(&self, cx: &Context, user: &str) -> Result<Sent, Error> {
        let to = cx.account(user, Code::AccountMissing).await?;
        let request = &self.request;
        let is_set = |set: bool, value: u32| if set { value } else { 0 };
        let outbound = Outbound {
            members: Members::new(&request.msg_body, &request.cloud_custom_data, &self.from),
            from: self.from.clone(),
            to,
            client_sequence: self.client_sequence,
            random: request.msg_random,
            client_time: (self.now / 1000) as u32,
            flags: parts::control_flags(&request.send_msg_control)
                | is_set(request.is_need_read_receipt == 1, flags::NEED_RECEIPT)
                | is_set(request.sync_other_machine == Some(2), flags::NO_SENDER_COPY),
            online_only: parts::lifetime(request.msg_life_time) == 0,
            dated: None,
            push: true,
            copy: request.sync_other_machine == Some(1),
            origin: None,
            order: None,
            forbidden: parts::forbidden(&request.forbid_callback_control, true),
        };
        cx.services.send_at(outbound, self.now).await
    }
}

impl Request {
    fn check(&self) -> Result<(), Error> {
        if self.to.is_empty() {
            return Err(Error::new(Code::OpenimBodyNotJson).detail("To_Account names nobody"));
        }
        if self.to.len() > RECEIVERS {
            return Err(Code::TooManyReceivers.into());
        }
        if self.msg_body.get().len() + self.cloud_custom_data.len() > MESSAGE_BYTES {
            return Err(Code::BodyTooLong.into());
        }
        check_body(&self.msg_body)?;
        parts::check_push_info(self.offline_push_info.as_deref())
    }
}

/// The error of a batch that reached nobody.
fn nobody(mut errors: Vec<Error>, failures: &[Failure]) -> Error {
    #[derive(Serialize)]
    struct Fields<'a> {
        #[serde(rename = "ErrorList")]
        failures: &'a [Failure],
    }
    let error = match errors.iter().position(|error| error.code != Code::AccountMissing) {
        Some(other) => errors.swap_remove(other),
        None => Error::new(Code::ReceiverUnknown).detail("no account in To_Account exists"),
    };
    match to_raw_value(&Fields { failures }) {
        Ok(fields) => error.fields(fields),
        Err(_) => error,
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.batchsendmsg")
        .doors(Doors::REST)
        .body(64 * 1024, Code::BatchBodyTooLong)
        .fails(&[
            Code::AccountMissing,
            Code::MsgBodyMalformed,
            Code::ToAccountInvalid,
            Code::MsgSeqInvalid,
            Code::MsgRandomInvalid,
            Code::MsgBodyNotArray,
            Code::FromAccountInvalid,
            Code::MessageMalformed,
            Code::TextRejected,
            Code::TooManyReceivers,
            Code::ReceiverUnknown,
            Code::SyncOtherMachineInvalid,
            Code::OfflinePushInfoInvalid,
            Code::MsgLifeTimeInvalid,
            Code::BodyTooLong,
        ])
        .example(
            r#"{"To_Account":["bob","carol"],"MsgRandom":12,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]}"#,
        );
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(mut self, cx: Arc<Context>) -> Result<Reply, Error> {
        self.check()?;
        parts::screen(&cx, &mut self.msg_body, &self.send_msg_control)?;
        let from = cx.act_as(self.from.as_deref(), &Self::SPEC, Code::FromAccountInvalid).await?;
        let world = &cx.services.world;
        let users = std::mem::take(&mut self.to);
        let common = Common {
            client_sequence: self.msg_seq.unwrap_or((world.number() & 0x7fff_ffff) as u32),
            now: world.now(),
            request: self,
            from,
        };
        let sending: Vec<_> = users.iter().map(|user| common.send(&cx, user)).collect();
        let outcomes: Vec<_> = stream::iter(sending).buffered(AT_ONCE).collect().await;
        let (mut first, mut failures, mut errors) = (None, Vec::new(), Vec::new());
        for (user, outcome) in users.iter().zip(outcomes) {
            match outcome {
                Ok(sent) => first = first.or(Some(sent)),
                Err(error) => {
                    failures.push(Failure { user: user.clone(), error_code: error.number() });
                    errors.push(error);
                }
            }
        }
        let Some(sent) = first else { return Err(nobody(errors, &failures)) };
        let Common { from, now, request, .. } = &common;
        Ok(Reply {
            action_status: if failures.is_empty() { "OK" } else { "SomeError" },
            error_code: 0,
            error_info: "",
            msg_key: sent.key.to_string(),
            msg_id: format!("{}-{}-{}", from.tiny_id(), now / 1000, request.msg_random),
            error_list: failures,
        })
    }

    fn malformed(body: &serde_json::Value) -> Option<Error> {
        parts::diagnose_batch(body)
    }
}
