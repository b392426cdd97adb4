//! What the tests of this crate share.

use std::{path::Path, sync::Arc};

use service::{Services, World};
use store::Store;
use tempfile::TempDir;

use crate::config::{Config, Sources};

/// Services and their configuration.
pub struct Server {
    pub services: Arc<Services>,
    pub config: Config,
}

/// The defaults with the data in a directory and ports chosen by the system.
pub fn config(dir: &Path) -> Config {
    let flags = vec![
        ("storage.data", "--data", dir.display().to_string()),
        ("storage.durability", "", "relaxed".into()),
        ("server.listen", "--listen", "127.0.0.1:0".into()),
        ("server.metrics_listen", "", "127.0.0.1:0".into()),
    ];
    Config::load(&Sources { flags, ..Sources::default() }).unwrap()
}

/// Services on a directory.
pub async fn services_in(dir: &Path) -> Server {
    let config = config(dir);
    let store = Store::open(&config.store()).await.unwrap();
    let services = Services::start(store, World::fixed(1_800_000_000_000, 7), config.options()).await.unwrap();
    Server { services, config }
}

/// Services on an empty directory.
pub async fn services() -> (Server, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (services_in(dir.path()).await, dir)
}
