//! Recalls a message whatever its age (REST v4 `admin_msgwithdraw`).

use std::sync::Arc;

use model::{Code, Error, MessageKey};
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec, entry::first_wrong};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    to: String,
    #[serde(rename = "MsgKey")]
    key: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("openim.admin_msgwithdraw")
        .doors(Doors::REST)
        .fails(&[
            Code::MessageMissing,
            Code::AlreadyRecalled,
            Code::ToAccountInvalid,
            Code::FromAccountInvalid,
            Code::MsgKeyInvalid,
        ])
        .example(r#"{"From_Account":"alice","To_Account":"bob","MsgKey":"7_90210_1700000000"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let from = cx.account(&self.from, Code::FromAccountInvalid).await?;
        let to = cx.account(&self.to, Code::ToAccountInvalid).await?;
        let key = MessageKey::parse(&self.key).ok_or(Code::MsgKeyInvalid)?;
        let revoker = cx.act_as(None, &Self::SPEC, Code::FromAccountInvalid).await?;
        cx.services.recall(&from, &to, key, None, &revoker).await
    }

    fn malformed(body: &serde_json::Value) -> Option<Error> {
        let is_text = serde_json::Value::is_string;
        first_wrong(
            body,
            &[
                ("From_Account", is_text, true, Code::FromAccountInvalid),
                ("To_Account", is_text, true, Code::ToAccountInvalid),
                ("MsgKey", is_text, true, Code::MsgKeyInvalid),
            ],
        )
    }
}
