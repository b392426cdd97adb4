//! How much of a thing an app may have: every limit that a plan sets is asked here.

use serde::Serialize;

use crate::{Edition, GroupKind};

/// Friend groups of a user (limits page, 好友分组).
pub const FRIEND_GROUPS: usize = 32;
/// Friend requests that wait in a user's list: so many that came in, and so many sent (limits page, 未决好友).
pub const FRIEND_REQUESTS: usize = 100;
/// Users in a block list (limits page, 黑名单).
pub const BLOCKED: usize = 1000;
/// Users of one request of relations (pages of `sns`).
pub const RELATIONS_PER_REQUEST: usize = 1000;

/// How much of a thing an app may have; `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quota {
    /// Accounts of the app (帐号数量).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<u64>,
    /// Live rooms not dismissed (音视频聊天室数量).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub av_chat_rooms: Option<u64>,
    /// Members of one group (群人数上限).
    pub group_members: u64,
    /// Groups a user made or joined (创建和加入群数量).
    pub groups_per_user: u64,
    /// Friends of a user (好友数量).
    pub friends: u64,
    /// Groups made less groups dismissed in a day (日净增群组).
    pub new_groups_per_day: u64,
}

/// Members of a community (limits page).
const COMMUNITY_MEMBERS: u64 = 100_000;
/// Groups of type `BChatRoom` of an app (2019).
const BROADCAST_ROOMS: u64 = 5;

impl Edition {
    /// The quotas of the edition without packs (plans of 2019, the console guide's tooltip).
    pub fn quota(self) -> Quota {
        match self {
            Self::Trial | Self::TrtcTrial => Quota {
                accounts: Some(100),
                av_chat_rooms: Some(10),
                group_members: 20,
                groups_per_user: 50,
                friends: 20,
                new_groups_per_day: 10_000,
            },
            Self::Pro | Self::Trtc | Self::Im => Quota {
                accounts: None,
                av_chat_rooms: Some(50),
                group_members: 200,
                groups_per_user: 200,
                friends: 3000,
                new_groups_per_day: 10_000,
            },
        }
    }
}

impl Quota {
    /// The most members of a group of a type; 0 is no limit.
    pub fn members(&self, kind: GroupKind) -> u64 {
        match kind {
            GroupKind::Private | GroupKind::Public | GroupKind::ChatRoom => self.group_members,
            GroupKind::AvChatRoom | GroupKind::BChatRoom => 0,
            GroupKind::Community => COMMUNITY_MEMBERS,
        }
    }

    /// The most groups of a type that an app may have at once.
    pub fn groups(&self, kind: GroupKind) -> Option<u64> {
        match kind {
            GroupKind::AvChatRoom => self.av_chat_rooms,
            GroupKind::BChatRoom => Some(BROADCAST_ROOMS),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Edition, GroupKind};

    #[test]
    fn the_guides_numbers_hold() {
        let (trial, pro) = (Edition::Trial.quota(), Edition::Pro.quota());
        assert_eq!((trial.members(GroupKind::Public), pro.members(GroupKind::Public)), (20, 200));
        assert_eq!((trial.groups(GroupKind::AvChatRoom), pro.groups(GroupKind::AvChatRoom)), (Some(10), Some(50)));
        assert_eq!((trial.groups_per_user, pro.groups_per_user), (50, 200));
        assert_eq!(pro.members(GroupKind::AvChatRoom), 0);
    }
}
