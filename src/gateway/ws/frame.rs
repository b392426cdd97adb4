//! Frames: one JSON object with a head and a body.

use std::{borrow::Cow, io::Write};

use axum::extract::ws::{Message, Utf8Bytes};
use bytes::Bytes;
use flate2::{Compression, write::ZlibEncoder};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Shorter replies are not worth compressing.
const COMPRESSED: usize = 2048;

/// A client's frame.
#[derive(Deserialize)]
pub(super) struct Frame<'a> {
    #[serde(borrow)]
    pub head: Head<'a>,
    #[serde(borrow, default)]
    pub body: Option<&'a RawValue>,
}

/// What is read of the head.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub servcmd: Cow<'a, str>,
    pub seq: u64,
    #[serde(borrow, default)]
    pub a2: Cow<'a, str>,
    #[serde(borrow, default)]
    pub identifier: Cow<'a, str>,
    #[serde(borrow, default)]
    pub usersig: Cow<'a, str>,
}

/// What remains readable of a frame whose head is not as it should be: enough to answer it.
#[derive(Deserialize)]
pub(super) struct Broken<'a> {
    #[serde(borrow)]
    pub head: BrokenHead<'a>,
}

#[derive(Deserialize)]
pub(super) struct BrokenHead<'a> {
    #[serde(borrow)]
    pub servcmd: Cow<'a, str>,
    pub seq: u64,
}

/// Wraps the body of a reply into its frame.
pub(super) fn reply(servcmd: &str, seq: u64, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + servcmd.len() + 48);
    out.extend_from_slice(b"{\"head\":{\"servcmd\":");
    if serde_json::to_writer(&mut out, servcmd).is_err() {
        out.extend_from_slice(b"\"\"");
    }
    let _ = write!(out, ",\"seq\":{seq}}},\"body\":");
    out.extend_from_slice(body);
    out.push(b'}');
    out
}

/// Makes a WebSocket message of a frame, in the connection's framing.
pub(super) fn message(frame: Bytes, binary: bool, compress: bool) -> Message {
    if !binary {
        return match Utf8Bytes::try_from(frame) {
            Ok(text) => Message::Text(text),
            // Frames are printed by a JSON printer; this cannot be reached.
            Err(_) => Message::Text(Utf8Bytes::default()),
        };
    }
    if compress
        && frame.len() > COMPRESSED
        && let Some(smaller) = compressed(&frame)
    {
        return Message::Binary(smaller);
    }
    Message::Binary(frame)
}

fn compressed(frame: &[u8]) -> Option<Bytes> {
    let mut encoder = ZlibEncoder::new(b"COMP".to_vec(), Compression::fast());
    encoder.write_all(frame).ok()?;
    encoder.finish().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::extract::ws::Message;

    use super::{Broken, Frame, message, reply};

    #[test]
    fn heads_are_echoed_and_names_quoted() {
        let frame: serde_json::Value = serde_json::from_slice(&reply("a\".b", 7, br#"{"x":1}"#)).unwrap();
        assert_eq!(frame, serde_json::json!({"head": {"servcmd": "a\".b", "seq": 7}, "body": {"x": 1}}));
    }

    #[test]
    fn what_can_be_answered_is_read() {
        let text = r#"{"head":{"servcmd":"a.b","seq":1,"a2":5},"body":{}}"#;
        assert!(serde_json::from_str::<Frame<'_>>(text).is_err());
        assert_eq!(serde_json::from_str::<Broken<'_>>(text).unwrap().head.seq, 1);
        for junk in ["", "{", "[]", "null", r#"{"head":{}}"#, r#"{"head":{"servcmd":5,"seq":"x"},"body":1}"#] {
            assert!(serde_json::from_str::<Broken<'_>>(junk).is_err(), "{junk}");
        }
    }

    #[test]
    fn long_replies_are_compressed_where_the_client_asked() {
        let frame = bytes::Bytes::from(vec![b'x'; 5000]);
        let Message::Binary(sent) = message(frame.clone(), true, true) else { panic!("not binary") };
        assert_eq!(&sent[..4], b"COMP");
        let mut back = Vec::new();
        flate2::read::ZlibDecoder::new(&sent[4..]).read_to_end(&mut back).unwrap();
        assert_eq!(back, frame);
        assert!(matches!(message(frame.clone(), true, false), Message::Binary(sent) if sent == frame));
        assert!(matches!(message(frame, false, true), Message::Text(_)));
    }
}
