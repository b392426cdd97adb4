//! The files that messages refer to: on this machine's disk, or in a bucket of an S3-compatible store.
//!
//! A key is a path below the root, made by the caller from numbers and hexadecimal digits alone. An object is there when
//! it is whole: what is still arriving has no key yet.

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    Error, GetOptions, GetResultPayload, ObjectStore, ObjectStoreExt, aws::AmazonS3Builder, local::LocalFileSystem,
    memory::InMemory, path::Path,
};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::StoreError;

/// How much of a file is in memory at a time while it arrives, on disk.
const DISK_PART: usize = 1 << 20;
/// The same for buckets, whose parts have at least 5 MiB.
const BUCKET_PART: usize = 5 << 20;
/// How much of a file on disk is read at a time.
const READ: usize = 64 << 10;
/// How much of a file's beginning is told to the one who keeps it.
const HEAD: usize = 64;

/// Where files are.
#[derive(Clone, Debug, Default)]
pub enum Place {
    /// In memory, gone with the process: for tests.
    #[default]
    Memory,
    /// Below a directory of this machine.
    Disk {
        /// Created if absent.
        dir: PathBuf,
    },
    /// In a bucket.
    Bucket(Bucket),
}

/// A bucket of an S3-compatible store.
#[derive(Clone)]
pub struct Bucket {
    /// `https://host` of the store; `None` is Amazon's own.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// The bucket's name.
    pub name: String,
    /// What every key begins with; may be empty.
    pub prefix: String,
    /// Who asks.
    pub access_key: String,
    /// The secret that requests are signed with.
    pub secret_key: String,
    /// Whether the bucket's name is part of the host instead of the path.
    pub in_host: bool,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("endpoint", &self.endpoint).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a file was not taken.
#[derive(Debug)]
pub enum Refused {
    /// It is larger than allowed.
    TooLarge,
    /// It ended before it was whole.
    CutOff,
    /// The store failed.
    Broken(StoreError),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Broken(error.into())
    }
}

/// A file that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its size in bytes.
    pub bytes: u64,
    /// Its beginning, at most 64 bytes.
    pub head: Bytes,
}

/// The content of a file, or of a part of it, in pieces.
pub type Content = BoxStream<'static, std::io::Result<Bytes>>;

/// Where files are, open.
pub struct Files {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    part: usize,
    /// The root on disk.
    dir: Option<PathBuf>,
}

impl Files {
    /// Opens the place. A bucket is not asked anything yet.
    pub fn open(place: &Place) -> Result<Self, StoreError> {
        let (store, prefix, part, dir): (Arc<dyn ObjectStore>, _, _, _) = match place {
            Place::Memory => (Arc::new(InMemory::new()), Path::default(), DISK_PART, None),
            Place::Disk { dir } => {
                std::fs::create_dir_all(dir)?;
                let disk = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
                (Arc::new(disk), Path::default(), DISK_PART, Some(dir.clone()))
            }
            Place::Bucket(bucket) => {
                let prefix = Path::parse(&bucket.prefix)?;
                (Arc::new(bucket.open()?), prefix, BUCKET_PART, None)
            }
        };
        Ok(Self { store, prefix, part, dir })
    }

    fn path(&self, key: &str) -> Result<Path, StoreError> {
        let whole = if self.prefix.as_ref().is_empty() { key.to_owned() } else { format!("{}/{key}", self.prefix) };
        Ok(Path::parse(whole)?)
    }

    /// Takes a file that arrives in pieces. Never more than a part of it is in memory.
    pub async fn receive<E>(
        &self,
        key: &str,
        mut chunks: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
        limit: u64,
    ) -> Result<Taken, Refused> {
        let path = self.path(key).map_err(Refused::Broken)?;
        let (mut buffer, mut bytes, mut head) = (BytesMut::new(), 0, Bytes::new());
        let mut parts = None;
        let ended = async {
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(|_| Refused::CutOff)?;
                bytes += chunk.len() as u64;
                if bytes > limit {
                    return Err(Refused::TooLarge);
                }
                buffer.extend_from_slice(&chunk);
                while buffer.len() >= self.part {
                    let part = buffer.split_to(self.part).freeze();
                    let parts = if let Some(parts) = &mut parts {
                        parts
                    } else {
                        head = part.slice(..HEAD);
                        parts.insert(self.store.put_multipart(&path).await?)
                    };
                    parts.put_part(part.into()).await?;
                }
            }
            let rest = buffer.split().freeze();
            if let Some(parts) = &mut parts {
                if !rest.is_empty() {
                    parts.put_part(rest.into()).await?;
                }
                parts.complete().await?;
            } else {
                head = rest.slice(..rest.len().min(HEAD));
                self.store.put(&path, rest.into()).await?;
            }
            Ok(())
        }
        .await;
        match (ended, parts) {
            (Ok(()), _) => Ok(Taken { bytes, head }),
            (Err(refused), None) => Err(refused),
            (Err(refused), Some(mut parts)) => {
                if let Err(error) = parts.abort().await {
                    tracing::warn!(%error, "what was left of an upload could not be removed");
                }
                Err(refused)
            }
        }
    }

    /// Keeps something small.
    pub async fn put(&self, key: &str, content: Bytes) -> Result<(), StoreError> {
        self.store.put(&self.path(key)?, content.into()).await?;
        Ok(())
    }

    /// The bytes of a range that lies within the file; `None` without such a file.
    pub async fn read(&self, key: &str, range: Range<u64>) -> Result<Option<Content>, StoreError> {
        if range.is_empty() {
            return Ok(Some(futures_util::stream::empty().boxed()));
        }
        let options = GetOptions::new().with_range(Some(range));
        let got = match self.store.get_opts(&self.path(key)?, options).await {
            Ok(got) => got,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let range = got.range.clone();
        Ok(Some(match got.payload {
            GetResultPayload::File(file, _) => {
                let mut file = tokio::fs::File::from_std(file);
                file.seek(std::io::SeekFrom::Start(range.start)).await?;
                ReaderStream::with_capacity(file.take(range.end - range.start), READ).boxed()
            }
            GetResultPayload::Stream(stream) => stream.map_err(std::io::Error::other).boxed(),
        }))
    }

    /// A whole file of at most so many bytes; `None` without such a file, or when it is larger.
    pub async fn all(&self, key: &str, most: u64) -> Result<Option<Bytes>, StoreError> {
        match self.store.get(&self.path(key)?).await {
            Ok(got) if got.meta.size > most => Ok(None),
            Ok(got) => Ok(Some(got.bytes().await?)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether there is such a file.
    pub async fn has(&self, key: &str) -> Result<bool, StoreError> {
        match self.store.head(&self.path(key)?).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes files; those that are not there are no error.
    pub async fn remove(&self, keys: &[String]) -> Result<(), StoreError> {
        let paths: Vec<_> = keys.iter().map(|key| self.path(key)).collect::<Result<_, _>>()?;
        let mut removed = self.store.delete_stream(futures_util::stream::iter(paths.into_iter().map(Ok)).boxed());
        while let Some(one) = removed.next().await {
            match one {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Removes what a process that was killed left of files that were arriving. Buckets do that by a rule of their own.
    pub async fn remove_pieces(&self, keys: &[String]) -> Result<(), StoreError> {
        let Some(dir) = &self.dir else { return Ok(()) };
        for key in keys {
            // How the crate names a file on disk until it is whole: `#1`, or the next number that is free.
            for number in 1.. {
                match tokio::fs::remove_file(dir.join(format!("{key}#{number}"))).await {
                    Ok(()) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

impl Bucket {
    fn open(&self) -> Result<object_store::aws::AmazonS3, StoreError> {
        // The TLS library wants to be told which cryptography to use; whoever was first has said the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = AmazonS3Builder::new()
            .with_region(&self.region)
            .with_bucket_name(&self.name)
            .with_access_key_id(&self.access_key)
            .with_secret_access_key(&self.secret_key)
            .with_virtual_hosted_style_request(self.in_host);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(self.host(endpoint)).with_allow_http(endpoint.starts_with("http://"));
        }
        Ok(builder.build()?)
    }

    /// The crate takes an endpoint with a bucket in its host as it stands.
    fn host(&self, endpoint: &str) -> String {
        match endpoint.split_once("://") {
            Some((scheme, host)) if self.in_host => format!("{scheme}://{}.{host}", self.name),
            _ => endpoint.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::{TryStreamExt, stream};

    use super::{Bucket, DISK_PART, Files, Place, Refused};

    type Chunk = Result<Bytes, ()>;

    fn bucket() -> Option<Bucket> {
        let place = std::env::var("FEIHONG_TEST_S3").ok()?;
        let parts: Vec<&str> = place.strip_prefix("http://").unwrap().split([':', '@', '/']).collect();
        let [access, secret, host, port, name] = parts[..] else { panic!("FEIHONG_TEST_S3 is not understood") };
        Some(Bucket {
            endpoint: Some(format!("http://{host}:{port}")),
            region: "us-east-1".into(),
            name: name.into(),
            prefix: format!("store/{}", std::process::id()),
            access_key: access.into(),
            secret_key: secret.into(),
            in_host: false,
        })
    }

    /// The places that every test runs on: a bucket too, when `FEIHONG_TEST_S3` says where one is
    /// (`http://ACCESS:SECRET@HOST:PORT/BUCKET`).
    fn places() -> (Vec<(&'static str, Files)>, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let mut places = vec![("memory", Place::Memory), ("disk", Place::Disk { dir: dir.path().join("files") })];
        if let Some(bucket) = bucket() {
            places.push(("bucket", Place::Bucket(bucket)));
        }
        (places.into_iter().map(|(name, place)| (name, Files::open(&place).unwrap())).collect(), dir)
    }

    fn pieces(content: &[u8], size: usize) -> Vec<Chunk> {
        content.chunks(size).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect()
    }

    fn content(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|at| (at * 31 + at / 251) as u8).collect()
    }

    async fn read(files: &Files, key: &str, range: std::ops::Range<u64>) -> Option<Vec<u8>> {
        let stream = files.read(key, range).await.unwrap()?;
        Some(
            stream
                .try_fold(Vec::new(), |mut all, chunk| async move {
                    all.extend_from_slice(&chunk);
                    Ok(all)
                })
                .await
                .unwrap(),
        )
    }

    #[tokio::test]
    async fn small_and_large_files_come_back_whole_and_in_part() {
        let (places, _dir) = places();
        for (place, files) in places {
            for bytes in [0, 1, 63, 64, DISK_PART, 3 * DISK_PART + 17, 11 * DISK_PART + 1] {
                let (key, whole) = (format!("1/ab/{bytes}"), content(bytes));
                let taken = files.receive(&key, stream::iter(pieces(&whole, 300_000)), 1 << 30).await.unwrap();
                assert_eq!((taken.bytes, &taken.head[..]), (bytes as u64, &whole[..bytes.min(64)]), "{place}");
                assert_eq!(read(&files, &key, 0..bytes as u64).await.unwrap(), whole, "{place}, {bytes}");
                assert_eq!(files.all(&key, bytes as u64).await.unwrap().unwrap(), whole, "{place}");
                if bytes > 64 {
                    assert_eq!(files.all(&key, 60).await.unwrap(), None, "{place}");
                    let part = read(&files, &key, 50..bytes as u64 - 3).await.unwrap();
                    assert_eq!(part, whole[50..bytes - 3], "{place}, {bytes}");
                }
                files.remove(&[key.clone(), "1/ab/nothing".into()]).await.unwrap();
                files.remove(std::slice::from_ref(&key)).await.unwrap();
                assert!(read(&files, &key, 0..1).await.is_none(), "{place}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_too_large_or_cut_off_leaves_nothing() {
        let (places, dir) = places();
        for (place, files) in places {
            let whole = content(2 * DISK_PART + 5);
            let limit = whole.len() as u64 - 1;
            let refused = files.receive("1/ab/large", stream::iter(pieces(&whole, 100_000)), limit).await.unwrap_err();
            assert!(matches!(refused, Refused::TooLarge), "{place}: {refused:?}");
            let mut cut = pieces(&whole, 100_000);
            cut.push(Err(()));
            let refused = files.receive("1/ab/cut", stream::iter(cut), 1 << 30).await.unwrap_err();
            assert!(matches!(refused, Refused::CutOff), "{place}: {refused:?}");
            for key in ["1/ab/large", "1/ab/cut"] {
                assert!(read(&files, key, 0..1).await.is_none(), "{place}");
            }
        }
        assert_eq!(std::fs::read_dir(dir.path().join("files/1/ab")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_file_appears_when_it_is_whole() {
        let (places, _dir) = places();
        for (place, files) in places {
            let files = std::sync::Arc::new(files);
            let (send, receive) = tokio::sync::mpsc::channel::<Chunk>(1);
            let chunks = Box::pin(stream::unfold(receive, |mut from| async { Some((from.recv().await?, from)) }));
            let arriving = tokio::spawn({
                let files = files.clone();
                async move { files.receive("1/ab/slow", chunks, 1 << 30).await }
            });
            let whole = content(7 * DISK_PART);
            for chunk in pieces(&whole, DISK_PART) {
                assert!(read(&files, "1/ab/slow", 0..1).await.is_none(), "{place}");
                send.send(chunk).await.unwrap();
            }
            drop(send);
            arriving.await.unwrap().unwrap();
            assert_eq!(read(&files, "1/ab/slow", 0..whole.len() as u64).await.unwrap(), whole, "{place}");
            files.remove(&["1/ab/slow".into()]).await.unwrap();
        }
    }

    #[tokio::test]
    async fn pieces_of_a_killed_process_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(&Place::Disk { dir: dir.path().into() }).unwrap();
        files.put("1/ab/whole", Bytes::from_static(b"x")).await.unwrap();
        for name in ["dead#1", "dead#2", "other#1"] {
            std::fs::write(dir.path().join("1/ab").join(name), "half").unwrap();
        }
        files.remove_pieces(&["1/ab/dead".into(), "1/ab/whole".into()]).await.unwrap();
        let entries = std::fs::read_dir(dir.path().join("1/ab")).unwrap();
        let mut left: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["other#1", "whole"]);
    }

    #[test]
    fn keys_never_leave_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(&Place::Disk { dir: dir.path().into() }).unwrap();
        for key in ["../x", "a/../../x", "a//b", "./x"] {
            assert!(files.path(key).is_err(), "{key}");
        }
    }
}
