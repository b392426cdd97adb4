//! What waits for the user's decision: applications, and invitations that need approval. Communities' are asked for at
//! their own service.

use std::sync::Arc;

use model::{Error, GroupKind};
use serde::{Deserialize, Serialize};
use service::group::Application;

use crate::{Command, Context, Doors, Spec};

/// How many are kept for clients.
const SHOWN: usize = 50;

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Request(Page);

/// Which part of the list is wanted.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Page {
    /// Milliseconds since 1970; 0 begins with the newest.
    #[serde(default)]
    start_time: i64,
    limit: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    /// 0 when that was all; clients go on asking until then.
    next_start_time: i64,
    pendency_list: Vec<Pending>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pending {
    #[serde(rename = "From_Account")]
    from: String,
    from_user_nick_name: String,
    from_user_face_url: String,
    group_id: String,
    group_name: String,
    #[serde(rename = "To_Account")]
    to: String,
    /// Milliseconds since 1970; clients tell one from the other by it.
    add_time: i64,
    authentication: String,
    handled: u8,
    pendency_type: u8,
    apply_invite_msg: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_pendency")
        .doors(Doors::SOCKET)
        .example(r#"{"StartTime":0,"Limit":20,"Handle_Account":"alice"}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        self.0.list(&cx, false).await
    }
}

impl Page {
    /// What waits in communities, or in all other groups.
    pub(crate) async fn list(&self, cx: &Context, communities: bool) -> Result<Reply, Error> {
        let before = if self.start_time == 0 { i64::MAX } else { self.start_time };
        let limit = self.limit.unwrap_or(SHOWN).clamp(1, SHOWN);
        let mut all = cx.services.applications(cx.me()?, before).await?;
        // As many as are looked up at once may not be all.
        let more = all.len() > limit || all.len() == SHOWN;
        all.truncate(limit);
        let next_start_time = if more { all.last().map_or(0, |last| last.time) } else { 0 };
        let pending = |one: Application| Pending {
            from: one.from.user.to_string(),
            from_user_nick_name: one.from.profile.nick().to_owned(),
            from_user_face_url: one.from.profile.image().to_owned(),
            group_id: one.group.id.to_string(),
            group_name: one.group.info().name.clone(),
            to: one.who.user.to_string(),
            add_time: one.time,
            authentication: String::new(),
            handled: one.handled,
            pendency_type: one.subject as u8,
            apply_invite_msg: one.message,
        };
        let here = |one: &Application| (one.group.kind == GroupKind::Community) == communities;
        Ok(Reply { next_start_time, pendency_list: all.into_iter().filter(here).map(pending).collect() })
    }
}
