//! Changes a topic (REST v4 `modify_topic`).

use std::sync::Arc;

use model::{Code, Error, group::TopicInfo};
use serde::Deserialize;

use super::shared::{TopicTexts, by, place, switch};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: String,
    #[serde(rename = "From_Account")]
    from: Option<String>,
    #[serde(flatten)]
    texts: TopicTexts,
    #[serde(alias = "ShutUpAllMember")]
    mute_all_member: Option<String>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.modify_topic")
        .fails(&[Code::GroupMissing, Code::GroupNoPermission, Code::CommunityDisabled])
        .example(r#"{"GroupId":"@TGS#_birds","TopicId":"@TGS#_birds@TOPIC#_wrens","TopicName":"geese"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let muted = switch("MuteAllMember", self.mute_all_member.as_deref())?;
        let by = by(&cx, self.from.as_deref()).await?;
        let place = place(&cx, &self.group_id, Some(&self.topic_id)).await?;
        let change = |info: &mut TopicInfo| {
            self.texts.apply(info);
            info.muted = muted.unwrap_or(info.muted);
        };
        cx.services.change_topic(cx.app()?, &place, &by, change).await
    }
}
