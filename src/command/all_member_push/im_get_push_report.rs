//! How far pushes have come (REST v4 `im_get_push_report`).

use std::sync::Arc;

use model::{Code, Error, PushState, calendar, push::limit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Command, Context, Doors, Spec, entry::first_wrong};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    task_ids: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    reports: Vec<Report>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    task_id: String,
    /// 0 not begun, 1 running, 2 finished.
    status: u8,
    #[serde(flatten)]
    progress: Option<Progress>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Progress {
    start_time: String,
    finished: i64,
    total: i64,
}

impl Command for Request {
    const SPEC: Spec = Spec::openim("all_member_push.im_get_push_report")
        .doors(Doors::REST)
        .rate(100)
        .fails(&[Code::TaskIdMissing, Code::TaskUnknown, Code::TooManyTaskIds])
        .example(r#"{"TaskIds":["1400000001_1_77"]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        match self.task_ids.len() {
            0 => return Err(Code::TaskIdMissing.into()),
            1..=limit::TASKS => {}
            _ => return Err(Code::TooManyTaskIds.into()),
        }
        let app = cx.app()?.sdkappid;
        let mut reports = Vec::with_capacity(self.task_ids.len());
        for task_id in self.task_ids {
            let row = cx.services.push_named(app, &task_id).await?;
            let row = row.ok_or_else(|| Error::new(Code::TaskUnknown).detail(format!("there is no push {task_id}")))?;
            let state = service::push_state(&row)?;
            let begun = row.started > 0;
            let status = match state {
                PushState::Waiting | PushState::Paused if !begun => 0,
                PushState::Waiting | PushState::Running | PushState::Paused => 1,
                PushState::Finished | PushState::Cancelled | PushState::Withdrawn => 2,
            };
            let start_time = calendar::written(row.started);
            let progress = begun.then_some(Progress { start_time, finished: row.finished, total: row.total });
            reports.push(Report { task_id, status, progress });
        }
        Ok(Reply { reports })
    }

    fn malformed(body: &Value) -> Option<Error> {
        first_wrong(body, &[("TaskIds", Value::is_array, true, Code::TaskIdMissing)])
    }
}
