//! Pushes a message to all users of the app, or to those whom a condition names (REST v4 `im_push`).

use std::sync::Arc;

use model::{
    Code, Error,
    message::{MESSAGE_BYTES, check_body},
    push::{Audience, Condition},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use service::{Members, NewPush, PushKind};

use super::shared;
use crate::{
    Command, Context, Doors, Spec,
    entry::first_wrong,
    openim::parts::{check_push_info, is_u32},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: Option<String>,
    msg_random: u32,
    msg_life_time: Option<i64>,
    msg_body: Box<RawValue>,
    #[serde(default)]
    cloud_custom_data: String,
    offline_push_info: Option<Box<RawValue>>,
    condition: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    pub task_id: String,
}

/// Whom a push is for.
pub(crate) async fn audience(cx: &Context, condition: Option<Value>) -> Result<Audience, Error> {
    let Some(condition) = condition.filter(|condition| !condition.is_null()) else { return Ok(Audience::Everybody) };
    let slots = cx.services.push_slots(cx.app()?.sdkappid).await?;
    Condition::read(condition)?.audience(&slots)
}

/// What is pushed.
pub(crate) struct Content {
    pub kind: PushKind,
    pub from: Option<String>,
    pub random: u32,
    pub lifetime: i64,
    pub body: Box<RawValue>,
    pub custom_data: String,
    pub audience: Audience,
}

/// Makes the push; returns its name.
pub(crate) async fn push(cx: &Context, content: Content) -> Result<Reply, Error> {
    if content.body.get().len() + content.custom_data.len() > MESSAGE_BYTES {
        return Err(Code::BodyTooLong.into());
    }
    check_body(&content.body)?;
    let from = shared::sender(cx, content.from.as_deref())?;
    let app = cx.app()?;
    let sender = cx.services.accounts.find(app.sdkappid, &from).await?;
    let members = match &sender {
        Some(sender) => Members::new(&content.body, &content.custom_data, sender),
        None => Members::unsigned(&content.body, &content.custom_data),
    };
    let Content { kind, random, lifetime, audience, .. } = content;
    let new = NewPush { kind, from, sender, random, lifetime, members, audience };
    Ok(Reply { task_id: cx.services.start_push(app, new).await? })
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("all_member_push.im_push")
        .doors(Doors::REST)
        .fails(&[
            Code::FromAccountInvalid,
            Code::MessageMalformed,
            Code::MsgBodyMalformed,
            Code::MsgBodyNotArray,
            Code::MsgRandomInvalid,
            Code::PushAttributeUndefined,
            Code::PushConditionInvalid,
            Code::PushConditionMixed,
            Code::PushQuotaUsedUp,
            Code::PushTagEmpty,
            Code::PushTagInvalid,
            Code::PushTagRepeated,
            Code::PushToAllDisabled,
            Code::PushTooFrequent,
            Code::TooManyPushTags,
        ])
        .example(
            r#"{"From_Account":"notice","MsgRandom":77,"MsgLifeTime":120,"Condition":{"TagsOr":["vip"]},
            "MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello"}}]}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check_push_info(self.offline_push_info.as_deref())?;
        let content = Content {
            kind: PushKind::Message,
            from: self.from,
            random: self.msg_random,
            lifetime: shared::lifetime(self.msg_life_time, 0)?,
            body: self.msg_body,
            custom_data: self.cloud_custom_data,
            audience: audience(&cx, self.condition).await?,
        };
        push(&cx, content).await
    }

    fn malformed(body: &Value) -> Option<Error> {
        first_wrong(
            body,
            &[
                ("From_Account", Value::is_string, false, Code::FromAccountInvalid),
                ("MsgRandom", is_u32, true, Code::MsgRandomInvalid),
                ("MsgLifeTime", Value::is_i64, false, Code::MsgLifeTimeInvalid),
                ("MsgBody", Value::is_array, true, Code::MsgBodyNotArray),
                ("CloudCustomData", Value::is_string, false, Code::MessageMalformed),
                ("OfflinePushInfo", Value::is_object, false, Code::OfflinePushInfoInvalid),
            ],
        )
    }
}
