//! Files with all messages of an app in one hour (REST v4 `get_history`): made when they are asked for first, kept for
//! days, read at a signed address.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry as Slot},
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, write::GzEncoder};
use md5::{Digest, Md5};
use model::{Code, Error, Millis, SdkAppId, calendar, flags};
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::Entry;
use tokio::{sync::oneshot, task::spawn_blocking};

use crate::{
    Services, broken, fault,
    message::{number, with_parts},
    world::hex,
};

/// How long files can be had after their hour (`get_history`; 1005 later).
const KEPT: Millis = 7 * 86_400_000;
/// How long an address is good.
const ADDRESS: Millis = 86_400_000;
/// How long a request waits for its file; whoever is told that it is not ready asks again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Times grow with positions of the log but for so much.
const SKEW: Millis = 60_000;
/// How many entries are read at once.
const READ: usize = 1000;

/// What is remembered of files.
pub(crate) struct Downloads {
    /// Those that are being made.
    making: Mutex<HashSet<PathBuf>>,
    /// Signs addresses.
    key: hmac::Key,
}

impl Downloads {
    /// `secret`: that of all addresses, of which these have their own.
    pub fn new(secret: &str) -> Self {
        let secret = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), b"history");
        Self { making: Mutex::default(), key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref()) }
    }

    fn making(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which messages a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryKind {
    /// Between two.
    Pairs,
    /// In groups.
    Groups,
}

impl HistoryKind {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pairs => "C2C",
            Self::Groups => "Group",
        }
    }

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pairs, Self::Groups].into_iter().find(|kind| kind.name() == name)
    }
}

/// A file that can be had.
pub struct HistoryFile {
    /// The path on this server, with its signature.
    pub path: String,
    /// When that ends, milliseconds since 1970.
    pub expires: Millis,
    /// What is in it.
    pub sizes: Sizes,
}

/// How long a file is and what it is checked by, as text and packed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// How many messages it has; a file with none is not given out.
    messages: u64,
    /// Bytes of the text.
    pub text_bytes: u64,
    /// MD5 of the text, lower-case hexadecimal.
    pub text_md5: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// MD5 of the file.
    pub md5: String,
}

/// Counts and sums what is written through it.
struct Summed<W> {
    inner: W,
    sum: Md5,
    bytes: u64,
}

impl<W> Summed<W> {
    fn new(inner: W) -> Self {
        Self { inner, sum: Md5::new(), bytes: 0 }
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.sum.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A file being written: a head, one line for each message, an end.
struct Sheet {
    out: Summed<GzEncoder<Summed<BufWriter<File>>>>,
    messages: u64,
    part: PathBuf,
}

impl Sheet {
    fn begin(path: &Path, head: &str) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let part = path.with_extension("part");
        let file = Summed::new(BufWriter::new(File::create(&part)?));
        let mut out = Summed::new(GzEncoder::new(file, Compression::default()));
        out.write_all(head.as_bytes())?;
        Ok(Self { out, messages: 0, part })
    }

    fn add(&mut self, lines: &[Vec<u8>]) -> io::Result<()> {
        for line in lines {
            self.out.write_all(if self.messages == 0 { b"\n" } else { b",\n" })?;
            self.out.write_all(line)?;
            self.messages += 1;
        }
        Ok(())
    }

    /// Gives the file its name, and what is to be known of it the name beside it, last.
    fn end(mut self, path: &Path) -> io::Result<Sizes> {
        self.out.write_all(b"\n]}\n")?;
        let Summed { inner, sum, bytes: text_bytes } = self.out;
        let mut file = inner.finish()?;
        file.flush()?;
        let sizes = Sizes {
            messages: self.messages,
            text_bytes,
            text_md5: hex(&sum.finalize()),
            bytes: file.bytes,
            md5: hex(&file.sum.finalize()),
        };
        file.inner.get_ref().sync_all()?;
        fs::rename(&self.part, path)?;
        let beside = sizes_path(path);
        let part = beside.with_extension("part");
        fs::write(&part, serde_json::to_vec(&sizes)?)?;
        fs::rename(part, beside)?;
        Ok(sizes)
    }
}

fn sizes_path(path: &Path) -> PathBuf {
    path.with_extension("sizes")
}

/// The hour of a file's name.
fn hour_of(name: &str) -> Option<Millis> {
    let (kind, rest) = name.split_once('-')?;
    HistoryKind::from_name(kind)?;
    calendar::hour(rest.split('.').next()?)
}

/// Removes files whose time is over.
fn sweep(folder: &Path, now: Millis) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().and_then(hour_of).is_some_and(|hour| is_over(hour, now)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn is_over(hour: Millis, now: Millis) -> bool {
    now >= hour + calendar::HOUR + KEPT
}

fn unkept(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Code::HistoryInternal).source(error)
}

/// What the messages of a conversation are called by in a file.
enum Named {
    /// The two accounts with their names as JSON.
    Pair([(i64, Box<str>); 2]),
    /// The members that name a group or a topic.
    Group(String),
}

impl Services {
    /// The file of an hour, named `yyyymmddhh`; made if it is not there. 1004 when it is not ready or has no messages.
    pub async fn history_file(
        self: &Arc<Self>,
        app: SdkAppId,
        kind: HistoryKind,
        hour: &str,
    ) -> Result<HistoryFile, Error> {
        let start = calendar::hour(hour).ok_or(Code::HistoryRequestMalformed)?;
        let now = self.world.now();
        if is_over(start, now) {
            return Err(Code::HistoryExpired.into());
        }
        // What was said at the very end of the hour may still be on its way to the disk.
        if now < start + calendar::HOUR + 1000 {
            return Err(Code::HistoryNotReady.into());
        }
        let name = format!("{}-{hour}.gz", kind.name());
        let path = self.history_folder(app).join(&name);
        let sizes = match tokio::fs::read(sizes_path(&path)).await {
            Ok(sizes) => serde_json::from_slice(&sizes).map_err(unkept)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.history_made(app, kind, (hour, start), path).await?
            }
            Err(error) => return Err(unkept(error)),
        };
        let sizes: Sizes = sizes;
        if sizes.messages == 0 {
            return Err(Error::new(Code::HistoryNotReady).detail("there are no messages of that hour"));
        }
        let expires = (now + ADDRESS).min(start + calendar::HOUR + KEPT);
        let signed = signed(app, &name, expires);
        let sign = URL_SAFE_NO_PAD.encode(hmac::sign(&self.downloads.key, signed.as_bytes()));
        Ok(HistoryFile { path: format!("/{signed}&sign={sign}"), expires, sizes })
    }

    /// Where a signed address leads; `None` when it is not valid, any more or at all.
    pub fn history_path(&self, app: SdkAppId, name: &str, expires: Millis, sign: &str) -> Option<PathBuf> {
        let given = URL_SAFE_NO_PAD.decode(sign).ok()?;
        let is_ours = hmac::verify(&self.downloads.key, signed(app, name, expires).as_bytes(), &given).is_ok();
        (is_ours && expires > self.world.now()).then(|| self.history_folder(app).join(name))
    }

    fn history_folder(&self, app: SdkAppId) -> PathBuf {
        self.options.history.join(app.to_string())
    }

    async fn history_made(
        self: &Arc<Self>,
        app: SdkAppId,
        kind: HistoryKind,
        (hour, start): (&str, Millis),
        path: PathBuf,
    ) -> Result<Sizes, Error> {
        if !self.downloads.making().insert(path.clone()) {
            return Err(Code::HistoryNotReady.into());
        }
        let (done, outcome) = oneshot::channel();
        let (services, hour) = (self.clone(), hour.to_owned());
        self.spawn(async move {
            let made = services.make_history(app, kind, (&hour, start), &path).await;
            services.downloads.making().remove(&path);
            if let Err(Err(error)) = done.send(made) {
                tracing::error!(%error, "a file of messages was not made");
            }
        });
        match tokio::time::timeout(PATIENCE, outcome).await {
            Ok(made) => made.map_err(unkept)?,
            Err(_) => Err(Code::HistoryNotReady.into()),
        }
    }

    async fn make_history(
        &self,
        app: SdkAppId,
        kind: HistoryKind,
        (hour, start): (&str, Millis),
        path: &Path,
    ) -> Result<Sizes, Error> {
        let now = self.world.now();
        let head = format!(r#"{{"SdkAppId":{app},"ChatType":"{}","MsgTime":"{hour}","MsgList":["#, kind.name());
        let file = path.to_owned();
        let begin = move || {
            let sheet = Sheet::begin(&file, &head)?;
            sweep(file.parent().unwrap_or(&file), now)?;
            Ok::<_, io::Error>(sheet)
        };
        let mut sheet = spawn_blocking(begin).await.map_err(unkept)?.map_err(unkept)?;
        let mut names: HashMap<i64, Option<Named>> = HashMap::new();
        let end = start + calendar::HOUR;
        let mut position = self.position_at(start - SKEW).await?;
        loop {
            if self.tasks.is_closed() {
                return Err(Code::HistoryNotReady.into());
            }
            let entries = self.store.log.after(position, READ).await.map_err(broken)?;
            let Some(last) = entries.last() else { break };
            position = last.position;
            let is_past = entries.iter().any(|entry| !is_dated(entry) && entry.time >= end + SKEW);
            let mut lines = Vec::new();
            for entry in entries {
                if !(start..end).contains(&entry.time) || !is_said(&entry) {
                    continue;
                }
                let named = match names.entry(entry.conversation) {
                    Slot::Occupied(known) => known.into_mut(),
                    Slot::Vacant(unknown) => unknown.insert(self.named(app, kind, entry.conversation).await?),
                };
                if let Some(named) = named {
                    lines.extend(line(&entry, named)?);
                }
            }
            let add = move || {
                sheet.add(&lines)?;
                Ok::<_, io::Error>(sheet)
            };
            sheet = spawn_blocking(add).await.map_err(unkept)?.map_err(unkept)?;
            if is_past {
                break;
            }
        }
        let file = path.to_owned();
        spawn_blocking(move || sheet.end(&file)).await.map_err(unkept)?.map_err(unkept)
    }

    /// A position of the log before which everything is older than a time; imports do not count.
    async fn position_at(&self, time: Millis) -> Result<i64, Error> {
        let (mut low, mut high) = (0, self.store.log.position());
        while low < high {
            let middle = low + (high - low) / 2;
            let mut reached = middle;
            let found = loop {
                let entries = self.store.log.after(reached, 64).await.map_err(broken)?;
                let Some(last) = entries.last() else { break None };
                reached = last.position;
                if let Some(entry) = entries.iter().find(|entry| !is_dated(entry)) {
                    break Some(entry.time);
                }
            };
            match found {
                Some(found) if found < time => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low.saturating_sub(1))
    }

    /// How the messages of a conversation are written, if it is one of the app's of that kind.
    async fn named(&self, app: SdkAppId, kind: HistoryKind, conversation: i64) -> Result<Option<Named>, Error> {
        if kind == HistoryKind::Pairs {
            let found = self.store.book.conversation_numbered(conversation).await.map_err(broken)?;
            let Some((_, low, high)) = found.filter(|(owner, ..)| *owner == i64::from(app)) else { return Ok(None) };
            let (one, other) = (self.accounts.by_number(app, low).await?, self.accounts.by_number(app, high).await?);
            return Ok(one
                .zip(other)
                .map(|(one, other)| Named::Pair([(low, one.quoted.clone()), (high, other.quoted.clone())])));
        }
        let Some(place) = self.place_numbered(conversation).await? else { return Ok(None) };
        if place.group.app != app {
            return Ok(None);
        }
        let topic = place.topic.as_ref().map_or_else(String::new, |topic| format!(",\"TopicId\":{}", topic.quoted));
        Ok(Some(Named::Group(format!("\"GroupId\":{}{topic}", place.group.quoted))))
    }
}

fn signed(app: SdkAppId, name: &str, expires: Millis) -> String {
    format!("history/{app}/{name}?expires={expires}")
}

fn is_dated(entry: &Entry) -> bool {
    entry.flags & flags::IMPORTED != 0
}

/// Whether somebody said it, and it was not recalled.
fn is_said(entry: &Entry) -> bool {
    entry.flags & (flags::NOTICE | flags::TIP | flags::RECALLED | flags::IMPORTED) == 0
}

/// A message as one line.
fn line(entry: &Entry, named: &Named) -> Result<Option<Vec<u8>>, Error> {
    with_parts(&entry.body, |parts| {
        let mut out = Vec::with_capacity(entry.body.len() + 160);
        out.extend_from_slice(b"{\"From_Account\":");
        match named {
            Named::Pair([one, other]) => {
                let (from, to) = if entry.sender == one.0 { (one, other) } else { (other, one) };
                out.extend_from_slice(format!("{},\"To_Account\":{}", from.1, to.1).as_bytes());
            }
            Named::Group(group) => {
                out.extend_from_slice(format!("{},{group}", parts.from?.get()).as_bytes());
            }
        }
        number(&mut out, ",\"MsgTimestamp\":", entry.time / 1000);
        let sequence = match named {
            Named::Pair(_) => entry.client_sequence.into(),
            Named::Group(_) => entry.sequence,
        };
        number(&mut out, ",\"MsgSeq\":", sequence);
        number(&mut out, ",\"MsgRandom\":", entry.random.into());
        for (name, part) in [("MsgBody", Some(parts.body)), ("CloudCustomData", parts.custom_data)] {
            if let Some(part) = part {
                out.extend_from_slice(format!(",\"{name}\":{}", one_line(part)).as_bytes());
            }
        }
        out.push(b'}');
        Some(out)
    })
    .map_err(fault)
}

/// JSON without line breaks: between its tokens they mean nothing, and in its texts there are none.
fn one_line(json: &RawValue) -> String {
    json.get().replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{HistoryKind, Sheet, hour_of, is_over, sizes_path, sweep};

    #[test]
    fn a_sheet_is_one_document_and_has_one_line_a_message() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app/C2C-2023111422.gz");
        for lines in [vec![], vec![b"{\"a\":1}".to_vec(), b"{\"a\":2}".to_vec()]] {
            let mut sheet = Sheet::begin(&path, r#"{"MsgList":["#).unwrap();
            sheet.add(&lines).unwrap();
            let sizes = sheet.end(&path).unwrap();
            let packed = std::fs::read(&path).unwrap();
            let mut text = String::new();
            flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read["MsgList"].as_array().unwrap().len(), lines.len());
            assert_eq!((sizes.bytes, sizes.text_bytes), (packed.len() as u64, text.len() as u64));
            assert_eq!(text.lines().count(), lines.len() + 2);
            assert_eq!((sizes.messages, sizes.md5.len()), (lines.len() as u64, 32));
            assert!(sizes_path(&path).is_file());
        }
    }

    #[test]
    fn files_are_swept_when_their_time_is_over() {
        let hour = hour_of("Group-2023111422.sizes").unwrap();
        assert_eq!(hour_of("other.gz"), None);
        assert!(!is_over(hour, hour + 7 * 86_400_000) && is_over(hour, hour + 8 * 86_400_000));
        let dir = tempfile::tempdir().unwrap();
        for name in ["C2C-2023111422.gz", "C2C-2023111500.gz", "else"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        sweep(dir.path(), hour + 7 * 86_400_000 + 3_600_000).unwrap();
        assert!(!dir.path().join("C2C-2023111422.gz").exists());
        assert!(dir.path().join("C2C-2023111500.gz").exists() && dir.path().join("else").exists());
        assert_eq!(HistoryKind::from_name("Group"), Some(HistoryKind::Groups));
    }
}
