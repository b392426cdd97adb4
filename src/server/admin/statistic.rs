//! `feihong stats`.

use model::{Code, Error, SdkAppId, calendar};
use service::Services;

use super::{Recount, RecountLine, Reply};

pub(super) async fn rebuild(services: &Services, sdkappid: SdkAppId, day: &str) -> Result<Reply, Error> {
    super::app::find(services, sdkappid)?;
    let statistics = &services.statistics;
    let invalid = |why: String| Error::new(Code::Invalid).detail(why);
    let start = calendar::day(day, statistics.zone().ahead())
        .ok_or_else(|| invalid(format!("{day} is not a day, write it as 2026-11-25")))?;
    let lines = statistics.recount(sdkappid, start).await?;
    let lines = lines.into_iter().map(|line| RecountLine {
        metric: line.metric.key().to_owned(),
        counted: line.counted,
        stored: line.stored,
    });
    Ok(Reply::Recount(Recount { sdkappid, day: day.to_owned(), lines: lines.collect() }))
}
