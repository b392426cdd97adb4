//! The signature an account signs in with: second generation, HMAC-SHA256.

use std::io::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, write::ZlibEncoder};
use ring::hmac;

use crate::session::now;

/// Lifetime the published signing libraries use, in seconds (180 days).
const DEFAULT_LIFETIME: u64 = 15_552_000;

/// What a `UserSig` asserts, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSig<'a> {
    /// Application.
    pub sdkappid: u32,
    /// Account.
    pub identifier: &'a str,
    /// Creation, seconds since 1970.
    pub time: u64,
    /// Lifetime in seconds from `time`.
    pub expire: u64,
}

impl<'a> UserSig<'a> {
    /// A signature made now, with the usual lifetime of 180 days.
    pub fn now(sdkappid: u32, identifier: &'a str) -> Self {
        Self { sdkappid, identifier, time: now(), expire: DEFAULT_LIFETIME }
    }

    /// Signs with the application's secret, taken as text, and gives the URL-safe text form.
    ///
    /// # Panics
    ///
    /// Never: writing to memory does not fail.
    pub fn sign(&self, key: &str) -> String {
        let json = serde_json::json!({
            "TLS.ver": "2.0",
            "TLS.identifier": self.identifier,
            "TLS.sdkappid": self.sdkappid,
            "TLS.expire": self.expire,
            "TLS.time": self.time,
            "TLS.sig": self.digest(key),
        });
        let mut zlib = ZlibEncoder::new(Vec::with_capacity(256), Compression::fast());
        zlib.write_all(json.to_string().as_bytes()).expect("a vector takes every write");
        let packed = zlib.finish().expect("a vector takes every write");
        STANDARD.encode(packed).replace('+', "*").replace('/', "-").replace('=', "_")
    }

    fn digest(&self, key: &str) -> String {
        let Self { sdkappid, identifier, time, expire } = self;
        let text =
            format!("TLS.identifier:{identifier}\nTLS.sdkappid:{sdkappid}\nTLS.time:{time}\nTLS.expire:{expire}\n");
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        STANDARD.encode(hmac::sign(&key, text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn digest_equals_the_published_libraries() {
        let alice = UserSig { sdkappid: 1_400_000_001, identifier: "alice", time: 1_700_000_000, expire: 86_400 };
        assert_eq!(alice.digest(KEY), "9Ms31rC4L8zD+katIHmwWrRTlnLOpkU8WXxx7+Ur8Wc=");
        let han = UserSig { identifier: "user_\u{6d4b}\u{8bd5}", expire: 604_800, ..alice };
        assert_eq!(han.digest(KEY), "9oDRhliv2Fn9PWVkONHHvv+KAle17nRV1LNi576ISB0=");
    }

    #[test]
    fn text_unpacks_to_the_signed_members() {
        let sig = UserSig { sdkappid: 7, identifier: "a\"b", time: 5, expire: 9 }.sign(KEY);
        let text = sig.replace('*', "+").replace('-', "/").replace('_', "=");
        let packed = STANDARD.decode(text).unwrap();
        let mut json = String::new();
        flate2::read::ZlibDecoder::new(&packed[..]).read_to_string(&mut json).unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["TLS.ver"], "2.0");
        assert_eq!(value["TLS.identifier"], "a\"b");
        assert_eq!(value["TLS.sdkappid"], 7);
        assert_eq!(value["TLS.time"], 5);
        assert_eq!(value["TLS.expire"], 9);
    }
}
