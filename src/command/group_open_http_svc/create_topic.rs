//! Makes a topic in a community (REST v4 `create_topic`).

use std::sync::Arc;

use model::{Code, Error, group::TopicInfo};
use serde::{Deserialize, Serialize};

use super::shared::{TopicTexts, by, group};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    #[serde(rename = "From_Account")]
    from: Option<String>,
    #[serde(flatten)]
    texts: TopicTexts,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    topic_id: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.create_topic")
        .fails(&[
            Code::GroupMissing,
            Code::GroupNoPermission,
            Code::GroupIdInvalid,
            Code::GroupIdTaken,
            Code::UserGroupQuotaUsedUp,
            Code::CommunityDisabled,
        ])
        .example(r#"{"GroupId":"@TGS#_birds","TopicName":"wrens"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let by = by(&cx, self.from.as_deref()).await?;
        let group = group(&cx, &self.group_id).await?;
        let mut info = TopicInfo::default();
        self.texts.apply(&mut info);
        let topic = cx.services.create_topic(cx.app()?, &group, &by, self.topic_id.as_deref(), info).await?;
        Ok(Reply { topic_id: topic.id.clone() })
    }
}
