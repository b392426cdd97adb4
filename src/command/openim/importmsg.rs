//! Imports one message of an older system with the time it had there (REST v4 `importmsg`). Importing it again
//! changes nothing.

use std::sync::Arc;

use model::{Code, Error, flags, message::MESSAGE_BYTES, message::check_body};
use serde::Deserialize;
use serde_json::value::RawValue;
use service::{Members, Outbound};

use super::parts;
use crate::{Command, Context, Doors, Spec};

/// How far the older system's clock may be ahead, in seconds. Later messages never get earlier times than those
/// before them, so one from the far future would take the order from all that follow.
const AHEAD_SECONDS: i64 = 60;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    sync_from_old_system: i64,
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    to: String,
    msg_seq: Option<u32>,
    msg_random: u32,
    msg_time_stamp: u32,
    msg_body: Box<RawValue>,
    #[serde(default)]
    cloud_custom_data: String,
}

/// Whether the message counts as unread and is pushed; 1 is what 5 was called until 2022.
fn is_live(mode: i64) -> Result<bool, Error> {
    match mode {
        1 | 5 => Ok(true),
        2 => Ok(false),
        _ => Err(Error::new(Code::SyncFromOldSystemInvalid).detail("SyncFromOldSystem is 5 or 2")),
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.importmsg")
        .doors(Doors::REST)
        .body(MESSAGE_BYTES, Code::BodyTooLong)
        .fails(&[
            Code::MsgBodyMalformed,
            Code::ToAccountInvalid,
            Code::MsgRandomInvalid,
            Code::MsgTimeStampInvalid,
            Code::MsgBodyNotArray,
            Code::FromAccountInvalid,
            Code::MessageMalformed,
            Code::ReceiverUnknown,
            Code::SyncFromOldSystemInvalid,
        ])
        .example(
            r#"{"SyncFromOldSystem":2,"From_Account":"alice","To_Account":"bob","MsgRandom":12,"MsgTimeStamp":1700000000,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]}"#,
        );
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let live = is_live(self.sync_from_old_system)?;
        check_body(&self.msg_body)?;
        let second = i64::from(self.msg_time_stamp);
        if second > cx.services.world.second() + AHEAD_SECONDS {
            return Err(Error::new(Code::MsgTimeStampInvalid).detail("MsgTimeStamp lies in the future"));
        }
        let from = cx.account(&self.from, Code::FromAccountInvalid).await?;
        let to = cx.account(&self.to, Code::ReceiverUnknown).await?;
        let outbound = Outbound {
            members: Members::new(&self.msg_body, &self.cloud_custom_data, &from),
            from,
            to,
            client_sequence: self.msg_seq.unwrap_or((cx.services.world.number() & 0x7fff_ffff) as u32),
            random: self.msg_random,
            client_time: self.msg_time_stamp,
            flags: if live { 0 } else { flags::NO_UNREAD },
            online_only: false,
            dated: Some(second * 1000),
            push: live,
            copy: false,
            origin: None,
            order: None,
            forbidden: service::callback::Forbidden::default(),
        };
        cx.services.send(outbound).await.map(drop)
    }

    fn malformed(body: &serde_json::Value) -> Option<Error> {
        parts::diagnose_import(body)
    }
}

#[cfg(test)]
mod tests {
    use model::Code;

    use super::is_live;

    #[test]
    fn live_imports_have_two_numbers() {
        assert_eq!([1, 5, 2].map(|mode| is_live(mode).unwrap()), [true, true, false]);
        for bad in [0, 3, 4, -1] {
            assert_eq!(is_live(bad).unwrap_err().code, Code::SyncFromOldSystemInvalid);
        }
    }
}
