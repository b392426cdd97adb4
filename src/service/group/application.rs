//! What waits for a decision (群未决): applications to join, and invitations that need approval.

use std::sync::Arc;

use model::{Code, Error, Millis, Role, group::rule::Action};
use serde_json::json;
use store::{StoreError, tables::group_state::ApplicationRow};

use super::{
    By, LiveGroup, Place,
    join::Way,
    notice::{person, report},
};
use crate::{Account, LiveApp, Services, broken};

/// The longest message of an applicant or a decision, in bytes.
const MESSAGE_BYTES: usize = 300;
/// The most applications of one page.
const PAGE: usize = 50;

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user asks to join.
    Application = 0,
    /// A member asks for another one.
    Invitation = 2,
}

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Come in.
    Agree = 1,
    /// Stay out.
    Refuse = 2,
}

/// Something that waits or was decided.
pub struct Application {
    /// What it is.
    pub subject: Subject,
    /// The group.
    pub group: Arc<LiveGroup>,
    /// Who asks: the applicant, or the inviter.
    pub from: Arc<Account>,
    /// Who comes in.
    pub who: Arc<Account>,
    /// When, milliseconds since 1970; unique among what one approver sees.
    pub time: Millis,
    /// What the applicant wrote.
    pub message: String,
    /// 0 waits, 1 decided by another one, 2 by the one who asks.
    pub handled: u8,
}

impl Services {
    pub(super) async fn file_application(
        self: &Arc<Self>,
        group: &Arc<LiveGroup>,
        subject: Subject,
        by: &By,
        who: &Arc<Account>,
        message: &str,
    ) -> Result<(), Error> {
        model::group::check_length("ApplyMsg", message, MESSAGE_BYTES)?;
        let row = ApplicationRow {
            number: 0,
            conversation: group.number,
            kind: subject as i64,
            applicant: by.account.number,
            subject: who.number,
            created: self.world.now(),
            message: message.to_owned(),
            verdict: 0,
            handler: 0,
            answer: String::new(),
        };
        let number = self.store.book.add_application(&row).await.map_err(broken)?;
        let place = Place::of(group);
        let leaders = group.read().leaders();
        let (kind, mut extra) = match subject {
            Subject::Application => (report::APPLIED, json!({"RemarkInfo": message})),
            Subject::Invitation => (
                report::INVITATION,
                json!({"MemberList_Account": [who.user], "MsgMemberExtraInfoList": [person(who, None)]}),
            ),
        };
        if let Some(extra) = extra.as_object_mut() {
            extra.insert("Authentication".into(), json!(number.to_string()));
            extra.insert("MsgKey".into(), json!(row.created));
        }
        for leader in leaders {
            if let Some(leader) = self.accounts.by_number(group.app, leader).await? {
                self.notify(&place, &leader, kind, &by.account, &extra, None).await?;
            }
        }
        Ok(())
    }

    /// What waits for an account's decision or was decided, newest first, before a time in milliseconds.
    pub async fn applications(&self, me: &Account, before: Millis) -> Result<Vec<Application>, Error> {
        let least = Role::Admin.number();
        let rows = self.store.book.applications_for(me.number, least, before, PAGE).await.map_err(broken)?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(group) = self.group_numbered(row.conversation).await? else { continue };
            let from = self.accounts.by_number(me.app, row.applicant).await?;
            let who = self.accounts.by_number(me.app, row.subject).await?;
            let (Some(from), Some(who)) = (from, who) else { continue };
            found.push(Application {
                subject: if row.kind == Subject::Invitation as i64 {
                    Subject::Invitation
                } else {
                    Subject::Application
                },
                group,
                from,
                who,
                time: row.created,
                message: row.message,
                handled: match row.verdict {
                    0 => 0,
                    _ if row.handler == me.number => 2,
                    _ => 1,
                },
            });
        }
        Ok(found)
    }

    /// Whom an account invited by an invitation of that number, if it waits for approval.
    pub async fn invited(
        &self,
        group: &LiveGroup,
        number: i64,
        inviter: &Account,
    ) -> Result<Option<Arc<Account>>, Error> {
        let Some(row) = self.store.book.application_numbered(number).await.map_err(broken)? else { return Ok(None) };
        let is_it = row.conversation == group.number
            && row.kind == Subject::Invitation as i64
            && row.applicant == inviter.number
            && row.verdict == 0;
        if is_it { self.accounts.by_number(group.app, row.subject).await } else { Ok(None) }
    }

    /// Decides about an application or an invitation; 10024 when that was done already.
    pub async fn decide(
        self: &Arc<Self>,
        app: &LiveApp,
        group: &Arc<LiveGroup>,
        by: &By,
        subject: Subject,
        (from, who): (&Arc<Account>, &Arc<Account>),
        (decision, answer): (Decision, &str),
    ) -> Result<(), Error> {
        group.check(by, Action::Approve)?;
        model::group::check_length("ApprovalMsg", answer, MESSAGE_BYTES)?;
        let open = self.store.book.open_application(group.number, subject as i64, from.number, who.number);
        let Some(row) = open.await.map_err(broken)? else { return Err(Code::ApplicationHandled.into()) };
        if decision == Decision::Agree {
            self.check_room(group, 1)?;
            if !self.has_room_for_group(app, who).await? {
                return Err(Code::UserGroupQuotaUsedUp.into());
            }
        }
        let closed = self.store.book.close_application(row.number, decision as i64, by.account.number, answer).await;
        closed.map_err(|error| match error {
            StoreError::Conflict { .. } => Code::ApplicationHandled.into(),
            error => broken(error),
        })?;
        let place = Place::of(group);
        let extra = json!({"RemarkInfo": answer});
        match (subject, decision) {
            (Subject::Application, Decision::Agree) => {
                self.let_in(group, by, std::slice::from_ref(who), (Way::Applied, answer), false).await
            }
            (Subject::Application, Decision::Refuse) => {
                self.notify(&place, from, report::REFUSED, &by.account, &extra, None).await
            }
            (Subject::Invitation, Decision::Agree) => {
                self.let_in(group, by, std::slice::from_ref(who), (Way::Invited, ""), false).await?;
                self.notify(&place, from, report::INVITATION_ACCEPTED, &by.account, &extra, None).await
            }
            (Subject::Invitation, Decision::Refuse) => {
                self.notify(&place, from, report::INVITATION_REFUSED, &by.account, &extra, None).await
            }
        }
    }
}
