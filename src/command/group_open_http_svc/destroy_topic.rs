//! Removes topics of a community, each with its own result (REST v4 `destroy_topic`).

use std::sync::Arc;

use model::{Code, Error, Kind, group::limit};
use serde::{Deserialize, Serialize};

use super::shared::{by, group, place};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "From_Account")]
    from: Option<String>,
    topic_id_list: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    destroy_result_item: Vec<Destroyed>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Destroyed {
    topic_id: String,
    error_code: i32,
    error_info: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.destroy_topic")
        .fails(&[Code::GroupMissing, Code::GroupNoPermission, Code::CommunityDisabled])
        .example(r#"{"GroupId":"@TGS#_birds","TopicIdList":["@TGS#_birds@TOPIC#_wrens"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.topic_id_list.is_empty() || self.topic_id_list.len() > limit::TOPICS {
            return Err(Error::new(Code::GroupParameterInvalid).detail("TopicIdList names 1 to 200 topics"));
        }
        let by = by(&cx, self.from.as_deref()).await?;
        group(&cx, &self.group_id).await?;
        let mut destroy_result_item = Vec::with_capacity(self.topic_id_list.len());
        for topic_id in self.topic_id_list {
            let done = match place(&cx, &self.group_id, Some(&topic_id)).await {
                Ok(place) => cx.services.destroy_topic(cx.app()?, &place, &by).await,
                Err(error) => Err(error),
            };
            let done = done.map_err(|error| match error.code {
                Code::GroupMissing => Code::TopicMissing.into(),
                _ => error,
            });
            let (error_code, error_info) = match done {
                Ok(()) => (0, String::new()),
                Err(error) if error.kind() == Kind::Ours => return Err(error),
                Err(error) => (error.number(), error.detail.into_owned()),
            };
            destroy_result_item.push(Destroyed { topic_id, error_code, error_info });
        }
        Ok(Reply { destroy_result_item })
    }
}
