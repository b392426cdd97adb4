//! What was counted for an app, or for the whole platform, by days or hours; today as it is so far.

use std::{collections::BTreeMap, sync::Arc};

use model::{
    Code, Error, SdkAppId,
    calendar::{day, day_of},
    statistic::{DAY_HOURS, Metric, Page},
};
use serde::{Deserialize, Serialize};
use service::statistic::{StatisticPeriod, Statistics};

use super::shared::need;
use crate::{Command, Context, Envelope, Spec};

/// The most days that can be asked for at a time.
const DAYS: i64 = 366;
/// The most days by the hour, as long as hours are kept.
const DAYS_OF_HOURS: i64 = 31;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    /// Nothing is the whole platform.
    sdk_app_id: Option<SdkAppId>,
    /// The first day, `yyyy-mm-dd`.
    from: String,
    /// The last day, this one too. Days to come are left out.
    to: String,
    /// Keys of metrics; all that have a page when there are none.
    #[serde(default)]
    metrics: Vec<String>,
    /// By the hour, without totals, instead of by the day.
    #[serde(default)]
    hourly: bool,
    /// Whether as many days before are asked for too.
    #[serde(default)]
    compare: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reply {
    /// Today's date on the platform's calendar.
    today: String,
    /// Accounts connected now.
    online: i64,
    /// What the rows have, in the order of the pages.
    metrics: Vec<Column>,
    rows: Vec<Line>,
    /// As many days before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Vec<Line>>,
}

#[derive(Serialize)]
struct Column {
    key: &'static str,
    page: Page,
}

#[derive(Serialize)]
struct Line {
    date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hour: Option<i64>,
    values: BTreeMap<&'static str, i64>,
}

impl Request {
    fn wanted(&self) -> Result<Vec<Metric>, Error> {
        if self.metrics.is_empty() {
            let shown = |metric: &Metric| metric.page() != Page::Inner;
            return Ok(Metric::ALL.iter().copied().filter(shown).collect());
        }
        let find = |key: &String| Metric::from_key(key).ok_or_else(|| invalid(format!("there is no metric {key}")));
        self.metrics.iter().map(find).collect()
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.statistics.get")
        .fails(&[Code::Invalid, Code::NotFound])
        .example(r#"{"sdkAppId":1400000001,"from":"2026-11-01","to":"2026-11-07","metrics":["active_users"]}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if let Some(app) = self.sdk_app_id {
            need(&cx, app)?;
        }
        let statistics = &cx.services.statistics;
        let (ahead, today) = (statistics.zone().ahead(), statistics.today());
        let read = |text: &str| day(text, ahead).ok_or_else(|| invalid(format!("{text} is not a day")));
        let (from, to) = (read(&self.from)?, read(&self.to)?.min(today));
        let days = (to - from) / DAY_HOURS + 1;
        let most = if self.hourly { DAYS_OF_HOURS } else { DAYS };
        if days > most {
            return Err(invalid(format!("at most {most} days can be asked for")));
        }
        let metrics = self.wanted()?;
        let lines = async |from: i64| {
            let periods = if days < 1 {
                Vec::new()
            } else if self.hourly {
                statistics.hours(self.sdk_app_id, from, (days * DAY_HOURS) as usize).await?
            } else {
                statistics.days(self.sdk_app_id, from, days as usize).await?
            };
            Ok::<_, Error>(periods.iter().map(|period| line(statistics, period, &metrics, self.hourly)).collect())
        };
        let rows = lines(from).await?;
        let before = if self.compare { Some(lines(from - days.max(0) * DAY_HOURS).await?) } else { None };
        let columns = metrics.iter().map(|metric| Column { key: metric.key(), page: metric.page() }).collect();
        Ok(Reply {
            today: date(today, ahead),
            online: statistics.online_now(self.sdk_app_id),
            metrics: columns,
            rows,
            before,
        })
    }
}

fn line(statistics: &Statistics, period: &StatisticPeriod, metrics: &[Metric], hourly: bool) -> Line {
    let ahead = statistics.zone().ahead();
    Line {
        date: date(period.start, ahead),
        hour: hourly.then(|| (period.start + ahead).rem_euclid(DAY_HOURS)),
        values: metrics.iter().map(|metric| (metric.key(), period.value(*metric))).collect(),
    }
}

fn date(hour: i64, ahead: i64) -> String {
    let (year, month, day) = day_of(hour, ahead);
    format!("{year:04}-{month:02}-{day:02}")
}

fn invalid(why: String) -> Error {
    Error::new(Code::Invalid).detail(why)
}
