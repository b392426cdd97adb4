//! Counting what is said in groups and not stored.

use model::{GroupKind, Millis};

use super::{LiveGroup, send::GroupSent};
use crate::Services;

impl Services {
    /// Counts a message that reaches nobody, though its sender is told of success.
    pub(super) fn count_dropped(&self, group: &LiveGroup, sender: i64, now: Millis) -> GroupSent {
        if group.kind.is_stored() {
            self.statistics.said_loosely_in_group(group.app, sender, group.number, 0);
        } else {
            self.statistics.said_in_room(group.app, sender, 0);
        }
        GroupSent { time: now, sequence: 0, dropped: false }
    }

    /// How many connections a message in a live room goes to.
    pub(super) fn listening(&self, group: &LiveGroup, except: Option<(i64, u32)>) -> usize {
        if group.kind == GroupKind::BChatRoom {
            return self.statistics.online_now(Some(group.app)) as usize;
        }
        let room = group.room();
        room.listeners.iter().filter(|(who, listener)| Some(**who) != except && listener.session.is_connected()).count()
    }
}
