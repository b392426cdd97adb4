//! What devices are told of changed relations. Clients follow these and not the answers to what they asked, so the
//! asking connection is told as well.

use serde_json::{Value, json};

use crate::Services;

/// The most names in one push: clients ask for all of them at once.
pub(super) const NAMES: usize = 100;

/// A list whose names are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Applications that are done with. First, since clients read their applications again with each new friend.
    ApplicationGone,
    /// Friends that were removed.
    FriendRemoved,
    /// New friends.
    FriendAdded,
    /// Users who are blocked now.
    Blocked,
    /// Users who are no longer blocked.
    Unblocked,
}

impl Kind {
    /// The number and the member of the entry. Only the member decides what clients do.
    fn wire(self) -> (u8, &'static str) {
        match self {
            Self::ApplicationGone => (5, "FrienPencydDel_Account"),
            Self::FriendRemoved => (2, "FriendDel_Account"),
            Self::FriendAdded => (1, "FriendAdd_Account"),
            Self::Blocked => (11, "BlackListAdd_Account"),
            Self::Unblocked => (12, "BlackListDel_Account"),
        }
    }
}

/// What is to be told to whom.
#[derive(Default)]
pub(super) struct Notices {
    names: Vec<(i64, Kind, String)>,
    entries: Vec<(i64, Value)>,
}

impl Notices {
    /// Tells an account that a name was added to a list or taken from it.
    pub(super) fn names(&mut self, account: i64, kind: Kind, name: &str) {
        self.names.push((account, kind, name.to_owned()));
    }

    /// Tells an account an entry of another form.
    pub(super) fn entry(&mut self, account: i64, entry: Value) {
        self.entries.push((account, entry));
    }

    /// The entries for each account, in the order to tell them in.
    fn list(mut self) -> Vec<(i64, Value)> {
        self.names.sort_by_key(|(account, kind, _)| (*account, *kind));
        self.names.dedup();
        let mut list = Vec::new();
        for same in self.names.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
            let (account, kind) = (same[0].0, same[0].1);
            let (number, member) = kind.wire();
            for page in same.chunks(NAMES) {
                let names: Vec<&str> = page.iter().map(|(.., name)| name.as_str()).collect();
                list.push((account, json!({"PushType": number, member: names})));
            }
        }
        list.extend(self.entries);
        list
    }
}

impl Services {
    /// Tells all devices; one entry a push, since some clients read only the first.
    pub(super) fn tell_relations(&self, notices: Notices) {
        for (account, entry) in notices.list() {
            self.tell(account, format!(r#""Event":7,"FriendListMod":[{entry}]"#), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Kind, NAMES, Notices};

    #[test]
    fn names_are_told_together_and_applications_first() {
        let mut notices = Notices::default();
        notices.names(1, Kind::FriendAdded, "a");
        notices.names(2, Kind::FriendAdded, "z");
        notices.names(1, Kind::ApplicationGone, "a");
        notices.names(1, Kind::FriendAdded, "b");
        notices.entry(1, json!({"PushType": 8}));
        let list = notices.list();
        assert_eq!(
            list,
            [
                (1, json!({"PushType": 5, "FrienPencydDel_Account": ["a"]})),
                (1, json!({"PushType": 1, "FriendAdd_Account": ["a", "b"]})),
                (2, json!({"PushType": 1, "FriendAdd_Account": ["z"]})),
                (1, json!({"PushType": 8})),
            ]
        );
    }

    #[test]
    fn long_lists_are_told_in_pages() {
        let mut notices = Notices::default();
        for number in 0..=NAMES {
            notices.names(1, Kind::FriendRemoved, &number.to_string());
        }
        let list = notices.list();
        let lengths = list.iter().map(|(_, entry)| entry["FriendDel_Account"].as_array().unwrap().len());
        assert_eq!(lengths.collect::<Vec<_>>(), [NAMES, 1]);
    }
}
