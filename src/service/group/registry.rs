//! The groups in memory, by id and by number.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use model::{
    Code, Error, GroupKind, Role, SdkAppId, UserId,
    group::{Fields, Receive, community_of, limit},
};
use store::tables::group::{GroupRow, MemberRow};

use super::{LiveGroup, Member, State, mute::Mutes, room::Room, send::Flow};
use crate::{Services, broken, fault};

/// How many groups may be in memory before those that nobody uses are put away.
const KEPT: usize = 100_000;

/// The groups in memory.
pub(crate) struct Groups {
    map: RwLock<Map>,
    /// Taken to read a group from the book, so that there is never more than one object for a group.
    loading: [tokio::sync::Mutex<()>; 64],
    /// Taken while an app makes a group, so that its quotas hold.
    pub making: [tokio::sync::Mutex<()>; 64],
}

impl Default for Groups {
    fn default() -> Self {
        Self {
            map: RwLock::default(),
            loading: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            making: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        }
    }
}

#[derive(Default)]
struct Map {
    by_id: HashMap<SdkAppId, HashMap<Box<str>, Arc<LiveGroup>>>,
    by_number: HashMap<i64, Arc<LiveGroup>>,
    /// Topics' conversations, with their community's number.
    topics: HashMap<i64, i64>,
}

impl Groups {
    fn find(&self, app: SdkAppId, id: &str) -> Option<Arc<LiveGroup>> {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        map.by_id.get(&app)?.get(id).cloned()
    }

    fn numbered(&self, number: i64) -> Option<Arc<LiveGroup>> {
        self.map.read().unwrap_or_else(PoisonError::into_inner).by_number.get(&number).cloned()
    }

    fn insert(&self, group: &Arc<LiveGroup>) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        if map.by_number.len() >= KEPT {
            // Whoever uses a group holds it; two references are those of this map.
            map.by_number.retain(|_, group| Arc::strong_count(group) > 2 || !group.room().is_empty());
            let Map { by_id, by_number, .. } = &mut *map;
            for groups in by_id.values_mut() {
                groups.retain(|_, group| by_number.contains_key(&group.number));
            }
        }
        map.by_id.entry(group.app).or_default().insert(group.id.clone(), group.clone());
        map.by_number.insert(group.number, group.clone());
    }

    pub fn remove(&self, group: &LiveGroup) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(groups) = map.by_id.get_mut(&group.app) {
            groups.remove(&group.id);
        }
        map.by_number.remove(&group.number);
        map.topics.retain(|_, community| *community != group.number);
    }

    pub fn note_topic(&self, topic: i64, community: i64) {
        self.map.write().unwrap_or_else(PoisonError::into_inner).topics.insert(topic, community);
    }

    pub fn community_of(&self, topic: i64) -> Option<i64> {
        self.map.read().unwrap_or_else(PoisonError::into_inner).topics.get(&topic).copied()
    }

    pub fn forget_topic(&self, topic: i64) {
        self.map.write().unwrap_or_else(PoisonError::into_inner).topics.remove(&topic);
    }

    fn lock(&self, number: i64) -> &tokio::sync::Mutex<()> {
        &self.loading[(number.unsigned_abs() % 64) as usize]
    }
}

/// Builds the object of a group from its rows.
pub(super) fn live(
    row: &GroupRow,
    members: Vec<MemberRow>,
    mutes: Vec<(i64, String, i64)>,
) -> Result<Arc<LiveGroup>, Error> {
    let kind = GroupKind::from_number(row.kind)
        .ok_or_else(|| Error::new(Code::Broken).source("a stored group has an unknown type"))?;
    let mut state = State {
        info: Arc::new(serde_json::from_slice(&row.body).map_err(fault)?),
        owner: row.owner,
        room_owner: None,
        members: HashMap::with_capacity(members.len()),
        order: BTreeSet::new(),
        mutes: Mutes::default(),
        gone: false,
    };
    for member in members {
        state.insert(member_of(member)?);
    }
    for (account, user, until) in mutes {
        state.mutes.insert(account, user_id(&user)?, until);
    }
    Ok(Arc::new(LiveGroup {
        number: row.number,
        app: u32::try_from(row.app).map_err(fault)?,
        id: row.group_id.as_str().into(),
        quoted: serde_json::to_string(&row.group_id).map_err(fault)?.into(),
        kind,
        created: row.created,
        state: RwLock::new(state),
        changing: tokio::sync::Mutex::default(),
        flow: Mutex::new(Flow::default()),
        room: Mutex::new(Room::default()),
        topics: Mutex::default(),
    }))
}

pub(super) fn user_id(name: &str) -> Result<UserId, Error> {
    UserId::new(name).ok_or_else(|| Error::new(Code::Broken).source("a stored account has no valid name"))
}

fn member_of(row: MemberRow) -> Result<Member, Error> {
    Ok(Member {
        account: row.account,
        user: user_id(&row.user_id)?,
        role: Role::from_number(row.role),
        joined: row.joined,
        join_sequence: row.join_sequence,
        name_card: row.name_card,
        fields: if row.fields.is_empty() {
            Fields::new()
        } else {
            serde_json::from_slice(&row.fields).map_err(fault)?
        },
        receive: Receive::from_number(row.mute),
        last_sent: 0,
    })
}

impl Services {
    /// The group of that id: 10015 when no group can have it, 10010 when there is none.
    pub async fn group(&self, app: SdkAppId, id: &str) -> Result<Arc<LiveGroup>, Error> {
        let printable = id.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        if id.is_empty() || id.len() > limit::TOPIC_ID_BYTES || !printable {
            return Err(Error::new(Code::GroupIdInvalid).detail("a group id has 1 to 48 printable ASCII characters"));
        }
        // Clients name a topic where they mean its community, too.
        let id = community_of(id).unwrap_or(id);
        match self.find_group(app, id).await? {
            Some(group) => Ok(group),
            None => Err(Error::new(Code::GroupMissing).detail(format!("there is no group {id}"))),
        }
    }

    /// The group of that id, if there is one.
    pub async fn find_group(&self, app: SdkAppId, id: &str) -> Result<Option<Arc<LiveGroup>>, Error> {
        if let Some(group) = self.groups.find(app, id) {
            return Ok(Some(group));
        }
        let Some(row) = self.store.book.group(app.into(), id).await.map_err(broken)? else { return Ok(None) };
        self.load_group(row.number).await
    }

    /// The group of that conversation, if there is one.
    pub async fn group_numbered(&self, number: i64) -> Result<Option<Arc<LiveGroup>>, Error> {
        match self.groups.numbered(number) {
            Some(group) => Ok(Some(group)),
            None => self.load_group(number).await,
        }
    }

    async fn load_group(&self, number: i64) -> Result<Option<Arc<LiveGroup>>, Error> {
        let _alone = self.groups.lock(number).lock().await;
        if let Some(group) = self.groups.numbered(number) {
            return Ok(Some(group));
        }
        let book = &self.store.book;
        let Some(row) = book.group_by_number(number).await.map_err(broken)? else { return Ok(None) };
        let members = book.members(number).await.map_err(broken)?;
        let mutes = book.mutes(number).await.map_err(broken)?;
        let group = live(&row, members, mutes)?;
        if !group.kind.is_stored() && row.owner != 0 {
            let owner = self.accounts.by_number(group.app, row.owner).await?;
            group.write().room_owner = owner.map(|owner| owner.user.clone());
        }
        self.groups.insert(&group);
        Ok(Some(group))
    }

    /// The groups that an account is in, in no particular order.
    pub async fn groups_of(&self, account: i64) -> Result<Vec<Arc<LiveGroup>>, Error> {
        let mut groups = Vec::new();
        for number in self.store.book.groups_of(account).await.map_err(broken)? {
            groups.extend(self.group_numbered(number).await?);
        }
        Ok(groups)
    }

    /// The ids of an app's groups of a type or of all, after a number; with the number of the last one.
    pub async fn group_ids(
        &self,
        app: SdkAppId,
        kind: Option<GroupKind>,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, Error> {
        self.store.book.group_ids(app.into(), kind.map(GroupKind::number), after, limit).await.map_err(broken)
    }

    /// How many groups an app has.
    pub async fn group_count(&self, app: SdkAppId, kind: Option<GroupKind>) -> Result<i64, Error> {
        self.store.book.group_count(app.into(), kind.map(GroupKind::number)).await.map_err(broken)
    }
}
