//! The kinds of values that keys have.

use std::{fmt, fs, net::SocketAddr, path::PathBuf};

/// A kind of value.
pub(crate) trait Value: Sized {
    /// Whether it is written in quotes in the file.
    const QUOTED: bool = true;
    /// Reads a text; the error goes after "KEY must be ".
    fn parse(text: &str) -> Result<Self, String>;
    /// The value as text, without secrets.
    fn show(&self) -> String;
}

impl Value for String {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for u32 {
    const QUOTED: bool = false;
    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "must be a number from 0 to 4294967295".into())
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for i8 {
    const QUOTED: bool = false;
    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "must be a number from -128 to 127".into())
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    const QUOTED: bool = false;
    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "must be true or false".into())
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for SocketAddr {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "must be an address and port, such as 127.0.0.1:7400 or [::]:7400".into())
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for PathBuf {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }
    fn show(&self) -> String {
        self.display().to_string()
    }
}

/// Nothing is written as an empty text.
impl<V: Value> Value for Option<V> {
    const QUOTED: bool = V::QUOTED;
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Ok(None) } else { V::parse(text).map(Some) }
    }
    fn show(&self) -> String {
        self.as_ref().map(V::show).unwrap_or_default()
    }
}

/// An `http` or `https` address without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Url {
    fn parse(text: &str) -> Result<Self, String> {
        let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        match host {
            Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => {
                Ok(Self(text.trim_end_matches('/').to_owned()))
            }
            _ => Err("must begin with http:// or https://, followed by a host".into()),
        }
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// A text that is used and never shown. It may be given as `file:PATH`; then it is the file's content.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

impl Value for Secret {
    fn parse(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix("file:") else { return Ok(Self(text.to_owned())) };
        match fs::read_to_string(path) {
            Ok(content) => Ok(Self(content.trim_end_matches(['\r', '\n']).to_owned())),
            Err(error) => Err(format!("must be readable, but: cannot read {path}: {error}")),
        }
    }
    fn show(&self) -> String {
        if self.0.is_empty() { String::new() } else { "***".into() }
    }
}

macro_rules! choice {
    ($(#[doc = $about:literal])+ $name:ident, $must:literal { $($(#[doc = $meaning:literal])+ $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl Value for $name {
            fn parse(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($must.into()),
                }
            }
            fn show(&self) -> String {
                match self { $(Self::$variant => $word,)+ }.into()
            }
        }
    };
}

choice! {
    /// Which database holds the data.
    Backend, "must be sqlite or postgres" {
        /// Files in the data directory.
        Sqlite = "sqlite",
        /// A PostgreSQL database.
        Postgres = "postgres",
    }
}

choice! {
    /// Where uploaded files are.
    FilePlace, "must be disk or s3" {
        /// In the data directory.
        Disk = "disk",
        /// In a bucket of an S3-compatible store.
        S3 = "s3",
    }
}

choice! {
    /// What an acknowledgement means.
    Durability, "must be full or relaxed" {
        /// It is on disk.
        Full = "full",
        /// It may be lost when the power fails.
        Relaxed = "relaxed",
    }
}

choice! {
    /// How the log is written.
    LogFormat, "must be text or json" {
        /// For people.
        Text = "text",
        /// For programs.
        Json = "json",
    }
}
