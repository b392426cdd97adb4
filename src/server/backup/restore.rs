//! Reads a backup into an empty data directory.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use store::Store;

use super::{DATABASES, FORMAT, MANIFEST, Manifest, Scratch, Summed};
use crate::{FILES, config::Config, private_dir};

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Where.
    pub data: PathBuf,
    /// The version of the server that wrote the backup.
    pub version: String,
    /// How many files users had uploaded.
    pub uploads: u64,
    /// Whether the databases were in the backup.
    pub databases: bool,
}

/// Where a restore works, in the data directory; a server does not start while it is there.
const SCRATCH: &str = "restoring";

/// Restores into the configured data directory, which must be absent or empty. All is checked before anything appears
/// there.
pub async fn restore(file: &Path, config: &Config) -> anyhow::Result<Restored> {
    let data = &config.storage.data;
    ensure!(is_empty(data)?, "{} is not empty", data.display());
    // The directory may be a volume of its own, so what is in it is moved and not the directory.
    private_dir(data)?;
    let restored = fill(file, data).await;
    if restored.is_err() {
        // Takes away only what is empty, so nothing that came from elsewhere.
        let _ = fs::remove_dir(data);
    }
    restored.with_context(|| format!("{} was not restored", file.display()))
}

async fn fill(file: &Path, data: &Path) -> anyhow::Result<Restored> {
    let scratch = Scratch(data.join(SCRATCH));
    let (source, target) = (file.to_owned(), scratch.0.clone());
    let manifest = tokio::task::spawn_blocking(move || unpack(&source, &target)).await??;
    if manifest.databases {
        // Opening checks the form of both databases and brings older ones up to date.
        let backend = store::Backend::Sqlite { dir: scratch.0.clone() };
        let opened = Store::open(&store::Config { backend, durability: store::Durability::Full }).await;
        opened.context("its databases cannot be used")?.close().await;
    }
    for entry in fs::read_dir(&scratch.0)? {
        let entry = entry?;
        fs::rename(entry.path(), data.join(entry.file_name()))?;
    }
    drop(scratch);
    File::open(data)?.sync_all()?;
    let uploads = manifest.files.keys().filter(|name| !DATABASES.contains(&name.as_str())).count() as u64;
    Ok(Restored { data: data.to_owned(), version: manifest.version, uploads, databases: manifest.databases })
}

/// Whether a restore into a data directory was cut off.
pub fn was_cut_off(data: &Path) -> bool {
    data.join(SCRATCH).exists()
}

fn is_empty(dir: &Path) -> anyhow::Result<bool> {
    match dir.read_dir() {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", dir.display())),
    }
}

fn unpack(source: &Path, target: &Path) -> anyhow::Result<Manifest> {
    let file = File::open(source).with_context(|| format!("cannot read {}", source.display()))?;
    let mut archive = tar::Archive::new(BufReader::with_capacity(1 << 20, file));
    private_dir(target)?;
    let (mut sums, mut manifest) = (BTreeMap::new(), None);
    for entry in archive.entries().context("it is not a backup")? {
        let mut entry = entry.context(if sums.is_empty() { "it is not a backup" } else { "it is cut off" })?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if name == MANIFEST {
            let mut text = String::new();
            entry.read_to_string(&mut text).context("it is cut off")?;
            manifest = Some(serde_json::from_str::<Manifest>(&text).context("its manifest cannot be read")?);
            continue;
        }
        ensure!(entry.header().entry_type().is_file() && belongs(&name), "{name:?} does not belong in a backup");
        let path = target.join(&name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut out = File::create_new(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut summed = Summed::new(entry);
        io::copy(&mut summed, &mut out).with_context(|| format!("it is cut off in {name}"))?;
        out.sync_all()?;
        sums.insert(name, summed.sum());
    }
    let manifest = manifest.context("it is cut off: its manifest is missing")?;
    ensure!(manifest.format <= FORMAT, "it was written by a newer version, {}", manifest.version);
    for (name, sum) in &manifest.files {
        match sums.remove(name) {
            Some(found) if found == *sum => {}
            Some(_) => bail!("{name} is damaged: its checksum differs"),
            None => bail!("{name} is missing"),
        }
    }
    if let Some(name) = sums.keys().next() {
        bail!("{name} is not in its manifest");
    }
    Ok(manifest)
}

/// Whether an entry is one that backups have: a database, or a file below the uploads.
fn belongs(name: &str) -> bool {
    let path = Path::new(name);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let is_upload = path.strip_prefix(FILES).is_ok_and(|rest| rest.components().next().is_some());
    is_plain && (DATABASES.contains(&name) || is_upload)
}
