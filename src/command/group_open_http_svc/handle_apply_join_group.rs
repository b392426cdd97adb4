//! Decides about somebody's application to join a group.

use std::sync::Arc;

use model::{Code, Error};
use serde::Deserialize;
use service::group::{By, Subject};

use super::shared::{DECISION_FAILS, by, decision, group};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    #[serde(rename = "Applicant_Account")]
    applicant: String,
    handle_msg: String,
    #[serde(default)]
    approval_msg: String,
    /// As the notice had it.
    #[serde(default)]
    authentication: String,
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.handle_apply_join_group")
        .doors(Doors::SOCKET)
        .fails(DECISION_FAILS)
        .example(r#"{"GroupId":"hikers-01","Applicant_Account":"bob","HandleMsg":"Agree"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let decision = decision(&self.handle_msg)?;
        // Whoever decides does so as a member, also an administrator of the app.
        let by = By { app: false, ..by(&cx, None).await? };
        let group = group(&cx, &self.group_id).await?;
        let who = cx.account(&self.applicant, Code::GroupAccountMissing).await?;
        let answer = (decision, self.approval_msg.as_str());
        // A client that was handed the notice of an invitation asks here as well, and names the inviter.
        let number = self.authentication.parse().unwrap_or(0);
        match cx.services.invited(&group, number, &who).await? {
            Some(invited) => {
                cx.services.decide(cx.app()?, &group, &by, Subject::Invitation, (&who, &invited), answer).await
            }
            None => cx.services.decide(cx.app()?, &group, &by, Subject::Application, (&who, &who), answer).await,
        }
    }
}
