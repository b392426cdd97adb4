//! Imports a topic of a community (REST v4 `import_topic`); nobody is told.

use std::sync::Arc;

use model::{Code, Error, group::TopicInfo};
use serde::{Deserialize, Serialize};

use super::shared::{by, group};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    topic_name: String,
    #[serde(rename = "From_Account")]
    from: Option<String>,
    #[serde(default)]
    custom_string: String,
    #[serde(default)]
    face_url: String,
    #[serde(default)]
    notification: String,
    #[serde(default)]
    introduction: String,
    create_time: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    topic_id: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.import_topic")
        .doors(Doors::REST)
        .fails(&[
            Code::GroupIdInvalid,
            Code::GroupMissing,
            Code::GroupIdTaken,
            Code::GroupAccountMissing,
            Code::UserGroupQuotaUsedUp,
            Code::CommunityDisabled,
        ])
        .example(r#"{"GroupId":"@TGS#_town","TopicId":"@TGS#_town@TOPIC#_news","TopicName":"News"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let now = cx.services.world.now();
        let created = self.create_time.map_or(now, |second| i64::from(second) * 1000);
        if created > now {
            return Err(Error::new(Code::GroupParameterInvalid).detail("CreateTime lies in the future"));
        }
        let by = by(&cx, self.from.as_deref()).await?;
        let group = group(&cx, &self.group_id).await?;
        let info = TopicInfo {
            name: self.topic_name,
            introduction: self.introduction,
            notification: self.notification,
            face: self.face_url,
            custom: self.custom_string,
            muted: false,
        };
        let as_made = (self.topic_id.as_deref(), created);
        let topic_id = cx.services.import_topic(cx.app()?, &group, &by, as_made, info).await?;
        Ok(Reply { topic_id })
    }
}
