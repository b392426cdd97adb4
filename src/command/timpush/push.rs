//! Pushes a notice to all users of the app, or to those whom a condition names (REST v4 `timpush/push`).

use std::sync::Arc;

use model::{Error, message::LIFE_SECONDS};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use service::PushKind;

use super::shared::message;
use crate::{
    Command, Context, Spec,
    all_member_push::{im_push, shared},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    msg_random: u32,
    offline_push_info: Box<RawValue>,
    condition: Option<Value>,
    #[serde(default)]
    online_only_flag: i64,
    msg_life_time: Option<i64>,
}

impl Command for Request {
    const SPEC: Spec = Spec {
        name: "timpush.push",
        example: r#"{"From_Account":"notice","MsgRandom":78,"Condition":{"TagsOr":["vip"]},
            "OfflinePushInfo":{"PushFlag":0,"Title":"sale","Desc":"today only"}}"#,
        ..im_push::Request::SPEC
    };
    type Reply = im_push::Reply;

    async fn run(self, cx: Arc<Context>) -> Result<im_push::Reply, Error> {
        let unless_given = if self.online_only_flag == 1 { 0 } else { LIFE_SECONDS };
        let content = im_push::Content {
            kind: PushKind::Notice,
            from: Some(self.from),
            random: self.msg_random,
            lifetime: shared::lifetime(self.msg_life_time, unless_given)?,
            body: message(&self.offline_push_info)?,
            custom_data: String::new(),
            audience: im_push::audience(&cx, self.condition).await?,
        };
        im_push::push(&cx, content).await
    }
}
