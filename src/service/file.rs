//! Files that messages refer to: signed addresses to put them to, and where they are kept.

use std::path::PathBuf;

use model::{Code, Error, Millis, SdkAppId};
use ring::hmac;
use store::tables::upload::UploadRow;

use crate::{Account, Services, broken, world::hex};

/// How long an upload may begin after its address was given.
const UPLOAD_MILLIS: Millis = 15 * 60_000;
/// The longest name a file may have, in bytes.
const NAME_BYTES: usize = 255;

/// Where a client puts a file, and where its readers get it: paths on this server.
pub struct Address {
    /// The path to put it to, with its signature.
    pub upload: String,
    /// The path to get it from.
    pub download: String,
    /// When the upload address ends, milliseconds since 1970.
    pub expires: Millis,
}

/// An upload that was allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The app.
    pub app: SdkAppId,
    /// Who uploads.
    pub account: i64,
    /// 1 image, 2 video, 3 audio, 255 file.
    pub kind: i64,
    /// The random name on disk.
    pub name: String,
    /// What the user called it.
    pub file_name: String,
}

impl Services {
    /// Allows a user to upload one file.
    pub fn allow_upload(&self, me: &Account, kind: i64, file_name: &str) -> Result<Address, Error> {
        let file_name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
        if file_name.is_empty() || file_name.len() > NAME_BYTES || file_name.chars().any(char::is_control) {
            return Err(Error::new(Code::GroupParameterInvalid).detail("a file's name has 1 to 255 bytes"));
        }
        let (name, expires) = (self.world.hex(20), self.world.now() + UPLOAD_MILLIS);
        let path = format!("/files/{}/{name}/{}", me.app, encode(file_name));
        let query = format!("account={}&kind={kind}&expires={expires}", me.number);
        let sign = self.sign(&format!("{}/{name}/{file_name}?{query}", me.app));
        Ok(Address { upload: format!("{path}?{query}&sign={sign}"), download: path, expires })
    }

    /// Checks the address of an upload.
    pub fn check_upload(&self, ticket: &Ticket, expires: Millis, sign: &str) -> bool {
        let query = format!("account={}&kind={}&expires={expires}", ticket.account, ticket.kind);
        let signed = format!("{}/{}/{}?{query}", ticket.app, ticket.name, ticket.file_name);
        let Some(sign) = unhex(sign) else { return false };
        expires > self.world.now() && hmac::verify(&self.file_key, signed.as_bytes(), &sign).is_ok()
    }

    fn sign(&self, text: &str) -> String {
        hex(hmac::sign(&self.file_key, text.as_bytes()).as_ref())
    }

    /// Where a file is kept; `None` when the name is not one that was given out.
    pub fn file_path(&self, app: SdkAppId, name: &str) -> Option<PathBuf> {
        let is_ours = name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_ours.then(|| self.options.files.join(app.to_string()).join(&name[..2]).join(name))
    }

    /// The largest file an app's users may upload, in bytes.
    pub fn upload_limit(&self, app: SdkAppId) -> Option<usize> {
        let app = self.apps.get(app)?;
        Some(app.settings.upload_megabytes as usize * 1_000_000)
    }

    /// Remembers an uploaded file.
    pub async fn uploaded(&self, ticket: &Ticket, bytes: u64) -> Result<(), Error> {
        let row = UploadRow {
            name: ticket.name.clone(),
            app: ticket.app.into(),
            account: ticket.account,
            file_name: ticket.file_name.clone(),
            kind: ticket.kind,
            bytes: bytes as i64,
            created: self.world.now(),
        };
        self.store.book.add_upload(&row).await.map_err(broken)
    }
}

/// Percent-encodes a name for a path.
fn encode(name: &str) -> String {
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

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
