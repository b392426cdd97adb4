//! `UserSig`: the signed ticket a user logs in with, made by the application's own server.
//!
//! A `UserSig` is base64 (with three characters replaced) of zlib of a JSON object. Generation 2 signs its lines with
//! HMAC-SHA256 under the application's secret, generation 1 with ECDSA-SHA256. Signers differ in key order, spacing and
//! escaping, so a check rebuilds the signed lines from the parsed JSON and never compares bytes.

mod key;
mod map_key;

use std::io::Write;

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use flate2::write::ZlibEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};
use ring::hmac;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::code::Code;

pub use key::{Key, KeyError, PrivateKey};
pub use map_key::{PrivateMapKey, Room, private_map_key};

/// Lifetime in seconds that the published signing libraries use unless told otherwise: 180 days.
pub const DEFAULT_LIFETIME: i64 = 180 * 24 * 3600;

/// Longest `UserSig` text looked at, and longest JSON it may inflate to. Real ones are below 1 KB.
const LIMIT: usize = 16 * 1024;

/// Standard base64 for reading: some signers leave the padding out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a `UserSig` is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// ECDSA-SHA256 on prime256v1 or secp256k1; applications made before July 2019.
    V1,
    /// HMAC-SHA256 under the application's secret.
    V2,
}

/// Why a `UserSig` was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// There is no text at all.
    #[error("the UserSig is empty")]
    Empty,
    /// The text is not base64 of zlib of a JSON object with the documented members.
    #[error("the UserSig cannot be decoded")]
    Undecodable,
    /// It was made for another application.
    #[error("the UserSig was made for another SDKAppID")]
    AppMismatch,
    /// It was made for another user.
    #[error("the UserSig was made for another UserID")]
    IdentifierMismatch,
    /// Its lifetime is over.
    #[error("the UserSig has expired")]
    Expired,
    /// No key of its generation signed it.
    #[error("the signature in the UserSig matches no key of the application")]
    BadSignature,
    /// The application has no key of its generation.
    #[error("the application has no key for this kind of UserSig")]
    NoKey,
}

impl Failure {
    /// Returns the code clients know this failure by.
    pub const fn code(self) -> Code {
        match self {
            Self::Empty => Code::UserSigEmpty,
            Self::Undecodable => Code::UserSigUndecodable,
            Self::AppMismatch => Code::UserSigAppMismatch,
            Self::IdentifierMismatch => Code::UserSigIdentifierMismatch,
            Self::Expired => Code::UserSigExpired,
            Self::BadSignature => Code::UserSigKeyMismatch,
            Self::NoKey => Code::UserSigKeyMissing,
        }
    }
}

/// What a `UserSig` proves once it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The `UserID`.
    pub identifier: String,
    /// When it was made, in Unix seconds of the signer's clock.
    pub issued_at: i64,
    /// Last Unix second at which it is valid.
    pub expires_at: i64,
    /// The opaque buffer it carries, such as a room admission key.
    pub userbuf: Option<Vec<u8>>,
    /// How it is signed.
    pub generation: Generation,
}

/// What a `UserSig` says, whether or not it is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// How it is signed.
    pub generation: Generation,
    /// The `UserID`.
    pub identifier: String,
    /// The application it is for; beyond 32 bits when the signer was wrong.
    pub sdkappid: i64,
    /// When it was made, in Unix seconds of the signer's clock.
    pub issued_at: i64,
    /// Seconds it is valid for, counted from `issued_at`.
    pub lifetime: i64,
    /// The opaque buffer it carries.
    pub userbuf: Option<Vec<u8>>,
    /// The lines the signature covers.
    signed: String,
    signature: Vec<u8>,
}

impl Contents {
    /// Returns the last Unix second at which the `UserSig` is valid.
    pub const fn expires_at(&self) -> i64 {
        self.issued_at.saturating_add(self.lifetime)
    }

    /// Checks that the contents are true: made for this application and user, not expired, and signed by any of `keys`.
    ///
    /// `now` is in Unix seconds. A time of creation in the future is accepted, because signers' clocks differ.
    pub fn verify(self, sdkappid: u32, identifier: &str, keys: &[Key], now: i64) -> Result<Verified, Failure> {
        if self.sdkappid != i64::from(sdkappid) {
            return Err(Failure::AppMismatch);
        }
        if self.identifier != identifier {
            return Err(Failure::IdentifierMismatch);
        }
        if now > self.expires_at() {
            return Err(Failure::Expired);
        }
        self.check_signature(keys)?;
        Ok(Verified {
            issued_at: self.issued_at,
            expires_at: self.expires_at(),
            identifier: self.identifier,
            userbuf: self.userbuf,
            generation: self.generation,
        })
    }

    /// Checks only that one of `keys` made the signature.
    pub fn check_signature(&self, keys: &[Key]) -> Result<(), Failure> {
        let mut candidates = keys.iter().filter(|key| key.generation() == self.generation).peekable();
        if candidates.peek().is_none() {
            return Err(Failure::NoKey);
        }
        if candidates.any(|key| key.matches(self.signed.as_bytes(), &self.signature)) {
            Ok(())
        } else {
            Err(Failure::BadSignature)
        }
    }
}

/// Decodes and checks a `UserSig`; see [`decode`] and [`Contents::verify`].
pub fn verify(sig: &str, sdkappid: u32, identifier: &str, keys: &[Key], now: i64) -> Result<Verified, Failure> {
    decode(sig)?.verify(sdkappid, identifier, keys, now)
}

/// Reads what a `UserSig` says without checking that it is true.
///
/// Fails only with [`Failure::Empty`] and [`Failure::Undecodable`]. Percent-encoding must be undone before.
pub fn decode(sig: &str) -> Result<Contents, Failure> {
    if sig.is_empty() {
        return Err(Failure::Empty);
    }
    unpack(sig).and_then(|json| read(&json)).ok_or(Failure::Undecodable)
}

/// Makes a generation 2 `UserSig`.
///
/// `key` is the application's secret as text, `now` is in Unix seconds, `expire` in seconds. A buffer is needed only
/// for room admission keys.
pub fn sign(sdkappid: u32, identifier: &str, key: &str, now: i64, expire: i64, userbuf: Option<&[u8]>) -> String {
    #[derive(Serialize)]
    struct Envelope<'a> {
        #[serde(rename = "TLS.ver")]
        version: &'static str,
        #[serde(rename = "TLS.identifier")]
        identifier: &'a str,
        #[serde(rename = "TLS.sdkappid")]
        sdkappid: u32,
        #[serde(rename = "TLS.expire")]
        expire: i64,
        #[serde(rename = "TLS.time")]
        time: i64,
        #[serde(rename = "TLS.userbuf", skip_serializing_if = "Option::is_none")]
        userbuf: Option<&'a str>,
        #[serde(rename = "TLS.sig")]
        signature: String,
    }

    let userbuf = userbuf.map(|buffer| STANDARD.encode(buffer));
    let userbuf = userbuf.as_deref();
    let signed = lines_v2(identifier, &sdkappid.to_string(), &now.to_string(), &expire.to_string(), userbuf);
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
    pack(&Envelope { version: "2.0", identifier, sdkappid, expire, time: now, userbuf, signature })
}

/// Makes a generation 1 `UserSig`; the arguments are those of [`sign`].
pub fn sign_v1(
    sdkappid: u32,
    identifier: &str,
    key: &PrivateKey,
    now: i64,
    expire: i64,
    userbuf: Option<&[u8]>,
) -> String {
    #[derive(Serialize)]
    struct Envelope<'a> {
        #[serde(rename = "TLS.account_type")]
        account_type: &'static str,
        #[serde(rename = "TLS.identifier")]
        identifier: &'a str,
        #[serde(rename = "TLS.appid_at_3rd")]
        appid_at_3rd: &'static str,
        #[serde(rename = "TLS.sdk_appid")]
        sdkappid: String,
        #[serde(rename = "TLS.expire_after")]
        expire: String,
        #[serde(rename = "TLS.version")]
        version: &'static str,
        #[serde(rename = "TLS.time")]
        time: String,
        #[serde(rename = "TLS.userbuf", skip_serializing_if = "Option::is_none")]
        userbuf: Option<&'a str>,
        #[serde(rename = "TLS.sig")]
        signature: String,
    }

    let userbuf = userbuf.map(|buffer| STANDARD.encode(buffer));
    let mut envelope = Envelope {
        account_type: "0",
        identifier,
        appid_at_3rd: "0",
        sdkappid: sdkappid.to_string(),
        expire: expire.to_string(),
        version: "201610110000",
        time: now.to_string(),
        userbuf: userbuf.as_deref(),
        signature: String::new(),
    };
    let signed = lines_v1(&LinesV1 {
        appid_at_3rd: Some(envelope.appid_at_3rd),
        account_type: envelope.account_type,
        identifier,
        sdkappid: &envelope.sdkappid,
        time: &envelope.time,
        expire: &envelope.expire,
        userbuf: envelope.userbuf,
    });
    envelope.signature = STANDARD.encode(key.sign(signed.as_bytes()));
    pack(&envelope)
}

fn lines_v2(identifier: &str, sdkappid: &str, time: &str, expire: &str, userbuf: Option<&str>) -> String {
    let mut lines =
        format!("TLS.identifier:{identifier}\nTLS.sdkappid:{sdkappid}\nTLS.time:{time}\nTLS.expire:{expire}\n");
    push_userbuf(&mut lines, userbuf);
    lines
}

struct LinesV1<'a> {
    /// Very old signers have no such member, and then sign no such line.
    appid_at_3rd: Option<&'a str>,
    account_type: &'a str,
    identifier: &'a str,
    sdkappid: &'a str,
    time: &'a str,
    expire: &'a str,
    userbuf: Option<&'a str>,
}

fn lines_v1(fields: &LinesV1<'_>) -> String {
    let mut lines = match fields.appid_at_3rd {
        Some(appid) => format!("TLS.appid_at_3rd:{appid}\n"),
        None => String::new(),
    };
    for (name, value) in [
        ("account_type", fields.account_type),
        ("identifier", fields.identifier),
        ("sdk_appid", fields.sdkappid),
        ("time", fields.time),
        ("expire_after", fields.expire),
    ] {
        lines.extend(["TLS.", name, ":", value, "\n"]);
    }
    push_userbuf(&mut lines, fields.userbuf);
    lines
}

fn push_userbuf(lines: &mut String, userbuf: Option<&str>) {
    if let Some(userbuf) = userbuf {
        lines.extend(["TLS.userbuf:", userbuf, "\n"]);
    }
}

fn pack(envelope: &impl Serialize) -> String {
    let json = serde_json::to_vec(envelope).expect("strings and integers always serialize");
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(json.len()), Compression::default());
    encoder.write_all(&json).expect("a Vec accepts every write");
    let zipped = encoder.finish().expect("a Vec accepts every write");
    STANDARD
        .encode(zipped)
        .chars()
        .map(|c| match c {
            '+' => '*',
            '/' => '-',
            '=' => '_',
            other => other,
        })
        .collect()
}

/// Returns the JSON text inside a `UserSig`.
fn unpack(sig: &str) -> Option<Vec<u8>> {
    if sig.len() > LIMIT {
        return None;
    }
    let base64: Vec<u8> = sig
        .bytes()
        .map(|byte| match byte {
            // A space is a `*` that became `+` and was then decoded as a form field.
            b'*' | b' ' => b'+',
            b'-' => b'/',
            b'_' => b'=',
            other => other,
        })
        .collect();
    let zipped = LENIENT.decode(base64).ok()?;
    let mut json = Vec::with_capacity(LIMIT);
    let status = Decompress::new(true).decompress_vec(&zipped, &mut json, FlushDecompress::Finish).ok()?;
    (status == Status::StreamEnd).then_some(json)
}

fn read(json: &[u8]) -> Option<Contents> {
    let fields = Fields(serde_json::from_slice(json).ok()?);
    match fields.0.get("TLS.ver") {
        None => read_v1(&fields),
        Some(Value::String(version)) if version == "2.0" => read_v2(&fields),
        Some(_) => None,
    }
}

fn read_v2(fields: &Fields) -> Option<Contents> {
    let identifier = fields.text("TLS.identifier")?;
    let (sdkappid, sdkappid_text) = fields.number("TLS.sdkappid")?;
    let (issued_at, time_text) = fields.number("TLS.time")?;
    let (lifetime, expire_text) = fields.number("TLS.expire")?;
    let (userbuf, userbuf_text) = fields.userbuf()?;
    Some(Contents {
        generation: Generation::V2,
        identifier: identifier.to_owned(),
        sdkappid,
        issued_at,
        lifetime,
        userbuf,
        signed: lines_v2(identifier, &sdkappid_text, &time_text, &expire_text, userbuf_text),
        signature: fields.signature()?,
    })
}

fn read_v1(fields: &Fields) -> Option<Contents> {
    let appid_at_3rd = match fields.0.get("TLS.appid_at_3rd") {
        Some(_) => Some(fields.word("TLS.appid_at_3rd")?),
        None => None,
    };
    let identifier = fields.text("TLS.identifier")?;
    let (sdkappid, sdkappid_text) = fields.number("TLS.sdk_appid")?;
    let (issued_at, time_text) = fields.number("TLS.time")?;
    let (lifetime, expire_text) = fields.number("TLS.expire_after")?;
    let (userbuf, userbuf_text) = fields.userbuf()?;
    let signed = lines_v1(&LinesV1 {
        appid_at_3rd,
        account_type: fields.word("TLS.account_type")?,
        identifier,
        sdkappid: &sdkappid_text,
        time: &time_text,
        expire: &expire_text,
        userbuf: userbuf_text,
    });
    Some(Contents {
        generation: Generation::V1,
        identifier: identifier.to_owned(),
        sdkappid,
        issued_at,
        lifetime,
        userbuf,
        signed,
        signature: fields.signature()?,
    })
}

/// The JSON members of a `UserSig`.
///
/// The signed lines have no escaping: a line feed inside a value could imitate the lines after it. Only the identifier
/// may hold one, because every value after it is limited to characters without line feeds, which keeps the lines
/// readable in one way only.
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A text of ASCII letters and digits, or none.
    fn word(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    }

    /// An integer, written as a JSON number or as a string, and its text in the signed lines.
    fn number(&self, name: &str) -> Option<(i64, String)> {
        match self.0.get(name)? {
            Value::Number(number) => number.as_i64().map(|value| (value, value.to_string())),
            Value::String(text) => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
                plain.then(|| text.parse().ok()).flatten().map(|value| (value, text.clone()))
            }
            _ => None,
        }
    }

    /// The buffer and its text; the outer `None` means that it is not base64.
    fn userbuf(&self) -> Option<(Option<Vec<u8>>, Option<&str>)> {
        match self.0.get("TLS.userbuf") {
            None | Some(Value::Null) => Some((None, None)),
            Some(Value::String(text)) => Some((Some(LENIENT.decode(text).ok()?), Some(text))),
            Some(_) => None,
        }
    }

    fn signature(&self) -> Option<Vec<u8>> {
        LENIENT.decode(self.text("TLS.sig")?).ok()
    }
}

#[cfg(test)]
mod tests;
