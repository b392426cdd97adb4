//! The longer rules of the group that the tests expect.

use model::{
    Code, Role,
    group::{
        InviteOption, JoinOption,
        limit::PINNED,
        rule::{self, Action, Actor},
    },
};

use super::shadow::{Entry, Outcome, Shadow, Who};

/// How long a user may recall, in milliseconds.
const RECALL: i64 = 120_000;

impl Shadow {
    /// Types without stored members refuse whatever changes one.
    pub(super) fn needs_members(&self) -> Result<(), Code> {
        if self.kind.is_stored() { Ok(()) } else { Err(Code::GroupNoPermission) }
    }

    /// Groups that people may apply to show themselves to anybody.
    pub(super) fn read_info(&self, who: Who) -> Outcome {
        if rule::allows(self.kind, Action::Apply, Actor::Stranger) {
            return Ok(0);
        }
        self.check(who, Action::ReadInfo).map(|()| 0)
    }

    pub(super) fn apply(&mut self, who: Who) -> Outcome {
        let Who::User(user) = who else { return Err(Code::NoSuchCommand) };
        if self.members.contains_key(&user) {
            return Err(Code::AlreadyMember);
        }
        rule::check(self.kind, Action::Apply, Actor::Stranger).map_err(|error| error.code)?;
        if !self.kind.is_stored() {
            if self.banned.contains(&user) {
                return Err(Code::GroupNoPermission);
            }
            self.listeners.insert(user);
            return Ok(0);
        }
        match self.join {
            JoinOption::DisableApply => Err(Code::GroupNoPermission),
            JoinOption::NeedPermission => {
                self.has_room(1)?;
                self.waiting.insert((false, user, user));
                Ok(0)
            }
            JoinOption::FreeAccess => {
                self.has_room(1)?;
                Ok(self.comes(&[user]))
            }
        }
    }

    pub(super) fn bring_in(&mut self, who: Who, users: &[usize]) -> Outcome {
        self.check(who, Action::Invite)?;
        let new: Vec<usize> = users.iter().copied().filter(|user| !self.members.contains_key(user)).collect();
        if let Who::User(inviter) = who {
            if self.invite == InviteOption::DisableInvite {
                return Err(Code::GroupNoPermission);
            }
            if self.invite == InviteOption::NeedPermission && !self.allows(who, Action::Approve) {
                self.waiting.extend(new.into_iter().map(|user| (true, inviter, user)));
                return Ok(0);
            }
        }
        if !new.is_empty() {
            self.has_room(new.len())?;
        }
        Ok(self.comes(&new))
    }

    pub(super) fn quit(&mut self, who: Who) -> Outcome {
        let Who::User(user) = who else { return Err(Code::NoSuchCommand) };
        if !self.kind.is_stored() {
            // Clients leave rooms that they are not in any more.
            self.listeners.remove(&user);
            return Ok(0);
        }
        self.check(who, Action::Quit)?;
        self.members.remove(&user);
        if self.owner == Some(user) {
            self.owner = None;
        }
        self.dismissed = self.members.is_empty();
        Ok(usize::from(self.kind.announces_members()))
    }

    pub(super) fn kick(&mut self, who: Who, user: usize) -> Outcome {
        self.check(who, Action::KickMember)?;
        match self.role(user) {
            None => return Ok(0),
            Some(Role::Owner) => return Err(Code::GroupNoPermission),
            Some(Role::Admin) => self.check(who, Action::KickAdmin)?,
            Some(Role::Member) => {}
        }
        self.members.remove(&user);
        Ok(usize::from(self.shows_members()))
    }

    pub(super) fn card(&self, who: Who, user: usize) -> Outcome {
        self.needs_members()?;
        let own = who == Who::User(user);
        self.check(who, if own { Action::ChangeOwnCard } else { Action::ChangeOthersCard })?;
        if let Who::User(by) = who
            && self.role(user) > self.role(by)
        {
            return Err(Code::GroupNoPermission);
        }
        self.role(user).map(|_| 0).ok_or(Code::GroupNoPermission)
    }

    pub(super) fn speak(&mut self, who: Who, now: i64) -> Outcome {
        self.check(who, Action::Speak)?;
        let silenced = matches!(who, Who::User(user) if self.muted_until(user, now / 1000) > 0);
        if silenced || (self.muted && !self.allows(who, Action::SpeakWhileMuted)) {
            return Err(Code::MemberMuted);
        }
        if self.kind.is_stored() {
            self.active = true;
            let text = format!("said {}", self.newest() + 1);
            self.log.push(Entry::Said { from: who, text, time: now, recalled: false, version: 0 });
        }
        Ok(0)
    }

    pub(super) fn recall(&mut self, who: Who, sequence: i64, now: i64) -> Outcome {
        if !self.kind.is_stored() {
            return Err(Code::GroupTypeCannotRecall);
        }
        let any = self.allows(who, Action::RecallAny);
        let (own, foreign) = (self.check(who, Action::RecallOwn), self.check(who, Action::RecallAny));
        let Some(Entry::Said { from, time, recalled, .. }) = self.entry(sequence) else {
            return Err(Code::GroupMessageMissing);
        };
        if *recalled {
            return Err(Code::GroupMessageNotRecallable);
        }
        if !any {
            if *from == who {
                own?;
            } else {
                foreign?;
            }
            if now - *time > RECALL {
                return Err(Code::GroupRecallTooLate);
            }
        }
        *recalled = true;
        Ok(0)
    }

    pub(super) fn pin(&mut self, who: Who, sequence: i64, pin: bool) -> Outcome {
        self.check(who, Action::Pin)?;
        // Whoever may may also take off what was pinned before it came.
        let entry = if pin { self.seen(who, sequence) } else { self.entry(sequence) };
        if !matches!(entry, Some(Entry::Said { .. })) {
            return Err(Code::GroupMessageNotFound);
        }
        let kept: Vec<i64> = self.pins.iter().copied().filter(|pinned| *pinned != sequence).collect();
        if pin && kept.len() >= PINNED {
            return Err(Code::TooManyPinnedMessages);
        }
        self.pins = kept;
        if pin {
            self.pins.insert(0, sequence);
        }
        Ok(0)
    }
}
