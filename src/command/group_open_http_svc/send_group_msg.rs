//! Says something in a group or in a topic (REST v4 `send_group_msg`, and what clients send).

use std::sync::Arc;

use model::{
    Code, Error, GroupKind, flags,
    group::{Priority, limit},
    message::check_body,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::{
    Account,
    group::{Content, Mention, Place},
};

use super::shared::{by, place};
use crate::{Command, Context, Door, Spec, openim::parts};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    topic_id: Option<String>,
    #[serde(rename = "From_Account")]
    from: Option<String>,
    random: u32,
    client_seq: Option<u32>,
    msg_client_time: Option<u32>,
    msg_priority: Option<String>,
    msg_body: Box<RawValue>,
    #[serde(default)]
    cloud_custom_data: String,
    #[serde(default)]
    online_only_flag: i64,
    #[serde(default)]
    send_msg_control: Vec<String>,
    #[serde(default)]
    forbid_callback_control: Vec<String>,
    #[serde(default)]
    need_read_receipt: i64,
    #[serde(default)]
    support_message_extension: i64,
    #[serde(default)]
    is_relay_msg: i64,
    #[serde(default)]
    group_at_info: Vec<At>,
    #[serde(rename = "To_Account", default)]
    directed: Vec<String>,
    offline_push_info: Option<Box<RawValue>>,
}

/// Who is mentioned.
#[derive(Deserialize)]
struct At {
    #[serde(rename = "GroupAtAllFlag", default)]
    all: i64,
    #[serde(rename = "GroupAt_Account", default)]
    account: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    /// Seconds since 1970.
    msg_time: i64,
    msg_seq: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    msg_drop_reason: Option<&'static str>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.send_group_msg")
        .ordered()
        .fails(&[
            Code::GroupMissing,
            Code::GroupNoPermission,
            Code::MemberMuted,
            Code::MessageTooLong,
            Code::TextRejected,
            Code::TooManyMentions,
            Code::OnlineMessageWithoutReceipts,
            Code::GroupTooLargeForReceipts,
        ])
        .body(limit::MESSAGE_BYTES, Code::MessageTooLong)
        .example(r#"{"GroupId":"hikers-01","Random":90210,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]}"#);
    type Reply = Reply;

    async fn run(mut self, cx: Arc<Context>) -> Result<Reply, Error> {
        // Taken before anything can wait: a client's messages are stored in the order they came in.
        let order = match cx.session() {
            Some(session) => Some(session.order.clone().lock_owned().await),
            None => None,
        };
        let by = by(&cx, self.from.as_deref()).await?;
        let place = place(&cx, &self.group_id, self.topic_id.as_deref()).await?;
        // The group service has one code for whatever is wrong with a request.
        let malformed = |error: Error| Error::new(Self::SPEC.malformed).detail(error.detail);
        check_body(&self.msg_body).map_err(malformed)?;
        parts::check_push_info(self.offline_push_info.as_deref()).map_err(malformed)?;
        let screened = parts::screen(&cx, &mut self.msg_body, &self.send_msg_control);
        let mut content = self.content(&cx, &place).await?;
        if let Err(error) = screened {
            cx.services.tell_unsaid(&place, &by, &content, &error).await?;
            return Err(error);
        }
        content.order = order;
        let sent = cx.services.say(cx.app()?, &place, &by, content).await?;
        Ok(Reply {
            msg_time: sent.time / 1000,
            msg_seq: sent.sequence,
            msg_drop_reason: sent.dropped.then_some("MsgFreqCtrl"),
        })
    }
}

impl Request {
    /// What a backend may not combine. Clients send some of it of their own accord, which is let pass.
    fn check_control(&self, kind: GroupKind, online_only: bool) -> Result<(), Error> {
        let controls = &self.send_msg_control;
        let asks = |name: &str| controls.iter().any(|control| control == name);
        let refused = |detail: &'static str| Err(Error::new(Code::GroupParameterInvalid).detail(detail));
        if controls.iter().any(|control| !parts::CONTROLS.contains(&control.as_str())) {
            return refused("SendMsgControl has an option that there is not");
        }
        if online_only && !controls.is_empty() {
            return refused("SendMsgControl does not go with OnlineOnlyFlag");
        }
        if kind == GroupKind::AvChatRoom && (!controls.is_empty() || self.group_at_info.iter().any(|at| at.all == 1)) {
            return refused("a live room has neither SendMsgControl nor mentions of all");
        }
        if kind == GroupKind::ChatRoom && asks("NoUnread") {
            return refused("this type of group counts no unread messages");
        }
        Ok(())
    }

    async fn content(self, cx: &Context, place: &Place) -> Result<Content, Error> {
        let priority = match self.msg_priority.as_deref().filter(|name| !name.is_empty()) {
            None => Priority::Normal,
            Some(name) => Priority::from_name(name).ok_or_else(|| {
                Error::new(Code::GroupParameterInvalid).detail("MsgPriority is High, Normal, Low or Lowest")
            })?,
        };
        let online_only = self.online_only_flag == 1;
        if cx.door == Door::Rest {
            self.check_control(place.group.kind, online_only)?;
        }
        let receipts = self.need_read_receipt == 1;
        check_receipts(place, receipts, online_only)?;
        let is_set = |wanted: bool, flag: u32| if wanted { flag } else { 0 };
        let flags = parts::control_flags(&self.send_msg_control)
            | is_set(receipts, flags::NEED_RECEIPT)
            | is_set(self.support_message_extension == 1, flags::SUPPORTS_EXTENSION)
            | is_set(self.is_relay_msg == 1, flags::RELAY);
        Ok(Content {
            client_sequence: self.client_seq.unwrap_or_else(|| content_number(self.msg_body.get())),
            random: self.random,
            client_time: self.msg_client_time.unwrap_or(cx.services.world.second() as u32),
            priority,
            flags,
            online_only,
            mentions: mentions(cx, &self.group_at_info).await?,
            directed: directed(cx, place, &self.directed).await?,
            body: self.msg_body,
            custom_data: self.cloud_custom_data,
            origin: cx.session().cloned(),
            order: None,
            forbidden: parts::forbidden(&self.forbid_callback_control, cx.is_admin()),
        })
    }
}

fn check_receipts(place: &Place, wanted: bool, online_only: bool) -> Result<(), Error> {
    if !wanted {
        return Ok(());
    }
    if online_only {
        return Err(Code::OnlineMessageWithoutReceipts.into());
    }
    if !place.group.kind.has_receipts() {
        return Err(Error::new(Code::GroupNoPermission).detail("this type of group has no read receipts"));
    }
    if place.group.member_count() > limit::RECEIPT_MEMBERS {
        return Err(Code::GroupTooLargeForReceipts.into());
    }
    Ok(())
}

/// Backends give no number of their own: the same content with the same `Random` is the same message.
fn content_number(body: &str) -> u32 {
    body.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) >> 1
}

async fn mentions(cx: &Context, list: &[At]) -> Result<Vec<Mention>, Error> {
    if list.len() > limit::MENTIONS {
        return Err(Code::TooManyMentions.into());
    }
    let mut mentions = Vec::with_capacity(list.len());
    for at in list {
        if at.all == 1 {
            mentions.push(Mention::All);
        } else if let Some(account) = cx.find(&at.account).await? {
            mentions.push(Mention::One(account));
        }
    }
    Ok(mentions)
}

async fn directed(cx: &Context, place: &Place, names: &[String]) -> Result<Vec<Arc<Account>>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    if !matches!(place.group.kind, GroupKind::Private | GroupKind::Public | GroupKind::ChatRoom) {
        return Err(Error::new(Code::GroupNoPermission).detail("this type of group has no directed messages"));
    }
    if names.len() > limit::DIRECTED {
        return Err(Error::new(Code::GroupTooManyAccounts).detail("a message is directed to at most 50 members"));
    }
    let mut accounts = Vec::with_capacity(names.len());
    for name in names {
        if let Some(account) = cx.find(name).await?
            && place.group.member(account.number).is_some()
        {
            accounts.push(account);
        }
    }
    if accounts.is_empty() {
        return Err(Error::new(Code::GroupParameterInvalid).detail("To_Account names no member of the group"));
    }
    Ok(accounts)
}

#[cfg(test)]
mod tests {
    use super::content_number;

    #[test]
    fn the_same_content_has_the_same_number() {
        assert_eq!(content_number("[1]"), content_number("[1]"));
        assert_ne!(content_number("[1]"), content_number("[2]"));
    }
}
