//! What the commands of groups share: who asks, which group, and how groups and members are written.

use std::sync::Arc;

use model::{
    Code, Error,
    group::{Fields, InviteOption, JoinOption},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use service::{
    Account,
    group::{By, LiveGroup, Member, Place},
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

fn field_list(fields: &Fields) -> Value {
    fields.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Who asks: a user for itself; the app as its administrator, or as whom `From_Account` names.
pub(crate) async fn by(cx: &Context, named: Option<&str>) -> Result<By, Error> {
    match cx.session() {
        Some(_) => {
            let account = cx.me()?.clone();
            let app = cx.app()?.administrators.iter().any(|name| name == account.user.as_str());
            Ok(By { account, app, instance: cx.instance() })
        }
        None => {
            let named = named.filter(|name| !name.is_empty());
            let account = cx.act_as(named, &SPEC, Code::GroupAccountMissing).await?;
            Ok(By { account, app: true, instance: None })
        }
    }
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

/// Keeps the named members of an object, and those that are always there. The two generations of a name go together.
pub(crate) fn keep(object: &mut Map<String, Value>, names: Option<&[String]>, always: &[&str]) {
    let Some(names) = names else { return };
    let same = |name: &str, wanted: &str| {
        let pairs = [["ShutUpAllMember", "MuteAllMember"], ["ShutUpUntil", "MuteUntil"], ["Account", "Member_Account"]];
        name == wanted || pairs.iter().any(|pair| pair.contains(&name) && pair.contains(&wanted))
    };
    object.retain(|name, _| always.contains(&name.as_str()) || names.iter().any(|wanted| same(name, wanted)));
}

/// What is said of a group (`GroupBaseInfo`). `newest`: its newest message's sequence and time in milliseconds.
pub(crate) fn base(group: &LiveGroup, newest: Option<(i64, i64)>) -> Map<String, Value> {
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
        "AppDefinedData": field_list(&info.fields),
        "SupportTopic": i64::from(info.topics),
    });
    match object {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// A member (`MemberInfo`). `read`: up to which sequence it has read, where that is known.
pub(crate) fn member(group: &LiveGroup, member: &Member, now: i64, read: Option<i64>) -> Map<String, Value> {
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
        "AppMemberDefinedData": field_list(&member.fields),
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
