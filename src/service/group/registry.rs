//! The groups in memory, by id and by number.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use model::{
    Code, Error, GroupKind, Millis, Role, SdkAppId, UserId,
    group::{Fields, Receive, community_of, limit},
};
use store::tables::group::{GroupRow, MemberRow};

use super::{
    LiveGroup, Member, State,
    mute::Mutes,
    room::{ENDED, Room},
    send::Flow,
};
use crate::{Services, broken, fault};

/// How many groups may be in memory before those that nobody uses are put away.
const KEPT: usize = 100_000;
/// How many groups are looked at to make room for one more. Two would keep the number from growing.
const LOOKED_AT: usize = 4;

/// The groups in memory.
pub(crate) struct Groups {
    map: RwLock<Map>,
    /// Live rooms that ended, and when, in milliseconds: visitors still fetch how.
    ended: Mutex<VecDeque<(Millis, Arc<LiveGroup>)>>,
    /// Taken to read a group from the book, so that there is never more than one object for a group.
    loading: [tokio::sync::Mutex<()>; 64],
    /// Taken while an app makes a group, so that its quotas hold.
    pub making: [tokio::sync::Mutex<()>; 64],
}

impl Default for Groups {
    fn default() -> Self {
        Self {
            map: RwLock::new(Map { kept: KEPT, ..Map::default() }),
            ended: Mutex::default(),
            loading: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            making: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        }
    }
}

#[derive(Default)]
struct Map {
    by_id: HashMap<SdkAppId, HashMap<Box<str>, Arc<LiveGroup>>>,
    by_number: HashMap<i64, Arc<LiveGroup>>,
    /// The numbers, those that were looked at longest ago first. Also of groups that were removed meanwhile.
    ring: VecDeque<i64>,
    kept: usize,
    /// Topics' conversations, with their community's number.
    topics: HashMap<i64, i64>,
}

impl Map {
    fn forget(&mut self, group: &LiveGroup) {
        if let Some(groups) = self.by_id.get_mut(&group.app) {
            groups.remove(&group.id);
        }
        self.by_number.remove(&group.number);
    }

    /// Puts a few groups away that nobody uses, if there are too many; returns how many it looked at.
    fn make_room(&mut self) -> usize {
        // Groups that come and go leave numbers behind. They are swept when they are more than the groups there are.
        if self.ring.len() > 2 * self.by_number.len() + LOOKED_AT {
            self.ring.retain(|number| self.by_number.contains_key(number));
        }
        let mut looked_at = 0;
        while self.by_number.len() >= self.kept && looked_at < LOOKED_AT {
            let Some(number) = self.ring.pop_front() else { break };
            looked_at += 1;
            let Some(group) = self.by_number.get(&number).cloned() else { continue };
            // Whoever uses a group holds it; three references are those of this map and of this moment.
            if Arc::strong_count(&group) > 3 || !group.room().is_empty() {
                self.ring.push_back(number);
            } else {
                self.forget(&group);
            }
        }
        looked_at
    }
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
        map.make_room();
        map.ring.push_back(group.number);
        map.by_id.entry(group.app).or_default().insert(group.id.clone(), group.clone());
        map.by_number.insert(group.number, group.clone());
    }

    pub fn remove(&self, group: &LiveGroup) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        map.forget(group);
        map.topics.retain(|_, community| *community != group.number);
    }

    /// Removes a live room that ended.
    pub fn end(&self, group: &Arc<LiveGroup>, now: Millis) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        while ended.front().is_some_and(|(when, _)| now - when > ENDED) {
            ended.pop_front();
        }
        ended.push_back((now, group.clone()));
        drop(ended);
        self.remove(group);
    }

    /// A live room that ended a moment ago.
    pub fn ended(&self, number: i64, now: Millis) -> Option<Arc<LiveGroup>> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let found = ended.iter().find(|(when, group)| group.number == number && now - when <= ENDED);
        found.map(|(_, group)| group.clone())
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
        spoken: false,
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

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, sync::Arc};

    use model::{GroupInfo, GroupKind};
    use store::tables::group::GroupRow;

    use super::{LOOKED_AT, LiveGroup, Map, live};

    const KEPT: usize = 100;

    fn group(number: i64) -> Arc<LiveGroup> {
        let info = GroupInfo::new(GroupKind::Public, "n", 10, 0);
        let body = serde_json::to_vec(&info).unwrap();
        let kind = GroupKind::Public.number();
        let row = GroupRow { number, app: 1, group_id: format!("g{number}"), kind, owner: 0, created: 0, body };
        live(&row, Vec::new(), Vec::new()).unwrap()
    }

    fn add(map: &mut Map, number: i64) -> (Arc<LiveGroup>, usize) {
        let group = group(number);
        let looked_at = map.make_room();
        map.ring.push_back(number);
        map.by_id.entry(1).or_default().insert(group.id.clone(), group.clone());
        map.by_number.insert(number, group.clone());
        (group, looked_at)
    }

    fn map() -> Map {
        Map { kept: KEPT, ..Map::default() }
    }

    #[test]
    fn groups_that_nobody_uses_make_room() {
        let mut map = map();
        let used: Vec<_> = (0..50).map(|number| add(&mut map, number).0).collect();
        for number in 50..1000 {
            assert!(add(&mut map, number).1 <= LOOKED_AT);
        }
        // One after the other of those in use may stand in the way.
        assert!(map.by_number.len() <= KEPT + used.len() / LOOKED_AT + 1, "{}", map.by_number.len());
        assert_eq!(map.by_id[&1].len(), map.by_number.len());
        assert!(used.iter().all(|group| map.by_number.contains_key(&group.number)));
        assert!(map.by_number.contains_key(&999), "the newest stays");
    }

    #[test]
    fn making_room_costs_the_same_when_all_are_in_use() {
        let mut map = map();
        let mut used = VecDeque::new();
        for number in 0..1000 {
            let (group, looked_at) = add(&mut map, number);
            assert!(looked_at <= LOOKED_AT);
            used.push_back(group);
        }
        assert_eq!(map.by_number.len(), 1000, "what is used stays, however much that is");
        // Once nobody uses them there are soon as few as there may be.
        used.clear();
        for number in 1000..1400 {
            add(&mut map, number);
        }
        assert_eq!(map.by_number.len(), KEPT);
    }

    #[test]
    fn groups_that_come_and_go_leave_nothing_behind() {
        let mut map = map();
        for number in 0..1000 {
            let group = add(&mut map, number).0;
            map.forget(&group);
        }
        assert!(map.ring.len() <= LOOKED_AT + 1, "{}", map.ring.len());
    }
}
