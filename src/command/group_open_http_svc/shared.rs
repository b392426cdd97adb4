//! What the commands of groups share: who asks, which group, and how groups and members are written.

use std::{collections::HashMap, sync::Arc};

use model::{
    Code, Error, GroupKind, Kind, UserId,
    group::{
        Fields, InviteOption, JoinOption, TopicInfo,
        field::{Asker, check_declared},
        limit::ASKED,
        rule::Action,
    },
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use service::{
    Account,
    group::{AttributeChange, By, Decision, LiveGroup, Member, NewGroup, Place},
};

use crate::{Context, Door};

/// A custom field as the wire has it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Field {
    pub key: String,
    #[serde(default)]
    pub value: String,
}

/// Custom fields as they are kept.
pub(crate) fn fields(list: Vec<Field>) -> Fields {
    list.into_iter().map(|field| (field.key, field.value)).collect()
}

fn field_list<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    fields.map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Somebody who asks for a group's custom fields.
pub(crate) fn asker<'a>(cx: &'a Context, group: &LiveGroup, by: &By) -> Result<Asker<'a>, Error> {
    Ok(group.asker(&cx.app()?.settings, by))
}

/// Keeps the custom fields that a filter names.
pub(crate) fn keep_fields(list: Option<&mut Value>, names: Option<&[String]>) {
    if let (Some(names), Some(Value::Array(fields))) = (names, list) {
        fields.retain(|field| names.iter().any(|name| field["Key"] == name.as_str()));
    }
}

/// Who asks: a user for itself; the app as its administrator, or as whom `From_Account` names.
pub(crate) async fn by(cx: &Context, named: Option<&str>) -> Result<By, Error> {
    if cx.session().is_some() {
        let account = cx.me()?.clone();
        let app = cx.app()?.administrators.iter().any(|name| name == account.user.as_str());
        return Ok(By { account, app, instance: cx.instance() });
    }
    let named = named.filter(|name| !name.is_empty());
    let account = cx.act_as(named, &SPEC, Code::GroupAccountMissing).await?;
    Ok(By { account, app: true, instance: None })
}

/// Only for [`Context::act_as`]: what a group command answers to somebody without the right.
const SPEC: crate::Spec = crate::Spec::group("group_open_http_svc");

/// The group of an id.
pub(crate) async fn group(cx: &Context, id: &str) -> Result<Arc<LiveGroup>, Error> {
    cx.services.group(cx.app()?.sdkappid, id).await
}

/// The group or topic of ids.
pub(crate) async fn place(cx: &Context, group: &str, topic: Option<&str>) -> Result<Place, Error> {
    cx.services.place(cx.app()?.sdkappid, group, topic).await
}

/// The accounts of names; 10019 when one is missing.
pub(crate) async fn accounts<'a>(
    cx: &Context,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Arc<Account>>, Error> {
    let mut accounts = Vec::new();
    for name in names {
        accounts.push(cx.account(name, Code::GroupAccountMissing).await?);
    }
    Ok(accounts)
}

/// Checks how many accounts are named: 1 to `most`, 10005 beyond.
pub(crate) fn check_count(count: usize, most: usize) -> Result<(), Error> {
    match count {
        0 => Err(Error::new(Code::GroupParameterInvalid).detail("the list of accounts is empty")),
        count if count > most => {
            Err(Error::new(Code::GroupTooManyAccounts).detail(format!("at most {most} accounts are named at once")))
        }
        _ => Ok(()),
    }
}

/// Reads an option by its wire name; 10004 when there is none of that name.
pub(crate) fn option<T: DeserializeOwned>(what: &str, name: Option<&str>) -> Result<Option<T>, Error> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    serde_json::from_value(Value::from(name))
        .map(Some)
        .map_err(|_| Error::new(Code::GroupParameterInvalid).detail(format!("{what} has no value {name}")))
}

/// Reads 加群选项.
pub(crate) fn join_option(name: Option<&str>) -> Result<Option<JoinOption>, Error> {
    option("ApplyJoinOption", name)
}

/// Reads 邀请进群选项.
pub(crate) fn invite_option(name: Option<&str>) -> Result<Option<InviteOption>, Error> {
    option("InviteJoinOption", name)
}

/// Reads `On` and `Off`.
pub(crate) fn switch(what: &str, name: Option<&str>) -> Result<Option<bool>, Error> {
    match name {
        None | Some("") => Ok(None),
        Some("On") => Ok(Some(true)),
        Some("Off") => Ok(Some(false)),
        Some(_) => Err(Error::new(Code::GroupParameterInvalid).detail(format!("{what} is On or Off"))),
    }
}

pub(crate) fn on_off(on: bool) -> &'static str {
    if on { "On" } else { "Off" }
}

/// Which fields a reply is to have; an absent list is everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filter {
    #[serde(rename = "GroupBaseInfoFilter")]
    pub base: Option<Vec<String>>,
    #[serde(rename = "MemberInfoFilter")]
    pub member: Option<Vec<String>>,
    #[serde(rename = "SelfInfoFilter")]
    pub own: Option<Vec<String>>,
    #[serde(rename = "AppDefinedDataFilter_Group")]
    pub fields: Option<Vec<String>>,
    #[serde(rename = "AppDefinedDataFilter_GroupMember")]
    pub member_fields: Option<Vec<String>>,
}

/// Checks that the custom fields of filters are declared, if any is: 10004. Clients' filters count for nothing.
pub(crate) fn check_filters(cx: &Context, groups: Option<&[String]>, members: Option<&[String]>) -> Result<(), Error> {
    if !filters(cx) {
        return Ok(());
    }
    let settings = &cx.app()?.settings;
    check_declared(&settings.custom_group_fields, groups.into_iter().flatten())?;
    check_declared(&settings.custom_member_fields, members.into_iter().flatten())
}

/// Keeps the named members of an object, and those that are always there. The two generations of a name go together.
pub(crate) fn keep(object: &mut Map<String, Value>, names: Option<&[String]>, always: &[&str]) {
    let Some(names) = names else { return };
    let same = |name: &str, wanted: &str| {
        let pairs = [["ShutUpAllMember", "MuteAllMember"], ["ShutUpUntil", "MuteUntil"], ["Account", "Member_Account"]];
        name == wanted || pairs.iter().any(|pair| pair.contains(&name) && pair.contains(&wanted))
    };
    object.retain(|name, _| always.contains(&name.as_str()) || names.iter().any(|wanted| same(name, wanted)));
}

/// What is said of a group (`GroupBaseInfo`) to somebody. `newest`: its newest message's sequence and time in
/// milliseconds.
pub(crate) fn base(asker: &Asker<'_>, group: &LiveGroup, newest: Option<(i64, i64)>) -> Map<String, Value> {
    let (sequence, time) = newest.unwrap_or_default();
    let state = group.read();
    let info = state.info.clone();
    let owner = state.owner_name().to_owned();
    drop(state);
    let object = json!({
        "GroupId": group.id,
        "Type": group.kind.name(),
        "Name": info.name,
        "Introduction": info.introduction,
        "Notification": info.notification,
        "FaceUrl": info.face,
        "Owner_Account": owner,
        "CreateTime": group.created / 1000,
        "InfoSeq": info.version,
        "LastInfoTime": info.changed,
        "LastMsgTime": time / 1000,
        "NextMsgSeq": sequence + 1,
        "MemberNum": group.member_count(),
        "MaxMemberNum": info.most_members,
        "ApplyJoinOption": info.join,
        "InviteJoinOption": info.invite,
        "ShutUpAllMember": on_off(info.muted),
        "MuteAllMember": on_off(info.muted),
        "AppDefinedData": field_list(asker.readable(&info.fields)),
        "SupportTopic": i64::from(info.topics),
    });
    match object {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// A member (`MemberInfo`) as somebody sees it. `read`: up to which sequence it has read, where that is known.
pub(crate) fn member(
    asker: &Asker<'_>,
    group: &LiveGroup,
    member: &Member,
    now: i64,
    read: Option<i64>,
) -> Map<String, Value> {
    let muted = group.read().muted_until(member.account, now);
    let object = json!({
        "Member_Account": member.user,
        "Role": member.role.name(),
        "JoinTime": member.joined,
        "MsgSeq": read.unwrap_or(0),
        "MsgFlag": member.receive.name(),
        "LastSendMsgTime": member.last_sent,
        "ShutUpUntil": muted,
        "MuteUntil": muted,
        "NameCard": member.name_card,
        "AppMemberDefinedData": field_list(asker.readable_of(member.account, &member.fields)),
    });
    match object {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Whether filters count: clients get everything they can read, since the three SDKs ask for different names.
pub(crate) fn filters(cx: &Context) -> bool {
    cx.door == Door::Rest
}

/// Reads from the log when members last said something, if that is asked.
pub(crate) async fn know_who_spoke(cx: &Context, group: &LiveGroup, names: Option<&[String]>) -> Result<(), Error> {
    let asked = names.is_none_or(|names| names.iter().any(|name| name == "LastSendMsgTime"));
    if asked { cx.services.know_who_spoke(group).await } else { Ok(()) }
}

/// Up to which sequence the members of a group have read, if that is asked.
pub(crate) async fn read_marks(
    cx: &Context,
    group: &LiveGroup,
    names: Option<&[String]>,
) -> Result<HashMap<i64, i64>, Error> {
    let asked = filters(cx) && names.is_none_or(|names| names.iter().any(|name| name == "MsgSeq"));
    if asked { cx.services.read_marks(group).await } else { Ok(HashMap::new()) }
}

/// A member as lists of members have it: what the filters keep, and whether it is connected if that is asked.
pub(crate) fn listed_member(
    cx: &Context,
    (asker, group): (&Asker<'_>, &LiveGroup),
    (one, read): (&Member, &HashMap<i64, i64>),
    names: Option<&[String]>,
    custom: Option<&[String]>,
) -> Value {
    let filtered = filters(cx);
    let read = read.get(&one.account).copied();
    let mut object = member(asker, group, one, cx.services.world.second(), read);
    if !filtered || names.is_some_and(|names| names.iter().any(|name| name == "OnlineStatus")) {
        let online = cx.services.hub.is_online(one.account);
        object.insert("OnlineStatus".into(), json!(if online { "Online" } else { "Offline" }));
    }
    if filtered {
        let always: &[&str] =
            if custom.is_some() { &["Member_Account", "AppMemberDefinedData"] } else { &["Member_Account"] };
        keep(&mut object, names, always);
        keep_fields(object.get_mut("AppMemberDefinedData"), custom);
    }
    Value::Object(object)
}

/// What became of an account that was to come in.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Outcome {
    #[serde(rename = "Member_Account")]
    pub account: String,
    pub result: u8,
}

/// Who is muted in a group or a topic now, and until when, seconds since 1970; 10007 where nobody can be.
pub(crate) async fn muted(cx: &Context, group: &str, topic: Option<&str>) -> Result<Vec<(UserId, i64)>, Error> {
    let place = place(cx, group, topic).await?;
    if place.group.kind == GroupKind::BChatRoom {
        return Err(Error::new(Code::GroupNoPermission).detail("nobody can be muted in this type of group"));
    }
    Ok(place.muted(cx.services.world.second()))
}

/// What a group that is made or imported is to be.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Draft {
    #[serde(rename = "Type")]
    kind: String,
    name: String,
    group_id: Option<String>,
    #[serde(default)]
    introduction: String,
    #[serde(default)]
    notification: String,
    #[serde(default)]
    face_url: String,
    #[serde(alias = "MaxMemberNum")]
    max_member_count: Option<u64>,
    apply_join_option: Option<String>,
    invite_join_option: Option<String>,
    #[serde(default)]
    app_defined_data: Vec<Field>,
    #[serde(default)]
    support_topic: i64,
}

impl Draft {
    /// The group without owner and members.
    pub fn into_group(self) -> Result<NewGroup, Error> {
        Ok(NewGroup {
            kind: GroupKind::from_name(&self.kind),
            id: self.group_id,
            name: self.name,
            introduction: self.introduction,
            notification: self.notification,
            face: self.face_url,
            most_members: self.max_member_count,
            join: join_option(self.apply_join_option.as_deref())?,
            invite: invite_option(self.invite_join_option.as_deref())?,
            fields: fields(self.app_defined_data),
            topics: self.support_topic == 1,
            ..NewGroup::default()
        })
    }
}

/// A message, by its place in the group.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Named {
    pub msg_seq: i64,
}

/// The groups of a request, each with its own result.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GroupInfos {
    group_info: Vec<Value>,
}

impl GroupInfos {
    /// None yet of so many groups that are asked for.
    pub fn of(ids: &[String]) -> Result<Self, Error> {
        if ids.is_empty() || ids.len() > ASKED {
            return Err(Error::new(Code::GroupParameterInvalid).detail("GroupIdList names 1 to 50 groups"));
        }
        Ok(Self { group_info: Vec::with_capacity(ids.len()) })
    }

    /// Adds what is said of a group, or its code; a fault of ours ends the request.
    pub fn add(&mut self, id: &str, found: Result<Map<String, Value>, Error>) -> Result<(), Error> {
        let (mut object, code, info) = match found {
            Ok(object) => (object, 0, "".into()),
            Err(error) if error.kind() == Kind::Ours => return Err(error),
            Err(error) => (Map::from_iter([("GroupId".to_owned(), json!(id))]), error.number(), error.detail),
        };
        object.insert("ErrorCode".into(), json!(code));
        object.insert("ErrorInfo".into(), json!(info));
        self.group_info.push(Value::Object(object));
        Ok(())
    }
}

/// A message that is pinned or no longer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Pin {
    group_id: String,
    topic_id: Option<String>,
    msg_seq: i64,
}

impl Pin {
    /// Pins the message or takes that back.
    pub async fn change(&self, cx: &Context, pin: bool) -> Result<(), Error> {
        let by = by(cx, None).await?;
        let place = place(cx, &self.group_id, self.topic_id.as_deref()).await?;
        cx.services.pin(&place, &by, self.msg_seq, pin).await
    }
}

/// What a change of attributes may fail with.
pub(crate) const ATTRIBUTE_FAILS: &[Code] = &[
    Code::GroupMissing,
    Code::GroupNoPermission,
    Code::AttributeKeyTooLong,
    Code::AttributeValueTooLong,
    Code::TooManyAttributes,
    Code::AttributesTooLarge,
    Code::AttributesTooFrequent,
    Code::AttributeMissing,
    Code::AttributeConflict,
];

/// What a decision may fail with.
pub(crate) const DECISION_FAILS: &[Code] = &[
    Code::GroupMissing,
    Code::GroupNoPermission,
    Code::GroupAccountMissing,
    Code::ApplicationHandled,
    Code::GroupFull,
    Code::UserGroupQuotaUsedUp,
];

/// A counter as the wire has it.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Counter {
    pub key: String,
    pub value: i64,
}

/// Reads a decision.
pub(crate) fn decision(name: &str) -> Result<Decision, Error> {
    match name {
        "Agree" => Ok(Decision::Agree),
        "Reject" => Ok(Decision::Refuse),
        _ => Err(Error::new(Code::GroupParameterInvalid).detail("HandleMsg is Agree or Reject")),
    }
}

/// What is said of a topic; what is absent stays.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct TopicTexts {
    topic_name: Option<String>,
    face_url: Option<String>,
    custom_string: Option<String>,
    notification: Option<String>,
    introduction: Option<String>,
}

impl TopicTexts {
    pub fn apply(self, info: &mut TopicInfo) {
        for (new, text) in [
            (self.topic_name, &mut info.name),
            (self.face_url, &mut info.face),
            (self.custom_string, &mut info.custom),
            (self.notification, &mut info.notification),
            (self.introduction, &mut info.introduction),
        ] {
            if let Some(new) = new {
                *text = new;
            }
        }
    }
}

/// An attribute of a request; written in lower case.
#[derive(Deserialize)]
pub(crate) struct Attribute {
    pub key: String,
    #[serde(default)]
    pub value: String,
    pub seq: Option<i64>,
}

/// What the caller knows of a group's attributes, and whether that is to be compared.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Known {
    attr_main_seq: Option<i64>,
    #[serde(default)]
    attr_control: Vec<String>,
}

/// The attributes that changed, and the number of the change.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Changed {
    attr_main_seq: i64,
    group_attr: Vec<ChangedAttribute>,
}

/// Clients want the one name in capitals and the other not.
#[derive(Serialize)]
struct ChangedAttribute {
    #[serde(rename = "Key")]
    key: String,
    seq: i64,
}

impl Known {
    /// Whether numbers are compared; backends have none.
    pub fn counts(&self, cx: &Context) -> bool {
        cx.session().is_some() && self.attr_control.iter().any(|control| control == "RaceConflict")
    }

    /// Changes the attributes of a group.
    pub async fn change(&self, cx: &Context, id: &str, change: AttributeChange) -> Result<Changed, Error> {
        let by = by(cx, None).await?;
        let place = Place::of(&group(cx, id).await?);
        let known = self.attr_main_seq.filter(|_| self.counts(cx));
        let (attributes, changed) = cx.services.change_attributes(&place, &by, known, change).await?;
        let number = |key: &String| attributes.values.get(key).map_or(0, |(_, number)| *number);
        let group_attr = changed.iter().map(|key| ChangedAttribute { key: key.clone(), seq: number(key) }).collect();
        Ok(Changed { attr_main_seq: attributes.latest, group_attr })
    }
}

/// What of a group a client wants to know that happened while it was away.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NotifyRequest {
    pub group_id: String,
    topic_id: Option<String>,
    /// Microseconds since 1970.
    #[serde(default)]
    begin_time: i64,
    /// Microseconds since 1970.
    end_time: Option<i64>,
    limit: Option<usize>,
}

/// What was recalled in a group.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Notifies {
    group_id: String,
    /// 0 when that was all; clients go on asking until then.
    next_msg_time: i64,
    notify_msg_list: Vec<Value>,
}

impl Notifies {
    pub fn none(group_id: String) -> Self {
        Self { group_id, next_msg_time: 0, notify_msg_list: Vec::new() }
    }
}

/// The most recalls of one answer.
const RECALLS: usize = 100;

/// What was recalled in a group in the asked time.
pub(crate) async fn recalled(cx: &Context, by: &By, wanted: &NotifyRequest) -> Result<Notifies, Error> {
    let place = place(cx, &wanted.group_id, wanted.topic_id.as_deref()).await?;
    place.group.check(by, Action::ReadHistory)?;
    let time = (wanted.begin_time, wanted.end_time.filter(|end| *end > 0).unwrap_or(i64::MAX));
    let limit = wanted.limit.unwrap_or(RECALLS).clamp(1, RECALLS);
    let (found, next_msg_time) = cx.services.recalled_between(&place, time, limit).await?;
    let notify_msg_list = found
        .into_iter()
        .map(|(entry, revoker)| {
            json!({"MsgSeq": entry.sequence, "MsgRandom": entry.random, "MsgClientTime": entry.client_time,
                "RevokerInfo": revoker})
        })
        .collect();
    Ok(Notifies { group_id: place.group.id.to_string(), next_msg_time, notify_msg_list })
}
