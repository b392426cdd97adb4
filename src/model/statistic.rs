//! What is counted, once for everybody who names it: REST, the console, the tests.
//!
//! The numbers stand in the store and never change. A day is written as the hour since 1970 (UTC) at which it begins,
//! so that only the calendar knows a time zone.

use serde::{Deserialize, Serialize};

use crate::Millis;

const HOUR: Millis = 3_600_000;
/// The hours of a day.
pub const DAY_HOURS: i64 = 24;

/// How the number of a day comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Each event adds to it.
    Sum,
    /// Different accounts or groups: a set.
    Distinct,
    /// The greatest value it had.
    Peak,
    /// What there is at the end: what came adds to it, what went is taken off.
    Total(Metric, Metric),
    /// Two others added up.
    Both(Metric, Metric),
}

/// The page of the console that shows a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// 数据总览.
    Overview,
    /// 单聊统计.
    Single,
    /// 群聊统计.
    Group,
    /// In the operational data of REST only.
    Rest,
    /// Live rooms, which are kept apart.
    Room,
    /// No page: what others are made of.
    Inner,
}

macro_rules! metrics {
    ($($number:literal $name:ident $key:literal $wire:literal $page:ident $kind:expr, $doc:literal;)+) => {
        /// Something that is counted for an app and a day.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Metric {
            $(#[doc = $doc] $name = $number,)+
        }

        impl Metric {
            /// Every metric in the order of the pages.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name in the console's commands.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)+ }
            }

            /// Its name in the answer of REST v4 `getappinfo`; empty when it is not there.
            pub const fn wire(self) -> &'static str {
                match self { $(Self::$name => $wire,)+ }
            }

            /// What it means.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $doc,)+ }
            }

            /// The page that shows it.
            pub const fn page(self) -> Page {
                match self { $(Self::$name => Page::$page,)+ }
            }

            /// How it comes about.
            pub const fn kind(self) -> Kind {
                use Kind::{Both, Distinct, Peak, Sum, Total};
                match self { $(Self::$name => $kind,)+ }
            }
        }
    };
}

metrics! {
    1 ActiveUsers "active_users" "ActiveUserNum" Overview Distinct, "Accounts that were connected or sent something.";
    2 NewAccounts "new_accounts" "RegistUserNumOneDay" Overview Sum, "Accounts that were made.";
    4 AllAccounts "all_accounts" "RegistUserNumTotal" Overview Total(Metric::NewAccounts, Metric::RemovedAccounts),
        "Accounts at the end of the day.";
    7 Up "up_messages" "UpMsgNum" Overview Both(Metric::SingleUp, Metric::GroupUp), "Messages taken from senders.";
    8 Down "down_messages" "DownMsgNum" Overview Both(Metric::SingleDown, Metric::GroupDown),
        "Messages handed to receivers.";
    9 Senders "senders" "SendMsgUserNum" Overview Distinct, "Accounts that sent a message.";
    10 Pushes "pushes" "APNSMsgNum" Overview Both(Metric::SinglePushes, Metric::GroupPushes),
        "Offline pushes for messages, one for each device.";
    11 PeakOnline "peak_online" "MaxOnlineNum" Overview Peak, "The most accounts connected at a time.";
    20 SingleUp "single_up" "C2CUpMsgNum" Single Sum, "One-to-one messages taken from senders.";
    21 SingleDown "single_down" "C2CDownMsgNum" Single Sum,
        "One-to-one messages handed to connections of receivers and to the senders' other devices.";
    22 SingleSenders "single_senders" "C2CSendMsgUserNum" Single Distinct,
        "Accounts that sent a one-to-one message.";
    23 SinglePushes "single_pushes" "C2CAPNSMsgNum" Single Sum, "Offline pushes for one-to-one messages.";
    30 GroupUp "group_up" "GroupUpMsgNum" Group Sum, "Group messages taken from senders, live rooms apart.";
    31 GroupDown "group_down" "GroupDownMsgNum" Group Sum, "Copies of group messages for members who were online.";
    32 GroupSenders "group_senders" "GroupSendMsgUserNum" Group Distinct, "Accounts that sent a group message.";
    33 GroupPushes "group_pushes" "GroupAPNSMsgNum" Group Sum, "Offline pushes for group messages.";
    34 ActiveGroups "active_groups" "GroupSendMsgGroupNum" Group Distinct, "Groups in which a message was sent.";
    35 Joins "joins" "GroupJoinGroupTimes" Group Sum, "Times somebody came into a group, first members not counted.";
    36 Leaves "leaves" "GroupQuitGroupTimes" Group Sum, "Times somebody left a group or was removed.";
    37 NewGroups "new_groups" "GroupNewGroupNum" Group Sum, "Groups that were made.";
    38 AllGroups "all_groups" "GroupAllGroupNum" Group Total(Metric::NewGroups, Metric::DismissedGroups),
        "Groups at the end of the day.";
    39 DismissedGroups "dismissed_groups" "GroupDestroyGroupNum" Group Sum, "Groups that were dismissed.";
    5 SignIns "sign_ins" "LoginTimes" Rest Sum, "Sign-ins.";
    6 SignedIn "signed_in" "LoginUserNum" Rest Distinct, "Accounts that signed in.";
    12 FriendsMade "friends_made" "ChainIncrease" Rest Sum, "Pairs that became friends.";
    13 FriendsLost "friends_lost" "ChainDecrease" Rest Sum, "Pairs that are friends no more.";
    14 CallbacksSent "callbacks_sent" "CallBackReq" Rest Sum, "Callbacks sent to the app's backend.";
    15 CallbacksAnswered "callbacks_answered" "CallBackRsp" Rest Sum, "Callbacks that the backend answered.";
    40 RoomUp "room_up" "" Room Sum, "Messages taken in live rooms.";
    41 RoomDown "room_down" "" Room Sum, "Messages handed to listeners of live rooms.";
    42 RoomSenders "room_senders" "" Room Distinct, "Accounts that sent a message in a live room.";
    3 RemovedAccounts "removed_accounts" "" Inner Sum, "Accounts that were deleted.";
    50 LooseSingleUp "loose_single_up" "" Inner Sum, "Part of `single_up` that was not stored: online-only, dropped.";
    51 LooseSingleDown "loose_single_down" "" Inner Sum, "Part of `single_down` that was not stored.";
    52 LooseSingleSenders "loose_single_senders" "" Inner Distinct, "Senders of the messages in `loose_single_up`.";
    53 LooseGroupUp "loose_group_up" "" Inner Sum, "Part of `group_up` that was not stored.";
    54 LooseGroupDown "loose_group_down" "" Inner Sum, "Part of `group_down` that was not stored.";
    55 LooseGroupSenders "loose_group_senders" "" Inner Distinct, "Senders of the messages in `loose_group_up`.";
    56 LooseGroups "loose_groups" "" Inner Distinct, "Groups of the messages in `loose_group_up`.";
}

impl Metric {
    /// The number it has in the store.
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// The metric of a number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.number() == number)
    }

    /// The metric of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.key() == key)
    }
}

/// The hour since 1970 in which a moment lies.
pub const fn hour_of(time: Millis) -> i64 {
    time.div_euclid(HOUR)
}

/// What kind of message it is that a stored row counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// To one account.
    Single = 1,
    /// In a group.
    Group = 2,
    /// In a topic of a community.
    Topic = 3,
}

/// What a stored message counts for, kept beside it as one number: 0 counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The app.
    pub app: crate::SdkAppId,
    /// Where it was said.
    pub said: Said,
    /// For how many it was there when it was taken: connections of the two accounts, or members of the group.
    pub reach: u32,
}

impl Tally {
    const REACH_BITS: u32 = 28;

    /// As one number.
    pub const fn pack(self) -> i64 {
        let most = (1 << Self::REACH_BITS) - 1;
        let reach = if self.reach > most { most } else { self.reach };
        (self.app as i64) << (Self::REACH_BITS + 3) | (reach as i64) << 3 | self.said as i64
    }

    /// Reads a number; `None` when it counts for nothing.
    pub fn unpack(packed: i64) -> Option<Self> {
        let said = match packed & 7 {
            1 => Said::Single,
            2 => Said::Group,
            3 => Said::Topic,
            _ => return None,
        };
        let reach = (packed >> 3 & ((1 << Self::REACH_BITS) - 1)) as u32;
        Some(Self { app: (packed >> (Self::REACH_BITS + 3)) as crate::SdkAppId, said, reach })
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, fmt::Write};

    use super::{Kind, Metric, Page, Said, Tally, hour_of};

    #[test]
    fn numbers_keys_and_wire_names_are_unique() {
        let all = Metric::ALL;
        assert_eq!(all.iter().map(|metric| metric.number()).collect::<HashSet<_>>().len(), all.len());
        assert_eq!(all.iter().map(|metric| metric.key()).collect::<HashSet<_>>().len(), all.len());
        let wire: Vec<_> = all.iter().map(|metric| metric.wire()).filter(|wire| !wire.is_empty()).collect();
        assert_eq!(wire.iter().collect::<HashSet<_>>().len(), wire.len());
        assert_eq!(wire.len(), 28, "as many as getappinfo has beside the app and the date");
        for metric in all {
            assert_eq!(Metric::from_number(metric.number()), Some(*metric));
            assert_eq!(Metric::from_key(metric.key()), Some(*metric));
        }
    }

    /// The table as `docs/statistics.md` shows it.
    fn shown() -> String {
        let mut text = "| Key | `getappinfo` | Meaning |\n|---|---|---|\n".to_owned();
        for metric in Metric::ALL.iter().filter(|metric| metric.page() != Page::Inner) {
            let wire = if metric.wire().is_empty() { "–".to_owned() } else { format!("`{}`", metric.wire()) };
            writeln!(text, "| `{}` | {wire} | {} |", metric.key(), metric.about()).unwrap();
        }
        text
    }

    #[test]
    fn the_manual_has_every_metric() {
        let manual = include_str!("../../docs/statistics.md");
        assert!(manual.contains(&shown()), "docs/statistics.md should contain:\n{}", shown());
    }

    #[test]
    fn what_is_added_up_is_counted_itself() {
        for metric in Metric::ALL {
            if let Kind::Both(one, other) | Kind::Total(one, other) = metric.kind() {
                assert!(matches!((one.kind(), other.kind()), (Kind::Sum, Kind::Sum)), "{}", metric.key());
            }
        }
    }

    #[test]
    fn a_tally_is_one_number() {
        for app in [1, 1_400_000_001, u32::MAX] {
            for said in [Said::Single, Said::Group, Said::Topic] {
                for reach in [0, 1, 6000, (1 << 28) - 1] {
                    let tally = Tally { app, said, reach };
                    assert!(tally.pack() > 0);
                    assert_eq!(Tally::unpack(tally.pack()), Some(tally));
                }
            }
        }
        assert_eq!(Tally::unpack(0), None);
        let more = Tally { app: 7, said: Said::Group, reach: u32::MAX };
        assert_eq!(Tally::unpack(more.pack()).unwrap().reach, (1 << 28) - 1);
    }

    #[test]
    fn hours_are_counted_from_1970() {
        assert_eq!((hour_of(0), hour_of(3_599_999), hour_of(3_600_000), hour_of(-1)), (0, 0, 1, -1));
    }
}
