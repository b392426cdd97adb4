//! What the app's server answers before an event, and what that means.

use model::{Callback, Code, Error, callback::CallbackPolicy};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Failure;

/// An answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Answer {
    /// What decides.
    pub error_code: i64,
    /// Passed to the client with the app's own codes.
    pub error_info: String,
    /// Another content of the message.
    pub msg_body: Option<Box<RawValue>>,
    /// Other custom data of the message.
    pub cloud_custom_data: Option<String>,
    /// Who may not be brought into a group.
    #[serde(rename = "RefusedMembers_Account")]
    pub refused: Vec<String>,
    /// What becomes of each friend.
    pub result_item: Vec<ResultItem>,
}

/// What becomes of one user of a request about friends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ResultItem {
    #[serde(rename = "To_Account")]
    pub user: String,
    #[serde(rename = "ResultCode")]
    pub code: i64,
    #[serde(rename = "ResultInfo")]
    pub info: String,
}

impl Answer {
    /// Reads an answer, which is an object.
    pub fn read(body: &[u8]) -> Result<Self, Failure> {
        let is_object = body.trim_ascii_start().first() == Some(&b'{');
        is_object.then(|| serde_json::from_slice(body).ok()).flatten().ok_or(Failure::Answer)
    }
}

/// What is done with the event.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It goes on, perhaps changed.
    Go(Box<Answer>),
    /// It does not, but its sender sees a success.
    Swallow,
}

/// Decides what an answer, or the lack of one, means.
pub(crate) fn decide(
    callback: Callback,
    policy: CallbackPolicy,
    answer: Result<Answer, Failure>,
) -> Result<Verdict, Error> {
    let is_message = matches!(callback, Callback::C2cBeforeSend | Callback::GroupBeforeSend);
    let refusal = match callback {
        Callback::C2cBeforeSend => Code::MessageCallbackRefused,
        Callback::PrevFriendAdd | Callback::PrevFriendResponse => {
            // Each of the users has a result; an outer code says that the server failed, and everything passes.
            let answer = answer.ok().filter(|answer| answer.error_code == 0);
            return Ok(Verdict::Go(Box::new(answer.unwrap_or_default())));
        }
        _ => Code::GroupCallbackRefused,
    };
    let answer = match (answer, policy) {
        (Ok(answer), _) => answer,
        (Err(_), CallbackPolicy::Deliver) => return Ok(Verdict::Go(Box::default())),
        (Err(_), CallbackPolicy::Refuse) if is_message => return Err(Code::CallbackFailed.into()),
        (Err(_), CallbackPolicy::Refuse) => return Err(refusal.into()),
    };
    let own = match callback {
        Callback::C2cBeforeSend => 120_001..=130_000,
        _ => 10_100..=10_200,
    };
    match answer.error_code {
        0 => Ok(Verdict::Go(Box::new(answer))),
        2 if is_message => Ok(Verdict::Swallow),
        code if own.contains(&code) => {
            let error = Error::refused(refusal, code as i32);
            Err(if answer.error_info.is_empty() { error } else { error.detail(answer.error_info) })
        }
        _ => Err(refusal.into()),
    }
}

/// The refusal of one user by the app's server; nothing when it lets the user pass.
pub(crate) fn refusal_of(results: &[ResultItem], user: &str) -> Option<Error> {
    let result = results.iter().find(|result| result.user == user && result.code != 0)?;
    let error = Error::refused(Code::FriendRequestsRefused, result.code as i32);
    Some(if result.info.is_empty() { error } else { error.detail(result.info.clone()) })
}

#[cfg(test)]
mod tests {
    use model::{Callback, callback::CallbackPolicy};

    use super::{Answer, Verdict, decide};
    use crate::callback::Failure;

    fn outcome(callback: Callback, code: i64) -> i64 {
        let answer = Answer::read(format!(r#"{{"ErrorCode":{code},"ErrorInfo":"no"}}"#).as_bytes());
        match decide(callback, CallbackPolicy::Deliver, answer) {
            Ok(Verdict::Go(_)) => 0,
            Ok(Verdict::Swallow) => -1,
            Err(error) => error.number().into(),
        }
    }

    #[test]
    fn each_code_has_its_documented_meaning() {
        for (callback, code, expected) in [
            (Callback::C2cBeforeSend, 0, 0),
            (Callback::C2cBeforeSend, 1, 20006),
            (Callback::C2cBeforeSend, 2, -1),
            (Callback::C2cBeforeSend, 120_001, 120_001),
            (Callback::C2cBeforeSend, 130_000, 130_000),
            (Callback::C2cBeforeSend, 130_001, 20006),
            (Callback::C2cBeforeSend, 10_100, 20006),
            (Callback::GroupBeforeSend, 1, 10016),
            (Callback::GroupBeforeSend, 2, -1),
            (Callback::GroupBeforeSend, 10_100, 10_100),
            (Callback::GroupBeforeSend, 10_200, 10_200),
            (Callback::GroupBeforeSend, 120_001, 10016),
            (Callback::GroupBeforeCreate, 1, 10016),
            (Callback::GroupBeforeCreate, 2, 10016),
            (Callback::GroupBeforeApply, 10_150, 10_150),
            (Callback::PrevFriendAdd, 1, 0),
        ] {
            assert_eq!(outcome(callback, code), expected, "{} {code}", callback.name());
        }
    }

    #[test]
    fn without_an_answer_the_app_decides() {
        let decided =
            |callback, policy| decide(callback, policy, Err(Failure::Timeout)).map_err(|error| error.number());
        assert!(matches!(decided(Callback::C2cBeforeSend, CallbackPolicy::Deliver), Ok(Verdict::Go(_))));
        assert_eq!(decided(Callback::C2cBeforeSend, CallbackPolicy::Refuse).unwrap_err(), 80003);
        assert_eq!(decided(Callback::GroupBeforeSend, CallbackPolicy::Refuse).unwrap_err(), 80003);
        assert_eq!(decided(Callback::GroupBeforeInvite, CallbackPolicy::Refuse).unwrap_err(), 10016);
    }

    #[test]
    fn what_is_no_object_is_no_answer() {
        for bad in ["", "ok", "[]", "{", r#"{"ErrorCode":"x"}"#, "<html>", r#"{"MsgBody":1,"ErrorCode":[]}"#] {
            assert_eq!(Answer::read(bad.as_bytes()).unwrap_err(), Failure::Answer, "{bad}");
        }
        assert_eq!(Answer::read(b"{}").unwrap().error_code, 0);
    }
}
