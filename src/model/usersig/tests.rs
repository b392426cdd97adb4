//! Vectors made by the published signing libraries with the clock at [`NOW`], and inputs nobody should send.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::{option, sample};
use serde_json::{Value, json};

use super::{
    Contents, Failure, Generation, Key, LIMIT, PrivateKey, PrivateMapKey, Room, decode, pack, private_map_key, sign,
    sign_v1, unpack, verify,
};

const NOW: i64 = 1_700_000_000;
const APP: u32 = 1_400_000_001;
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const CHINESE: &str = "user_\u{6d4b}\u{8bd5}";

const V2_A_PYTHON: &str = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkEnMyk1NhUsUp2YkFBZkpQAlDEwMIMITKpVYUZBalAmUszIBSUMGSzFyQkKE5VDFMvDgzHWS4pW*xsWGRs4mPRZWLdnZiiadHbnl4UVBITp6Pf0F2qEV4REWFuXZokUV4sq1SLQDyTDID";
const V2_A_NODE: &str = "eJw1yUELwiAYxvHv8l4XQ0uaCZ3qUGAEtWFX2Sxe3IaolBR992Cu5-b8-h*o5bV8Gg8CliWBxfSxM2PEO06se2zNHEJntXPYgaCM5NFcIg4GBK1mJVlNcugNCL5mfwr4AAGbU1hRv2OSv-eF1fF4GF7KX*p*lGdnG65uKVVF47lqt-D9AYBwMKM_";
const V2_B_PYTHON: &str = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkElNyM-Myi0uKEkvyi2BKilOyEwsKMlOACowMwMAQKpNaUZBZlAoUNzQ1NQXJQcVLMnPBouYGUAAzKTMdZIupkUehpUu2YbZFZJGzm0*lQZWRaYp-UlJUaVCYZUF*VrZBYGlxpqdznpmnrVItAGRoNXE_";
const V2_B_NODE: &str = "eJw9yl0LwiAYhuH-8h7HUMFqQkeLaDCIPgjqzKGLN5kzddEH-ffIje6z5*J5w6HaZ3ftQQDLCEzSRqVtxAYTS9WixRC9jJ0fD0EZ6RwqEIyk6OARWw2CzsjYoPrh0P*cc87*GvACAjhb3-KloWZ*8sWqepIX42pT1*d*d8xddzVk2wcsCzstF-D5AtXdNBE_";
const V2_C_PYTHON: &str = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkSotTi*JjSs1STJJiSi2SUkxhyopTshMLCjJTgIoMTQwgwBAql1pRkFmUCpQxMzCxMDCAipZk5oLEDM2hqmHixZnpIJss812CMnIyy4zc8iwDwsOy-f08PMrKtL0dc1INzfOCwgx9-DJNzc08g50MbJVqAf*1NWU_";
const V2_C_NODE: &str = "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwqXFqUXxz7Z2v1g-FSpdnJKdWFCQmaJkZWhiAAGGEJmSzNxUJStDc6ioAUQ0taIgsyhVycrMwMQCJlacma5kpWSZ7xKUkZNZZuSWZxkQHpbt7*fhUVam7e2Yk2ponhcUZujjl2lqbuYZ7GRgq1QLADiVNFI_";
const V2_D_PYTHON: &str = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkEmHCxSnZiQUFmSlAQUMTAwgwhMqlVhRkFqUCZQygAiWZuSCuoTlUIUy8ODMdZGiGpbdPTlmkb5CjR0BleGmoR0heSGBJXkFOcFBpeIFFmb55sbtxpblJobmvrVItAFrwL9M_";
const V2_E_PYTHON: &str = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkEnMyk1NhUsUp2YkFBZkpQAlDEwMIMITKpVYUZBalAmUszIBSUMGSzFyQkKE5VDFMvLQ4tSipNA1kQWS4Vxbc-Mx0kFByUUpQULhZkmVlhrd2qHt4lWGwh5dlpIGRh1tkpX62sWdGuaWXsXtGlJeFrVItAJm5N60_";
const V1_A: &str = "eJw9zsFygjAQBuBXcXLu1ISixd6QOipjZ1oFq14ykQRZpBBDpEqn794Gm*7x-3b-2S8ULVb3LEmqc6mpvkqBnnoIo7teB8BFqSEFoUzMCkiEJSYlcMo0fVDcoM1rfqSdmZC4*DbEsrhIUIKyVN86veHvisVGqBqq0uQOJgPiYNeSho-uNfL41-h-VMPBwMtkG8zfgmjtq8tpcy7Ai06VXmfOLB*Jskhncdt-D-nr0VFTWPDn2J9nfrgPdi4sp4es2q02XtQEn4N42YyzIeQ437bppD-ejxqJwxZ9-wA2HFjc";
const V1_B: &str = "eJxNjt1Og0AQhd9lbmt0pxJAEi9sobG2NbZSBW4IYRecyNLtdsEW47ubIhrn8nznZz4hXD5fZnm*a2qTmpMS4AGDi14mLmpDBQkNHmQV5WIAmVLE08yk15r-8x-4e9oj8AAt9nM4QHFUpEWaFaavc22L-eZaoQ*0q8GDMUMbGeI5OEBD8vwTOkPf3xiV4MEq2E7n6*nWBB8vK5OEo2qsZuj6CbKykx0r3lDZddL57eskuEpmzd289Nvy6IRNFT2srVMib*5Hcq8lRc6Ex4smcJf4FC-EJto-xrfw9Q0V2FcB";
const V1_C: &str = "eJxNjtFPgzAYxP*X71XjWmRM*rYQs7AMlyFR90RKKfI5pKUUNjT*72YIifd4v7vLfUOye77jQqiutqkdtAQGBG5HG3NZWyxQGmDAKxRyAlxrzFNu03uT-8u3*SkdETCgLvkTnaC8aDQy5YUd5x48l8y9XpoWVQ0MHEI9Sii9Fido8fP6ia6mvdnvWmmyrgAGx9ftx-wA34FB9HgMwkNQhsnKfxm63UKqcNO0my-i9AIjGzSZdvrDwjkjKSuxtOewXG*rKI6DQenSV2-x02mNLe*Tct9kXmyqvesb6g5Ndrnxl-DzC4uaXnE_";
const V1_D: &str = "eJw9ztFOwyAUBuBXWbjVuMNGtZp4Md2y1bRSUzfjFUFgFa0FKeqs8d2VTjyX-3fOn-OFbvPqiAth3lrP-KdV6GyEAB2OBtBStV5vtXIh5o0WKhK3VkvGPZs6GTDmnXxmg4UQE9gPjqx2VjvF*NbvO9Pj35WI78p12rQhnwBO8ARIJK9fhtfwyV-j-1Gn6wDFYn2Z3czL0w*43-W2aVyfPyauLmRuCN2Ud8tEbMx6fuUEHdsL3M6yevVqnvAB5Xy6qEtYlVCpcZ-RYqYqnIqHayJlugQPlBTn6PsHAMBW8A__";

const PRIME256V1: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmn0/j9N1BWAsVM0O17VkDWeN6HYlOc6q3IOEQ1DAyM9BzQ3u4V24DJ95cLGY09dlQEftgO1oETDb9gRpHGPr6Q==
-----END PUBLIC KEY-----";
const SECP256K1: &str = "-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEm/tnlSlOB/b3Rui34ZK26ozPJBRkpeHvVPDYoxfp6dqLg+3b0hOIcSjQCdhdO3hS0YRrbzdApyYUrcWdZZN3kg==
-----END PUBLIC KEY-----";
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsa3I5lZYvDhRWxGI
yWVH1PgoV47gdfWQMdP7UNz+5lihRANCAAS5mg/13ZHc4ZiBRNOUWulP5QWT3QSC
ao/jx1yjFkWQSyj/5m/UvwxlNvkUDnWaKG37ztl2SGr4axsls8miP/nv
-----END PRIVATE KEY-----
";

fn secret() -> Vec<Key> {
    vec![Key::secret(SECRET)]
}

fn fields(sig: &str) -> Value {
    serde_json::from_slice(&unpack(sig).unwrap()).unwrap()
}

/// Signs the JSON's own members, so that only the form under test can be wrong.
fn v2(mut object: Value) -> String {
    let text = |name: &str| match &object[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let [identifier, app, time, expire] = ["TLS.identifier", "TLS.sdkappid", "TLS.time", "TLS.expire"].map(text);
    let lines = super::lines_v2(&identifier, &app, &time, &expire, object["TLS.userbuf"].as_str());
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    object["TLS.sig"] = json!(STANDARD.encode(ring::hmac::sign(&key, lines.as_bytes())));
    pack(&object)
}

fn plain() -> Value {
    json!({"TLS.ver": "2.0", "TLS.identifier": "a", "TLS.sdkappid": APP, "TLS.time": NOW, "TLS.expire": 60})
}

fn check(sig: &str) -> Result<(), Failure> {
    verify(sig, APP, "a", &secret(), NOW).map(drop)
}

#[test]
fn v2_vectors_verify() {
    for (sig, app, identifier, expire) in [
        (V2_A_PYTHON, APP, "alice", 86_400),
        (V2_A_NODE, APP, "alice", 86_400),
        (V2_B_PYTHON, 20_000_001, "administrator", 15_552_000),
        (V2_B_NODE, 20_000_001, "administrator", 15_552_000),
        (V2_C_PYTHON, APP, CHINESE, 604_800),
        (V2_C_NODE, APP, CHINESE, 604_800),
        (V2_D_PYTHON, APP, "a", 0),
    ] {
        let verified = verify(sig, app, identifier, &secret(), NOW).unwrap();
        assert_eq!(verified.identifier, identifier);
        assert_eq!(verified.issued_at, NOW);
        assert_eq!(verified.expires_at, NOW + expire);
        assert_eq!(verified.userbuf, None);
        assert_eq!(verified.generation, Generation::V2);
        assert_eq!(verify(sig, app, identifier, &secret(), NOW + expire), Ok(verified));
        assert_eq!(verify(sig, app, identifier, &secret(), NOW + expire + 1), Err(Failure::Expired));
    }
}

#[test]
fn v2_vectors_are_signed_alike() {
    for (identifier, app, expire, signature, vector) in [
        ("alice", APP, 86_400, "9Ms31rC4L8zD+katIHmwWrRTlnLOpkU8WXxx7+Ur8Wc=", V2_A_NODE),
        ("administrator", 20_000_001, 15_552_000, "52Hq9Dk1k8YrCFLy0z25dObbZuRV9pojk0QusiICn6I=", V2_B_NODE),
        (CHINESE, APP, 604_800, "9oDRhliv2Fn9PWVkONHHvv+KAle17nRV1LNi576ISB0=", V2_C_PYTHON),
    ] {
        let sig = sign(app, identifier, SECRET, NOW, expire, None);
        assert!(sig.starts_with("eJ"));
        assert!(sig.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*-_".contains(&byte)));
        assert_eq!(fields(&sig)["TLS.sig"], signature);
        assert_eq!(fields(&sig), fields(vector));
    }
    let vector = decode(V2_D_PYTHON).unwrap().signature;
    assert_eq!(vector[..4], [0x87, 0xd2, 0x8b, 0x96]);
    assert_eq!(decode(&sign(APP, "a", SECRET, NOW, 0, None)).unwrap().signature, vector);
}

#[test]
fn a_userbuf_is_signed_and_read() {
    let verified = verify(V2_E_PYTHON, APP, "alice", &secret(), NOW).unwrap();
    assert_eq!(verified.userbuf.as_deref(), Some(&b"abc"[..]));
    let sig = sign(APP, "alice", SECRET, NOW, 86_400, Some(b"abc"));
    assert_eq!(fields(&sig)["TLS.sig"], "crdRRW6b9yhK+UGWz1SHJ9Y02HFYy/k3Ihw9J3GhZJ8=");
    assert_eq!(fields(&sig), fields(V2_E_PYTHON));
}

#[test]
fn room_admission_vectors() {
    for (room, privileges, userbuf, signature) in [
        (
            Room::Number(12_345),
            255,
            "AAAFYWxpY2VTck4BAAAwOWVT8iwAAAD/AAAAAA==",
            "DAZk0xOGMZ+Hvfvq2cuda9YoaPjZLYl3T09HuvCMI3Q=",
        ),
        (
            Room::Text("room-1".to_owned()),
            42,
            "AQAFYWxpY2VTck4BAAAAAGVT8iwAAAAqAAAAAAAGcm9vbS0x",
            "X0ya4/Sn5ZbzlQHMyNRB2YQcpZnHchz0R2wLemYCxF4=",
        ),
    ] {
        let sig = private_map_key(APP, "alice", SECRET, NOW, 300, room.clone(), privileges).unwrap();
        assert_eq!(fields(&sig)["TLS.userbuf"], userbuf);
        assert_eq!(fields(&sig)["TLS.sig"], signature);
        let buffer = verify(&sig, APP, "alice", &secret(), NOW).unwrap().userbuf.unwrap();
        let expected =
            PrivateMapKey { account: "alice".to_owned(), sdkappid: APP, room, expires_at: 1_700_000_300, privileges };
        assert_eq!(PrivateMapKey::parse(&buffer), Some(expected));
    }
}

#[test]
fn v1_vectors_verify() {
    let prime = Key::public_pem(PRIME256V1).unwrap();
    let secp = Key::public_pem(SECP256K1).unwrap();
    for (sig, key, userbuf) in
        [(V1_A, &prime, None), (V1_B, &prime, None), (V1_C, &prime, Some(b"abc".to_vec())), (V1_D, &secp, None)]
    {
        let verified = verify(sig, APP, "alice", std::slice::from_ref(key), NOW + 86_400).unwrap();
        assert_eq!(verified.generation, Generation::V1);
        assert_eq!((verified.issued_at, verified.expires_at), (NOW, NOW + 86_400));
        assert_eq!(verified.userbuf, userbuf);
        assert_eq!(verify(sig, APP, "alice", std::slice::from_ref(key), NOW + 86_401), Err(Failure::Expired));
    }
    assert_eq!(verify(V1_D, APP, "alice", std::slice::from_ref(&prime), NOW), Err(Failure::BadSignature));
    assert_eq!(verify(V1_A, APP, "alice", &[secp.clone(), prime], NOW).unwrap().identifier, "alice");
    assert_eq!(verify(V1_A, APP, "alice", &[secp], NOW), Err(Failure::BadSignature));
}

#[test]
fn v1_signs_what_it_verifies() {
    let private = PrivateKey::from_pem(PRIVATE).unwrap();
    let keys = [private.public()];
    for userbuf in [None, Some(&b"abc"[..])] {
        let sig = sign_v1(APP, "alice", &private, NOW, 86_400, userbuf);
        let verified = verify(&sig, APP, "alice", &keys, NOW).unwrap();
        assert_eq!(verified.userbuf.as_deref(), userbuf);
        let vector = if userbuf.is_some() { V1_C } else { V1_B };
        let (mut ours, mut theirs) = (fields(&sig), fields(vector));
        for object in [&mut ours, &mut theirs] {
            object["TLS.sig"].take();
            object["TLS.version"].take();
        }
        assert_eq!(ours, theirs);
    }
}

#[test]
fn v1_without_a_third_party_appid_signs_no_such_line() {
    let private = PrivateKey::from_pem(PRIVATE).unwrap();
    let keys = [private.public()];
    let lines =
        format!("TLS.account_type:0\nTLS.identifier:a\nTLS.sdk_appid:{APP}\nTLS.time:{NOW}\nTLS.expire_after:60\n");
    let sig = pack(&json!({
        "TLS.account_type": "0", "TLS.identifier": "a", "TLS.sdk_appid": APP.to_string(), "TLS.time": NOW.to_string(),
        "TLS.expire_after": "60", "TLS.sig": STANDARD.encode(private.sign(lines.as_bytes())),
    }));
    assert!(verify(&sig, APP, "a", &keys, NOW).is_ok());
}

#[test]
fn each_failure_has_its_code() {
    let other = [Key::secret("another")];
    let cut = &V2_A_PYTHON[..V2_A_PYTHON.len() - 12];
    for (sig, app, identifier, keys, now, failure, number) in [
        ("", APP, "alice", secret(), NOW, Failure::Empty, 70002),
        (cut, APP, "alice", secret(), NOW, Failure::Undecodable, 70003),
        (V2_A_NODE, 1, "alice", secret(), NOW, Failure::AppMismatch, 70014),
        (V2_A_NODE, APP, "bob", secret(), NOW, Failure::IdentifierMismatch, 70013),
        (V2_A_NODE, APP, "alice", secret(), NOW + 90_000, Failure::Expired, 70001),
        (V2_A_NODE, APP, "alice", other.to_vec(), NOW, Failure::BadSignature, 70009),
        (V2_A_NODE, APP, "alice", vec![], NOW, Failure::NoKey, 70016),
        (V1_A, APP, "alice", secret(), NOW, Failure::NoKey, 70016),
    ] {
        assert_eq!(verify(sig, app, identifier, &keys, now), Err(failure));
        assert_eq!(failure.code().number(), number);
    }
}

#[test]
fn any_of_several_keys_may_match() {
    let keys = [Key::public_pem(PRIME256V1).unwrap(), Key::secret("old"), Key::secret(SECRET)];
    assert!(verify(V2_A_NODE, APP, "alice", &keys, NOW).is_ok());
    assert!(verify(V1_A, APP, "alice", &keys, NOW).is_ok());
}

#[test]
fn an_invalid_one_can_still_be_shown() {
    let Contents { identifier, sdkappid, issued_at, lifetime, .. } = decode(V2_A_NODE).unwrap();
    assert_eq!((identifier.as_str(), sdkappid, issued_at, lifetime), ("alice", i64::from(APP), NOW, 86_400));
    assert_eq!(decode(V2_A_NODE).unwrap().check_signature(&[Key::secret("x")]), Err(Failure::BadSignature));
}

#[test]
fn a_clock_that_is_ahead_is_accepted() {
    assert!(verify(V2_A_NODE, APP, "alice", &secret(), NOW - 3600).is_ok());
}

#[test]
fn numbers_may_be_strings() {
    for (name, value) in
        [("TLS.sdkappid", json!(APP.to_string())), ("TLS.time", json!(NOW.to_string())), ("TLS.expire", json!("060"))]
    {
        let mut object = plain();
        object[name] = value;
        assert_eq!(check(&v2(object)), Ok(()), "{name}");
    }
}

#[test]
fn odd_members_are_undecodable() {
    for (name, value) in [
        ("TLS.ver", json!("3.0")),
        ("TLS.ver", json!(2.0)),
        ("TLS.identifier", json!(7)),
        ("TLS.sdkappid", json!(1.5)),
        ("TLS.time", json!("")),
        ("TLS.time", json!("-")),
        ("TLS.time", json!("+1")),
        ("TLS.time", json!("1\nTLS.expire:9")),
        ("TLS.time", json!("99999999999999999999")),
        ("TLS.expire", json!(u64::MAX)),
        ("TLS.expire", Value::Null),
        ("TLS.userbuf", json!("!")),
        ("TLS.userbuf", json!("YWJj\n")),
        ("TLS.userbuf", json!(1)),
    ] {
        let mut object = plain();
        object[name] = value.clone();
        assert_eq!(check(&v2(object)), Err(Failure::Undecodable), "{name} {value}");
    }
    for sig in ["x", "eJ", "\u{6d4b}", "=", "____"] {
        assert_eq!(check(sig), Err(Failure::Undecodable), "{sig}");
    }
    for json in [json!([]), json!("text"), json!({}), json!({"TLS.ver": "2.0"}), Value::Null] {
        assert_eq!(check(&pack(&json)), Err(Failure::Undecodable), "{json}");
    }
}

#[test]
fn lifetimes_do_not_overflow() {
    let mut object = plain();
    object["TLS.expire"] = json!(i64::MAX);
    assert_eq!(check(&v2(object.clone())), Ok(()));
    object["TLS.time"] = json!(i64::MIN);
    object["TLS.expire"] = json!(i64::MIN);
    assert_eq!(check(&v2(object)), Err(Failure::Expired));
}

/// A user whose name imitates lines must not obtain a signature that reads as another user's.
#[test]
fn lines_cannot_be_moved_between_members() {
    let tail = format!("TLS.sdkappid:{APP}\nTLS.time:{NOW}\nTLS.expire:60");
    let evil = sign(APP, &format!("a\n{tail}\nTLS.userbuf:"), SECRET, NOW, 60, None);
    let mut object = plain();
    object["TLS.sig"] = fields(&evil)["TLS.sig"].clone();
    object["TLS.userbuf"] = json!(format!("\n{tail}"));
    assert_eq!(check(&pack(&object)), Err(Failure::Undecodable));
}

#[test]
fn a_lost_plus_and_lost_padding_are_forgiven() {
    assert!(V2_A_PYTHON.contains('*'));
    assert!(verify(&V2_A_PYTHON.replace('*', " "), APP, "alice", &secret(), NOW).is_ok());
    assert!(V2_B_PYTHON.ends_with('_'));
    let bare = V2_B_PYTHON.trim_end_matches('_');
    assert!(verify(bare, 20_000_001, "administrator", &secret(), NOW).is_ok());
}

#[test]
fn sizes_are_bounded() {
    let bomb = pack(&json!({"TLS.identifier": "a".repeat(1_000_000)}));
    assert!(bomb.len() < LIMIT);
    assert!(unpack(&bomb).is_none());
    let large = sign(APP, &"a".repeat(LIMIT - 300), SECRET, NOW, 60, None);
    assert!(decode(&large).is_ok());
    let padded = |length: usize| format!("{V2_A_PYTHON}{}", "A".repeat(length - V2_A_PYTHON.len()));
    assert!(decode(&padded(LIMIT)).is_ok(), "what follows the zlib stream is not looked at");
    assert_eq!(decode(&padded(LIMIT + 4)), Err(Failure::Undecodable));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_read_or_refused(text: String, now: i64) {
        let _ = verify(&text, APP, "a", &secret(), now);
    }

    #[test]
    fn any_json_is_read_or_refused(bytes: Vec<u8>, name in sample::select(vec![
        "TLS.ver", "TLS.identifier", "TLS.sdkappid", "TLS.time", "TLS.expire", "TLS.userbuf", "TLS.sig",
    ])) {
        let mut object = fields(V2_E_PYTHON);
        object[name] = json!(String::from_utf8_lossy(&bytes));
        let keys = [Key::secret(SECRET), Key::public_pem(PRIME256V1).unwrap()];
        let _ = verify(&pack(&object), APP, "alice", &keys, NOW);
        let _ = super::read(&bytes);
    }

    #[test]
    fn a_changed_character_never_changes_what_is_proved(at in any::<sample::Index>(), byte: u8) {
        let mut bytes = V2_A_NODE.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let sig = String::from_utf8_lossy(&bytes);
        if let Ok(verified) = verify(&sig, APP, "alice", &secret(), NOW) {
            assert_eq!(verified.expires_at, NOW + 86_400);
        }
    }

    #[test]
    fn any_v1_signature_is_read_or_refused(signature: Vec<u8>) {
        let mut object = fields(V1_A);
        object["TLS.sig"] = json!(STANDARD.encode(&signature));
        let keys = [Key::public_pem(PRIME256V1).unwrap(), Key::public_pem(SECP256K1).unwrap()];
        assert_eq!(verify(&pack(&object), APP, "alice", &keys, NOW), Err(Failure::BadSignature));
    }

    #[test]
    fn what_is_signed_verifies(
        app: u32, identifier: String, secret: String, expire in 0..1_577_880_000_i64,
        userbuf in option::of(any::<Vec<u8>>()),
    ) {
        let sig = sign(app, &identifier, &secret, NOW, expire, userbuf.as_deref());
        let verified = verify(&sig, app, &identifier, &[Key::secret(&secret)], NOW + expire).unwrap();
        assert_eq!((verified.identifier, verified.userbuf), (identifier, userbuf));
    }
}
