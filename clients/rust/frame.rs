//! Frames: `{"head":{…},"body":{…}}`, written by hand into a reused buffer and read without touching the body.

use std::io::{Read, Write};

use bytes::{BufMut, Bytes, BytesMut};
use flate2::{Crc, bufread::ZlibDecoder};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Error;
use crate::message::{Pushed, Reply, SyncPage};

/// First bytes of a compressed frame; a zlib stream follows.
const COMPRESSED: &[u8] = b"COMP";
/// Largest frame taken after inflation, in bytes.
const INFLATED_MAX: u64 = 64 << 20;
/// Room kept in the write buffer, in bytes; frames that leave it are split off without copying.
const BUFFER: usize = 16 << 10;
/// `seq` wraps below this, as in the SDKs.
const SEQ_END: u32 = 2_415_919_103;

/// Who a request says it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Before the first sign-in succeeds.
    UserSig {
        /// Account.
        identifier: String,
        /// Its signature.
        usersig: String,
    },
    /// After it: the session's ticket.
    Ticket {
        /// `A2Key` of the sign-in.
        a2: String,
        /// `TinyId` of the sign-in.
        tinyid: String,
        /// `InstId` of the sign-in.
        inst_id: u64,
    },
}

/// Writes requests. Keeps the unchanging part of the head ready and counts `seq`.
#[derive(Debug, Clone)]
pub struct Encoder {
    sdkappid: u32,
    seq: u32,
    prefix: Vec<u8>,
    buffer: BytesMut,
}

impl Encoder {
    /// An encoder whose first request carries `seq`, with an empty identity.
    pub fn new(sdkappid: u32, seq: u32) -> Self {
        let mut encoder = Self { sdkappid, seq: seq % SEQ_END, prefix: Vec::new(), buffer: BytesMut::new() };
        encoder.identify(&Identity::UserSig { identifier: String::new(), usersig: String::new() });
        encoder
    }

    /// Sets who the following requests come from.
    pub fn identify(&mut self, identity: &Identity) {
        let (who, inst_id) = match identity {
            Identity::UserSig { identifier, usersig } => {
                (format!(r#""identifier":{},"usersig":{}"#, quoted(identifier), quoted(usersig)), 0)
            }
            Identity::Ticket { a2, tinyid, inst_id } => {
                (format!(r#""a2":{},"tinyid":{}"#, quoted(a2), quoted(tinyid)), *inst_id)
            }
        };
        self.prefix = format!(
            r#"{{"head":{{"ver":"v4","platform":7,"websdkappid":537048168,"websdkversion":"1.7.3",{who},"status_instid":{inst_id},"sdkappid":{},"contenttype":"json","reqtime":"#,
            self.sdkappid
        )
        .into_bytes();
    }

    /// Takes the next `seq`.
    pub fn next_seq(&mut self) -> u32 {
        let seq = self.seq;
        self.seq = (seq + 1) % SEQ_END;
        seq
    }

    /// Writes one request. `body` is JSON text and goes out as it is; `now` is in seconds since 1970.
    ///
    /// # Panics
    ///
    /// Never: writing to memory does not fail.
    pub fn encode(&mut self, servcmd: &str, seq: u32, body: &[u8], now: u64) -> Bytes {
        let length = self.prefix.len() + servcmd.len() + body.len() + 192;
        if self.buffer.capacity() < length {
            self.buffer.reserve(length.max(BUFFER));
        }
        let cs = checksum(servcmd, body);
        self.buffer.put_slice(&self.prefix);
        write!(
            (&mut self.buffer).writer(),
            r#"{now},"sdkability":75689843,"sdkability_ext":"","cappid":0,"cs":{cs},"servcmd":"{servcmd}","seq":{seq}}},"body":"#
        )
        .expect("the buffer grows as needed");
        self.buffer.put_slice(body);
        self.buffer.put_u8(b'}');
        self.buffer.split().freeze()
    }
}

fn quoted(text: &str) -> serde_json::Value {
    serde_json::Value::from(text)
}

fn checksum(servcmd: &str, body: &[u8]) -> u32 {
    if ["alive", "wslogin", "wslogout", "get_msg"].iter().any(|part| servcmd.contains(part)) {
        return 0;
    }
    let mut crc = Crc::new();
    crc.update(body);
    crc.sum()
}

/// One frame from the server: head parsed, body untouched.
#[derive(Debug, Clone)]
pub struct Frame {
    bytes: Bytes,
    servcmd: (usize, usize),
    body: (usize, usize),
    seq: u64,
    wire_len: usize,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    head: Head<'a>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Head<'a> {
    servcmd: &'a str,
    #[serde(default)]
    seq: u64,
}

impl Frame {
    /// Reads a frame's payload, inflating it first when it is compressed.
    pub fn decode(payload: Bytes) -> Result<Self, Error> {
        let wire_len = payload.len();
        let bytes = match payload.strip_prefix(COMPRESSED) {
            Some(packed) => {
                let mut plain = Vec::with_capacity(packed.len() * 4);
                ZlibDecoder::new(packed).take(INFLATED_MAX).read_to_end(&mut plain)?;
                Bytes::from(plain)
            }
            None => payload,
        };
        let envelope: Envelope<'_> = serde_json::from_slice(&bytes).map_err(|error| Error::Shape("a frame", error))?;
        let servcmd = place(&bytes, envelope.head.servcmd);
        let body = envelope.body.map_or((0, 0), |body| place(&bytes, body.get()));
        let seq = envelope.head.seq;
        Ok(Self { bytes, servcmd, body, seq, wire_len })
    }

    /// Command this frame answers or announces.
    pub fn servcmd(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.servcmd.0..self.servcmd.1]).unwrap_or_default()
    }

    /// `seq` of the request this frame answers; any number in a push.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// JSON text of the body; empty when there is none.
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.body.0..self.body.1]
    }

    /// Bytes this frame took on the wire, before inflation and without the WebSocket header.
    pub fn wire_len(&self) -> usize {
        self.wire_len
    }

    /// Reads the body as `T`.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        serde_json::from_slice(self.body()).map_err(|error| Error::Shape("a body", error))
    }

    /// Reads the body as a message push.
    pub fn pushed(&self) -> Result<Pushed<'_>, Error> {
        self.json()
    }

    /// Reads the body as one answer of `openim.getmsg`.
    pub fn sync_page(&self) -> Result<SyncPage<'_>, Error> {
        self.json()
    }

    /// Reads the body's outcome and keeps the frame.
    pub fn into_reply(self) -> Result<Reply, Error> {
        Reply::new(self)
    }
}

/// Where `part`, which was borrowed from `whole`, begins and ends in it.
fn place(whole: &[u8], part: &str) -> (usize, usize) {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    (start, start + part.len())
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    #[test]
    fn request_has_the_documented_head() {
        let mut encoder = Encoder::new(1_400_000_001, 41);
        encoder.identify(&Identity::Ticket { a2: "t\"k".into(), tinyid: "144".into(), inst_id: 9 });
        let (first, second) = (encoder.next_seq(), encoder.next_seq());
        assert_eq!((first, second), (41, 42));
        let frame = encoder.encode("openim.getmsg", second, br#"{"Cookie":""}"#, 1_795_394_437);
        let value: serde_json::Value = serde_json::from_slice(&frame).unwrap();
        let head = &value["head"];
        assert_eq!(head["a2"], "t\"k");
        assert_eq!(head["tinyid"], "144");
        assert_eq!(head["status_instid"], 9);
        assert_eq!(head["sdkappid"], 1_400_000_001);
        assert_eq!(head["reqtime"], 1_795_394_437);
        assert_eq!(head["servcmd"], "openim.getmsg");
        assert_eq!(head["seq"], 42);
        assert!(head.get("usersig").is_none() && head.get("identifier").is_none());
        assert_eq!(value["body"]["Cookie"], "");
    }

    #[test]
    fn checksum_is_crc32_of_the_body_except_for_a_few_commands() {
        assert_eq!(checksum("openim.sendmsg", b"123456789"), 0xCBF4_3926);
        assert_eq!(checksum("heartbeat.alive", b"123456789"), 0);
        assert_eq!(checksum("im_open_status.wslogin", b"123456789"), 0);
    }

    #[test]
    fn sequence_wraps_like_the_sdk() {
        let mut encoder = Encoder::new(1, SEQ_END - 1);
        assert_eq!((encoder.next_seq(), encoder.next_seq()), (SEQ_END - 1, 0));
    }

    #[test]
    fn frame_is_read_in_any_order_of_members_and_compressed() {
        let text = br#"{"body":{"ErrorCode":0,"A":[1,2]},"head":{"x":1,"seq":7,"servcmd":"a.b"}}"#;
        let mut zlib = ZlibEncoder::new(COMPRESSED.to_vec(), Compression::default());
        zlib.write_all(text).unwrap();
        let packed = zlib.finish().unwrap();
        for payload in [Bytes::from_static(text), Bytes::from(packed)] {
            let length = payload.len();
            let frame = Frame::decode(payload).unwrap();
            assert_eq!((frame.servcmd(), frame.seq()), ("a.b", 7));
            assert_eq!(frame.body(), br#"{"ErrorCode":0,"A":[1,2]}"#);
            assert_eq!(frame.wire_len(), length);
        }
    }

    #[test]
    fn junk_is_an_error_not_a_panic() {
        for junk in ["", "null", "{}", r#"{"head":{}}"#, "COMP", "COMPxx", r#"{"head":{"servcmd":5}}"#] {
            assert!(Frame::decode(Bytes::from(junk)).is_err(), "{junk}");
        }
    }
}
