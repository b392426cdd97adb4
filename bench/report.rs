//! The report: what is printed and what is written.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{groups, idle, load, login, offline};

/// Everything one run measured.
#[derive(Debug)]
pub struct Report {
    /// Through the server.
    pub c2c: load::Outcome,
    /// The same with a callback after each message.
    pub told: load::Outcome,
    /// Idle connections on the server.
    pub idle: idle::Outcome,
    /// The same messages through the relay.
    pub relay: load::Outcome,
    /// Idle connections on the relay.
    pub relay_idle: idle::Outcome,
    /// Live rooms and groups, on both.
    pub groups: groups::Figures,
    /// Sign-ins of a user with many friends and conversations.
    pub login: login::Outcome,
    /// Messages to users who are away.
    pub offline: offline::Outcome,
    /// How it was run.
    pub settings: Settings,
}

/// How a run was made.
#[derive(Debug, Clone, Serialize)]
pub struct Settings {
    /// Whether it was a short run.
    pub quick: bool,
    /// Pairs of a sender and a receiver.
    pub pairs: usize,
    /// Messages in flight per pair in the closed loop.
    pub window: u64,
    /// Seconds of each measured window.
    pub seconds: f64,
    /// Processors of the machine.
    pub processors: usize,
}

/// One goal.
#[derive(Debug, Serialize)]
pub struct Goal {
    name: String,
    value: f64,
    at_most: f64,
    met: bool,
}

impl Goal {
    /// A figure that should be small.
    pub fn new(name: impl Into<String>, value: f64, at_most: f64) -> Self {
        Self { name: name.into(), value, at_most, met: value <= at_most }
    }

    /// Whether it is.
    #[cfg(test)]
    pub fn is_met(&self) -> bool {
        self.met
    }
}

impl Report {
    fn goals(&self) -> Vec<Goal> {
        let goal = |name: &str, value: f64, at_most: f64| Goal::new(name, value, at_most);
        let mut goals = vec![
            goal("server CPU / relay CPU", self.c2c.server_cpu_s_per_1m / self.relay.server_cpu_s_per_1m, 5.0),
            goal("p99 / relay p99, at half of saturation", self.c2c.half.p99_ms / self.relay.half.p99_ms, 20.0),
            goal("bytes per idle connection", self.idle.bytes_per_connection, 12.0 * 1024.0),
            goal("bytes written per message", self.c2c.written_bytes_per_message, 10_000.0),
        ];
        // At half of saturation, where the app's server keeps up and every message is told within the window.
        let ratio = self.told.half.paced_cpu_s_per_1m / self.c2c.half.paced_cpu_s_per_1m;
        goals.push(goal("server CPU with an after-callback / without", ratio, 1.5));
        goals.extend(self.groups.goals());
        goals
    }

    fn notes(&self) -> Vec<&str> {
        let mut notes: Vec<&str> = self.groups.notes.iter().map(String::as_str).collect();
        if !self.c2c.written_is_storage {
            notes.push("the kernel does not count storage writes here: written bytes are what write calls were given");
        }
        if self.relay.half.p99_ms > 3.0 * self.relay.also.as_ref().map_or(f64::MAX, |also| also.p99_ms) {
            notes.push(
                "half of the relay's saturation already fills this machine, load generator included, so its p99 there \
                 is high: compare at the same rate too",
            );
        }
        if self.settings.quick {
            notes.push("a quick run: short windows, no checkpoint of the database inside them");
        }
        notes
    }

    /// The report as JSON.
    pub fn json(&self) -> Value {
        let mut relay = json!(self.relay);
        relay["idle"] = json!(self.relay_idle);
        let mut report = json!({
            "c2c": self.c2c,
            "callback": self.told,
            "idle": self.idle,
            "relay": relay,
            "login": self.login,
            "offline": self.offline,
            "goals": self.goals(),
            "settings": self.settings,
            "notes": self.notes(),
        });
        self.groups.write(&mut report);
        report
    }

    /// The report as a table.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let mut row = |name: &str, ours: f64, relay: f64, digits: usize| {
            let ratio = if relay > 0.0 { format!("{:.2}", ours / relay) } else { "-".into() };
            let _ = writeln!(out, "{name:<42}{ours:>14.digits$}{relay:>14.digits$}{ratio:>10}");
        };
        let (c2c, relay) = (&self.c2c, &self.relay);
        row("delivered per second", c2c.delivered_per_s, relay.delivered_per_s, 0);
        row("CPU s per million", c2c.server_cpu_s_per_1m, relay.server_cpu_s_per_1m, 2);
        row("load generator CPU s per million", c2c.load_cpu_s_per_1m, relay.load_cpu_s_per_1m, 2);
        let mut latencies = |rate: &str, ours: &load::Open, relay: &load::Open| {
            row(&format!("{rate}: rate"), ours.rate_per_s, relay.rate_per_s, 0);
            row(&format!("{rate}: CPU s per million"), ours.paced_cpu_s_per_1m, relay.paced_cpu_s_per_1m, 2);
            row(&format!("{rate}: p50 ms"), ours.p50_ms, relay.p50_ms, 3);
            row(&format!("{rate}: p99 ms"), ours.p99_ms, relay.p99_ms, 3);
            row(&format!("{rate}: p99.9 ms"), ours.p999_ms, relay.p999_ms, 3);
        };
        latencies("half of saturation", &c2c.half, &relay.half);
        if let Some(also) = &relay.also {
            latencies("same rate", &c2c.half, also);
        }
        row("bytes written per message", c2c.written_bytes_per_message, relay.written_bytes_per_message.round(), 0);
        row("bytes per idle connection", self.idle.bytes_per_connection, self.relay_idle.bytes_per_connection, 0);
        row("seconds to connect them", self.idle.connect_s, self.relay_idle.connect_s, 2);
        for fan in &self.groups.fans {
            let (title, ours, relay) = (fan.title(), &fan.server, &fan.relay);
            row(&format!("{title}: deliveries per s"), ours.deliveries_per_s, relay.deliveries_per_s, 0);
            row(&format!("{title}: CPU s per million"), ours.server_cpu_s_per_1m, relay.server_cpu_s_per_1m, 2);
            row(&format!("{title}: load CPU s"), ours.load_cpu_s_per_1m, relay.load_cpu_s_per_1m, 2);
            row(&format!("{title}: s to connect"), ours.connect_s, relay.connect_s, 2);
        }
        // What the relay has nothing to compare with.
        let mut alone = |name: &str, ours: f64, digits: usize| {
            let _ = writeln!(out, "{name:<42}{ours:>14.digits$}{:>14}{:>10}", "-", "-");
        };
        let told = &self.told;
        alone("with a callback after: delivered per s", told.delivered_per_s, 0);
        alone("    CPU s per million", told.server_cpu_s_per_1m, 2);
        alone("    half of saturation: CPU s per million", told.half.paced_cpu_s_per_1m, 2);
        alone("    half of saturation: p99 ms", told.half.p99_ms, 3);
        alone("    bytes written per message", told.written_bytes_per_message, 0);
        let login = &self.login;
        let title = format!("login, {} friends", login.friends);
        alone(&format!("{title}: requests"), login.requests as f64, 0);
        alone(&format!("{title}: CPU ms"), login.server_cpu_ms_per_login, 2);
        alone(&format!("{title}: p50 ms"), login.p50_ms, 3);
        alone(&format!("{title}: p99 ms"), login.p99_ms, 3);
        alone(&format!("{title}: bytes received"), login.received_bytes as f64, 0);
        let offline = &self.offline;
        let title = format!("offline, {} users", offline.users);
        alone(&format!("{title}: stored per s"), offline.stored_per_s, 0);
        alone(&format!("{title}: drained per s"), offline.drained_per_s, 0);
        alone("    CPU s per million stored", offline.server_cpu_s_per_1m_stored, 2);
        alone("    CPU s per million drained", offline.server_cpu_s_per_1m_drained, 2);
        let mut text = format!("{:<42}{:>14}{:>14}{:>10}\n{out}\n", "", "server", "relay", "ratio");
        for Goal { name, value, at_most, met } in self.goals() {
            let verdict = if met { "met" } else { "MISSED" };
            let _ = writeln!(text, "{name:<46}{value:>12.2}  goal at most {at_most:>6.1}  {verdict}");
        }
        for note in self.notes() {
            let _ = writeln!(text, "note: {note}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::Sizes;

    fn load(cpu: f64, p99: f64, written: f64) -> load::Outcome {
        load::Outcome {
            delivered_per_s: 1000.0,
            server_cpu_s_per_1m: cpu,
            load_cpu_s_per_1m: 1.0,
            written_bytes_per_message: written,
            written_is_storage: written > 0.0,
            half: load::Open { p99_ms: p99, paced_cpu_s_per_1m: cpu, ..load::Open::default() },
            also: None,
            sizes: Sizes::default(),
        }
    }

    fn idle(bytes: f64) -> idle::Outcome {
        idle::Outcome { connections: 10, bytes_per_connection: bytes, rss_before: 1, rss_after: 2, connect_s: 1.0 }
    }

    #[test]
    fn goals_are_ratios_to_the_relay() {
        let settings = Settings { quick: false, pairs: 1, window: 1, seconds: 1.0, processors: 2 };
        let report = Report {
            c2c: load(25.0, 21.0, 9_000.0),
            told: load(30.0, 22.0, 9_500.0),
            idle: idle(13_000.0),
            relay: load(5.0, 1.0, 0.0),
            relay_idle: idle(1.0),
            groups: groups::Figures::default(),
            login: login::Outcome { requests: 77, ..login::Outcome::default() },
            offline: offline::Outcome { messages: 99, ..offline::Outcome::default() },
            settings,
        };
        let met: Vec<bool> = report.goals().iter().map(Goal::is_met).collect();
        assert_eq!(met, [true, false, false, true, true]);
        let json = report.json();
        assert_eq!(json["c2c"]["written_bytes_per_message"], 9_000.0);
        assert_eq!(json["relay"]["p99_ms"], 1.0);
        assert_eq!(json["idle"]["connections"], 10);
        assert_eq!(json["login"]["requests"], 77);
        assert_eq!(json["offline"]["messages"], 99);
        assert!(report.table().contains("MISSED"));
    }
}
