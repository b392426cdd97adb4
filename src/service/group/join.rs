//! Coming in: by applying, by invitation, by import.

use std::sync::Arc;

use model::{
    Callback, Code, Error, Role,
    group::{
        Fields, InviteOption, JoinOption,
        rule::{self, Action, Actor},
    },
};
use serde_json::{json, value::RawValue};
use store::tables::{
    contact::{ContactChange, GROUP_PEER},
    group::NewMember,
};

use super::{
    By, LiveGroup, Place,
    application::Subject,
    notice::{report, tip},
};
use crate::{Account, LiveApp, Services, broken, callback, presence::Session};

/// How somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Applied = 1,
    Invited = 2,
}

/// What an application led to.
pub enum Joined {
    /// The applicant is in.
    In {
        /// What was said last in a live room, if newcomers get that.
        history: Vec<Box<RawValue>>,
    },
    /// The owner or an administrator decides.
    Waits,
}

/// What adding an account led to; the numbers are those of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It could not be added.
    Failed = 0,
    /// It is in now.
    In = 1,
    /// It was in already.
    Already = 2,
    /// An administrator decides.
    Waits = 3,
    /// It is in too many groups.
    TooMany = 4,
}

impl Services {
    /// A user applies to join.
    pub async fn apply(
        self: &Arc<Self>,
        app: &LiveApp,
        group: &Arc<LiveGroup>,
        by: &By,
        session: &Arc<Session>,
        (message, history): (&str, bool),
    ) -> Result<Joined, Error> {
        // Whoever listens in a live room already joins again with each new connection.
        if group.kind.is_stored() && group.role(by.account.number).is_some() {
            return Err(Code::AlreadyMember.into());
        }
        rule::check(group.kind, Action::Apply, Actor::Stranger)?;
        let asked = [("Requestor_Account", json!(by.account.user))];
        Box::pin(self.before_in_group(Callback::GroupBeforeApply, group, &asked)).await?;
        if !group.kind.is_stored() {
            let history = self.enter_room(app, group, by, session, history).await?;
            return Ok(Joined::In { history });
        }
        match group.info().join {
            JoinOption::DisableApply => {
                Err(Error::new(Code::GroupNoPermission).detail("this group takes no applications"))
            }
            JoinOption::NeedPermission => {
                self.check_room(group, 1)?;
                self.file_application(group, Subject::Application, by, &by.account, message).await?;
                Ok(Joined::Waits)
            }
            JoinOption::FreeAccess => {
                if !self.has_room_for_group(app, &by.account).await? {
                    return Err(Code::UserGroupQuotaUsedUp.into());
                }
                self.let_in(group, by, std::slice::from_ref(&by.account), (Way::Applied, ""), false).await?;
                Ok(Joined::In { history: Vec::new() })
            }
        }
    }

    /// Whether a group has room: 10014.
    pub(super) fn check_room(self: &Arc<Self>, group: &LiveGroup, more: usize) -> Result<(), Error> {
        let most = group.info().most_members;
        if most > 0 && (group.member_count() + more) as u64 > most {
            self.tell_full_later(group);
            return Err(Code::GroupFull.into());
        }
        Ok(())
    }

    /// Brings accounts in, or asks the administrators whether they may come in.
    pub async fn add_to_group(
        self: &Arc<Self>,
        app: &LiveApp,
        group: &Arc<LiveGroup>,
        by: &By,
        accounts: &[Arc<Account>],
        silent: bool,
    ) -> Result<Vec<Added>, Error> {
        group.check(by, Action::Invite)?;
        let option = group.info().invite;
        if !by.app && option == InviteOption::DisableInvite {
            return Err(Error::new(Code::GroupNoPermission).detail("members of this group may not invite"));
        }
        let refused = self.ask_to_invite(group, by, accounts).await?;
        let waits = !by.app && option == InviteOption::NeedPermission && !group.allows(by, Action::Approve);
        let mut results = Vec::with_capacity(accounts.len());
        let mut coming: Vec<Arc<Account>> = Vec::new();
        for account in accounts {
            results.push(if group.member(account.number).is_some() {
                Added::Already
            } else if refused.iter().any(|refused| refused == account.user.as_str()) {
                Added::Failed
            } else if coming.iter().any(|other| other.number == account.number) {
                Added::In
            } else if !self.has_room_for_group(app, account).await? {
                Added::TooMany
            } else if waits {
                self.file_application(group, Subject::Invitation, by, account, "").await?;
                Added::Waits
            } else {
                coming.push(account.clone());
                Added::In
            });
        }
        if !coming.is_empty() {
            self.check_room(group, coming.len())?;
            self.let_in(group, by, &coming, (Way::Invited, ""), silent).await?;
        }
        Ok(results)
    }

    /// Makes accounts members and tells everybody. `answer`: what was written to the applicant.
    pub(super) async fn let_in(
        self: &Arc<Self>,
        group: &Arc<LiveGroup>,
        by: &By,
        accounts: &[Arc<Account>],
        (way, answer): (Way, &str),
        silent: bool,
    ) -> Result<(), Error> {
        // Loading topics takes the group's lock. One that is made meanwhile has no past.
        let topics: Vec<i64> = self.topics(group).await?.keys().copied().collect();
        let alone = group.change().await?;
        let new: Vec<Arc<Account>> =
            accounts.iter().filter(|account| group.member(account.number).is_none()).cloned().collect();
        self.check_room(group, new.len())?;
        let heads = self.store.log.heads(&[group.number]).await.map_err(broken)?;
        let newest = heads.first().map_or(0, |head| head.sequence);
        let now = self.world.second();
        let rows: Vec<NewMember> = new
            .iter()
            .map(|account| NewMember {
                account: account.number,
                role: Role::Member.number(),
                joined: now,
                join_sequence: newest,
                read_sequence: newest,
                mute: group.kind.receive_option() as i64,
                fields: Vec::new(),
            })
            .collect();
        self.enrol(group, &new, rows, Some(self.world.now())).await?;
        self.skip_past_of(&topics, &new).await?;
        let shows = !silent && group.kind.announces_members() && (group.info().active || !is_private(group));
        drop(alone);
        let place = Place::of(group);
        for account in &new {
            let (kind, except) = match way {
                Way::Applied => (report::ACCEPTED, by.instance.filter(|_| account.number == by.account.number)),
                Way::Invited => (report::INVITED, None),
            };
            // Who applied to an open group knows that it is in; its other devices do not.
            if !(silent && way == Way::Invited) {
                let extra = json!({"RemarkInfo": answer});
                self.notify(&place, account, kind, &by.account, &extra, except).await?;
            }
        }
        if shows && !new.is_empty() {
            let whom: Vec<_> = new.iter().map(|account| (account.clone(), group.member(account.number))).collect();
            let more = json!({"MemberNum": group.member_count(), "GroupJoinType": way as u8});
            let body = Self::tip_body(tip::JOINED, by, group.member(by.account.number).as_ref(), &whom, more);
            self.tip(&place, by, body).await?;
        }
        if new.is_empty() {
            return Ok(());
        }
        self.tell_joined(group, by, way, &new).await?;
        self.tell_if_full(group).await
    }

    /// Tells the app's server who came into a group.
    pub(super) async fn tell_joined(
        self: &Arc<Self>,
        group: &LiveGroup,
        by: &By,
        way: Way,
        new: &[Arc<Account>],
    ) -> Result<(), Error> {
        let told = [
            ("JoinType", json!(if way == Way::Applied { "Apply" } else { "Invited" })),
            ("Operator_Account", json!(by.account.user)),
            ("NewMemberList", callback::members(new)),
        ];
        self.tell_in_group(Callback::GroupAfterJoin, group, &told).await
    }

    /// Asks the app's server before accounts are brought in; returns the names of those who are refused.
    async fn ask_to_invite(&self, group: &LiveGroup, by: &By, accounts: &[Arc<Account>]) -> Result<Vec<String>, Error> {
        let strangers: Vec<_> = accounts.iter().filter(|account| group.member(account.number).is_none()).collect();
        if strangers.is_empty() {
            return Ok(Vec::new());
        }
        let asked =
            [("Operator_Account", json!(by.account.user)), ("DestinationMembers", callback::members(strangers))];
        Box::pin(self.before_in_group(Callback::GroupBeforeInvite, group, &asked)).await
    }

    /// In the topics of a community, newcomers see and count nothing that was said before they came.
    async fn skip_past_of(&self, topics: &[i64], accounts: &[Arc<Account>]) -> Result<(), Error> {
        if topics.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = accounts.iter().map(|account| account.number).collect();
        let second = self.world.second();
        for (topic, (newest, _)) in self.newest(topics).await? {
            self.store.book.ensure_contacts(topic, GROUP_PEER, &numbers).await.map_err(broken)?;
            for account in &numbers {
                let changes = [ContactChange::Clear(newest), ContactChange::MoveRead(newest, second)];
                let changes = changes.into_iter().map(|change| (topic, change)).collect();
                self.store.book.change_contacts(*account, changes).await.map_err(broken)?;
            }
        }
        Ok(())
    }

    /// Stores members and shows them from now on. The group's lock is held.
    /// With a time their coming is counted.
    async fn enrol(
        &self,
        group: &LiveGroup,
        accounts: &[Arc<Account>],
        rows: Vec<NewMember>,
        came: Option<i64>,
    ) -> Result<(), Error> {
        self.store.book.add_members(group.number, &rows, came).await.map_err(broken)?;
        let mut state = group.write();
        for (account, row) in accounts.iter().zip(rows) {
            state.insert(super::Member {
                account: account.number,
                user: account.user.clone(),
                role: Role::from_number(row.role),
                joined: row.joined,
                join_sequence: row.join_sequence,
                name_card: String::new(),
                fields: Fields::new(),
                receive: group.kind.receive_option(),
                last_sent: 0,
            });
        }
        Ok(())
    }

    /// Imports members (REST v4 `import_group_member`): account, role, when it joined in seconds, unread messages.
    /// Nobody is told.
    pub async fn import_members(
        self: &Arc<Self>,
        app: &LiveApp,
        group: &Arc<LiveGroup>,
        members: &[(Arc<Account>, Role, Option<i64>, i64)],
    ) -> Result<Vec<Added>, Error> {
        rule::check(group.kind, Action::Invite, Actor::App)?;
        let _alone = group.change().await?;
        let heads = self.store.log.heads(&[group.number]).await.map_err(broken)?;
        let newest = heads.first().map_or(0, |head| head.sequence);
        let (created, now) = (group.created / 1000, self.world.second());
        let (mut results, mut new, mut rows) = (Vec::new(), Vec::<Arc<Account>>::new(), Vec::new());
        for (account, role, joined, unread) in members {
            let joined = joined.unwrap_or(now);
            let again = new.iter().any(|other| other.number == account.number);
            results.push(if again || group.member(account.number).is_some() {
                Added::Already
            } else if joined < created || joined > now || !self.has_room_for_group(app, account).await? {
                Added::Failed
            } else {
                new.push(account.clone());
                rows.push(NewMember {
                    account: account.number,
                    role: if *role == Role::Admin { Role::Admin } else { Role::Member }.number(),
                    joined,
                    join_sequence: 0,
                    read_sequence: newest - (*unread).clamp(0, newest),
                    mute: group.kind.receive_option() as i64,
                    fields: Vec::new(),
                });
                Added::In
            });
        }
        self.check_room(group, new.len())?;
        self.enrol(group, &new, rows, None).await?;
        Ok(results)
    }

    /// Sets how many messages a member has not read (REST v4 `set_unread_msg_num`), at most as many as there are.
    pub async fn set_unread(&self, group: &LiveGroup, account: &Account, unread: i64) -> Result<(), Error> {
        if group.member(account.number).is_none() {
            return Err(Error::new(Code::GroupNoPermission).detail("the account is not a member of the group"));
        }
        if !group.kind.counts_unread() {
            return Ok(());
        }
        let heads = self.store.log.heads(&[group.number]).await.map_err(broken)?;
        let newest = heads.first().map_or(0, |head| head.sequence);
        let read = ContactChange::MoveRead(newest - unread.clamp(0, newest), self.world.second());
        self.store.book.change_contacts(account.number, vec![(group.number, read)]).await.map_err(broken)
    }
}

fn is_private(group: &LiveGroup) -> bool {
    group.kind == model::GroupKind::Private
}
