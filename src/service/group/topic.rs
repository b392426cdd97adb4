//! Topics of communities, and the places where something can be said: a group or one of its topics.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use model::{
    Callback, Code, Error, GroupKind, Millis, SdkAppId, UserId,
    group::{Receive, TOPIC_INFIX, TopicInfo, check_topic_id, limit, rule::Action},
};
use serde_json::json;
use store::{
    StoreError,
    tables::{
        contact::{ContactChange, GROUP_PEER},
        topic::TopicRow,
    },
};

use super::{
    By, LiveGroup,
    mute::Mutes,
    notice::{report, tip},
    registry::user_id,
};
use crate::{Account, LiveApp, Services, broken, fault};

/// A topic as of its last change.
#[derive(Debug)]
pub struct Topic {
    /// Its number as a conversation of the log.
    pub number: i64,
    /// Its id.
    pub id: String,
    /// The id as a JSON string.
    pub quoted: Box<str>,
    /// When it was made.
    pub created: Millis,
    /// What is said of it.
    pub info: TopicInfo,
    /// Stays when what is said of it changes.
    own: Arc<RwLock<Own>>,
}

/// What accounts are to a topic, beside what they are to its community.
#[derive(Debug, Default)]
struct Own {
    mutes: Mutes,
    /// Of those who set it for the topic; for the others it is as in the community.
    receive: HashMap<i64, Receive>,
}

/// How [`Receive::AcceptAndNotify`] is stored of a topic, where 0 says that nothing was set. Read as any number that is
/// not known.
const LOUD: i64 = 5;

/// How messages of a topic arrive, where that is not as in its community.
pub(super) struct ReceiveOptions<'a>(RwLockReadGuard<'a, Own>);

impl ReceiveOptions<'_> {
    pub fn get(&self, account: i64) -> Option<Receive> {
        self.0.receive.get(&account).copied()
    }
}

/// The topics of a community, by number.
pub(super) type Topics = BTreeMap<i64, Arc<Topic>>;

/// Where something can be said.
#[derive(Clone)]
pub struct Place {
    /// The group.
    pub group: Arc<LiveGroup>,
    /// One of its topics, or the group itself.
    pub topic: Option<Arc<Topic>>,
}

impl Place {
    /// A group itself.
    pub fn of(group: &Arc<LiveGroup>) -> Self {
        Self { group: group.clone(), topic: None }
    }

    /// The number of its conversation in the log.
    pub fn number(&self) -> i64 {
        self.topic.as_ref().map_or(self.group.number, |topic| topic.number)
    }

    /// How messages arrive at a member: as it set for the topic, or else as in the group.
    pub fn receive_option(&self, account: i64) -> Receive {
        let own = self.topic.as_ref().and_then(|topic| topic.receive_options().get(account));
        let groups = || self.group.read().member(account).map_or(Receive::AcceptAndNotify, |member| member.receive);
        own.unwrap_or_else(groups)
    }
}

impl Topic {
    fn of(row: TopicRow, own: Arc<RwLock<Own>>) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self {
            number: row.number,
            quoted: serde_json::to_string(&row.topic_id).map_err(fault)?.into(),
            id: row.topic_id,
            created: row.created,
            info: serde_json::from_slice(&row.body).map_err(fault)?,
            own,
        }))
    }

    fn own(&self) -> RwLockReadGuard<'_, Own> {
        self.own.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_own(&self) -> RwLockWriteGuard<'_, Own> {
        self.own.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until when an account is muted in this topic, seconds since 1970; 0 when it is not.
    pub fn muted_until(&self, account: i64, now: i64) -> i64 {
        self.own().mutes.until(account, now)
    }

    /// Who is muted in this topic now, and until when.
    pub fn muted(&self, now: i64) -> Vec<(UserId, i64)> {
        self.own().mutes.list(now)
    }

    pub(super) fn set_mutes(&self, accounts: &[Arc<Account>], until: i64) {
        self.write_own().mutes.set(accounts, until);
    }

    pub(super) fn receive_options(&self) -> ReceiveOptions<'_> {
        ReceiveOptions(self.own())
    }

    fn set_receive_option(&self, account: i64, receive: Receive) {
        self.write_own().receive.insert(account, receive);
    }
}

impl LiveGroup {
    /// Forgets how topics' messages arrive at accounts that are no members any more.
    pub(super) fn leave_topics(&self, accounts: &[i64]) {
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for topic in topics.iter().flat_map(|topics| topics.values()) {
            topic.write_own().receive.retain(|account, _| !accounts.contains(account));
        }
    }
}

impl Services {
    /// A group, or one of its topics when one is named.
    pub async fn place(&self, app: SdkAppId, group: &str, topic: Option<&str>) -> Result<Place, Error> {
        let named = topic.filter(|topic| !topic.is_empty()).or_else(|| group.contains(TOPIC_INFIX).then_some(group));
        let group = self.group(app, group).await?;
        let Some(id) = named else { return Ok(Place { group, topic: None }) };
        let topics = self.topics(&group).await?;
        match topics.values().find(|topic| topic.id == id) {
            Some(topic) => Ok(Place { group, topic: Some(topic.clone()) }),
            None => Err(Error::new(Code::GroupMissing).detail(format!("there is no topic {id}"))),
        }
    }

    /// The topics of a community, by number.
    pub async fn topics(&self, group: &LiveGroup) -> Result<Arc<Topics>, Error> {
        if group.kind != GroupKind::Community {
            return Ok(Arc::default());
        }
        let cached = || group.topics.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(topics) = cached() {
            return Ok(topics);
        }
        // Also of a community that was dismissed just now, which has none.
        let _alone = group.changing.lock().await;
        if let Some(topics) = cached() {
            return Ok(topics);
        }
        self.load_topics(group).await
    }

    /// The community that a topic's conversation belongs to.
    pub(super) async fn community_of_topic(&self, number: i64) -> Result<Option<i64>, Error> {
        if let Some(community) = self.groups.community_of(number) {
            return Ok(Some(community));
        }
        let row = self.store.book.topic_by_number(number).await.map_err(broken)?;
        Ok(row.map(|row| row.community))
    }

    async fn load_topics(&self, group: &LiveGroup) -> Result<Arc<Topics>, Error> {
        let known = group.topics.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut own = match known {
            Some(topics) => topics.values().map(|topic| (topic.number, topic.own.clone())).collect(),
            None => self.own_of_topics(group).await?,
        };
        let mut topics = Topics::new();
        for row in self.store.book.topics(group.number).await.map_err(broken)? {
            self.groups.note_topic(row.number, group.number);
            let own = own.remove(&row.number).unwrap_or_default();
            topics.insert(row.number, Topic::of(row, own)?);
        }
        let topics = Arc::new(topics);
        *group.topics.lock().unwrap_or_else(PoisonError::into_inner) = Some(topics.clone());
        Ok(topics)
    }

    /// What the book has of accounts in a community's topics.
    async fn own_of_topics(&self, group: &LiveGroup) -> Result<HashMap<i64, Arc<RwLock<Own>>>, Error> {
        let mut all: HashMap<i64, Own> = HashMap::new();
        for (topic, account, user, until) in self.store.book.topic_mutes(group.number).await.map_err(broken)? {
            all.entry(topic).or_default().mutes.insert(account, user_id(&user)?, until);
        }
        for (topic, account, mute) in self.store.book.topic_receive_options(group.number).await.map_err(broken)? {
            all.entry(topic).or_default().receive.insert(account, Receive::from_number(mute));
        }
        Ok(all.into_iter().map(|(topic, own)| (topic, Arc::new(RwLock::new(own)))).collect())
    }

    /// Sets how a topic's messages arrive at a member; its other devices learn of it.
    pub(super) async fn receive_topic(
        &self,
        place: &Place,
        by: &By,
        account: &Account,
        receive: Receive,
    ) -> Result<(), Error> {
        if place.group.member(account.number).is_none() {
            return Err(Error::new(Code::GroupNoPermission).detail("the account is not a member of the group"));
        }
        let alone = place.group.change().await?;
        let topic = Self::present(place)?;
        let book = &self.store.book;
        book.ensure_contacts(topic.number, GROUP_PEER, &[account.number]).await.map_err(broken)?;
        let mute = if receive == Receive::AcceptAndNotify { LOUD } else { receive as i64 };
        let change = ContactChange::Mute(mute, self.world.second());
        book.change_contacts(account.number, vec![(topic.number, change)]).await.map_err(broken)?;
        topic.set_receive_option(account.number, receive);
        drop(alone);
        let extra = json!({"MsgFlag": receive.name()});
        self.tell_notice(place, account, report::RECEIVE_OPTION, &by.account, &extra, by.instance);
        Ok(())
    }

    fn check_topics(app: &LiveApp, group: &LiveGroup, by: &By) -> Result<(), Error> {
        if !app.settings.community {
            return Err(Code::CommunityDisabled.into());
        }
        group.check(by, Action::ManageTopics)?;
        if !group.info().topics {
            return Err(Error::new(Code::GroupNoPermission).detail("this community holds no topics"));
        }
        Ok(())
    }

    /// The id that an app chose for a topic, or a new one.
    fn topic_id(&self, group: &LiveGroup, chosen: Option<&str>) -> Result<String, Error> {
        match chosen.filter(|id| !id.is_empty()) {
            Some(id) => check_topic_id(&group.id, id).map(|()| id.to_owned()),
            None => Ok(format!("{}{TOPIC_INFIX}@TOPIC#{}", group.id, self.world.hex(6).to_uppercase())),
        }
    }

    /// Makes a topic and tells the members.
    pub async fn create_topic(
        self: &Arc<Self>,
        app: &LiveApp,
        group: &Arc<LiveGroup>,
        by: &By,
        id: Option<&str>,
        info: TopicInfo,
    ) -> Result<Arc<Topic>, Error> {
        Self::check_topics(app, group, by)?;
        info.check()?;
        self.lexicons.check(app.sdkappid, info.texts(), Code::TextRejected)?;
        let asked = [("Operator_Account", json!(by.account.user)), ("Name", json!(info.name))];
        Box::pin(self.before_in_group(Callback::TopicBeforeCreate, group, &asked)).await?;
        let id = self.topic_id(group, id)?;
        if self.topics(group).await?.len() >= limit::TOPICS {
            return Err(Error::new(Code::UserGroupQuotaUsedUp).detail("a community has at most 200 topics"));
        }
        let alone = group.change().await?;
        let body = serde_json::to_vec(&info).map_err(fault)?;
        let now = self.world.now();
        let added = self.store.book.add_topic(app.sdkappid.into(), group.number, &id, now, body).await;
        let number = added.map_err(|error| match error {
            StoreError::Conflict { .. } => Code::GroupIdTaken.into(),
            error => broken(error),
        })?;
        let topics = self.load_topics(group).await?;
        let topic = topics.get(&number).cloned().ok_or_else(|| fault("a topic is gone right after it was made"))?;
        let place = Place { group: group.clone(), topic: Some(topic.clone()) };
        self.announce(&place, report::TOPIC_CREATED, &by.account, &json!({}), by.origin())?;
        drop(alone);
        let told = [
            ("TopicId", json!(topic.id)),
            ("Operator_Account", json!(by.account.user)),
            ("Owner_Account", json!(group.read().owner_name())),
            ("Name", json!(topic.info.name)),
            ("UserDefinedDataList", json!([])),
        ];
        self.tell_in_group(Callback::TopicAfterCreate, group, &told).await?;
        Ok(topic)
    }

    /// The topic of a place as it is now that nobody else changes the group; somebody may have changed it or removed it
    /// since it was looked up.
    pub(super) fn present(place: &Place) -> Result<Arc<Topic>, Error> {
        let Some(topic) = &place.topic else { return Err(Code::GroupIdInvalid.into()) };
        let topics = place.group.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let present = topics.as_ref().and_then(|topics| topics.get(&topic.number)).cloned();
        present.ok_or_else(|| Error::new(Code::GroupMissing).detail(format!("there is no topic {}", topic.id)))
    }

    /// Changes a topic and tells the members.
    pub async fn change_topic(
        self: &Arc<Self>,
        app: &LiveApp,
        place: &Place,
        by: &By,
        change: impl FnOnce(&mut TopicInfo),
    ) -> Result<(), Error> {
        Self::check_topics(app, &place.group, by)?;
        let alone = place.group.change().await?;
        let topic = Self::present(place)?;
        let mut info = topic.info.clone();
        change(&mut info);
        info.check()?;
        let old = topic.info.texts();
        let new = info.texts().into_iter().filter(|text| !old.contains(text));
        self.lexicons.check(app.sdkappid, new, Code::TextRejected)?;
        let mut news = json!({});
        if let Some(news) = news.as_object_mut() {
            for (name, old, new) in [
                ("TopicName", &topic.info.name, &info.name),
                ("TopicFaceUrl", &topic.info.face, &info.face),
                ("TopicIntroduction", &topic.info.introduction, &info.introduction),
                ("TopicNotification", &topic.info.notification, &info.notification),
                ("CustomString", &topic.info.custom, &info.custom),
            ] {
                if old != new {
                    news.insert(name.into(), json!(new));
                }
            }
            if topic.info.muted != info.muted {
                news.insert("ShutupAll".into(), json!(i64::from(info.muted)));
            }
        }
        let body = serde_json::to_vec(&info).map_err(fault)?;
        self.store.book.change_topic(topic.number, body).await.map_err(broken)?;
        self.load_topics(&place.group).await?;
        drop(alone);
        let mut told = vec![("Operator_Account", json!(by.account.user))];
        for (name, ours) in [
            ("Name", "TopicName"),
            ("Introduction", "TopicIntroduction"),
            ("Notification", "TopicNotification"),
            ("FaceUrl", "TopicFaceUrl"),
        ] {
            told.extend(news.get(ours).map(|new| (name, new.clone())));
        }
        let news = json!({"MsgTopicNewInfo": news});
        let operator = place.group.member(by.account.number);
        let body = Self::tip_body(tip::TOPIC, by, operator.as_ref(), &[], news);
        self.tell_members(place, &body, None)?;
        if told.len() > 1 {
            self.tell_in_group(Callback::TopicAfterInfo, &place.group, &told).await?;
        }
        Ok(())
    }

    /// Removes a topic with all that was said in it, and tells the members.
    pub async fn destroy_topic(self: &Arc<Self>, app: &LiveApp, place: &Place, by: &By) -> Result<(), Error> {
        Self::check_topics(app, &place.group, by)?;
        let alone = place.group.change().await?;
        let topic = Self::present(place)?;
        self.store.book.remove_topic(topic.number).await.map_err(broken)?;
        self.groups.forget_topic(topic.number);
        self.load_topics(&place.group).await?;
        drop(alone);
        self.store.log.purge(topic.number, i64::MAX).await.map_err(broken)?;
        let group = Place::of(&place.group);
        let extra = json!({"TopicIdArray": [topic.id]});
        self.announce(&group, report::TOPICS_DELETED, &by.account, &extra, None)?;
        let told = [("TopicIdList", json!([topic.id]))];
        self.tell_in_group(Callback::TopicAfterDestroy, &place.group, &told).await
    }

    /// Imports a topic; nobody is told. Returns its id.
    pub async fn import_topic(
        &self,
        app: &LiveApp,
        group: &Arc<LiveGroup>,
        by: &By,
        (id, created): (Option<&str>, Millis),
        info: TopicInfo,
    ) -> Result<String, Error> {
        Self::check_topics(app, group, by)?;
        info.check()?;
        let id = self.topic_id(group, id)?;
        if self.topics(group).await?.len() >= limit::TOPICS {
            return Err(Error::new(Code::UserGroupQuotaUsedUp).detail("a community has at most 200 topics"));
        }
        let _alone = group.change().await?;
        let body = serde_json::to_vec(&info).map_err(fault)?;
        let added = self.store.book.add_topic(app.sdkappid.into(), group.number, &id, created, body).await;
        added.map_err(|error| match error {
            StoreError::Conflict { .. } => Code::GroupIdTaken.into(),
            error => broken(error),
        })?;
        self.load_topics(group).await?;
        Ok(id)
    }
}
