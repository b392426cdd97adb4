//! Reads the places a value can come from.

use std::{fmt, ops::Range, path::PathBuf};

use anyhow::{Context, anyhow, bail};
use toml::de::{DeTable, DeValue};

use super::{Key, SECTIONS, value::Value};

const PREFIX: &str = "FEIHONG__";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave one.
    Default,
    /// A line of the configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// What was given besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The configuration file: its name and its text.
    pub file: Option<(PathBuf, String)>,
    /// Environment variables; those without our prefix are ignored.
    pub environment: Vec<(String, String)>,
    /// Key, flag, value.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

impl Sources {
    /// The process's own: a file, its environment, flags.
    pub fn of_process(file: Option<PathBuf>, flags: Vec<(&'static str, &'static str, String)>) -> anyhow::Result<Self> {
        let read = |path: PathBuf| {
            let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            anyhow::Ok((path, text))
        };
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let environment = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Ok(Self { file: file.map(read).transpose()?, environment, flags })
    }
}

/// Every value that was given, the most important last.
pub(crate) struct Layers(Vec<(String, String, Origin)>);

impl Layers {
    pub fn read(sources: &Sources, keys: &[Key]) -> anyhow::Result<Self> {
        let mut layers = Self(Vec::new());
        if let Some((path, text)) = &sources.file {
            layers.read_file(path, text, keys)?;
        }
        for (name, value) in &sources.environment {
            let Some(key) = name.strip_prefix(PREFIX) else { continue };
            let key = key.to_ascii_lowercase().replace("__", ".");
            let origin = Origin::Environment(name.clone());
            known(&key, &origin, keys)?;
            layers.0.push((key, value.clone(), origin));
        }
        for (key, flag, value) in &sources.flags {
            layers.0.push(((*key).to_owned(), value.clone(), Origin::Flag(flag)));
        }
        Ok(layers)
    }

    fn read_file(&mut self, path: &std::path::Path, text: &str, keys: &[Key]) -> anyhow::Result<()> {
        let at = |span: Range<usize>| Origin::File { path: path.to_owned(), line: line(text, span.start) };
        let table = DeTable::parse(text).map_err(|error| {
            let place = at(error.span().unwrap_or_default());
            anyhow!("{place}: {}", error.message())
        })?;
        for (section, content) in table.get_ref() {
            let (name, place) = (section.get_ref(), at(section.span()));
            if !SECTIONS.iter().any(|(known, _)| known == name) {
                let known: Vec<_> = SECTIONS.iter().map(|(name, _)| format!("[{name}]")).collect();
                bail!("{place}: there is no section [{name}]; there are {}", known.join(", "));
            }
            let Some(content) = content.get_ref().as_table() else { bail!("{place}: {name} must be a section") };
            for (key, value) in content {
                let (key, place) = (format!("{name}.{}", key.get_ref()), at(key.span()));
                known(&key, &place, keys)?;
                let value = match value.get_ref() {
                    DeValue::String(text) => text.to_string(),
                    DeValue::Integer(number) => number.to_string(),
                    DeValue::Boolean(flag) => flag.to_string(),
                    _ => bail!("{place}: {key} must be a single value: a text or a number"),
                };
                self.0.push((key, value, place));
            }
        }
        Ok(())
    }

    /// The value of a key, remembering where it came from.
    pub fn value<V: Value>(
        &self,
        key: &'static str,
        default: &str,
        origins: &mut Vec<(&'static str, Origin)>,
    ) -> anyhow::Result<V> {
        let given = self.0.iter().rev().find(|(name, ..)| name == key);
        let (text, origin) = given.map_or((default, Origin::Default), |(_, text, origin)| (text, origin.clone()));
        let value = V::parse(text).map_err(|must| anyhow!("{origin}: {key} {must}"))?;
        origins.push((key, origin));
        Ok(value)
    }
}

fn known(key: &str, place: &Origin, keys: &[Key]) -> anyhow::Result<()> {
    if keys.iter().any(|known| known.name == key) {
        return Ok(());
    }
    let section = key.split('.').next().unwrap_or_default();
    let siblings: Vec<_> =
        keys.iter().filter(|known| known.name.split('.').next() == Some(section)).map(|known| known.name).collect();
    let siblings = if siblings.is_empty() { keys.iter().map(|key| key.name).collect() } else { siblings };
    bail!("{place}: there is no key {key}; there are {}", siblings.join(", "))
}

fn line(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}
