//! Pushes a notice to named users (REST v4 `timpush/batch`). Names that no user has are skipped: they may be devices.

use std::{collections::BTreeSet, sync::Arc};

use model::{
    Code, Error,
    message::LIFE_SECONDS,
    push::{Audience, limit},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use service::PushKind;

use super::shared::message;
use crate::{Command, Context, Doors, Spec, all_member_push::im_push};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "To_Account")]
    to: Vec<String>,
    msg_random: u32,
    offline_push_info: Box<RawValue>,
    #[serde(default)]
    data_id: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("timpush.batch")
        .doors(Doors::REST)
        .rate(30)
        .fails(&[
            Code::FromAccountInvalid,
            Code::OfflinePushInfoInvalid,
            Code::PushToAllDisabled,
            Code::TooManyReceivers,
        ])
        .example(
            r#"{"From_Account":"notice","To_Account":["alice","bob"],"MsgRandom":79,
            "OfflinePushInfo":{"PushFlag":0,"Title":"sale","Desc":"today only"}}"#,
        );
    type Reply = im_push::Reply;

    async fn run(self, cx: Arc<Context>) -> Result<im_push::Reply, Error> {
        match self.to.len() {
            0 => return Err(Error::new(Code::OpenimBodyNotJson).detail("To_Account names nobody")),
            1..=limit::NAMED => {}
            _ => return Err(Code::TooManyReceivers.into()),
        }
        if self.data_id.len() > limit::DATA_ID_BYTES {
            return Err(Error::new(Code::OpenimBodyNotJson).detail("DataId has at most 64 bytes"));
        }
        let mut accounts = BTreeSet::new();
        for user in &self.to {
            accounts.extend(cx.find(user).await?.map(|account| account.number));
        }
        let content = im_push::Content {
            kind: PushKind::Named,
            from: Some(self.from),
            random: self.msg_random,
            lifetime: LIFE_SECONDS,
            body: message(&self.offline_push_info)?,
            custom_data: String::new(),
            audience: Audience::Accounts(accounts),
        };
        im_push::push(&cx, content).await
    }
}
