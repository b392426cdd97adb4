//! The common envelope of replies.

use model::{Code, Error, Kind};
use serde::Serialize;

use crate::dispatch::Envelope;

const OK: &str = r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"""#;

/// Prints a reply.
pub fn succeed<R: Serialize>(reply: &R, envelope: Envelope, display: bool) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(256);
    if envelope == Envelope::Standard {
        out.extend_from_slice(OK.as_bytes());
        if display {
            out.extend_from_slice(br#","ErrorDisplay":"""#);
        }
    }
    let start = out.len();
    serde_json::to_writer(&mut out, reply).map_err(|error| Error::new(Code::Broken).source(error))?;
    if envelope == Envelope::Standard {
        match &out[start..] {
            b"null" | b"{}" => {
                out.truncate(start);
                out.push(b'}');
            }
            _ => out[start] = b',',
        }
    }
    Ok(out)
}

/// Prints an error; the text of our own faults stays generic.
pub fn fail(error: &Error, display: bool) -> Vec<u8> {
    let text = if error.kind() == Kind::Ours { error.code.text() } else { error.detail.as_ref() };
    let quoted = serde_json::to_string(text).unwrap_or_else(|_| "\"\"".into());
    let mut out =
        format!(r#"{{"ActionStatus":"FAIL","ErrorCode":{},"ErrorInfo":{quoted}"#, error.number()).into_bytes();
    if display {
        out.extend_from_slice(br#","ErrorDisplay":"""#);
    }
    match error.fields.as_deref().map(|fields| fields.get().as_bytes()) {
        Some([b'{', rest @ ..]) if rest.len() > 1 => {
            out.push(b',');
            out.extend_from_slice(rest);
        }
        _ => out.push(b'}'),
    }
    out
}

#[cfg(test)]
mod tests {
    use model::{Code, Error};
    use serde_json::{json, value::RawValue};

    use super::{fail, succeed};
    use crate::Envelope;

    fn read(bytes: &[u8]) -> serde_json::Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn the_envelope_comes_first() {
        let empty = succeed(&(), Envelope::Standard, true).unwrap();
        assert_eq!(read(&empty), json!({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ErrorDisplay":""}));
        let full = succeed(&json!({"A": 1}), Envelope::Standard, false).unwrap();
        assert_eq!(read(&full), json!({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","A":1}));
        assert_eq!(read(&succeed(&json!({"A": 1}), Envelope::Own, false).unwrap()), json!({"A":1}));
    }

    #[test]
    fn failures_carry_their_fields_and_no_internals() {
        let fields = RawValue::from_string(r#"{"KickType":1}"#.into()).unwrap();
        let kicked = read(&fail(&Error::new(Code::KickedOut).fields(fields), false));
        assert_eq!((&kicked["ErrorCode"], &kicked["KickType"]), (&json!(1002), &json!(1)));
        let ours = Error::new(Code::Broken).detail("secret").source("disk");
        assert!(!String::from_utf8(fail(&ours, true)).unwrap().contains("secret"));
    }
}
