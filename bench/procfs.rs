//! What the kernel says about a process.

use std::fs::read_to_string;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

/// Clock ticks a second in `/proc/<pid>/stat`: fixed in the kernel's interface on every common architecture.
const TICKS: f64 = 100.0;

/// A process's meters at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Meters {
    /// User and system time of all threads, seconds.
    pub cpu_s: f64,
    /// Resident memory, bytes.
    pub rss: u64,
    /// Bytes it caused to be written to storage.
    pub written: u64,
    /// False when the kernel does not count storage writes and `written` is what was handed to `write` calls.
    pub written_is_storage: bool,
}

/// Reads the meters of a process.
pub fn meters(pid: u32) -> anyhow::Result<Meters> {
    let read = |name: &str| {
        read_to_string(format!("/proc/{pid}/{name}")).with_context(|| format!("cannot read {name} of process {pid}"))
    };
    let cpu_s = cpu(&read("stat")?)?;
    let rss = 1024 * field(&read("status")?, "VmRSS:")?;
    // Reading another user's counters, or a kernel without them, leaves zero and a note in the report.
    let io = read("io").unwrap_or_default();
    let storage = field(&io, "write_bytes:").ok().filter(|bytes| *bytes > 0);
    let handed = field(&io, "wchar:").unwrap_or(0);
    Ok(Meters { cpu_s, rss, written: storage.unwrap_or(handed), written_is_storage: storage.is_some() })
}

/// Seconds of user and system time in the text of `stat`.
fn cpu(stat: &str) -> anyhow::Result<f64> {
    // The name in parentheses may hold spaces and parentheses; fields are counted after the last one.
    let (_, rest) = stat.rsplit_once(')').context("stat has no name")?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let (Some(user), Some(system)) = (fields.next(), fields.next()) else { bail!("stat is too short") };
    Ok((user.parse::<u64>()? + system.parse::<u64>()?) as f64 / TICKS)
}

fn field(text: &str, name: &str) -> anyhow::Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
    let number = line.split_ascii_whitespace().next().with_context(|| format!("{name} is empty"))?;
    Ok(number.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_is_read_behind_a_strange_name() {
        let stat = "7 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0";
        assert!((cpu(stat).unwrap() - 2.0).abs() < 1e-9);
        assert!(cpu("7 (a) S 1").is_err());
    }

    #[test]
    fn own_meters_are_there() {
        let meters = meters(std::process::id()).unwrap();
        assert!(meters.rss > 100_000);
    }
}
