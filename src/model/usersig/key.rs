use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use k256::ecdsa::signature::{Signer, Verifier};
use k256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ring::hmac;

use super::Generation;

/// DER of the object identifiers that name the two curves.
const PRIME256V1: &[u8] = &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const SECP256K1: &[u8] = &[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x0A];

/// A key that checks `UserSig`s; its `Debug` text does not show it.
#[derive(Clone)]
pub struct Key(Inner);

#[derive(Clone)]
enum Inner {
    Hmac(hmac::Key),
    Prime256v1(p256::ecdsa::VerifyingKey),
    Secp256k1(k256::ecdsa::VerifyingKey),
}

/// Why a PEM text is not a usable key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text has no complete PEM block of the expected kind.
    #[error("the text is not a PEM key of the expected kind")]
    NotPem,
    /// The block is not an EC key on prime256v1 or secp256k1.
    #[error("the key is not an EC key on prime256v1 or secp256k1")]
    Unsupported,
}

impl Key {
    /// Makes the key for generation 2 from the application's secret, which is used as text and never decoded.
    pub fn secret(secret: &str) -> Self {
        Self(Inner::Hmac(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())))
    }

    /// Reads a public key for generation 1 from PEM `SubjectPublicKeyInfo`.
    pub fn public_pem(text: &str) -> Result<Self, KeyError> {
        let der = pem(text, "PUBLIC KEY").ok_or(KeyError::NotPem)?;
        if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(&der) {
            return Ok(Self(Inner::Prime256v1(key)));
        }
        match k256::ecdsa::VerifyingKey::from_public_key_der(&der) {
            Ok(key) => Ok(Self(Inner::Secp256k1(key))),
            Err(_) => Err(KeyError::Unsupported),
        }
    }

    /// Returns the generation of the `UserSig`s that this key checks.
    pub const fn generation(&self) -> Generation {
        match self.0 {
            Inner::Hmac(_) => Generation::V2,
            Inner::Prime256v1(_) | Inner::Secp256k1(_) => Generation::V1,
        }
    }

    /// Tells whether this key made the signature of the text; the HMAC is compared in constant time.
    pub(super) fn matches(&self, text: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Inner::Hmac(key) => hmac::verify(key, text, signature).is_ok(),
            Inner::Prime256v1(key) => {
                p256::ecdsa::Signature::from_der(signature).is_ok_and(|signature| key.verify(text, &signature).is_ok())
            }
            Inner::Secp256k1(key) => {
                k256::ecdsa::Signature::from_der(signature).is_ok_and(|signature| {
                    // The crate accepts only the lower of the two equivalent values of s; OpenSSL makes either.
                    let signature = signature.normalize_s().unwrap_or(signature);
                    key.verify(text, &signature).is_ok()
                })
            }
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?})", self.generation())
    }
}

/// A key that makes generation 1 `UserSig`s; its `Debug` text does not show it.
#[derive(Clone)]
pub struct PrivateKey(PrivateInner);

#[derive(Clone)]
enum PrivateInner {
    Prime256v1(p256::ecdsa::SigningKey),
    Secp256k1(k256::ecdsa::SigningKey),
}

impl PrivateKey {
    /// Reads a private key from PEM: PKCS#8 (`PRIVATE KEY`), or SEC1 (`EC PRIVATE KEY`), which an `EC PARAMETERS` block
    /// may precede.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if let Some(der) = pem(text, "PRIVATE KEY") {
            return Self::from_pkcs8(&der).ok_or(KeyError::Unsupported);
        }
        let der = pem(text, "EC PRIVATE KEY").ok_or(KeyError::NotPem)?;
        let parameters = pem(text, "EC PARAMETERS").unwrap_or_default();
        Self::from_sec1(&der, &parameters).ok_or(KeyError::Unsupported)
    }

    /// Returns the public half, which checks what this key signs.
    pub fn public(&self) -> Key {
        Key(match &self.0 {
            PrivateInner::Prime256v1(key) => Inner::Prime256v1(*key.verifying_key()),
            PrivateInner::Secp256k1(key) => Inner::Secp256k1(*key.verifying_key()),
        })
    }

    /// Signs the text; the result is DER.
    pub(super) fn sign(&self, text: &[u8]) -> Vec<u8> {
        match &self.0 {
            PrivateInner::Prime256v1(key) => {
                let signature: p256::ecdsa::Signature = key.sign(text);
                signature.to_der().as_bytes().to_vec()
            }
            PrivateInner::Secp256k1(key) => {
                let signature: k256::ecdsa::Signature = key.sign(text);
                signature.to_der().as_bytes().to_vec()
            }
        }
    }

    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        if let Ok(key) = p256::SecretKey::from_pkcs8_der(der) {
            return Some(Self(PrivateInner::Prime256v1(key.into())));
        }
        let key = k256::SecretKey::from_pkcs8_der(der).ok()?;
        Some(Self(PrivateInner::Secp256k1(key.into())))
    }

    /// The crates do not look at the curve a SEC1 key names, and without its optional public half a key of one curve
    /// passes for one of the other; so the name is looked for here, in the key or in the block before it.
    fn from_sec1(der: &[u8], parameters: &[u8]) -> Option<Self> {
        let names = |oid: &[u8]| [der, parameters].iter().any(|text| text.windows(oid.len()).any(|at| at == oid));
        if names(PRIME256V1) {
            let key = p256::SecretKey::from_sec1_der(der).ok()?;
            Some(Self(PrivateInner::Prime256v1(key.into())))
        } else if names(SECP256K1) {
            let key = k256::SecretKey::from_sec1_der(der).ok()?;
            Some(Self(PrivateInner::Secp256k1(key.into())))
        } else {
            None
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey")
    }
}

/// Returns the bytes of the first PEM block with this label, however its lines are wrapped.
fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let base64: String = body.split_whitespace().collect();
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use super::{Key, KeyError, PrivateKey};

    // Made with `openssl ecparam -genkey`, as its "EC PARAMETERS" and "EC PRIVATE KEY" blocks.
    const P256_SEC1: &str = "-----BEGIN EC PARAMETERS-----
BggqhkjOPQMBBw==
-----END EC PARAMETERS-----
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEILGtyOZWWLw4UVsRiMllR9T4KFeO4HX1kDHT+1Dc/uZYoAoGCCqGSM49
AwEHoUQDQgAEuZoP9d2R3OGYgUTTlFrpT+UFk90EgmqP48dcoxZFkEso/+Zv1L8M
ZTb5FA51miht+87Zdkhq+GsbJbPJoj/57w==
-----END EC PRIVATE KEY-----
";
    const P256_PKCS8: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsa3I5lZYvDhRWxGI
yWVH1PgoV47gdfWQMdP7UNz+5lihRANCAAS5mg/13ZHc4ZiBRNOUWulP5QWT3QSC
ao/jx1yjFkWQSyj/5m/UvwxlNvkUDnWaKG37ztl2SGr4axsls8miP/nv
-----END PRIVATE KEY-----
";
    const P256_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEuZoP9d2R3OGYgUTTlFrpT+UFk90E
gmqP48dcoxZFkEso/+Zv1L8MZTb5FA51miht+87Zdkhq+GsbJbPJoj/57w==
-----END PUBLIC KEY-----
";
    const K256_SEC1: &str = "-----BEGIN EC PARAMETERS-----
BgUrgQQACg==
-----END EC PARAMETERS-----
-----BEGIN EC PRIVATE KEY-----
MHQCAQEEIKXIvYnjs1VBWfiSj6kQJFS4OnvM7TEJCP0ANHSXKJW7oAcGBSuBBAAK
oUQDQgAEognA23Nkay8S91YEtUGMN7BpDr8m4VEPitYVfEa/nsUHBM6Si69PwPLX
27fQ8mL09R3o/9UC4qC3Jz18YuM9bw==
-----END EC PRIVATE KEY-----
";
    const K256_PKCS8: &str = "-----BEGIN PRIVATE KEY-----
MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgpci9ieOzVUFZ+JKPqRAk
VLg6e8ztMQkI/QA0dJcolbuhRANCAASiCcDbc2RrLxL3VgS1QYw3sGkOvybhUQ+K
1hV8Rr+exQcEzpKLr0/A8tfbt9DyYvT1Hej/1QLioLcnPXxi4z1v
-----END PRIVATE KEY-----
";
    const K256_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEognA23Nkay8S91YEtUGMN7BpDr8m4VEP
itYVfEa/nsUHBM6Si69PwPLX27fQ8mL09R3o/9UC4qC3Jz18YuM9bw==
-----END PUBLIC KEY-----
";

    #[test]
    fn both_private_forms_fit_the_public_key_openssl_gives() {
        for (private, public) in
            [(P256_SEC1, P256_PUBLIC), (P256_PKCS8, P256_PUBLIC), (K256_SEC1, K256_PUBLIC), (K256_PKCS8, K256_PUBLIC)]
        {
            let key = PrivateKey::from_pem(private).unwrap();
            let signature = key.sign(b"text");
            assert!(Key::public_pem(public).unwrap().matches(b"text", &signature));
            assert!(key.public().matches(b"text", &signature));
        }
    }

    #[test]
    fn a_signature_matches_only_its_key_and_text() {
        let keys = [P256_PUBLIC, K256_PUBLIC].map(|pem| Key::public_pem(pem).unwrap());
        for (index, private) in [P256_SEC1, K256_SEC1].into_iter().enumerate() {
            let signature = PrivateKey::from_pem(private).unwrap().sign(b"text");
            assert!(keys[index].matches(b"text", &signature));
            assert!(!keys[index].matches(b"texT", &signature));
            assert!(!keys[1 - index].matches(b"text", &signature));
        }
    }

    #[test]
    fn either_value_of_s_is_accepted() {
        let key = PrivateKey::from_pem(K256_PKCS8).unwrap();
        let low = k256::ecdsa::Signature::from_der(&key.sign(b"text")).unwrap();
        let high = k256::ecdsa::Signature::from_scalars(*low.r(), -*low.s()).unwrap();
        assert!(high.normalize_s().is_some());
        let public = Key::public_pem(K256_PUBLIC).unwrap();
        assert!(public.matches(b"text", low.to_der().as_bytes()));
        assert!(public.matches(b"text", high.to_der().as_bytes()));
    }

    #[test]
    fn lines_may_be_wrapped_in_any_way() {
        let body = P256_PUBLIC.lines().filter(|line| !line.starts_with('-')).collect::<String>();
        let one_line = format!("-----BEGIN PUBLIC KEY-----{body}-----END PUBLIC KEY-----");
        assert!(Key::public_pem(&one_line).is_ok());
        assert!(Key::public_pem(&P256_PUBLIC.replace('\n', "\r\n")).is_ok());
    }

    #[test]
    fn other_texts_are_no_keys() {
        assert_eq!(Key::public_pem("").unwrap_err(), KeyError::NotPem);
        assert_eq!(Key::public_pem(P256_SEC1).unwrap_err(), KeyError::NotPem);
        assert_eq!(PrivateKey::from_pem(P256_PUBLIC).unwrap_err(), KeyError::NotPem);
        let garbage = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
        assert_eq!(Key::public_pem(garbage).unwrap_err(), KeyError::Unsupported);
        let unnamed = P256_SEC1.replace("PQMBBw", "PQMBCA").replace("AwEHoUQ", "AwEIoUQ");
        assert_eq!(PrivateKey::from_pem(&unnamed).unwrap_err(), KeyError::Unsupported);
    }

    #[test]
    fn debug_hides_keys() {
        assert_eq!(format!("{:?}", Key::secret("hunter2")), "Key(V2)");
        assert_eq!(format!("{:?}", PrivateKey::from_pem(P256_SEC1).unwrap()), "PrivateKey");
    }
}
