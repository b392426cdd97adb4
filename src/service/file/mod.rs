//! Files that messages refer to: signed addresses, taking and reading, smaller pictures, and the end of their life.

mod life;
mod mime;
mod picture;
mod places;

use std::{collections::HashSet, ops::Range, sync::Mutex, sync::PoisonError, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
pub use life::PURGE;
pub use mime::mime;
use model::{Code, Error, Millis, SdkAppId};
pub use picture::Smaller;
use places::Places;
use ring::hmac;
use store::{
    StoreError,
    files::{Files, Refused},
};
pub use store::{
    files::{Bucket, Content, Place},
    tables::upload::UploadRow,
};
use tokio::sync::Semaphore;

use crate::{Account, Services, broken, world::hex};

/// How long an upload may begin after its address was given.
const UPLOAD_MILLIS: Millis = 15 * 60_000;
/// The longest name a file may have, in bytes.
const NAME_BYTES: usize = 255;
/// Hexadecimal digits of a file's random name.
const NAME: usize = 40;
/// Bytes of the signature in an address.
const SIGNATURE: usize = 16;
/// How long a file waits for others that arrive; its client comes back by itself.
const PATIENCE: Duration = Duration::from_mins(1);
/// How many pictures may be decoded at once.
const LOOKING: usize = 2;

/// What is open of files.
pub(crate) struct Shelf {
    files: Files,
    key: hmac::Key,
    /// The names of files that arrive.
    arriving: Mutex<HashSet<String>>,
    places: Places,
    looking: Semaphore,
}

impl Shelf {
    pub(crate) fn open(place: &Place, secret: &str) -> Result<Self, StoreError> {
        Ok(Self {
            files: Files::open(place)?,
            key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            arriving: Mutex::default(),
            places: Places::default(),
            looking: Semaphore::new(LOOKING),
        })
    }

    fn is_arriving(&self, name: &str) -> bool {
        self.arriving.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }
}

/// A name among those that arrive, until dropped.
struct Arrival<'a>(&'a Shelf, &'a str);

impl<'a> Arrival<'a> {
    fn begin(shelf: &'a Shelf, name: &'a str) -> Option<Self> {
        let is_first = shelf.arriving.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        is_first.then_some(Self(shelf, name))
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        self.0.arriving.lock().unwrap_or_else(PoisonError::into_inner).remove(self.1);
    }
}

/// What a file is uploaded as; decides how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A sound.
    Sound,
    /// Anything.
    File,
}

impl UploadKind {
    fn of(number: i64) -> Self {
        match number {
            1 => Self::Image,
            2 => Self::Video,
            3 => Self::Sound,
            _ => Self::File,
        }
    }
}

/// Where a client puts a file, and where its readers get it: paths on this server.
pub struct Address {
    /// The path to put it to, with its signature.
    pub upload: String,
    /// The path to get it from.
    pub download: String,
    /// When the upload address ends, milliseconds since 1970.
    pub expires: Millis,
}

/// An upload that was allowed, as its address says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The app.
    pub app: SdkAppId,
    /// Who uploads.
    pub account: i64,
    /// 1 image, 2 video, 3 audio, 255 file.
    pub kind: i64,
    /// The random name, and the signature of the file's address.
    pub token: String,
    /// What the user called it.
    pub file_name: String,
    /// When the address ends.
    pub expires: Millis,
    /// The signature of all this.
    pub sign: String,
}

/// Why a file was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The address is not one that was given, or it has ended.
    Unsigned,
    /// The file is larger than the app allows.
    TooLarge,
    /// The file ended before it was whole, or nothing came for too long.
    CutOff,
    /// The address has its file already, or is just getting it.
    Taken,
    /// Too many files arrive just now, of the user or in all.
    Busy,
    /// A fault of ours, which was logged.
    Broken,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "file was not kept");
        Self::Broken
    }
}

impl Services {
    /// Allows a user to upload one file.
    pub fn allow_upload(&self, me: &Account, kind: i64, file_name: &str) -> Result<Address, Error> {
        let refused = |why: &'static str| Err(Error::new(Code::GroupParameterInvalid).detail(why));
        let file_name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
        let is_plain = !matches!(file_name, "" | "." | "..") && !file_name.chars().any(char::is_control);
        if !is_plain || file_name.len() > NAME_BYTES {
            return refused("a file's name has 1 to 255 bytes");
        }
        let ending = file_name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let settings = self.apps.get(me.app).map(|app| app.settings.clone()).unwrap_or_default();
        if settings.refused_file_types.iter().any(|refused| refused.eq_ignore_ascii_case(ending)) {
            return refused("the app does not take files of this type");
        }
        let (name, expires) = (self.world.hex(NAME / 2), self.world.now() + UPLOAD_MILLIS);
        let download = self.address(me.app, &name, file_name);
        let query = format!("account={}&kind={kind}&expires={expires}", me.number);
        let sign = hex(self.sign(&upload_text(me.app, &name, file_name, &query)).as_ref());
        Ok(Address { upload: format!("{download}?{query}&sign={sign}"), download, expires })
    }

    /// The path of a file. What signs it stands in the path and not in a query, because clients append queries of their
    /// own and look at how an address ends.
    fn address(&self, app: SdkAppId, name: &str, file_name: &str) -> String {
        let sign = self.sign(&download_text(app, name, file_name));
        format!("/files/{app}/{name}{}/{}", hex(&sign.as_ref()[..SIGNATURE]), encode(file_name))
    }

    fn sign(&self, text: &str) -> hmac::Tag {
        hmac::sign(&self.shelf.key, text.as_bytes())
    }

    /// The random name in an address that is ours.
    fn name<'a>(&self, app: SdkAppId, token: &'a str, file_name: &str) -> Option<&'a str> {
        let (name, sign) = token.split_at_checked(NAME)?;
        let given = unhex(sign)?;
        let computed = self.sign(&download_text(app, name, file_name));
        // The time it takes must not tell how much of a guess is right.
        let is_same = given.len() == SIGNATURE
            && given.iter().zip(computed.as_ref()).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0;
        (is_same && name.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(name)
    }

    /// The largest file of a kind that an app's users may upload, in bytes.
    pub fn upload_limit(&self, app: SdkAppId, kind: UploadKind) -> Option<u64> {
        let settings = &self.apps.get(app)?.settings;
        let megabytes = match kind {
            UploadKind::Image | UploadKind::Sound => settings.image_megabytes,
            UploadKind::Video | UploadKind::File => settings.upload_megabytes,
        };
        Some(megabytes.unsigned_abs() << 20)
    }

    /// Takes a file. It is there when this returns, and before that nothing of it is.
    ///
    /// The same file put again is taken as done: a client repeats when an answer was lost.
    pub async fn receive<E: Send>(
        &self,
        ticket: &Ticket,
        announced: Option<u64>,
        mut chunks: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
    ) -> Result<(), Refusal> {
        let name = self.check_upload(ticket).ok_or(Refusal::Unsigned)?;
        let limit = self.upload_limit(ticket.app, UploadKind::of(ticket.kind)).ok_or(Refusal::Unsigned)?;
        if announced.is_some_and(|bytes| bytes > limit) {
            return Err(Refusal::TooLarge);
        }
        let _arrival = Arrival::begin(&self.shelf, name).ok_or(Refusal::Taken)?;
        let book = &self.store.book;
        if let Some(known) = book.upload(ticket.app.into(), name).await?
            && known.bytes >= 0
        {
            if announced.map(|bytes| bytes as i64) != Some(known.bytes) {
                return Err(Refusal::Taken);
            }
            while let Some(Ok(_)) = chunks.next().await {}
            return Ok(());
        }
        let _place = self.shelf.places.take(ticket.account, PATIENCE).await.ok_or(Refusal::Busy)?;
        book.begin_upload(&self.row(ticket, name)).await?;
        let refusal = match self.shelf.files.receive(&key(ticket.app, name), chunks, limit).await {
            Ok(taken) => return Ok(book.finish_upload(name, taken.bytes as i64, mime(&taken.head)).await?),
            Err(Refused::TooLarge) => Refusal::TooLarge,
            Err(Refused::CutOff) => Refusal::CutOff,
            Err(Refused::Broken(error)) => error.into(),
        };
        book.remove_uploads(&[name.to_owned()]).await?;
        Err(refusal)
    }

    /// The name of a file whose upload address is ours and has not ended.
    fn check_upload<'a>(&self, ticket: &'a Ticket) -> Option<&'a str> {
        let Ticket { app, account, kind, token, file_name, expires, sign } = ticket;
        let name = self.name(*app, token, file_name)?;
        let query = format!("account={account}&kind={kind}&expires={expires}");
        let text = upload_text(*app, name, file_name, &query);
        let is_ours = hmac::verify(&self.shelf.key, text.as_bytes(), &unhex(sign)?).is_ok();
        (is_ours && *expires > self.world.now()).then_some(name)
    }

    fn row(&self, ticket: &Ticket, name: &str) -> UploadRow {
        UploadRow {
            name: name.to_owned(),
            app: ticket.app.into(),
            account: ticket.account,
            file_name: ticket.file_name.clone(),
            kind: ticket.kind,
            bytes: -1,
            created: self.world.now(),
            mime: String::new(),
            width: -1,
            height: -1,
            withheld: false,
        }
    }

    /// The file of an address; `None` when the address is not ours, the file not whole yet or not kept any more, or
    /// withheld and the query is no pass of [`pass_for`](Self::pass_for).
    pub async fn file(
        &self,
        app: SdkAppId,
        token: &str,
        file_name: &str,
        query: Option<&str>,
    ) -> Result<Option<UploadRow>, Error> {
        let found = self.stored(app, token, file_name).await?;
        Ok(found.filter(|row| !row.withheld || query.is_some_and(|query| self.is_pass(row, query))))
    }

    async fn stored(&self, app: SdkAppId, token: &str, file_name: &str) -> Result<Option<UploadRow>, Error> {
        let Some(name) = self.name(app, token, file_name) else { return Ok(None) };
        let found = self.store.book.upload(app.into(), name).await.map_err(broken)?;
        Ok(found.filter(|row| row.bytes >= 0 && self.life_left(row) > 0))
    }

    /// The file of a whole address, as messages have it; also one that is withheld.
    pub async fn file_at(&self, app: SdkAppId, url: &str) -> Result<Option<UploadRow>, Error> {
        let Some((token, file_name)) = inside(app, url) else { return Ok(None) };
        self.stored(app, token, &file_name).await
    }

    /// Takes a file from users' sight, or shows it again.
    pub async fn withhold_file(&self, file: &UploadRow, withheld: bool) -> Result<(), Error> {
        self.store.book.withhold_upload(&file.name, withheld).await.map_err(broken)
    }

    /// A query that lets who has it read a file for 15 minutes, withheld or not.
    pub fn pass_for(&self, file: &UploadRow) -> String {
        let until = self.world.now() + UPLOAD_MILLIS;
        format!("until={until}&pass={}", hex(self.sign(&pass_text(file, until)).as_ref()))
    }

    fn is_pass(&self, file: &UploadRow, query: &str) -> bool {
        let value = |name: &str| query.split('&').find_map(|part| part.strip_prefix(name));
        let until = value("until=").and_then(|until| until.parse::<Millis>().ok());
        let (Some(until), Some(pass)) = (until, value("pass=").and_then(unhex)) else { return false };
        until > self.world.now() && hmac::verify(&self.shelf.key, pass_text(file, until).as_bytes(), &pass).is_ok()
    }

    /// Bytes of a file; `None` when it is not kept any more.
    pub async fn file_content(&self, file: &UploadRow, range: Range<u64>) -> Result<Option<Content>, Error> {
        self.shelf.files.read(&row_key(file), range).await.map_err(broken)
    }
}

fn upload_text(app: SdkAppId, name: &str, file_name: &str, query: &str) -> String {
    format!("put {app}/{name}/{file_name}?{query}")
}

fn download_text(app: SdkAppId, name: &str, file_name: &str) -> String {
    format!("get {app}/{name}/{file_name}")
}

fn pass_text(file: &UploadRow, until: Millis) -> String {
    format!("pass {}/{}?{until}", file.app, file.name)
}

/// Where a file is kept.
fn key(app: SdkAppId, name: &str) -> String {
    format!("{app}/{}/{name}", &name[..2])
}

fn row_key(row: &UploadRow) -> String {
    format!("{}/{}/{}", row.app, &row.name[..2], row.name)
}

/// The token and the name of a file in an address.
fn inside(app: SdkAppId, url: &str) -> Option<(&str, String)> {
    let (path, marker) = (url.split(['?', '#']).next()?, format!("/files/{app}/"));
    let (token, file_name) = path[path.find(&marker)? + marker.len()..].split_once('/')?;
    Some((token, decode(file_name)?))
}

/// Percent-encodes a name for a path or a header.
pub fn encode(name: &str) -> String {
    use std::fmt::Write;
    name.bytes().fold(String::with_capacity(name.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn decode(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.extend(unhex(digits)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = is_hex.then(|| text.as_bytes().chunks(2))?;
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode, inside};

    #[test]
    fn names_survive_an_address() {
        for name in ["a.png", "ünïcödé 文.pdf", "100%.txt", "a&b=c?d#e", "+ ~"] {
            assert_eq!(decode(&encode(name)).as_deref(), Some(name));
        }
        for broken in ["%", "%4", "%zz", "%+1", "%ff"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn addresses_are_found_in_what_clients_say() {
        let app = 1_400_000_001;
        let found = inside(app, "https://im.example.org/files/1400000001/abc/%E6%96%87.png?imageView2/3/w/198/h/198");
        assert_eq!(found, Some(("abc", "文.png".into())));
        for url in ["", "/files/1400000002/abc/x", "https://x/files/1400000001/abc", "https://x/files/1400000001"] {
            assert_eq!(inside(app, url), None, "{url}");
        }
    }
}
