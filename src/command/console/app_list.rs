//! Lists apps: searched, filtered, sorted, by the page.

use std::{cmp::Ordering, sync::Arc};

use model::{App, Code, Edition, Error, Millis, State};
use serde::{Deserialize, Serialize};

use super::shared::Shown;
use crate::{Command, Context, Envelope, Spec};

/// How many apps a page may have.
const PAGE_SIZES: [usize; 3] = [10, 20, 50];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    /// A part of the name or of the number, in any case.
    search: Option<String>,
    state: Option<State>,
    edition: Option<Edition>,
    #[serde(default)]
    sort: Sort,
    #[serde(default)]
    descending: bool,
    /// The first is 1.
    page: usize,
    page_size: usize,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Sort {
    #[default]
    Created,
    Name,
    SdkAppId,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    apps: Vec<Shown>,
    /// How many there are on all pages.
    total: usize,
}

impl Command for Request {
    const SPEC: Spec = Spec::console("console.app.list")
        .example(r#"{"search":"chat","state":"enabled","sort":"name","descending":false,"page":1,"pageSize":10}"#);
    const ENVELOPE: Envelope = Envelope::Own;
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.page == 0 || !PAGE_SIZES.contains(&self.page_size) {
            return Err(Error::new(Code::Invalid).detail("pages count from 1 and have 10, 20 or 50 apps"));
        }
        let now = cx.services.world.now();
        let search = self.search.as_deref().unwrap_or_default().trim().to_lowercase();
        let mut apps = cx.services.apps.list();
        apps.retain(|app| self.wants(app, &search, now));
        apps.sort_by(|one, other| {
            let order = self.sort.order(one, other);
            if self.descending { order.reverse() } else { order }
        });
        let total = apps.len();
        let first = (self.page - 1).saturating_mul(self.page_size);
        let apps = apps.iter().skip(first).take(self.page_size).map(|app| Shown::new(app, now)).collect();
        Ok(Reply { apps, total })
    }
}

impl Request {
    fn wants(&self, app: &App, search: &str, now: Millis) -> bool {
        let found = app.name.to_lowercase().contains(search) || app.sdkappid.to_string().contains(search);
        found
            && self.state.is_none_or(|state| state == app.state(now))
            && self.edition.is_none_or(|edition| edition == app.edition)
    }
}

impl Sort {
    /// Never equal for two apps, so that no app is on two pages.
    fn order(self, one: &App, other: &App) -> Ordering {
        let first = match self {
            Self::Created => one.created.cmp(&other.created),
            Self::Name => one.name.to_lowercase().cmp(&other.name.to_lowercase()),
            Self::SdkAppId => Ordering::Equal,
        };
        first.then(one.sdkappid.cmp(&other.sdkappid))
    }
}
