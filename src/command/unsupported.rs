//! What clients ask that is not built yet: well-formed answers, so that no client hangs or loops.

use model::{Code, Error};

/// Commands answered with success and nothing in it, because clients ask them at every sign-in.
const EMPTY: [&str; 1] = ["offline_push_report.uniapp_sdk_report"];

/// The answer to a command that is not in the table.
pub(crate) fn answer(name: &str) -> Result<Vec<u8>, Error> {
    if EMPTY.contains(&name) {
        return Ok(br#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#.to_vec());
    }
    Err(Error::new(Code::NoSuchCommand).detail("this server does not support the command"))
}

#[cfg(test)]
mod tests {
    use super::{EMPTY, answer};

    #[test]
    fn empty_answers_are_json() {
        for name in EMPTY {
            let body: serde_json::Value = serde_json::from_slice(&answer(name).unwrap()).unwrap();
            assert_eq!(body["ErrorCode"], 0, "{name}");
        }
        assert!(answer("nothing.at_all").is_err());
    }
}
