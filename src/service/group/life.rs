//! Making groups, changing what is said of them, handing them over, dismissing them.

use std::sync::Arc;

use model::{
    Callback, Code, Error, GroupInfo, GroupKind, Millis, Role,
    callback::CallbackForm,
    group::{
        Fields, ID_PREFIX, InviteOption, JoinOption, check_fields, check_id,
        field::{Asker, is_declared},
        limit,
        rule::{self, Action, Actor},
    },
};
use serde_json::{Value, json};
use store::{
    StoreError,
    tables::group::{NewGroup as NewRow, NewMember},
};

use super::{
    By, LiveGroup, Place,
    notice::{report, tip},
};
use crate::{Account, LiveApp, Services, broken, callback, fault};

/// So many notices of a dismissal are stored together.
const TOLD_AT_ONCE: usize = 256;
const DAY: Millis = 86_400_000;
/// The most members that an imported group may have room for, and for how many it has where none is named.
const IMPORTED_MEMBERS: u64 = 6000;
const IMPORTED_DEFAULT: u64 = 2000;

/// A group to be made.
#[derive(Default)]
pub struct NewGroup {
    /// Its type.
    pub kind: Option<GroupKind>,
    /// Its id, if the app chooses it.
    pub id: Option<String>,
    /// 群名称.
    pub name: String,
    /// 群简介.
    pub introduction: String,
    /// 群公告.
    pub notification: String,
    /// 群头像.
    pub face: String,
    /// 群人数上限.
    pub most_members: Option<u64>,
    /// 加群选项.
    pub join: Option<JoinOption>,
    /// 邀请进群选项.
    pub invite: Option<InviteOption>,
    /// 群维度自定义字段.
    pub fields: Fields,
    /// Holds topics.
    pub topics: bool,
    /// 群主.
    pub owner: Option<Arc<Account>>,
    /// First members, with their roles and custom fields.
    pub members: Vec<(Arc<Account>, Role, Fields)>,
    /// An import, made at this time; nobody is told of it.
    pub imported: Option<Millis>,
}

/// What is to change about a group; `None` stays.
#[derive(Default)]
pub struct GroupChange {
    /// 群名称.
    pub name: Option<String>,
    /// 群简介.
    pub introduction: Option<String>,
    /// 群公告.
    pub notification: Option<String>,
    /// 群头像.
    pub face: Option<String>,
    /// 群人数上限.
    pub most_members: Option<u64>,
    /// 加群选项.
    pub join: Option<JoinOption>,
    /// 邀请进群选项.
    pub invite: Option<InviteOption>,
    /// 全员禁言.
    pub muted: Option<bool>,
    /// Custom fields; an empty value removes one.
    pub fields: Fields,
}

/// The owner and the first members of a new group.
fn first(new: &NewGroup) -> impl Iterator<Item = &Arc<Account>> {
    new.owner.iter().chain(new.members.iter().map(|(account, ..)| account))
}

/// What the app's server is told of a change: who, and what is new of the documented fields.
fn info_told(by: &By, app: &LiveApp, news: &Value) -> Vec<(&'static str, Value)> {
    let mut told = vec![("Operator_Account", json!(by.account.user))];
    for (name, ours) in [
        ("Name", "GroupName"),
        ("Introduction", "GroupIntroduction"),
        ("Notification", "GroupNotification"),
        ("FaceUrl", "GroupFaceUrl"),
        ("UserDefinedDataList", "MsgAppDefinedData"),
    ] {
        let is_old = name == "UserDefinedDataList";
        if let Some(new) = news.get(ours).filter(|_| !is_old || app.settings.callback_form == CallbackForm::Old) {
            told.push((name, new.clone()));
        }
    }
    told
}

fn encode(info: &GroupInfo) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(info).map_err(fault)
}

impl Services {
    /// Makes a group. Returns it, and the accounts that are in too many groups to come in.
    pub async fn create_group(
        self: &Arc<Self>,
        app: &LiveApp,
        by: &By,
        new: NewGroup,
    ) -> Result<(Arc<LiveGroup>, Vec<Arc<Account>>), Error> {
        let kind = new.kind.ok_or_else(|| Error::new(Code::GroupParameterInvalid).detail("there is no such Type"))?;
        rule::check(kind, Action::Create, if by.app { Actor::App } else { Actor::Stranger })?;
        // Who makes a group writes as its owner.
        let actor = if by.app { Actor::App } else { Actor::Member(Role::Owner) };
        let asker = Asker { settings: &app.settings, kind, actor, account: by.account.number };
        asker.check_writes(&new.fields)?;
        for (account, _, fields) in &new.members {
            asker.check_writes_of(account.number, fields)?;
        }
        if kind == GroupKind::Community && !app.settings.community {
            return Err(Code::CommunityDisabled.into());
        }
        if !kind.is_stored() && !new.members.is_empty() {
            return Err(Error::new(Code::GroupNoPermission).detail("this type of group is made without members"));
        }
        if new.imported.is_some() && !kind.is_stored() {
            return Err(Error::new(Code::GroupNoPermission).detail("this type of group cannot be imported"));
        }
        if new.imported.is_none() {
            Box::pin(self.ask_to_create(app, by, &new, kind)).await?;
        }
        let now = new.imported.unwrap_or(self.world.now());
        let info = Self::info_of_new(app, kind, &new, now)?;
        let texts = [&info.name, &info.introduction, &info.notification];
        self.lexicons.check(app.sdkappid, texts, Code::TextRejected)?;
        let _alone = self.groups.making[(app.sdkappid % 64) as usize].lock().await;
        if new.imported.is_none() {
            self.check_quotas(app, kind, new.owner.as_deref()).await?;
        }
        let id = match new.id.as_deref().filter(|id| !id.is_empty()) {
            Some(id) => {
                check_id(kind, id)?;
                id.to_owned()
            }
            None => self.made_id(kind),
        };
        if let Some(taken) = self.find_group(app.sdkappid, &id).await? {
            let mine = new.owner.as_ref().is_some_and(|owner| taken.read().owner == owner.number);
            return Err(if mine { Code::GroupIdTakenByOwner } else { Code::GroupIdTaken }.into());
        }
        let (members, over) = self.first_members(app, kind, &new, now).await?;
        if info.most_members > 0 && members.len() as u64 > info.most_members {
            return Err(Error::new(Code::MemberQuotaUsedUp).detail("the group has no room for so many members"));
        }
        let row = NewRow {
            app: app.sdkappid.into(),
            group_id: &id,
            kind: kind.number(),
            owner: new.owner.as_ref().map_or(0, |owner| owner.number),
            created: now,
            body: encode(&info)?,
        };
        let number = self.store.book.add_group(row, &members, self.world.now()).await.map_err(|error| match error {
            StoreError::Conflict { .. } => Code::GroupIdTaken.into(),
            error => broken(error),
        })?;
        let group =
            self.group_numbered(number).await?.ok_or_else(|| fault("a group is gone right after it was made"))?;
        if new.imported.is_none() {
            self.tell_created(&group, by, &new).await?;
            let told = [
                ("Operator_Account", json!(by.account.user)),
                ("Owner_Account", json!(group.read().owner_name())),
                ("Name", json!(new.name)),
                ("MemberList", callback::members(first(&new).filter(|one| group.role(one.number).is_some()))),
                ("UserDefinedDataList", callback::fields(&new.fields)),
            ];
            self.tell_in_group(Callback::GroupAfterCreate, &group, &told).await?;
            self.tell_if_full(&group).await?;
        }
        Ok((group, over))
    }

    async fn ask_to_create(&self, app: &LiveApp, by: &By, new: &NewGroup, kind: GroupKind) -> Result<(), Error> {
        if callback::wanted(Callback::GroupBeforeCreate).is_none() {
            return Ok(());
        }
        // How many groups the user has made of this type, as those who count them are told.
        let owner = new.owner.as_ref().map_or(0, |owner| owner.number);
        let owned = self.groups_of(owner).await?;
        let made = owned.iter().filter(|group| group.kind == kind && group.read().owner == owner).count();
        self.before_create(|_| {
            let old = app.settings.callback_form == CallbackForm::Old;
            vec![
                ("Operator_Account", json!(by.account.user)),
                ("Owner_Account", json!(new.owner.as_ref().map_or("", |owner| owner.user.as_str()))),
                ("Type", json!(kind.name())),
                ("Name", json!(new.name)),
                (if old { "CreatedNum" } else { "CreateGroupNum" }, json!(made)),
                ("MemberList", callback::members(first(new))),
            ]
        })
        .await
    }

    fn info_of_new(app: &LiveApp, kind: GroupKind, new: &NewGroup, now: Millis) -> Result<GroupInfo, Error> {
        let most = app.edition.quota().members(kind);
        let most = match (new.most_members, new.imported) {
            (Some(wanted), None) => wanted.clamp(1, most.max(1)),
            (Some(wanted), Some(_)) => wanted.clamp(1, most.max(IMPORTED_MEMBERS)),
            (None, Some(_)) if kind != GroupKind::Community => IMPORTED_DEFAULT,
            (None, _) => most,
        };
        let most = if kind.is_stored() { most } else { 0 };
        let mut info = GroupInfo::new(kind, &new.name, most, now);
        info.introduction.clone_from(&new.introduction);
        info.notification.clone_from(&new.notification);
        info.face.clone_from(&new.face);
        info.fields.clone_from(&new.fields);
        info.topics = new.topics && kind == GroupKind::Community;
        if let Some(join) = new.join.filter(|_| kind != GroupKind::Private) {
            info.join = join;
        }
        if let Some(invite) = new.invite.filter(|_| kind.is_stored()) {
            info.invite = invite;
        }
        info.check()?;
        Ok(info)
    }

    async fn check_quotas(&self, app: &LiveApp, kind: GroupKind, owner: Option<&Account>) -> Result<(), Error> {
        let quota = app.edition.quota();
        let (book, id) = (&self.store.book, i64::from(app.sdkappid));
        let today = self.world.now().div_euclid(DAY) * DAY;
        let made = book.groups_made_since(id, today).await.map_err(broken)?;
        if made as u64 >= quota.new_groups_per_day {
            return Err(Error::new(Code::GroupTooFrequent).detail("the daily growth of groups is used up"));
        }
        if let Some(most) = quota.groups(kind) {
            let count = book.group_count(id, Some(kind.number())).await.map_err(broken)?;
            if count as u64 >= most {
                let code =
                    if kind == GroupKind::AvChatRoom { Code::LiveGroupQuotaUsedUp } else { Code::GroupTooFrequent };
                return Err(Error::new(code).detail(format!("an app has at most {most} groups of this type")));
            }
        }
        match owner {
            Some(owner) if kind.is_stored() && !self.has_room_for_group(app, owner).await? => {
                Err(Code::UserGroupQuotaUsedUp.into())
            }
            _ => Ok(()),
        }
    }

    /// Whether an account may be in one more group.
    pub(super) async fn has_room_for_group(&self, app: &LiveApp, account: &Account) -> Result<bool, Error> {
        let count = self.store.book.group_count_of(account.number).await.map_err(broken)?;
        Ok((count as u64) < app.edition.quota().groups_per_user)
    }

    fn made_id(&self, kind: GroupKind) -> String {
        let mark = match kind {
            GroupKind::Private => "1",
            GroupKind::Public => "2",
            GroupKind::ChatRoom => "3",
            GroupKind::AvChatRoom => "a",
            GroupKind::BChatRoom => "b",
            GroupKind::Community => "_@TGS#c",
        };
        format!("{ID_PREFIX}{mark}{}", self.world.hex(6).to_uppercase())
    }

    async fn first_members(
        &self,
        app: &LiveApp,
        kind: GroupKind,
        new: &NewGroup,
        now: Millis,
    ) -> Result<(Vec<NewMember>, Vec<Arc<Account>>), Error> {
        let mut members: Vec<NewMember> = Vec::new();
        let mut over = Vec::new();
        if !kind.is_stored() {
            return Ok((members, over));
        }
        let owner = new.owner.iter().map(|owner| (owner, Role::Owner, None));
        let others = new.members.iter().map(|(account, role, fields)| (account, *role, Some(fields)));
        for (account, role, fields) in owner.chain(others) {
            if members.iter().any(|member| member.account == account.number) {
                continue;
            }
            if role != Role::Owner && !self.has_room_for_group(app, account).await? {
                over.push(account.clone());
                continue;
            }
            if role == Role::Admin && !rule::allows(kind, Action::SetAdmin, Actor::Member(Role::Owner)) {
                return Err(Error::new(Code::GroupParameterInvalid).detail("this type of group has no administrators"));
            }
            members.push(NewMember {
                account: account.number,
                role: role.number(),
                joined: now / 1000,
                join_sequence: 0,
                read_sequence: 0,
                mute: kind.receive_option() as i64,
                fields: match fields.filter(|fields| !fields.is_empty()) {
                    Some(fields) => {
                        check_fields(fields, limit::MEMBER_FIELDS, limit::MEMBER_FIELD_BYTES)?;
                        serde_json::to_vec(fields).map_err(fault)?
                    }
                    None => Vec::new(),
                },
            });
        }
        Ok((members, over))
    }

    async fn tell_created(self: &Arc<Self>, group: &Arc<LiveGroup>, by: &By, new: &NewGroup) -> Result<(), Error> {
        let place = Place::of(group);
        if let Some(owner) = &new.owner {
            self.tell_notice(&place, owner, report::CREATED, owner, &json!({}), by.instance);
        }
        // The app's own private group shows with its first message.
        if by.is_backend() && group.kind == GroupKind::Private {
            return Ok(());
        }
        for (account, ..) in &new.members {
            if group.role(account.number).is_some_and(|role| role != Role::Owner) {
                self.notify(&place, account, report::INVITED, &by.account, &json!({}), None).await?;
            }
        }
        Ok(())
    }

    /// Stores what is said of a group and shows it from now on. The group's lock is held.
    pub(super) async fn keep_info(&self, group: &LiveGroup, mut info: GroupInfo) -> Result<(), Error> {
        info.version += 1;
        info.changed = self.world.second();
        let owner = group.read().owner;
        self.store.book.change_group(group.number, owner, encode(&info)?).await.map_err(broken)?;
        group.write().info = Arc::new(info);
        Ok(())
    }

    /// Changes what is said of a group and tells its members.
    pub async fn change_group(
        self: &Arc<Self>,
        app: &LiveApp,
        group: &Arc<LiveGroup>,
        by: &By,
        change: GroupChange,
    ) -> Result<(), Error> {
        let texts = [&change.name, &change.introduction, &change.notification, &change.face];
        let declared = !app.settings.custom_group_fields.is_empty();
        group.asker(&app.settings, by).check_writes(&change.fields)?;
        let as_info = !declared && !change.fields.is_empty();
        let wanted = [
            (texts.iter().any(|text| text.is_some()) || as_info, Action::ChangeInfo),
            (change.join.is_some(), Action::ChangeJoinOption),
            (change.invite.is_some(), Action::ChangeInviteOption),
            (change.most_members.is_some(), Action::ChangeSize),
            (change.muted.is_some(), Action::MuteAll),
        ];
        for (_, action) in wanted.iter().filter(|(wanted, _)| *wanted) {
            group.check(by, *action)?;
        }
        let alone = group.change().await?;
        let old = group.info();
        let mut info = (*old).clone();
        let mut news = json!({});
        let mut note = |name: &str, value: Value| {
            if let Some(news) = news.as_object_mut() {
                news.insert(name.into(), value);
            }
        };
        for (new, text, name) in [
            (change.name, &mut info.name, "GroupName"),
            (change.introduction, &mut info.introduction, "GroupIntroduction"),
            (change.notification, &mut info.notification, "GroupNotification"),
            (change.face, &mut info.face, "GroupFaceUrl"),
        ] {
            if let Some(new) = new.filter(|new| new != text) {
                self.lexicons.check(app.sdkappid, [&new], Code::TextRejected)?;
                note(name, json!(new));
                *text = new;
            }
        }
        if !change.fields.is_empty() {
            let told = Asker::audience(&app.settings, group.kind);
            let changed: Vec<Value> =
                told.readable(&change.fields).map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            if !changed.is_empty() {
                note("MsgAppDefinedData", changed.into());
            }
            info.fields.extend(change.fields);
            // What is not declared any more makes room.
            let declared = &app.settings.custom_group_fields;
            info.fields.retain(|key, value| !value.is_empty() && is_declared(declared, key));
        }
        if let Some(join) = change.join.filter(|_| group.kind != GroupKind::Community) {
            info.join = join;
        }
        info.invite = change.invite.unwrap_or(info.invite);
        info.muted = change.muted.unwrap_or(info.muted);
        if let Some(most) = change.most_members.filter(|_| group.kind.is_stored()) {
            let allowed = app.edition.quota().members(group.kind).max(info.most_members);
            if most == 0 || most > allowed {
                return Err(Error::new(Code::GroupParameterInvalid)
                    .detail(format!("MaxMemberNum is 1 to {allowed} in this app's plan")));
            }
            info.most_members = most;
        }
        info.check()?;
        if info == *old {
            return Ok(());
        }
        self.keep_info(group, info).await?;
        drop(alone);
        if news.as_object().is_some_and(|news| !news.is_empty()) {
            let told = info_told(by, app, &news);
            self.tip_info(group, by, news).await?;
            if told.len() > 1 {
                self.tell_in_group(Callback::GroupAfterInfo, group, &told).await?;
            }
        }
        Ok(())
    }

    async fn tip_info(self: &Arc<Self>, group: &Arc<LiveGroup>, by: &By, news: Value) -> Result<(), Error> {
        let news = json!({"MsgGroupNewInfo": news});
        let body = Self::tip_body(tip::INFO, by, group.member(by.account.number).as_ref(), &[], news);
        self.tip(&Place::of(group), by, body).await
    }

    /// Hands a group over to one of its members; the former owner stays as an ordinary member.
    pub async fn hand_over(
        self: &Arc<Self>,
        group: &Arc<LiveGroup>,
        by: &By,
        new_owner: &Arc<Account>,
    ) -> Result<(), Error> {
        group.check(by, Action::HandOver)?;
        let alone = group.change().await?;
        let old = group.read().owner;
        if group.member(new_owner.number).is_none() {
            return Err(Error::new(Code::GroupParameterInvalid).detail("the new owner is not a member of the group"));
        }
        if old == new_owner.number {
            return Ok(());
        }
        let mut roles = vec![(new_owner.number, Role::Owner.number())];
        if old != 0 {
            roles.push((old, Role::Member.number()));
        }
        self.store.book.change_roles(group.number, &roles, new_owner.number).await.map_err(broken)?;
        {
            let mut state = group.write();
            state.owner = new_owner.number;
            for (account, role) in roles {
                if let Some(member) = state.members.get_mut(&account) {
                    member.role = Role::from_number(role);
                }
            }
        }
        drop(alone);
        self.tip_info(group, by, json!({"Owner_Account": new_owner.user})).await?;
        let former = self.accounts.by_number(group.app, old).await?;
        let told = [
            ("Operator_Account", json!(by.account.user)),
            ("OldOwner_Account", json!(former.map_or_else(String::new, |former| former.user.to_string()))),
            ("NewOwner_Account", json!(new_owner.user)),
        ];
        self.tell_in_group(Callback::GroupAfterOwner, group, &told).await
    }

    /// Dismisses a group: its members learn of it, and all that was in it is gone.
    pub async fn dismiss_group(self: &Arc<Self>, group: &Arc<LiveGroup>, by: &By) -> Result<(), Error> {
        group.check(by, Action::Dismiss)?;
        let alone = group.change().await?;
        let topics: Vec<i64> = {
            let rows = self.store.book.topics(group.number).await.map_err(broken)?;
            rows.into_iter().map(|topic| topic.number).collect()
        };
        self.store.book.remove_group(group.number, self.world.now()).await.map_err(broken)?;
        group.write().gone = true;
        if group.kind.is_stored() {
            self.groups.remove(group);
        } else {
            self.groups.end(group, self.world.now());
        }
        drop(alone);
        let place = Place::of(group);
        match group.kind {
            GroupKind::AvChatRoom | GroupKind::BChatRoom => {
                self.announce(&place, report::DISMISSED, &by.account, &json!({}), by.origin())?;
            }
            GroupKind::Community => {
                self.announce(&place, report::DISMISSED, &by.account, &json!({}), by.origin())?;
                // So many that who asked does not wait for those who are away.
                let mut away: Vec<i64> = group.read().members().map(|member| member.account).collect();
                away.retain(|account| !self.hub.is_online(*account));
                let (services, by) = (self.clone(), by.clone());
                tokio::spawn(async move {
                    if let Err(error) = services.notify_dismissed(&place, &by, &away).await {
                        tracing::error!(%error, "members of a dismissed community were not told");
                    }
                });
            }
            GroupKind::Private | GroupKind::Public | GroupKind::ChatRoom => {
                let accounts: Vec<i64> = group.read().members().map(|member| member.account).collect();
                self.notify_dismissed(&place, by, &accounts).await?;
            }
        }
        group.room().close();
        for conversation in topics.into_iter().chain([group.number]) {
            self.store.log.purge(conversation, i64::MAX).await.map_err(broken)?;
        }
        let mut told = vec![("Owner_Account", json!(group.read().owner_name())), ("Name", json!(group.info().name))];
        if group.kind != GroupKind::Community {
            let members: Value = group.read().members().map(|one| json!({"Member_Account": one.user})).collect();
            told.push(("MemberList", members));
        }
        self.tell_in_group(Callback::GroupAfterDestroy, group, &told).await
    }

    /// Tells accounts that a group is gone, now or when they come back.
    async fn notify_dismissed(self: &Arc<Self>, place: &Place, by: &By, accounts: &[i64]) -> Result<(), Error> {
        let tell = async |account: i64| {
            let Some(member) = self.accounts.by_number(place.group.app, account).await? else { return Ok(()) };
            let instance = by.origin().filter(|(sender, _)| *sender == account).map(|(_, instance)| instance);
            self.notify(place, &member, report::DISMISSED, &by.account, &json!({}), instance).await
        };
        for some in accounts.chunks(TOLD_AT_ONCE) {
            futures_util::future::try_join_all(some.iter().map(|account| tell(*account))).await?;
        }
        Ok(())
    }

    /// Takes an account out of all its groups, without a word; groups it owned have no owner any more.
    pub(crate) async fn leave_all_groups(self: &Arc<Self>, account: &Account) -> Result<(), Error> {
        for group in self.groups_of(account.number).await? {
            let Ok(_alone) = group.change().await else { continue };
            self.drop_members(&group, &[account.number]).await?;
        }
        Ok(())
    }
}
