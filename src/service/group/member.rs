//! Members: leaving, removing, roles, cards, mutes.

use std::sync::Arc;

use model::{
    Callback, Code, Error, GroupKind, Role,
    group::{
        Fields, Receive, check_fields, check_length,
        field::is_declared,
        limit,
        rule::{self, Action, Actor},
    },
};
use serde_json::{Value, json};
use store::tables::contact::ContactChange;

use super::{
    By, LiveGroup, Place,
    notice::{report, tip},
    wire,
};
use crate::{Account, LiveApp, Services, broken, callback, fault, presence::Session};

/// What is to change about a member; `None` stays.
#[derive(Default)]
pub struct MemberChange {
    /// Administrator or ordinary member.
    pub role: Option<Role>,
    /// 群名片.
    pub name_card: Option<String>,
    /// Seconds of silence, 0 ends it.
    pub mute: Option<i64>,
    /// Custom fields; an empty value removes one.
    pub fields: Fields,
    /// How messages arrive.
    pub receive: Option<Receive>,
}

impl Services {
    /// A member leaves.
    pub async fn quit_group(
        self: &Arc<Self>,
        group: &Arc<LiveGroup>,
        by: &By,
        session: Option<&Arc<Session>>,
    ) -> Result<(), Error> {
        if !group.kind.is_stored() {
            let Some(session) = session else { return Ok(()) };
            return self.leave_room(group, by, session).await;
        }
        if group.role(by.account.number).is_none() {
            return Err(Error::new(Code::GroupNoPermission).detail("the user is not in the group"));
        }
        group.check(by, Action::Quit)?;
        let alone = group.change().await?;
        // The group may have been handed over to who quits.
        group.check(by, Action::Quit)?;
        let member = group.member(by.account.number);
        self.drop_members(group, &[by.account.number]).await?;
        let empty = group.member_count() == 0;
        drop(alone);
        let place = Place::of(group);
        self.tell_notice(&place, &by.account, report::QUIT, &by.account, &json!({}), by.instance);
        self.tell_exit(group, by, "Quit", std::slice::from_ref(&by.account)).await?;
        if empty {
            // Nobody is left to see it.
            let app = By { app: true, instance: None, account: by.account.clone() };
            return self.dismiss_group(group, &app).await;
        }
        if group.kind.announces_members() {
            let whom = [(by.account.clone(), member.clone())];
            let more = json!({"MemberNum": group.member_count()});
            let body = Self::tip_body(tip::QUIT, by, member.as_ref(), &whom, more);
            self.tip(&place, by, body).await?;
        }
        Ok(())
    }

    /// Tells the app's server who is out of a group.
    pub(super) async fn tell_exit(
        self: &Arc<Self>,
        group: &LiveGroup,
        by: &By,
        how: &str,
        gone: &[Arc<Account>],
    ) -> Result<(), Error> {
        let told = [
            ("ExitType", json!(how)),
            ("Operator_Account", json!(by.account.user)),
            ("ExitMemberList", callback::members(gone)),
        ];
        self.tell_in_group(Callback::GroupAfterExit, group, &told).await
    }

    /// Takes members out of the book and of memory. The group's lock is held.
    pub(super) async fn drop_members(&self, group: &LiveGroup, accounts: &[i64]) -> Result<(), Error> {
        // Administrators of live rooms are kept as members; who listens is not.
        let went = group.kind.is_stored().then(|| self.world.now());
        self.store.book.remove_members(group.number, accounts, went).await.map_err(broken)?;
        let owner_gone = {
            let mut state = group.write();
            for account in accounts {
                state.remove(*account);
            }
            let gone = state.owner != 0 && accounts.contains(&state.owner);
            state.owner = if gone { 0 } else { state.owner };
            gone
        };
        group.leave_topics(accounts);
        if owner_gone {
            let body = serde_json::to_vec(&*group.info()).map_err(fault)?;
            self.store.book.change_group(group.number, 0, body).await.map_err(broken)?;
        }
        Ok(())
    }

    /// Removes members; accounts that are none are passed over.
    pub async fn kick_members(
        self: &Arc<Self>,
        group: &Arc<LiveGroup>,
        by: &By,
        accounts: &[Arc<Account>],
        (reason, silent): (&str, bool),
    ) -> Result<(), Error> {
        group.check(by, Action::KickMember)?;
        let alone = group.change().await?;
        let mut gone = Vec::new();
        for account in accounts {
            let Some(member) = group.member(account.number) else { continue };
            match member.role {
                Role::Owner => {
                    return Err(Error::new(Code::GroupNoPermission).detail("the owner cannot be removed"));
                }
                Role::Admin => group.check(by, Action::KickAdmin)?,
                Role::Member => {}
            }
            gone.push((account.clone(), Some(member)));
        }
        if gone.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = gone.iter().map(|(account, _)| account.number).collect();
        self.drop_members(group, &numbers).await?;
        drop(alone);
        let removed: Vec<_> = gone.iter().map(|(account, _)| account.clone()).collect();
        self.tell_exit(group, by, "Kicked", &removed).await?;
        let place = Place::of(group);
        for (account, _) in &gone {
            let extra = json!({"RemarkInfo": reason});
            self.notify(&place, account, report::KICKED, &by.account, &extra, None).await?;
        }
        let shown = group.kind.announces_members() && (group.info().active || group.kind != GroupKind::Private);
        if !silent && shown {
            let operator = group.member(by.account.number);
            let names: Value = gone.iter().map(|(account, _)| json!({"User_Account": account.user})).collect();
            let more = json!({
                "MemberNum": group.member_count(), "MsgMemberInfo": names, "MemberExtraInfo": {"Reason": reason},
            });
            let body = Self::tip_body(tip::KICKED, by, operator.as_ref(), &gone, more);
            self.tip(&place, by, body).await?;
        }
        Ok(())
    }

    /// Changes a member, and tells everybody of a new role or a mute. In a topic the mute and how messages arrive are
    /// the topic's; the rest is the group's.
    pub async fn change_member(
        self: &Arc<Self>,
        app: &LiveApp,
        place: &Place,
        by: &By,
        account: &Arc<Account>,
        mut change: MemberChange,
    ) -> Result<(), Error> {
        let group = &place.group;
        let own = !by.is_backend() && by.account.number == account.number;
        if !group.kind.is_stored() && change.mute.is_none() {
            return Err(Error::new(Code::GroupNoPermission).detail("members of this type of group are not stored"));
        }
        let declared = !app.settings.custom_member_fields.is_empty();
        group.asker(&app.settings, by).check_writes_of(account.number, &change.fields)?;
        if change.name_card.is_some() || !declared && !change.fields.is_empty() {
            group.check(by, if own { Action::ChangeOwnCard } else { Action::ChangeOthersCard })?;
            let outranked = group.role(account.number) > group.role(by.account.number);
            if !own && !by.app && outranked {
                return Err(Code::GroupNoPermission.into());
            }
        }
        if change.receive.is_some() {
            if own {
                group.check(by, Action::ChangeOwnCard)?;
            } else {
                rule::check(group.kind, Action::ChangeOwnCard, Actor::Member(Role::Member))?;
            }
            if !(own || by.app) {
                return Err(Error::new(Code::GroupNoPermission).detail("a member sets only its own receive option"));
            }
        }
        if change.role.is_some() {
            group.check(by, Action::SetAdmin)?;
        }
        // Whatever is wrong is found before anything is changed.
        if let Some(card) = &change.name_card {
            check_length("NameCard", card, limit::NAME_CARD_BYTES)?;
            self.lexicons.check(group.app, [card.as_str()], Code::TextRejected)?;
        }
        if let Some(seconds) = change.mute {
            self.mute(place, by, std::slice::from_ref(account), seconds).await?;
        }
        if place.topic.is_some()
            && let Some(receive) = change.receive.take()
        {
            self.receive_topic(place, by, account, receive).await?;
        }
        let rest = change.role.is_some()
            || change.name_card.is_some()
            || change.receive.is_some()
            || !change.fields.is_empty();
        if !rest {
            return Ok(());
        }
        let alone = group.change().await?;
        let Some(old) = group.member(account.number) else {
            return Err(Error::new(Code::GroupNoPermission).detail("the account is not a member of the group"));
        };
        let mut member = old.clone();
        if let Some(role) = change.role {
            if old.role == Role::Owner || role == Role::Owner {
                return Err(Error::new(Code::GroupNoPermission).detail("ownership is handed over, not set"));
            }
            member.role = role;
        }
        if let Some(card) = change.name_card {
            member.name_card = card;
        }
        member.fields.extend(change.fields);
        let declared = &app.settings.custom_member_fields;
        member.fields.retain(|key, value| !value.is_empty() && is_declared(declared, key));
        check_fields(&member.fields, limit::MEMBER_FIELDS, limit::MEMBER_FIELD_BYTES)?;
        let fields = serde_json::to_vec(&member.fields).map_err(fault)?;
        let role = member.role.number();
        let book = &self.store.book;
        book.change_member(group.number, account.number, role, &member.name_card, &fields).await.map_err(broken)?;
        if let Some(receive) = change.receive {
            member.receive = receive;
            let mute = ContactChange::Mute(receive as i64, self.world.second());
            book.change_contacts(account.number, vec![(group.number, mute)]).await.map_err(broken)?;
        }
        group.write().members.insert(account.number, member.clone());
        drop(alone);
        let mut told = vec![("Operator_Account", json!(by.account.user)), ("Modified_Account", json!(account.user))];
        if member.role != old.role {
            told.push(("Role", json!(member.role.name())));
        }
        if member.name_card != old.name_card {
            told.push(("NameCard", json!(member.name_card)));
        }
        if told.len() > 2 {
            self.tell_in_group(Callback::GroupMemberField, group, &told).await?;
        }
        let place = Place::of(group);
        if let Some(receive) = change.receive {
            let extra = json!({"MsgFlag": receive.name()});
            self.tell_notice(&place, account, report::RECEIVE_OPTION, &by.account, &extra, by.instance);
        }
        if member.role != old.role {
            self.tell_role(&place, by, account, &member).await?;
        }
        Ok(())
    }

    async fn tell_role(
        self: &Arc<Self>,
        place: &Place,
        by: &By,
        account: &Arc<Account>,
        member: &super::Member,
    ) -> Result<(), Error> {
        let made = member.role == Role::Admin;
        let kind = if made { report::MADE_ADMIN } else { report::LOST_ADMIN };
        self.notify(place, account, kind, &by.account, &json!({}), None).await?;
        if place.group.kind.announces_members() {
            let kind = if made { tip::MADE_ADMIN } else { tip::LOST_ADMIN };
            let operator = place.group.member(by.account.number);
            let whom = [(account.clone(), Some(member.clone()))];
            self.tip(place, by, Self::tip_body(kind, by, operator.as_ref(), &whom, Value::Null)).await?;
        }
        Ok(())
    }

    /// A member has read up to a sequence; its other devices learn of it.
    pub async fn read_group(&self, place: &Place, by: &By, sequence: i64) -> Result<(), Error> {
        if place.group.role(by.account.number).is_none() {
            return Err(Error::new(Code::GroupNoPermission).detail("the user is not in the group"));
        }
        if !place.group.kind.is_stored() {
            return Ok(());
        }
        let heads = self.store.log.heads(&[place.number()]).await.map_err(broken)?;
        let sequence = sequence.clamp(0, heads.first().map_or(0, |head| head.sequence));
        self.move_read(place, &by.account, sequence).await?;
        let book = &self.store.book;
        book.forget_mentions(by.account.number, place.number(), sequence).await.map_err(broken)?;
        let topic = place.topic.as_ref().map_or("", |topic| topic.id.as_str());
        let body = json!({"GroupReadInfoArray": [
            {"GroupId": place.group.id, "TopicId": topic, "LastReadMsgSeq": sequence}]});
        let event = wire::signal(place, &body, json!({"To_Account": by.account.user}));
        self.tell(by.account.number, event, by.instance);
        Ok(())
    }
}
