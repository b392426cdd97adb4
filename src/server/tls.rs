//! TLS from certificate files, read again when they change.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use anyhow::Context;
use rustls::{ServerConfig, crypto::ring::default_provider};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::TlsAcceptor;

/// The certificate in force.
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    current: Mutex<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    /// When the files were written that it was read from.
    written: Written,
}

type Written = [Option<SystemTime>; 2];

impl Certificate {
    /// Reads a chain and its key.
    pub fn open(chain: &Path, key: &Path) -> anyhow::Result<Self> {
        let written = written(chain, key);
        let config = read(chain, key)?;
        let current = Mutex::new(Current { config, written });
        Ok(Self { chain: chain.to_owned(), key: key.to_owned(), current })
    }

    /// What new connections are accepted with.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).config.clone().into()
    }

    /// Reads the files again; what cannot be used leaves the present certificate in force.
    pub fn reload(&self) {
        let written = written(&self.chain, &self.key);
        match read(&self.chain, &self.key) {
            Ok(config) => {
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Current { config, written };
                tracing::info!(certificate = %self.chain.display(), "certificate read again");
            }
            Err(error) => {
                // Not tried again until the files change once more.
                self.current.lock().unwrap_or_else(PoisonError::into_inner).written = written;
                tracing::error!(error = format!("{error:#}"), "the new certificate cannot be used, the old one stays");
            }
        }
    }

    /// Reads the files again if they were written since.
    pub fn reload_if_changed(&self) {
        let known = self.current.lock().unwrap_or_else(PoisonError::into_inner).written;
        if written(&self.chain, &self.key) != known {
            self.reload();
        }
    }
}

fn written(chain: &Path, key: &Path) -> Written {
    [chain, key].map(|path| path.metadata().and_then(|metadata| metadata.modified()).ok())
}

fn read(chain: &Path, key: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let unreadable = |path: &Path| format!("cannot read a certificate or key from {}", path.display());
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| unreadable(chain))?;
    let private = PrivateKeyDer::from_pem_file(key).with_context(|| unreadable(key))?;
    let mut config = ServerConfig::builder_with_provider(default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .with_context(|| format!("{} and {} do not fit together", chain.display(), key.display()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, sync::Arc};

    use super::Certificate;

    fn config(certificate: &Certificate) -> *const rustls::ServerConfig {
        Arc::as_ptr(certificate.acceptor().config())
    }

    #[test]
    fn files_are_read_again_and_unusable_ones_are_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let own = |name: &str| dir.path().join(name);
        for name in ["certificate.pem", "key.pem"] {
            fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name), own(name)).unwrap();
        }
        let certificate = Certificate::open(&own("certificate.pem"), &own("key.pem")).unwrap();
        let first = config(&certificate);
        certificate.reload_if_changed();
        assert_eq!(config(&certificate), first);
        certificate.reload();
        let second = config(&certificate);
        assert_ne!(second, first);
        fs::remove_file(own("key.pem")).unwrap();
        certificate.reload_if_changed();
        assert_eq!(config(&certificate), second);
        let refused = Certificate::open(&own("certificate.pem"), &own("key.pem")).err().unwrap().to_string();
        assert!(refused.ends_with("key.pem"), "{refused}");
    }
}
