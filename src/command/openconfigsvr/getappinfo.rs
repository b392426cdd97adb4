//! What was counted for an app on each of the last 30 days that have ended (REST v4 `getappinfo`), newest first.

use std::sync::Arc;

use model::{
    Code, Error,
    calendar::day_of,
    statistic::{DAY_HOURS, Metric},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Command, Context, Doors, Envelope, Spec};

/// How many days.
const DAYS: usize = 30;

#[derive(Deserialize)]
pub(crate) struct Request {
    /// Names of fields; all when there are none. The date is always among them.
    #[serde(rename = "RequestField", default)]
    fields: Vec<String>,
}

/// Every value is text, numbers too.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    action_status: &'static str,
    error_code: i32,
    error_info: &'static str,
    result: Vec<Map<String, Value>>,
}

impl Command for Request {
    const SPEC: Spec = Spec::config("openconfigsvr.getappinfo")
        .doors(Doors::REST)
        .fails(&[Code::StatisticsUnanswered])
        .example(r#"{"RequestField":["ActiveUserNum","UpMsgNum","Date"]}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let app = cx.app()?;
        let statistics = &cx.services.statistics;
        let from = statistics.today() - DAYS as i64 * DAY_HOURS;
        let days = statistics.days(Some(app.sdkappid), from, DAYS).await.map_err(|error| match error.code {
            Code::Broken => Error { code: Code::StatisticsUnanswered, ..error },
            _ => error,
        })?;
        let wanted = |name: &str| self.fields.is_empty() || self.fields.iter().any(|field| field == name);
        let day = |day: &service::statistic::StatisticPeriod| {
            let mut found = Map::new();
            let mut put = |name: &str, value: String| {
                if name == "Date" || wanted(name) {
                    found.insert(name.to_owned(), value.into());
                }
            };
            put("AppName", app.name.clone());
            put("AppId", app.sdkappid.to_string());
            put("Company", String::new());
            let (year, month, date) = day_of(day.start, statistics.zone().ahead());
            put("Date", format!("{year:04}{month:02}{date:02}"));
            for metric in Metric::ALL.iter().filter(|metric| !metric.wire().is_empty()) {
                put(metric.wire(), day.value(*metric).to_string());
            }
            found
        };
        Ok(Reply { action_status: "OK", error_code: 0, error_info: "OK", result: days.iter().rev().map(day).collect() })
    }
}
