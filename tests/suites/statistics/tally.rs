//! What the test counts by itself, day by day, under the names of the answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

const DAY: i64 = 86_400_000;
/// The calendar is so far ahead of UTC.
const AHEAD: i64 = 8 * 3_600_000;
const SUMS: [&str; 17] = [
    "RegistUserNumOneDay",
    "UpMsgNum",
    "DownMsgNum",
    "C2CUpMsgNum",
    "C2CDownMsgNum",
    "GroupUpMsgNum",
    "GroupDownMsgNum",
    "GroupJoinGroupTimes",
    "GroupQuitGroupTimes",
    "GroupNewGroupNum",
    "GroupDestroyGroupNum",
    "LoginTimes",
    "ChainIncrease",
    "ChainDecrease",
    "APNSMsgNum",
    "CallBackReq",
    "CallBackRsp",
];
const SETS: [&str; 6] = [
    "ActiveUserNum",
    "LoginUserNum",
    "SendMsgUserNum",
    "C2CSendMsgUserNum",
    "GroupSendMsgUserNum",
    "GroupSendMsgGroupNum",
];

#[derive(Clone, Default)]
struct Day {
    sums: BTreeMap<&'static str, i64>,
    sets: BTreeMap<&'static str, BTreeSet<String>>,
    totals: BTreeMap<&'static str, i64>,
    peak: usize,
}

/// The days.
pub struct Tally {
    now: i64,
    days: BTreeMap<i64, Day>,
}

fn day(time: i64) -> i64 {
    (time + AHEAD).div_euclid(DAY)
}

impl Tally {
    pub fn new(now: i64) -> Self {
        Self { now, days: BTreeMap::from([(day(now), Day::default())]) }
    }

    fn today(&mut self) -> &mut Day {
        self.days.entry(day(self.now)).or_default()
    }

    /// Goes on; whoever is online then is active on the new day as well.
    pub fn advance<'a>(&mut self, now: i64, online: impl ExactSizeIterator<Item = &'a String>) {
        let before = self.today().totals.clone();
        let online: Vec<&String> = online.collect();
        for new in day(self.now) + 1..=day(now) {
            let entry = self.days.entry(new).or_default();
            entry.totals.clone_from(&before);
            entry.peak = online.len();
            entry.sets.entry("ActiveUserNum").or_default().extend(online.iter().map(|name| (*name).clone()));
        }
        self.now = now;
    }

    pub fn add(&mut self, name: &'static str, count: i64) {
        *self.today().sums.entry(name).or_default() += count;
    }

    pub fn total(&mut self, name: &'static str, count: i64) {
        *self.today().totals.entry(name).or_default() += count;
    }

    pub fn who(&mut self, name: &'static str, who: &str) {
        self.today().sets.entry(name).or_default().insert(who.to_owned());
    }

    pub fn online(&mut self, online: usize) {
        let today = self.today();
        today.peak = today.peak.max(online);
    }

    pub fn said(&mut self, kind: &str, from: &str, reach: i64) {
        let (up, down, senders) = match kind {
            "C2C" => ("C2CUpMsgNum", "C2CDownMsgNum", "C2CSendMsgUserNum"),
            _ => ("GroupUpMsgNum", "GroupDownMsgNum", "GroupSendMsgUserNum"),
        };
        for (name, count) in [(up, 1), ("UpMsgNum", 1), (down, reach), ("DownMsgNum", reach)] {
            self.add(name, count);
        }
        for name in [senders, "SendMsgUserNum", "ActiveUserNum"] {
            self.who(name, from);
        }
    }

    /// How many of the days have ended.
    pub fn ended(&self, now: i64) -> usize {
        self.days.range(..day(now)).count()
    }

    /// Checks a row of the answer if it is of one of the days; whether it was.
    pub fn check(&self, date: &str, row: &Value) -> bool {
        let of = |number: i64| {
            let (year, month, date) = model::calendar::day_of(number * 24 - 8, 8);
            format!("{year:04}{month:02}{date:02}")
        };
        let found = self.days.iter().find(|(number, _)| of(**number) == date);
        let Some((_, day)) = found else {
            assert_eq!(row["UpMsgNum"], "0", "nothing happened on {date}");
            return false;
        };
        for name in SUMS {
            let expected = day.sums.get(name).copied().unwrap_or_default();
            assert_eq!(row[name], expected.to_string(), "{name} of {date}");
        }
        for name in SETS {
            let expected = day.sets.get(name).map_or(0, BTreeSet::len);
            assert_eq!(row[name], expected.to_string(), "{name} of {date}");
        }
        for name in ["RegistUserNumTotal", "GroupAllGroupNum"] {
            let expected = day.totals.get(name).copied().unwrap_or_default();
            assert_eq!(row[name], expected.to_string(), "{name} of {date}");
        }
        assert_eq!(row["MaxOnlineNum"], day.peak.to_string(), "MaxOnlineNum of {date}");
        true
    }
}
