//! What an operator can configure: each key stands here once, with its default and its manual.
//!
//! Defaults start a useful single node. The order is defaults, file, environment (`FEIHONG__SECTION__KEY`), flags.

mod load;
mod value;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::ensure;
pub use load::{Origin, Sources};
use model::calendar::Zone;
use service::file::{Bucket, Place};
use value::Value;
pub use value::{Backend, Durability, FilePlace, LogFormat, Secret, Url};

/// The metrics' address unless another is configured.
pub const METRICS_LISTEN: &str = "127.0.0.1:7401";

/// A key as `config check` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// `section.key`.
    pub key: &'static str,
    /// The value as it is written in the file; secrets are `***`.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// What is known of a key before any value is read.
pub(crate) struct Key {
    /// `section.key`.
    pub name: &'static str,
    /// The lines of the manual.
    pub manual: &'static [&'static str],
    /// The default as text.
    pub default: &'static str,
    /// Whether values are written in quotes.
    pub quoted: bool,
}

macro_rules! sections {
    ($($(#[doc = $about:literal])+ $section:ident: $type:ident {
        $($(#[doc = $manual:literal])+ $key:ident: $kind:ty = $default:expr;)+
    })+) => {
        $($(#[doc = $about])+
        #[derive(Clone, Debug)]
        pub struct $type {
            $($(#[doc = $manual])+ pub $key: $kind,)+
        })+

        /// The whole configuration, and where each value came from.
        #[derive(Clone, Debug)]
        pub struct Config {
            $($(#[doc = $about])+ pub $section: $type,)+
            origins: Vec<(&'static str, Origin)>,
        }

        /// The sections with what they are about.
        const SECTIONS: &[(&str, &[&str])] = &[$((stringify!($section), &[$($about),+]),)+];

        /// Every key.
        const KEYS: &[Key] = &[$($(Key {
            name: concat!(stringify!($section), ".", stringify!($key)),
            manual: &[$($manual),+],
            default: $default,
            quoted: <$kind as Value>::QUOTED,
        },)+)+];

        impl Config {
            /// Reads every key from the place that has the last word on it.
            pub fn load(sources: &Sources) -> anyhow::Result<Self> {
                let layers = load::Layers::read(sources, KEYS)?;
                let mut origins = Vec::with_capacity(KEYS.len());
                let config = Self {
                    $($section: $type {
                        $($key: layers.value(concat!(stringify!($section), ".", stringify!($key)), $default, &mut origins)?,)+
                    },)+
                    origins,
                };
                config.check()?;
                Ok(config)
            }

            /// Every key with its value and where that came from.
            pub fn show(&self) -> Vec<Shown> {
                let values = [$($(
                    (concat!(stringify!($section), ".", stringify!($key)), self.$section.$key.show(), <$kind as Value>::QUOTED),
                )+)+];
                let shown = values.into_iter().zip(&self.origins).map(|((key, value, quoted), (_, origin))| Shown {
                    key,
                    value: if quoted { quote(&value) } else { value },
                    origin: origin.clone(),
                });
                shown.collect()
            }
        }
    };
}

sections! {
    /// The public port. It carries the console, REST, the SDKs' WebSocket and the files.
    server: Server {
        /// The address and port to listen on; `0.0.0.0:7400` is every IPv4 address of the machine, port 0 a free one.
        listen: SocketAddr = "127.0.0.1:7400";
        /// The address clients and browsers reach this server at, such as `https://im.example.org`; it stands in the
        /// addresses of files. While empty, what each client's own request says is used.
        public_url: Option<Url> = "";
        /// The header in which a proxy in front of the server says where a request came from, such as `X-Forwarded-For`;
        /// the last address in it counts. Leave it empty where clients reach the server themselves: they could write it.
        address_header: String = "";
        /// The certificate chain, a PEM file. With it and its key the port speaks TLS only. Both files are read again
        /// when they change and on SIGHUP.
        tls_certificate: Option<PathBuf> = "";
        /// The certificate's private key, a PEM file.
        tls_key: Option<PathBuf> = "";
        /// Where Prometheus finds `/metrics`; keep it off public addresses. Empty switches it off.
        metrics_listen: Option<SocketAddr> = METRICS_LISTEN;
        /// The most connections at a time, or fewer where the system allows fewer open files; further ones are closed at
        /// once.
        max_connections: u32 = "100000";
        /// How many seconds requests have to finish, and clients to leave, after SIGTERM.
        drain_seconds: u32 = "10";
    }
    /// Where the data is.
    storage: Storage {
        /// The data directory: the databases, uploaded files (in `files`, unless they are in a bucket) and the control
        /// socket. One server uses it at a time.
        data: PathBuf = "./data";
        /// `sqlite` keeps everything in the data directory; `postgres` keeps all but files in a PostgreSQL database.
        backend: Backend = "sqlite";
        /// `postgres://user:password@host:port/database`, or `file:PATH` of a file that holds it. The database needs
        /// encoding UTF8 and collation C.
        postgres_url: Secret = "";
        /// The most connections to PostgreSQL.
        postgres_pool: u32 = "16";
        /// `full`: what is acknowledged is on disk. `relaxed`: faster, and the last moments may be lost when the power
        /// fails.
        durability: Durability = "full";
    }
    /// Where the files are that users upload. How large they may be and how long they are kept is set for each app.
    files: Files {
        /// `disk` keeps them in the data directory; `s3` in a bucket of an S3-compatible store, such as Amazon's, Ceph's
        /// or Tencent's. Backups have only what is on disk. Files that were uploaded before a change do not move.
        place: FilePlace = "disk";
        /// The store's address, such as `https://s3.example.org`; empty is Amazon's own.
        s3_endpoint: Option<Url> = "";
        /// The region that requests are signed for.
        s3_region: String = "us-east-1";
        /// The bucket. Give it a rule that removes incomplete multipart uploads after a day: a server that was killed
        /// leaves them.
        s3_bucket: String = "";
        /// A folder of the bucket; empty is the whole bucket.
        s3_prefix: String = "";
        /// The access key. It needs to read, write and delete objects.
        s3_access_key: String = "";
        /// The secret key, or `file:PATH` of a file that holds it.
        s3_secret_key: Secret = "";
        /// Whether the bucket's name goes into the host, as in `https://bucket.s3.example.org`, instead of the path.
        s3_bucket_in_host: bool = "false";
    }
    /// Callbacks to the apps' own servers. Their addresses are set for each app.
    callbacks: Callbacks {
        /// Whether callbacks may go to private, loopback and link-local addresses. Apps' operators choose the addresses, so
        /// allow it only where all of them may reach everything that this machine reaches.
        allow_private: bool = "false";
    }
    /// What is counted.
    statistics: Statistics {
        /// How many hours the calendar whose days are counted is ahead of UTC, from -12 to 14. A change holds for days
        /// that have not ended.
        utc_offset: i8 = "8";
    }
    /// What the server says on standard error.
    log: Log {
        /// `error`, `warn`, `info`, `debug` or `trace`; parts may differ, as in `info,feihong_store=debug`.
        level: String = "info";
        /// `text`, or `json` with one object a line.
        format: LogFormat = "text";
    }
}

impl Config {
    fn check(&self) -> anyhow::Result<()> {
        let (server, storage) = (&self.server, &self.storage);
        ensure!(
            server.tls_certificate.is_some() == server.tls_key.is_some(),
            "server.tls_certificate and server.tls_key belong together: give both or none"
        );
        ensure!(server.max_connections > 0, "server.max_connections must be at least 1");
        ensure!(storage.postgres_pool > 0, "storage.postgres_pool must be at least 1");
        ensure!(!storage.data.as_os_str().is_empty(), "storage.data must not be empty");
        let has_url = !storage.postgres_url.reveal().is_empty();
        ensure!(
            storage.backend != Backend::Postgres || has_url,
            "storage.backend is \"postgres\", so storage.postgres_url must be given"
        );
        let files = &self.files;
        ensure!(
            files.place != FilePlace::S3
                || !(files.s3_bucket.is_empty()
                    || files.s3_region.is_empty()
                    || files.s3_access_key.is_empty()
                    || files.s3_secret_key.reveal().is_empty()),
            "files.place is \"s3\", so files.s3_bucket, s3_region, s3_access_key and s3_secret_key must be given"
        );
        ensure!(Zone::new(self.statistics.utc_offset).is_some(), "statistics.utc_offset must be from -12 to 14");
        crate::telemetry::check_level(&self.log.level)
    }

    /// How the store is opened.
    pub fn store(&self) -> store::Config {
        let storage = &self.storage;
        let backend = match storage.backend {
            Backend::Sqlite => store::Backend::Sqlite { dir: storage.data.clone() },
            Backend::Postgres => store::Backend::Postgres {
                url: storage.postgres_url.reveal().to_owned(),
                pool: storage.postgres_pool as usize,
            },
        };
        let durability = match storage.durability {
            Durability::Full => store::Durability::Full,
            Durability::Relaxed => store::Durability::Relaxed,
        };
        store::Config { backend, durability }
    }

    /// How the services run.
    pub fn options(&self) -> service::Options {
        let text = |url: &Url| url.as_str().to_owned();
        let files = match self.files.place {
            FilePlace::Disk => Place::Disk { dir: self.storage.data.join(crate::FILES) },
            FilePlace::S3 => Place::Bucket(Bucket {
                endpoint: self.files.s3_endpoint.as_ref().map(text),
                region: self.files.s3_region.clone(),
                name: self.files.s3_bucket.clone(),
                prefix: self.files.s3_prefix.clone(),
                access_key: self.files.s3_access_key.clone(),
                secret_key: self.files.s3_secret_key.reveal().to_owned(),
                in_host: self.files.s3_bucket_in_host,
            }),
        };
        let history = self.storage.data.join(crate::HISTORY);
        let header = &self.server.address_header;
        service::Options {
            files,
            history,
            public_url: self.server.public_url.as_ref().map(text),
            address_header: (!header.is_empty()).then(|| header.clone()),
            callbacks_allow_private: self.callbacks.allow_private,
            // Checked when it was read.
            zone: Zone::new(self.statistics.utc_offset).unwrap_or_default(),
        }
    }
}

/// The text of `config.example.toml`: every key with its manual and its default.
pub fn example() -> String {
    let mut text = String::from(
        "# The configuration of a Feihong server with every key at its default.\n\
         #\n\
         # Order: defaults, this file (`--config FILE`), environment (`FEIHONG__SECTION__KEY`), flags.\n\
         # Printed by `feihong config example`; `feihong config check` shows what is in force and where it came from.\n",
    );
    for (section, about) in SECTIONS {
        text.push('\n');
        comment(&mut text, about);
        text.extend(["[", section, "]\n"]);
        for key in KEYS {
            let Some(name) = key.name.strip_prefix(section).and_then(|rest| rest.strip_prefix('.')) else { continue };
            text.push('\n');
            comment(&mut text, key.manual);
            let value = if key.quoted { quote(key.default) } else { key.default.to_owned() };
            text.extend(["# ", name, " = ", &value, "\n"]);
        }
    }
    text
}

fn comment(text: &mut String, lines: &[&str]) {
    for line in lines {
        text.push('#');
        text.push_str(line);
        text.push('\n');
    }
}

fn quote(value: &str) -> String {
    toml::Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Backend, Config, Durability, Origin, Place, Sources, example};

    fn sources(file: Option<&str>, environment: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Sources {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Sources {
            file: file.map(|text| (PathBuf::from("feihong.toml"), text.to_owned())),
            environment: environment.iter().map(own).collect(),
            flags: flags.iter().map(|(key, value)| (*key, "--flag", (*value).to_owned())).collect(),
        }
    }

    fn refusal(file: Option<&str>, environment: &[(&str, &str)]) -> String {
        format!("{:#}", Config::load(&sources(file, environment, &[])).unwrap_err())
    }

    #[test]
    fn defaults_are_a_single_node() {
        let config = Config::load(&sources(None, &[], &[])).unwrap();
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:7400");
        assert_eq!(config.server.metrics_listen.unwrap().to_string(), "127.0.0.1:7401");
        assert_eq!(config.storage.backend, Backend::Sqlite);
        assert_eq!(config.storage.durability, Durability::Full);
        assert!(config.show().iter().all(|shown| shown.origin == Origin::Default));
    }

    #[test]
    fn the_last_word_is_the_flags() {
        let file = "[server]\nlisten = \"127.0.0.1:1\"\nmax_connections = 5\n\n[log]\nlevel = \"warn\"\n";
        let environment = [("FEIHONG__SERVER__LISTEN", "127.0.0.1:2"), ("FEIHONG__LOG__LEVEL", "debug"), ("HOME", "/")];
        let config = Config::load(&sources(Some(file), &environment, &[("server.listen", "127.0.0.1:3")])).unwrap();
        assert_eq!(config.server.listen.port(), 3);
        assert_eq!(config.log.level, "debug");
        assert_eq!(config.server.max_connections, 5);
        let origin = |key| config.show().into_iter().find(|shown| shown.key == key).unwrap().origin.to_string();
        assert_eq!(origin("server.listen"), "flag --flag");
        assert_eq!(origin("log.level"), "environment FEIHONG__LOG__LEVEL");
        assert_eq!(origin("server.max_connections"), "feihong.toml:3");
        assert_eq!(origin("log.format"), "default");
    }

    #[test]
    fn unknown_keys_are_refused_with_their_line() {
        let refused = refusal(Some("[server]\nlisten = \"127.0.0.1:1\"\nport = 3\n"), &[]);
        assert!(refused.starts_with("feihong.toml:3: there is no key server.port"), "{refused}");
        let refused = refusal(Some("\n[web]\nport = 3\n"), &[]);
        assert!(refused.starts_with("feihong.toml:2: there is no section [web]"), "{refused}");
        let refused = refusal(Some("listen = \"127.0.0.1:1\"\n"), &[]);
        assert!(refused.starts_with("feihong.toml:1: there is no section [listen]"), "{refused}");
        let refused = refusal(None, &[("FEIHONG__SERVER__PORT", "3")]);
        assert!(refused.starts_with("environment FEIHONG__SERVER__PORT: there is no key server.port"), "{refused}");
    }

    #[test]
    fn wrong_values_are_refused_with_their_place() {
        for (file, start) in [
            ("[server]\n\nlisten = \"here\"\n", "feihong.toml:3: server.listen must be an address and port"),
            ("[server]\nmax_connections = -1\n", "feihong.toml:2: server.max_connections must be a number"),
            ("[server]\nlisten = [1]\n", "feihong.toml:2: server.listen must be a single value"),
            ("[storage]\nbackend = \"mysql\"\n", "feihong.toml:2: storage.backend must be sqlite or postgres"),
            ("[server]\nlisten = \n", "feihong.toml:2:"),
            ("[storage]\nbackend = \"postgres\"\n", "storage.backend is \"postgres\""),
            ("[server]\ntls_key = \"key.pem\"\n", "server.tls_certificate and server.tls_key belong together"),
            ("[server]\npublic_url = \"im.example.org\"\n", "feihong.toml:2: server.public_url must begin with http"),
            ("[files]\nplace = \"ftp\"\n", "feihong.toml:2: files.place must be disk or s3"),
            ("[files]\nplace = \"s3\"\n", "files.place is \"s3\", so files.s3_bucket"),
            ("[files]\ns3_bucket_in_host = 3\n", "feihong.toml:2: files.s3_bucket_in_host must be true or false"),
            ("[log]\nlevel = \"feihong=loud\"\n", "log.level"),
        ] {
            let refused = refusal(Some(file), &[]);
            assert!(refused.starts_with(start), "{file:?}: {refused}");
        }
    }

    #[test]
    fn empty_switches_off() {
        let file = "[server]\nmetrics_listen = \"\"\n";
        assert!(Config::load(&sources(Some(file), &[], &[])).unwrap().server.metrics_listen.is_none());
    }

    #[test]
    fn secrets_come_from_files_and_are_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("url");
        std::fs::write(&path, "postgres://u:hunter2@127.0.0.1/im\n").unwrap();
        let reference = format!("file:{}", path.display());
        let environment = [("FEIHONG__STORAGE__POSTGRES_URL", &*reference), ("FEIHONG__STORAGE__BACKEND", "postgres")];
        let config = Config::load(&sources(None, &environment, &[])).unwrap();
        assert_eq!(config.storage.postgres_url.reveal(), "postgres://u:hunter2@127.0.0.1/im");
        let shown = format!("{config:?} {:?}", config.show());
        assert!(!shown.contains("hunter2") && shown.contains("***"), "{shown}");
        let refused = refusal(None, &[("FEIHONG__STORAGE__POSTGRES_URL", "file:/nowhere/url")]);
        assert!(refused.contains("cannot read /nowhere/url"), "{refused}");
    }

    #[test]
    fn files_go_where_they_are_configured_to() {
        let on_disk = Config::load(&sources(None, &[], &[])).unwrap().options().files;
        assert!(matches!(on_disk, Place::Disk { dir } if dir.ends_with("files")));
        let file = "[files]\nplace = \"s3\"\ns3_endpoint = \"http://127.0.0.1:9000/\"\ns3_bucket = \"im\"\n\
                    s3_access_key = \"key\"\ns3_secret_key = \"hunter2\"\n";
        let config = Config::load(&sources(Some(file), &[], &[])).unwrap();
        let Place::Bucket(bucket) = config.options().files else { panic!("not in a bucket") };
        assert_eq!((bucket.endpoint.as_deref(), &*bucket.name), (Some("http://127.0.0.1:9000"), "im"));
        let shown = format!("{config:?} {:?} {bucket:?}", config.show());
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn the_example_file_is_what_is_generated() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config.example.toml");
        let text = std::fs::read_to_string(file).unwrap();
        assert_eq!(text, example(), "run: feihong config example > config.example.toml");
    }

    #[test]
    fn the_example_with_every_key_switched_on_is_the_default() {
        let uncommented: String = example()
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if rest.split(' ').nth(1) == Some("=") => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let switched_on = Config::load(&sources(Some(&uncommented), &[], &[])).unwrap();
        let defaults = Config::load(&sources(None, &[], &[])).unwrap();
        for (on, default) in switched_on.show().iter().zip(defaults.show()) {
            assert_eq!((on.key, &on.value), (default.key, &default.value));
            assert!(matches!(on.origin, Origin::File { .. }), "{}", on.key);
        }
    }
}
