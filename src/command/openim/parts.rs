//! What the commands that send messages share: reading control fields, and the code of each wrong field.

use model::{Code, Error, flags, message::LIFE_SECONDS};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use service::callback::Forbidden;

use crate::{Context, entry::first_wrong};

type Check = (&'static str, fn(&Value) -> bool, bool, Code);

/// Who it goes to, where that is one account.
const RECEIVER: Check = ("To_Account", Value::is_string, true, Code::ToAccountInvalid);
/// Who it goes to, where those are many.
const RECEIVERS: Check = ("To_Account", is_names, true, Code::ToAccountInvalid);
/// What only imports must have.
const IMPORT: [Check; 3] = [
    ("SyncFromOldSystem", Value::is_i64, true, Code::SyncFromOldSystemInvalid),
    ("From_Account", Value::is_string, true, Code::FromAccountInvalid),
    ("MsgTimeStamp", is_u32, true, Code::MsgTimeStampInvalid),
];
/// The fields of all of them.
const CONTENT: [Check; 14] = [
    ("From_Account", Value::is_string, false, Code::FromAccountInvalid),
    ("MsgSeq", is_u32, false, Code::MsgSeqInvalid),
    ("MsgRandom", is_u32, true, Code::MsgRandomInvalid),
    ("MsgTimeStamp", Value::is_i64, false, Code::MsgTimeStampInvalid),
    ("SyncOtherMachine", Value::is_i64, false, Code::SyncOtherMachineInvalid),
    ("MsgLifeTime", Value::is_i64, false, Code::MsgLifeTimeInvalid),
    ("MsgBody", Value::is_array, true, Code::MsgBodyNotArray),
    ("OfflinePushInfo", Value::is_object, false, Code::OfflinePushInfoInvalid),
    ("CloudCustomData", Value::is_string, false, Code::MessageMalformed),
    ("SendMsgControl", is_names, false, Code::MessageMalformed),
    ("ForbidCallbackControl", is_names, false, Code::MessageMalformed),
    ("IsNeedReadReceipt", Value::is_i64, false, Code::MessageMalformed),
    ("SupportMessageExtension", Value::is_i64, false, Code::MessageMalformed),
    ("OnlineOnlyFlag", Value::is_i64, false, Code::MessageMalformed),
];

/// Whether a value is a number from 0 to 4294967295.
pub(crate) fn is_u32(value: &Value) -> bool {
    value.as_u64().is_some_and(|number| u32::try_from(number).is_ok())
}

fn is_names(value: &Value) -> bool {
    value.as_array().is_some_and(|names| names.iter().all(Value::is_string))
}

/// The code of a message to one account that could not be read.
pub(super) fn diagnose(body: &Value) -> Option<Error> {
    first_wrong(body, &[RECEIVER]).or_else(|| first_wrong(body, &CONTENT))
}

/// The code of a message to many accounts that could not be read.
pub(super) fn diagnose_batch(body: &Value) -> Option<Error> {
    first_wrong(body, &[RECEIVERS]).or_else(|| first_wrong(body, &CONTENT))
}

/// The code of a message to be imported that could not be read.
pub(super) fn diagnose_import(body: &Value) -> Option<Error> {
    first_wrong(body, &IMPORT).or_else(|| diagnose(body))
}

/// What `SendMsgControl` asks for that is remembered of a message.
/// The options of `SendMsgControl`.
pub(crate) const CONTROLS: [&str; 4] = ["NoUnread", "NoLastMsg", "WithMuteNotifications", "NoMsgCheck"];

pub(crate) fn control_flags(controls: &[String]) -> u32 {
    controls.iter().fold(0, |all, control| match control.as_str() {
        "NoUnread" => all | flags::NO_UNREAD,
        "NoLastMsg" => all | flags::NO_LAST,
        _ => all,
    })
}

/// Applies the app's words to what is said, which is refused then (80001) or changed. The app's backend may have a
/// message of its own left out.
pub(crate) fn screen(cx: &Context, body: &mut Box<RawValue>, controls: &[String]) -> Result<(), Error> {
    if cx.is_admin() && controls.iter().any(|control| control == "NoMsgCheck") {
        return Ok(());
    }
    cx.services.screen(cx.app()?, body)
}

/// Which callbacks `ForbidCallbackControl` switches off for a message; only backends may.
pub(crate) fn forbidden(controls: &[String], admin: bool) -> Forbidden {
    let has = |name: &str| admin && controls.iter().any(|control| control == name);
    Forbidden { before: has("ForbidBeforeSendMsgCallback"), after: has("ForbidAfterSendMsgCallback") }
}

/// How long a message waits for its receiver, in seconds; longer than 7 days is cut, 0 is not at all.
pub(super) fn lifetime(seconds: Option<i64>) -> i64 {
    seconds.map_or(LIFE_SECONDS, |seconds| seconds.clamp(0, LIFE_SECONDS))
}

/// Checks what is said of the push to offline devices; 90043 when it is malformed.
pub(crate) fn check_push_info(info: Option<&RawValue>) -> Result<(), Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct PushInfo {
        #[serde(rename = "PushFlag")]
        _flag: Option<i64>,
        #[serde(rename = "Title")]
        _title: Option<String>,
        #[serde(rename = "Desc")]
        _text: Option<String>,
        #[serde(rename = "Ext")]
        _extension: Option<String>,
        android_info: Option<Value>,
        apns_info: Option<Value>,
    }
    let Some(info) = info else { return Ok(()) };
    if !info.get().starts_with('{') {
        return Err(Error::new(Code::OfflinePushInfoInvalid).detail("OfflinePushInfo is an object"));
    }
    let read: PushInfo = serde_json::from_str(info.get()).map_err(|_| {
        Error::new(Code::OfflinePushInfoInvalid).detail("PushFlag is an integer, Title, Desc and Ext are strings")
    })?;
    if [read.android_info, read.apns_info].iter().flatten().any(|part| !part.is_object()) {
        return Err(Error::new(Code::OfflinePushInfoInvalid).detail("AndroidInfo and ApnsInfo are objects"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use model::{Code, flags, message::LIFE_SECONDS};
    use serde_json::{Value, json, value::RawValue};

    use super::{check_push_info, control_flags, diagnose, diagnose_batch, diagnose_import, lifetime};

    fn with(name: &str, value: Value) -> Value {
        let mut body = json!({"To_Account": "bob", "MsgRandom": 1, "MsgBody": []});
        body[name] = value;
        body
    }

    #[test]
    fn each_wrong_field_has_its_code() {
        for (name, value, code) in [
            ("To_Account", json!(7), Code::ToAccountInvalid),
            ("To_Account", json!(["bob"]), Code::ToAccountInvalid),
            ("From_Account", json!(7), Code::FromAccountInvalid),
            ("MsgSeq", json!(-1), Code::MsgSeqInvalid),
            ("MsgRandom", json!("1"), Code::MsgRandomInvalid),
            ("MsgRandom", json!(4_294_967_296_u64), Code::MsgRandomInvalid),
            ("MsgTimeStamp", json!("now"), Code::MsgTimeStampInvalid),
            ("SyncOtherMachine", json!("1"), Code::SyncOtherMachineInvalid),
            ("MsgLifeTime", json!(1.5), Code::MsgLifeTimeInvalid),
            ("MsgBody", json!({}), Code::MsgBodyNotArray),
            ("OfflinePushInfo", json!([]), Code::OfflinePushInfoInvalid),
            ("CloudCustomData", json!({}), Code::MessageMalformed),
        ] {
            let found = diagnose(&with(name, value.clone())).map(|error| error.code);
            assert_eq!(found, Some(code), "{name} = {value}");
        }
        assert!(diagnose(&with("MsgSeq", json!(1))).is_none());
        assert!(diagnose_batch(&with("To_Account", json!(["bob"]))).is_none());
        assert_eq!(diagnose_batch(&with("To_Account", json!([7]))).unwrap().code, Code::ToAccountInvalid);
    }

    #[test]
    fn imports_must_say_more() {
        let mut body = with("SyncFromOldSystem", json!("2"));
        assert_eq!(diagnose_import(&body).unwrap().code, Code::SyncFromOldSystemInvalid);
        body["SyncFromOldSystem"] = json!(2);
        assert_eq!(diagnose_import(&body).unwrap().code, Code::FromAccountInvalid);
        body["From_Account"] = json!("alice");
        assert_eq!(diagnose_import(&body).unwrap().code, Code::MsgTimeStampInvalid);
        body["MsgTimeStamp"] = json!(1_700_000_000);
        assert!(diagnose_import(&body).is_none());
    }

    #[test]
    fn controls_become_flags() {
        let controls = ["NoUnread", "WithMuteNotifications", "NoLastMsg"].map(str::to_owned);
        assert_eq!(control_flags(&controls), flags::NO_UNREAD | flags::NO_LAST);
        assert_eq!(control_flags(&controls[1..2]), 0);
    }

    #[test]
    fn lifetimes_are_cut() {
        assert_eq!(lifetime(None), LIFE_SECONDS);
        assert_eq!(lifetime(Some(LIFE_SECONDS + 1)), LIFE_SECONDS);
        assert_eq!(lifetime(Some(0)), 0);
    }

    #[test]
    fn push_info_is_an_object_of_the_right_types() {
        let check = |text: &str| {
            let raw = RawValue::from_string(text.to_owned()).unwrap();
            check_push_info(Some(&raw)).map_err(|error| error.code)
        };
        assert_eq!(check(r#"{"PushFlag":0,"Desc":"d","AndroidInfo":{"VIVOClassification":"1"},"New":[]}"#), Ok(()));
        for bad in ["[]", "\"x\"", r#"{"PushFlag":"0"}"#, r#"{"Desc":7}"#, r#"{"ApnsInfo":[]}"#] {
            assert_eq!(check(bad), Err(Code::OfflinePushInfoInvalid), "{bad}");
        }
    }
}
