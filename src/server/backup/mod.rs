//! Backups: one tar file with both databases as of one moment each, the uploaded files, and a manifest with checksums.
//!
//! The databases are copied first and the files after, so that every file the databases name is there.

mod restore;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
pub use restore::{Restored, restore, was_cut_off};
use ring::digest;
use serde::{Deserialize, Serialize};
use service::Services;

use crate::{
    FILES,
    admin::BackedUp,
    config::{Backend, Config},
};

/// The last entry of a backup.
const MANIFEST: &str = "manifest.json";
/// The databases' names, in the data directory and in a backup.
const DATABASES: [&str; 2] = ["messages.db", "book.db"];
/// The form of backups that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    /// The version of the server that wrote it.
    version: String,
    /// Milliseconds since 1970.
    created: i64,
    /// Whether the databases are in it.
    databases: bool,
    /// SHA-256 of every other entry, by name.
    files: BTreeMap<String, String>,
}

/// Writes a backup while the services run.
pub async fn write(services: &Services, config: &Config, file: &Path) -> anyhow::Result<BackedUp> {
    ensure!(file.is_absolute(), "the file's path must be absolute");
    ensure!(!file.exists(), "{} exists already", file.display());
    let data = &config.storage.data;
    // Beside the databases, where there is room for as much again and no other user looks in.
    let copies = Scratch(data.join(format!("backup-{}", services.world.hex(4))));
    let databases = config.storage.backend == Backend::Sqlite;
    if databases {
        services.store().backup(&copies.0).await.context("cannot copy the databases")?;
    }
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        created: services.world.now(),
        databases,
        files: BTreeMap::new(),
    };
    let (file, uploads) = (file.to_owned(), data.join(FILES));
    tokio::task::spawn_blocking(move || pack(&file, &copies.0, &uploads, manifest)).await?
}

/// A directory that goes when it is no longer needed.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // Best effort: what stays is named so that an operator knows what it was.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn pack(file: &Path, copies: &Path, uploads: &Path, manifest: Manifest) -> anyhow::Result<BackedUp> {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let packed = pack_into(&part, copies, uploads, manifest).and_then(|counted| {
        // Another backup may have been faster; a link refuses where a rename replaces.
        fs::hard_link(&part, file).with_context(|| format!("cannot create {}", file.display()))?;
        Ok(counted)
    });
    let _ = fs::remove_file(&part);
    let (uploads, databases) = packed?;
    Ok(BackedUp { file: file.to_owned(), bytes: file.metadata()?.len(), uploads, databases })
}

fn pack_into(part: &Path, copies: &Path, uploads: &Path, mut manifest: Manifest) -> anyhow::Result<(u64, bool)> {
    // It has all keys and messages, so it is for its owner only.
    let target = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part);
    let target = target.with_context(|| format!("cannot write {}", part.display()))?;
    let mut archive = tar::Builder::new(BufWriter::with_capacity(1 << 20, target));
    let mtime = manifest.created.unsigned_abs() / 1000;
    if manifest.databases {
        for name in DATABASES {
            let sum = append(&mut archive, name, &copies.join(name), mtime)?;
            manifest.files.insert(name.into(), sum);
        }
    }
    let mut count = 0;
    for path in uploaded(uploads)? {
        let Some(inside) = path.strip_prefix(uploads).ok().and_then(Path::to_str) else { continue };
        let name = format!("{FILES}/{inside}");
        let sum = append(&mut archive, &name, &path, mtime)?;
        manifest.files.insert(name, sum);
        count += 1;
    }
    let text = serde_json::to_vec_pretty(&manifest)?;
    archive.append_data(&mut header(text.len() as u64, mtime), MANIFEST, &*text)?;
    let mut target = archive.into_inner()?;
    target.flush()?;
    target.get_ref().sync_all()?;
    Ok((count, manifest.databases))
}

fn append(archive: &mut tar::Builder<impl Write>, name: &str, path: &Path, mtime: u64) -> anyhow::Result<String> {
    let unread = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(unread)?;
    let mut header = header(file.metadata().with_context(unread)?.len(), mtime);
    let mut summed = Summed::new(file);
    archive.append_data(&mut header, name, &mut summed).with_context(unread)?;
    Ok(summed.sum())
}

fn header(size: u64, mtime: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mtime(mtime);
    header.set_mode(0o600);
    header
}

/// The files users uploaded, in order; those that are still arriving are left out.
fn uploaded(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut dirs) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = dirs.pop() {
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", dir.display())),
        };
        for entry in entries {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() {
                dirs.push(path);
            } else if kind.is_file() && !entry.file_name().as_encoded_bytes().contains(&b'#') {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Computes a checksum of what is read through it.
struct Summed<R> {
    inner: R,
    context: digest::Context,
}

impl<R> Summed<R> {
    fn new(inner: R) -> Self {
        Self { inner, context: digest::Context::new(&digest::SHA256) }
    }

    /// The checksum as hexadecimal digits.
    fn sum(self) -> String {
        let sum = self.context.finish();
        sum.as_ref().iter().fold(String::new(), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.context.update(&buf[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{MANIFEST, Manifest, restore, write};
    use crate::{FILES, testing};

    const UPLOAD: &str = "1400000001/ab/abcdef";

    /// A backup of a server with one app, one operator and one uploaded file.
    async fn backup(dir: &Path, file: &Path) -> String {
        let server = testing::services_in(dir).await;
        let new = service::NewApp {
            name: "kept".into(),
            kind: "other".into(),
            introduction: String::new(),
            edition: model::Edition::Pro,
            administrators: vec!["administrator".into()],
        };
        let key = server.services.apps.create(new).await.unwrap().key.clone();
        let upload = server.config.storage.data.join(FILES).join(UPLOAD);
        fs::create_dir_all(upload.parent().unwrap()).unwrap();
        fs::write(&upload, "picture").unwrap();
        fs::write(format!("{}#1", upload.display()), "half").unwrap();
        let done = write(&server.services, &server.config, file).await.unwrap();
        assert_eq!((done.uploads, done.databases), (1, true));
        assert_eq!(done.bytes, file.metadata().unwrap().len());
        server.services.drain().await;
        key
    }

    #[tokio::test]
    async fn what_was_backed_up_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let (old, file, new) = (dir.path().join("old"), dir.path().join("b.tar"), dir.path().join("new"));
        let key = backup(&old, &file).await;
        assert!(
            fs::read_dir(&old)
                .unwrap()
                .all(|entry| { !entry.unwrap().file_name().to_str().unwrap().starts_with("backup-") })
        );
        let restored = restore(&file, &testing::config(&new)).await.unwrap();
        assert_eq!((restored.uploads, restored.databases), (1, true));
        let server = testing::services_in(&new).await;
        assert_eq!(server.services.apps.list()[0].key, key);
        assert_eq!(fs::read_to_string(server.config.storage.data.join(FILES).join(UPLOAD)).unwrap(), "picture");
        assert!(!server.config.storage.data.join(FILES).join(format!("{UPLOAD}#1")).exists());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "nothing else is left behind");
    }

    #[tokio::test]
    async fn existing_things_are_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (old, file) = (dir.path().join("old"), dir.path().join("b.tar"));
        backup(&old, &file).await;
        let refused = restore(&file, &testing::config(&old)).await.unwrap_err().to_string();
        assert!(refused.ends_with("is not empty"), "{refused}");
        let server = testing::services_in(&old).await;
        let refused = write(&server.services, &server.config, &file).await.unwrap_err().to_string();
        assert!(refused.ends_with("exists already"), "{refused}");
    }

    #[tokio::test]
    async fn damage_is_found_and_nothing_is_restored() {
        let dir = tempfile::tempdir().unwrap();
        let (old, file, new) = (dir.path().join("old"), dir.path().join("b.tar"), dir.path().join("new"));
        backup(&old, &file).await;
        let whole = fs::read(&file).unwrap();
        let at = whole.windows(7).position(|bytes| bytes == b"picture").unwrap();
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        for (damaged, why) in [
            (flipped, "files/1400000001/ab/abcdef is damaged"),
            (whole[..at + 512].to_vec(), "cut off"),
            (b"no archive at all".repeat(100), "not a backup"),
        ] {
            fs::write(&file, damaged).unwrap();
            let refused = format!("{:#}", restore(&file, &testing::config(&new)).await.unwrap_err());
            assert!(refused.contains(why), "{why}: {refused}");
            assert!(!new.exists());
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing else is left behind");
    }

    #[tokio::test]
    async fn names_that_lead_elsewhere_are_refused() {
        for name in ["../evil", "files/../../evil", "control.sock", "files"] {
            let dir = tempfile::tempdir().unwrap();
            let (file, new) = (dir.path().join("b.tar"), dir.path().join("new"));
            let mut archive = tar::Builder::new(fs::File::create(&file).unwrap());
            let mut header = super::header(1, 0);
            let bytes = &mut header.as_gnu_mut().unwrap().name;
            bytes[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            archive.append(&header, &b"x"[..]).unwrap();
            let manifest =
                Manifest { format: 1, version: String::new(), created: 0, databases: false, files: [].into() };
            let text = serde_json::to_vec(&manifest).unwrap();
            archive.append_data(&mut super::header(text.len() as u64, 0), MANIFEST, &*text).unwrap();
            archive.finish().unwrap();
            let refused = format!("{:#}", restore(&file, &testing::config(&new)).await.unwrap_err());
            assert!(refused.contains("does not belong in a backup"), "{name}: {refused}");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        }
    }
}
