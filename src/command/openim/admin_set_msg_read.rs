//! Marks what an account got from a peer as read (REST v4 `admin_set_msg_read`).

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec, entry::first_wrong};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "Report_Account")]
    reader: String,
    #[serde(rename = "Peer_Account")]
    peer: String,
    #[serde(rename = "MsgReadTime")]
    until: Option<Second>,
}

/// Seconds since 1970: documented as a string, sent as a number as well.
#[derive(Deserialize)]
#[serde(untagged)]
enum Second {
    Number(i64),
    Text(String),
}

impl Second {
    fn read(self) -> Result<i64, Error> {
        let second = match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => text.parse().ok(),
        };
        second
            .filter(|second| *second >= 0)
            .ok_or_else(|| Error::new(Code::OpenimBodyNotJson).detail("MsgReadTime is a number of seconds"))
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.admin_set_msg_read")
        .doors(Doors::REST)
        .fails(&[Code::ToAccountInvalid, Code::FromAccountInvalid])
        .example(r#"{"Report_Account":"bob","Peer_Account":"alice","MsgReadTime":1700000000}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let second = match self.until {
            Some(until) => until.read()?,
            None => cx.services.world.second(),
        };
        let reader = cx.account(&self.reader, Code::FromAccountInvalid).await?;
        let peer = cx.account(&self.peer, Code::ToAccountInvalid).await?;
        cx.services.mark_read(&reader, &peer, second, None).await
    }

    fn malformed(body: &serde_json::Value) -> Option<Error> {
        let is_text = serde_json::Value::is_string;
        first_wrong(
            body,
            &[
                ("Report_Account", is_text, true, Code::FromAccountInvalid),
                ("Peer_Account", is_text, true, Code::ToAccountInvalid),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Second;

    #[test]
    fn seconds_are_numbers_or_texts() {
        let read = |json: &str| serde_json::from_str::<Second>(json).unwrap().read().ok();
        assert_eq!((read("1700000000"), read("\"1700000000\"")), (Some(1_700_000_000), Some(1_700_000_000)));
        assert_eq!((read("-1"), read("\"now\"")), (None, None));
    }
}
