//! Answers applications that came in.

use std::sync::Arc;

use model::{
    Callback, Code, Error, Friend,
    friend::{Wanted, check_group_name},
};
use serde::Deserialize;
use serde_json::json;
use service::{
    Account,
    callback::Refusals,
    relation::{Consent, Consented},
};

use super::shared::{Asked, Report};
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "ResponseFriendItem")]
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    #[serde(default)]
    remark: Option<String>,
    /// The group to put the applicant into.
    #[serde(default)]
    tag_name: Option<String>,
    response_action: Action,
}

#[derive(Clone, Copy, Deserialize)]
enum Action {
    #[serde(rename = "Response_Action_Agree")]
    Agree,
    #[serde(rename = "Response_Action_AgreeAndAdd")]
    AgreeAndAdd,
    #[serde(rename = "Response_Action_Reject")]
    Reject,
}

impl Item {
    fn answer(&self) -> Result<(Consent, Wanted), Error> {
        let friend = Friend::new("", "", self.remark.as_deref().unwrap_or_default())?;
        let groups: Vec<String> = self.tag_name.iter().filter(|name| !name.is_empty()).cloned().collect();
        for name in &groups {
            check_group_name(name)?;
        }
        let consent = match self.response_action {
            Action::Agree => Consent::Agree,
            Action::AgreeAndAdd => Consent::AgreeAndAdd,
            Action::Reject => Consent::Reject,
        };
        Ok((consent, Wanted { friend, groups }))
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("sns.friend_response")
        .doors(Doors::SOCKET)
        .fails(&[
            Code::RelationAccountMissing,
            Code::RelationCollision,
            Code::FriendRequestMissing,
            Code::FriendListFull,
            Code::TooManyFriendGroups,
            Code::PeerFriendListFull,
        ])
        .example(
            r#"{"From_Account":"alice","ResponseFriendItem":[{"To_Account":"bob","ResponseAction":"Response_Action_AgreeAndAdd"}]}"#,
        );
    type Reply = Report;

    async fn run(self, cx: Arc<Context>) -> Result<Report, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        Asked::check(self.items.len())?;
        let refusals = self.ask(&cx, &me).await?;
        let (mut asked, mut items) = (Asked::default(), Vec::with_capacity(self.items.len()));
        for item in self.items {
            let answer = refusals.of(&item.user).map_or_else(|| item.answer(), Err);
            let found = asked.add(&cx, item.user, answer).await?;
            items.extend(found.map(|(applicant, (consent, wanted))| Consented { applicant, consent, wanted }));
        }
        Ok(asked.report(cx.services.answer_applications(cx.app()?, &me, &items).await?))
    }
}

impl Request {
    /// Asks the app's server whose applications the user may answer so.
    async fn ask(&self, cx: &Context, me: &Account) -> Result<Refusals, Error> {
        if !cx.wants(Callback::PrevFriendResponse) {
            return Ok(Refusals::default());
        }
        let items = self.items.iter().map(|item| {
            json!({
                "To_Account": item.user, "Remark": item.remark.as_deref().unwrap_or_default(),
                "TagName": item.tag_name.as_deref().unwrap_or_default(), "ResponseAction": item.response_action.name(),
            })
        });
        let items = ("ResponseFriendItem", &items.collect());
        cx.services.before_relation(Callback::PrevFriendResponse, me, items, &[]).await
    }
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Agree => "Response_Action_Agree",
            Self::AgreeAndAdd => "Response_Action_AgreeAndAdd",
            Self::Reject => "Response_Action_Reject",
        }
    }
}
