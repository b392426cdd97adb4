//! Topics of a community with what the user is to them; each has its own result (REST v4 `get_topic`).

use std::sync::Arc;

use model::{Code, Error, group::rule::Action};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::group::{By, Mentioned, Place, Topic};
use store::tables::contact::ContactRow;

use super::shared::{by, filters, group, keep, on_off};
use crate::{Command, Context, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "From_Account")]
    from: Option<String>,
    /// All when none is named.
    #[serde(default)]
    topic_id_list: Vec<String>,
    /// Names of members of `TopicInfo`; all when none is named.
    #[serde(default)]
    response_filter: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    topic_and_self_info: Vec<Value>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_topic")
        .fails(&[Code::GroupMissing, Code::GroupNoPermission, Code::CommunityDisabled])
        .example(r#"{"GroupId":"@TGS#_birds","From_Account":"alice","TopicIdList":[]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if !cx.app()?.settings.community {
            return Err(Code::CommunityDisabled.into());
        }
        let by = by(&cx, self.from.as_deref()).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::ReadHistory)?;
        let topics = cx.services.topics(&group).await?;
        let numbers: Vec<i64> = topics.keys().copied().collect();
        let newest = cx.services.newest(&numbers).await?;
        let rows = cx.services.all_contact_rows(&by.account).await?;
        let mentioned = cx.services.mentioned(&by.account).await?;
        // An administrator who asks as a user is shown what that user sees.
        let named = self.from.as_deref().is_some_and(|from| !from.is_empty());
        let viewer = By { app: by.app && !(named && by.is_backend()), ..by.clone() };
        let mut topic_and_self_info = Vec::new();
        let mut missing = self.topic_id_list.clone();
        for topic in topics.values() {
            if !self.topic_id_list.is_empty() && !self.topic_id_list.contains(&topic.id) {
                continue;
            }
            missing.retain(|id| *id != topic.id);
            let place = Place { group: group.clone(), topic: Some(topic.clone()) };
            let row = rows.iter().find(|row| row.conversation == topic.number);
            let head = newest.get(&topic.number).copied().unwrap_or_default();
            let mut topic = shown(&cx, &viewer, &place, topic, (row, &mentioned), head).await?;
            if filters(&cx)
                && !self.response_filter.is_empty()
                && let Some(info) = topic["TopicInfo"].as_object_mut()
            {
                keep(info, Some(&self.response_filter), &["TopicId"]);
            }
            topic_and_self_info.push(topic);
        }
        for id in missing {
            let code = Code::GroupMissing;
            let info = json!({"GroupId": group.id, "TopicId": id});
            topic_and_self_info
                .push(json!({"ErrorCode": code.number(), "ErrorInfo": "there is no such topic", "TopicInfo": info}));
        }
        Ok(Reply { topic_and_self_info })
    }
}

async fn shown(
    cx: &Context,
    by: &By,
    place: &Place,
    topic: &Topic,
    (row, mentioned): (Option<&ContactRow>, &[Mentioned]),
    (sequence, time): (i64, i64),
) -> Result<Value, Error> {
    let last = cx.services.last_seen(cx.app()?, place, by).await?;
    let mentions: Vec<Value> =
        mentioned.iter().filter(|one| one.place.number() == topic.number).map(Mentioned::listed).collect();
    let info = &topic.info;
    let muted = on_off(info.muted);
    // The two generations of names, side by side.
    let mut shown = json!({
        "GroupId": place.group.id, "TopicId": topic.id, "TopicName": info.name,
        "FaceUrl": info.face, "TopicFaceUrl": info.face, "CustomString": info.custom,
        "Introduction": info.introduction, "TopicIntroduction": info.introduction,
        "Notification": info.notification, "TopicNotification": info.notification,
        "CreateTime": topic.created / 1000, "LastMsgTime": time / 1000, "NextMsgSeq": sequence + 1,
        "MuteAllMember": muted, "ShutUpAllMember": muted, "ShutUpAllFlag": i64::from(info.muted), "AtInfoList": mentions,
    });
    if let (Some(last), Some(shown)) = (last, shown.as_object_mut()) {
        let mut last = serde_json::to_value(last).map_err(|error| Error::new(Code::Broken).source(error))?;
        // Clients take the place of the last message from a member of its own.
        last["LastMsgSeq"] = last["MsgSeq"].clone();
        shown.insert("LastMsg".into(), last);
    }
    let me = by.account.number;
    let muted_until = place.muted_until(me, cx.services.world.second());
    let own = json!({
        "MsgSeq": row.map_or(0, |row| row.read_sequence),
        "MsgFlag": place.receive_option(me).name(),
        "ShutUpTime": muted_until, "MuteTime": muted_until, "NoUnreadSeqList": [],
    });
    Ok(json!({"ErrorCode": 0, "ErrorInfo": "", "TopicInfo": shown, "SelfInfo": own}))
}
