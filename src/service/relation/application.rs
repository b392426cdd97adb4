//! Applications: who asked whom to become a friend, and waits.

use std::sync::Arc;

use model::{Code, Error, Friend, Millis, UserId, friend::Wanted, quota};
use serde_json::json;
use store::tables::{friend::FriendApplicationRow, relation::RelationChange};

use super::{Draft, List, Results, decode, encode, notice::Kind};
use crate::{Account, LiveApp, Services, broken};

/// What a user says to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// The applicant gets the user as a friend.
    Agree,
    /// Each gets the other.
    AgreeAndAdd,
    /// Neither.
    Reject,
}

/// One answer to an application.
pub struct Consented {
    /// Who applied.
    pub applicant: Arc<Account>,
    /// The answer.
    pub consent: Consent,
    /// What the user wants to keep about the applicant.
    pub wanted: Wanted,
}

/// A page of applications.
pub struct Applications {
    /// Newest first: the other side, whether the user sent it, what was said, when.
    pub list: Vec<(Arc<Account>, bool, Friend, Millis)>,
    /// The second where the next page starts, 0 after the last one.
    pub next: i64,
    /// Those that came in and were not seen.
    pub unread: usize,
    /// Counts changes of the list.
    pub sequence: i64,
}

impl Services {
    /// Puts an application into the lists of both sides. What it is answered with, 30539, is not a failure.
    pub(super) async fn ask_consent(
        &self,
        draft: &mut Draft<'_>,
        peer: &Account,
        wanted: &Wanted,
    ) -> Result<Result<(), Error>, Error> {
        let (me, book) = (draft.me, &self.store.book);
        for (account, other, sent) in [(me, peer, true), (peer, me, false)] {
            if book.friend_application(account.number, other.number, sent).await.map_err(broken)?.is_some() {
                continue;
            }
            let drafted = if sent { draft.applications } else { 0 };
            let count = book.friend_application_count(account.number, sent).await.map_err(broken)?;
            if count as usize + drafted >= quota::FRIEND_REQUESTS {
                return Ok(Err(Code::TooManyFriendRequests.into()));
            }
            draft.applications += usize::from(sent);
        }
        let (created, body) = (self.world.now(), encode(wanted)?);
        for (account, other, sent) in [(me, peer, true), (peer, me, false)] {
            let apply = RelationChange::Apply { sent, created, body: body.clone() };
            draft.batch.change(account.number, other.number, apply);
            let added = json!([{"PendencyAdd_Account": other.user, "ProfileImNick": other.profile.nick(),
                "ProfileImImage": other.profile.image(), "AddTime": created / 1000,
                "AddSource": wanted.friend.source, "AddWording": wanted.friend.wording}]);
            let entry = json!({"PushType": 3, "From_Account": me.user, "To_Account": peer.user, "PendencyAdd": added});
            draft.notices.entry(account.number, entry);
        }
        Ok(Err(Code::FriendConsentPending.into()))
    }

    /// Answers applications that came in; 30614 where there is none.
    pub async fn answer_applications(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        items: &[Consented],
    ) -> Result<Results, Error> {
        let mut draft = self.draft(app, me, items.iter().map(|item| item.applicant.number)).await?;
        let mut answered = std::collections::HashSet::new();
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            if !answered.insert(item.applicant.number) {
                results.push(Err(Code::FriendRequestMissing.into()));
                continue;
            }
            match self.answer_application(&mut draft, item).await {
                Err(error) if error.kind() == model::Kind::Caller => results.push(Err(error)),
                other => results.push(Ok(other?)),
            }
        }
        let pairs = std::mem::take(&mut draft.befriended);
        self.finish(draft).await?;
        // Whoever is not the one who answers had applied.
        let initiator = |pair: &(UserId, UserId)| if pair.0 == me.user { pair.1.clone() } else { pair.0.clone() };
        let pairs: Vec<_> = pairs.into_iter().map(|pair| (pair.0.clone(), pair.1.clone(), initiator(&pair))).collect();
        self.tell_befriended(me, &pairs, "friend_response", (None, false)).await?;
        Ok(results)
    }

    async fn answer_application(&self, draft: &mut Draft<'_>, item: &Consented) -> Result<(), Error> {
        let (me, applicant) = (draft.me, &*item.applicant);
        let row = self.store.book.friend_application(me.number, applicant.number, false).await.map_err(broken)?;
        let row = row.ok_or(Code::FriendRequestMissing)?;
        if item.consent == Consent::Reject {
            return self.done_with(draft, applicant).await;
        }
        let asked: Wanted = decode(&row.body)?;
        let theirs = self.relations.list(List::Friends, applicant.number).await?;
        let gets = theirs.binary_search(&me.number).is_err();
        let adds = item.consent == Consent::AgreeAndAdd && !draft.friends.contains(&applicant.number);
        if gets && theirs.len() >= draft.limit() {
            return Err(Code::PeerFriendListFull.into());
        }
        if adds && draft.friends.len() >= draft.limit() {
            return Err(Code::FriendListFull.into());
        }
        if adds {
            draft.need_groups(self, me.number, &item.wanted.groups).await?;
        }
        let asked = match draft.need_groups(self, applicant.number, &asked.groups).await {
            // The applicant's groups filled up since; the friendship does not depend on one more.
            Err(error) if error.code == Code::TooManyFriendGroups => Wanted { groups: Vec::new(), ..asked },
            other => other.map(|()| asked)?,
        };
        draft.withdraw_all(self, applicant).await?;
        let now = self.world.now();
        if gets {
            draft.befriend((applicant.number, &applicant.user), me, &asked, now)?;
        }
        if adds {
            let friend = Friend { remark: item.wanted.friend.remark.clone(), ..asked.friend };
            let wanted = Wanted { friend, groups: item.wanted.groups.clone() };
            draft.befriend((me.number, &me.user), applicant, &wanted, now)?;
        }
        Ok(())
    }

    /// Takes an application that came in out of both lists.
    async fn done_with(&self, draft: &mut Draft<'_>, applicant: &Account) -> Result<(), Error> {
        let me = draft.me;
        draft.batch.change(me.number, applicant.number, RelationChange::Withdraw { sent: false });
        draft.notices.names(me.number, Kind::ApplicationGone, applicant.user.as_str());
        let sent = self.store.book.friend_application(applicant.number, me.number, true).await.map_err(broken)?;
        if sent.is_some() {
            draft.batch.change(applicant.number, me.number, RelationChange::Withdraw { sent: true });
            draft.notices.names(applicant.number, Kind::ApplicationGone, me.user.as_str());
        }
        Ok(())
    }

    /// Takes applications out of the user's own list; 30614 where there is none. `sent`: which kinds.
    pub async fn delete_applications(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        peers: &[Arc<Account>],
        sent: &[bool],
    ) -> Result<Results, Error> {
        let mut draft = self.draft(app, me, peers.iter().map(|peer| peer.number)).await?;
        let mut results = Vec::with_capacity(peers.len());
        for peer in peers {
            let mut found = false;
            for sent in sent {
                let row = self.store.book.friend_application(me.number, peer.number, *sent).await.map_err(broken)?;
                if row.is_some() {
                    draft.batch.change(me.number, peer.number, RelationChange::Withdraw { sent: *sent });
                    found = true;
                }
            }
            if found {
                draft.notices.names(me.number, Kind::ApplicationGone, peer.user.as_str());
            }
            results.push(found.then_some(()).ok_or_else(|| Code::FriendRequestMissing.into()));
        }
        self.finish(draft).await?;
        Ok(results)
    }

    /// A page of a user's applications that were made up to a second, 0 for now. A page ends with a whole second, so
    /// it may be a little longer than asked for.
    pub async fn friend_applications(
        &self,
        app: &LiveApp,
        me: &Account,
        sent: &[bool],
        start: i64,
        limit: usize,
    ) -> Result<Applications, Error> {
        let book = &self.store.book;
        let state = book.relation_state(me.number).await.map_err(broken)?;
        let rows = book.friend_applications(me.number).await.map_err(broken)?;
        let unread = rows.iter().filter(|row| !row.sent && row.created >= state.reported).count();
        let until = |row: &FriendApplicationRow| start == 0 || row.created / 1000 <= start;
        let rows: Vec<_> = rows.into_iter().filter(|row| sent.contains(&row.sent) && until(row)).collect();
        let mut end = limit.min(rows.len());
        while end > 0 && end < rows.len() && rows[end].created / 1000 == rows[end - 1].created / 1000 {
            end += 1;
        }
        let next = rows.get(end).map_or(0, |row| row.created / 1000);
        let mut list = Vec::with_capacity(end);
        for row in rows.into_iter().take(end) {
            if let Some(peer) = self.accounts.by_number(app.sdkappid, row.peer).await? {
                let said: Wanted = decode(&row.body)?;
                list.push((peer, row.sent, said.friend, row.created));
            }
        }
        Ok(Applications { list, next, unread, sequence: state.applied })
    }

    /// Remembers that a user has seen the applications up to a second, and tells its devices. What comes in later
    /// counts as unread, also within that second.
    pub async fn report_applications(&self, me: &Account, second: i64) -> Result<(), Error> {
        let now = self.world.now();
        let second = if second <= 0 { now / 1000 } else { second };
        let before = second.saturating_add(1).saturating_mul(1000).min(now + 1);
        self.store.book.report_applications(me.number, before).await.map_err(super::unwritten)?;
        let event = json!([{"PushType": 7, "ReportTime": second}]);
        self.tell(me.number, format!(r#""Event":7,"FriendListMod":{event}"#), None);
        Ok(())
    }
}
