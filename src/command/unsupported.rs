//! What clients ask that is not built yet: well-formed answers, so that no client hangs or loops.

use model::{Code, Error};

/// Commands answered with success and nothing in it, because clients ask them at every sign-in.
const EMPTY: [(&str, &str); 2] =
    [("im_msg_audit_mgr.get_local_words", r#""WordList":[]"#), ("offline_push_report.uniapp_sdk_report", "")];

/// The answer to a command that is not in the table.
pub(crate) fn answer(name: &str) -> Result<Vec<u8>, Error> {
    match EMPTY.iter().find(|(known, _)| *known == name) {
        Some((_, fields)) => {
            let comma = if fields.is_empty() { "" } else { "," };
            Ok(format!(r#"{{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""{comma}{fields}}}"#).into_bytes())
        }
        None => Err(Error::new(Code::NoSuchCommand).detail("this server does not support the command")),
    }
}

#[cfg(test)]
mod tests {
    use super::{EMPTY, answer};

    #[test]
    fn empty_answers_are_json() {
        for (name, _) in EMPTY {
            let body: serde_json::Value = serde_json::from_slice(&answer(name).unwrap()).unwrap();
            assert_eq!(body["ErrorCode"], 0, "{name}");
        }
        assert!(answer("nothing.at_all").is_err());
    }
}
