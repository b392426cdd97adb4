//! Live rooms and groups in the benchmark: each through the server, then as bare frames through the relay.

use serde_json::{Value, json};

use crate::fanout::Outcome;
use crate::report::Goal;
use crate::run::{Args, Relay, child, with_server};

/// Members of the live rooms.
const ROOMS: [usize; 2] = [1_000, 10_000];
/// Members of the stored group.
const GROUP: usize = 500;
/// Messages in flight.
const WINDOW: u64 = 8;
/// Descriptors a process needs besides one for each listener.
const OTHER_FILES: u64 = 200;

/// Everything measured of rooms and groups.
#[derive(Debug, Default)]
pub struct Figures {
    /// One for each.
    pub fans: Vec<Fan>,
    /// What kept them from being as intended.
    pub notes: Vec<String>,
}

/// One room or group.
#[derive(Debug)]
pub struct Fan {
    /// Its name in the report.
    pub name: &'static str,
    /// The most times the relay's CPU that the server should take.
    pub goal: f64,
    /// Through the server.
    pub server: Outcome,
    /// The same frames through the relay.
    pub relay: Outcome,
}

/// Measures the rooms and the group.
pub async fn measure(args: &Args, seconds: f64, warmup: f64) -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    let files = rlimit::Resource::NOFILE.get_soft()?.saturating_sub(OTHER_FILES);
    let rooms = ROOMS.map(|members| ("live_room", "room", members, 2.0));
    for (name, kind, wanted, goal) in rooms.into_iter().chain([("group", "group", GROUP, 3.0)]) {
        let members = wanted.min(usize::try_from(files).unwrap_or(usize::MAX));
        if members < wanted {
            let note = format!("the limit of open files allows a {name} of {members} members, not {wanted}");
            figures.notes.push(note);
        }
        let options = [
            format!("--kind={kind}"),
            format!("--listeners={members}"),
            format!("--window={WINDOW}"),
            format!("--warmup={warmup}"),
            format!("--seconds={seconds}"),
        ];
        eprintln!("{} of {members} on the server", name.replace('_', " "));
        let server: Outcome = with_server(args, "fanout", &options).await?;
        eprintln!("the same frames to {members} through the relay");
        let relay = {
            let relay = Relay::start()?;
            let sizes = server.sizes;
            let mut more = vec!["--sizes".to_owned()];
            more.extend([sizes.request, sizes.answer, sizes.push, sizes.ack].map(|size| size.to_string()));
            more.extend(relay.options());
            child("fanout", &options, &more, None).await?
        };
        figures.fans.push(Fan { name, goal, server, relay });
    }
    Ok(figures)
}

impl Fan {
    /// What it is called in the table.
    pub fn title(&self) -> String {
        format!("{} of {}", self.name.replace('_', " "), self.server.listeners)
    }
}

impl Figures {
    /// CPU per delivery in times the relay's.
    pub fn goals(&self) -> Vec<Goal> {
        let goal = |fan: &Fan| {
            let value = fan.server.server_cpu_s_per_1m / fan.relay.server_cpu_s_per_1m;
            Goal::new(format!("{}: server CPU / relay CPU", fan.title()), value, fan.goal)
        };
        self.fans.iter().map(goal).collect()
    }

    /// Adds the figures to a report, by name and number of members.
    pub fn write(&self, report: &mut Value) {
        for fan in &self.fans {
            let members = fan.server.listeners.to_string();
            report[fan.name][&members] = json!(fan.server);
            report["relay_fanout"][&members] = json!(fan.relay);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_by_name_and_members() {
        let outcome = |cpu, listeners| Outcome { listeners, server_cpu_s_per_1m: cpu, ..Outcome::default() };
        let fan = |name, goal, cpu, listeners| Fan {
            name,
            goal,
            server: outcome(cpu, listeners),
            relay: outcome(2.0, listeners),
        };
        let fans =
            vec![fan("live_room", 2.0, 3.0, 1000), fan("live_room", 2.0, 5.0, 10_000), fan("group", 3.0, 6.0, 500)];
        let figures = Figures { fans, notes: Vec::new() };
        let mut report = json!({});
        figures.write(&mut report);
        assert_eq!(report["live_room"]["10000"]["server_cpu_s_per_1m"], 5.0);
        assert_eq!(report["group"]["500"]["server_cpu_s_per_1m"], 6.0);
        assert_eq!(report["relay_fanout"]["1000"]["server_cpu_s_per_1m"], 2.0);
        assert_eq!(figures.goals().iter().map(Goal::is_met).collect::<Vec<_>>(), [true, false, true]);
    }
}
