//! What was recalled in groups while a client was away.

use std::sync::Arc;

use model::{Code, Error, Kind};
use serde::{Deserialize, Serialize};

use super::shared::{Notifies, NotifyRequest, by, recalled};
use crate::{Command, Context, Doors, Spec};

/// The most groups of one request.
const GROUPS: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    notify_req_list: Vec<NotifyRequest>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    notify_rsp_list: Vec<Notifies>,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.batch_get_group_notify")
        .doors(Doors::SOCKET)
        .example(r#"{"NotifyReqList":[{"NotifyType":1,"Limit":20,"GroupId":"hikers-01","BeginTime":0,"EndTime":4000000000000000}]}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        if self.notify_req_list.len() > GROUPS {
            return Err(Error::new(Code::GroupParameterInvalid).detail("at most 100 groups are asked for"));
        }
        let by = by(&cx, None).await?;
        let mut notify_rsp_list = Vec::with_capacity(self.notify_req_list.len());
        for wanted in self.notify_req_list {
            // A group that is gone or was left has nothing to tell; the others do.
            notify_rsp_list.push(match recalled(&cx, &by, &wanted).await {
                Ok(notifies) => notifies,
                Err(error) if error.kind() == Kind::Ours => return Err(error),
                Err(_) => Notifies::none(wanted.group_id),
            });
        }
        Ok(Reply { notify_rsp_list })
    }
}
