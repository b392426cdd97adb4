//! Tokens, HTTPS with an authority of the app's own, and mutual TLS.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use support::Hook;
use tokio_rustls::TlsAcceptor;

use super::{Stage, send, stage};

const BEFORE: &str = "C2C.CallbackBeforeSendMsg";

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issued(by: &CertifiedIssuer<'static, KeyPair>, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    (CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, by).unwrap(), key)
}

fn acceptor(by: &CertifiedIssuer<'static, KeyPair>, clients: Option<Arc<dyn ClientCertVerifier>>) -> TlsAcceptor {
    let (certificate, key) = issued(by, "localhost");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        Some(clients) => builder.with_client_cert_verifier(clients),
        None => builder.with_no_client_auth(),
    };
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()))
}

#[tokio::test]
async fn requests_are_signed_with_the_token() {
    let Stage { app, hook, alice, .. } = stage().await;
    app.set("callback_token", "xxxxyyyy").await;
    assert_eq!(send(&alice, "bob", 1, "hi").await, 0);
    let call = hook.expects(BEFORE, 1).await.remove(0);
    let time = &call.query["RequestTime"];
    assert_eq!(call.query["Sign"], service::fingerprint(&format!("xxxxyyyy{time}")));
    assert!(time.parse::<i64>().is_ok_and(|time| (app.server.world().second() - time).abs() < 10));
}

#[tokio::test]
async fn only_the_apps_own_authority_is_trusted() {
    let Stage { app, alice, .. } = stage().await;
    let authority = authority();
    let hook = Hook::start_with(Some(acceptor(&authority, None))).await;
    app.set("callbacks", BEFORE).await;
    app.set("callback_on_failure", "refuse").await;
    app.set("callback_url", &hook.url).await;
    assert_eq!(send(&alice, "bob", 1, "no").await, 80003, "the system does not know it");
    app.set("callback_ca", &self::authority().pem()).await;
    assert_eq!(send(&alice, "bob", 2, "no").await, 80003, "another one's");
    app.set("callback_ca", &authority.pem()).await;
    assert_eq!(send(&alice, "bob", 3, "yes").await, 0);
    app.set("callback_url", &hook.url.replace("localhost", "127.0.0.1")).await;
    assert_eq!(send(&alice, "bob", 4, "no").await, 80003, "the certificate is of another name");
    assert_eq!(hook.heard(BEFORE).len(), 1);
}

#[tokio::test]
async fn a_server_may_ask_for_a_certificate() {
    let Stage { app, alice, .. } = stage().await;
    let authority = authority();
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let hook = Hook::start_with(Some(acceptor(&authority, Some(clients)))).await;
    app.set("callbacks", BEFORE).await;
    app.set("callback_on_failure", "refuse").await;
    app.set("callback_ca", &authority.pem()).await;
    app.set("callback_url", &hook.url).await;
    assert_eq!(send(&alice, "bob", 1, "no").await, 80003, "without a certificate");
    let strange = issued(&self::authority(), "feihong");
    let own = issued(&authority, "feihong");
    for (number, (certificate, key), code) in [(2, strange, 80003), (3, own, 0)] {
        app.set("callback_certificate", &certificate.pem()).await;
        app.set("callback_key", &key.serialize_pem()).await;
        assert_eq!(send(&alice, "bob", number, "x").await, code, "{number}");
    }
    assert_eq!(hook.heard(BEFORE).len(), 1);
}
