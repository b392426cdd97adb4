//! Who may do what in which type of group: the one table (群组形态 and their roles).

use super::{GroupKind, Role};
use crate::{Code, Error};

/// Something done to a group or in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Make one.
    Create,
    /// Ask to join.
    Apply,
    /// Decide about applications and invitations.
    Approve,
    /// Bring in others, as far as the group's invite option lets members.
    Invite,
    /// Leave.
    Quit,
    /// Remove an ordinary member.
    KickMember,
    /// Remove an administrator.
    KickAdmin,
    /// Make administrators and take that back.
    SetAdmin,
    /// Hand over ownership.
    HandOver,
    /// Dismiss the group.
    Dismiss,
    /// Change name, introduction, notification, face or custom fields.
    ChangeInfo,
    /// Change the join option.
    ChangeJoinOption,
    /// Change the invite option.
    ChangeInviteOption,
    /// Change the greatest number of members.
    ChangeSize,
    /// Mute an ordinary member.
    MuteMember,
    /// Mute an administrator.
    MuteAdmin,
    /// Mute all ordinary members.
    MuteAll,
    /// Speak while all are muted.
    SpeakWhileMuted,
    /// Change one's own name card, custom fields and receive option.
    ChangeOwnCard,
    /// Change the card of another one.
    ChangeOthersCard,
    /// Say something.
    Speak,
    /// Recall one's own message.
    RecallOwn,
    /// Recall anybody's message.
    RecallAny,
    /// Modify a message.
    ModifyMessage,
    /// Read the list of members.
    ReadMembers,
    /// Read all that is said of the group; what is public is open to who may apply as well.
    ReadInfo,
    /// Read the history.
    ReadHistory,
    /// Read and change attributes.
    ChangeAttributes,
    /// Read and change counters.
    ChangeCounters,
    /// Pin messages.
    Pin,
    /// Make, change and remove topics.
    ManageTopics,
    /// Shut out of a live room.
    Ban,
}

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The app itself, through one of its administrators.
    App,
    /// A member.
    Member(Role),
    /// A user who is not in the group.
    Stranger,
}

impl Actor {
    /// Every actor.
    pub const ALL: [Self; 5] =
        [Self::App, Self::Member(Role::Owner), Self::Member(Role::Admin), Self::Member(Role::Member), Self::Stranger];

    const fn letter(self) -> char {
        match self {
            Self::App => 'R',
            Self::Member(Role::Owner) => 'O',
            Self::Member(Role::Admin) => 'A',
            Self::Member(Role::Member) => 'M',
            Self::Stranger => 'N',
        }
    }
}

/// For each action and type the actors that may: O owner, A administrator, M member, N not a member, R the app.
/// In the order of [`GroupKind::ALL`].
const TABLE: [(Action, [&str; 6]); 32] = [
    (Action::Create, ["NR", "NR", "NR", "NR", "R", "NR"]),
    (Action::Apply, ["", "N", "N", "N", "N", "N"]),
    (Action::Approve, ["OA", "OA", "OA", "", "", "OA"]),
    (Action::Invite, ["OAMR", "OAMR", "OAMR", "", "", "OAMR"]),
    (Action::Quit, ["OAM", "AM", "AM", "OAM", "OAM", "AM"]),
    (Action::KickMember, ["OR", "OAR", "OAR", "", "", "OAR"]),
    (Action::KickAdmin, ["OR", "OR", "OR", "", "", "OR"]),
    (Action::SetAdmin, ["", "OR", "OR", "", "", "OR"]),
    (Action::HandOver, ["OR", "OR", "OR", "", "", "OR"]),
    (Action::Dismiss, ["R", "OR", "OR", "OR", "R", "OR"]),
    (Action::ChangeInfo, ["OAMR", "OAR", "OAR", "OR", "R", "OAR"]),
    (Action::ChangeJoinOption, ["", "OAR", "OAR", "OR", "", "OAR"]),
    (Action::ChangeInviteOption, ["OR", "OAR", "OAR", "", "", "OAR"]),
    (Action::ChangeSize, ["R", "R", "R", "R", "R", "R"]),
    (Action::MuteMember, ["", "OAR", "OAR", "OAR", "", "OAR"]),
    (Action::MuteAdmin, ["", "OR", "OR", "OR", "", "OR"]),
    (Action::MuteAll, ["OR", "OAR", "OAR", "OR", "", "OAR"]),
    (Action::SpeakWhileMuted, ["OAR", "OAR", "OAR", "OAR", "R", "OAR"]),
    (Action::ChangeOwnCard, ["OAM", "OAM", "OAM", "", "", "OAM"]),
    (Action::ChangeOthersCard, ["OR", "OAR", "OAR", "", "", "OAR"]),
    (Action::Speak, ["OAMR", "OAMR", "OAMR", "OAMR", "R", "OAMR"]),
    (Action::RecallOwn, ["OAM", "OAM", "OAM", "", "", "OAM"]),
    (Action::RecallAny, ["OR", "OAR", "OAR", "", "", "OAR"]),
    (Action::ModifyMessage, ["OAMR", "OAMR", "OAMR", "", "", "OAMR"]),
    (Action::ReadMembers, ["OAMR", "OAMR", "OAMR", "", "", "OAMR"]),
    (Action::ReadInfo, ["OAMR", "OAMR", "OAMR", "OAMNR", "OAMNR", "OAMR"]),
    (Action::ReadHistory, ["OAMR", "OAMR", "OAMR", "", "", "OAMR"]),
    (Action::ChangeAttributes, ["OAMR", "OAMR", "OAMR", "OAMR", "", "OAMR"]),
    (Action::ChangeCounters, ["OAMR", "OAMR", "OAMR", "OAMR", "", ""]),
    (Action::Pin, ["OAR", "OAR", "OAR", "", "", "OAR"]),
    (Action::ManageTopics, ["", "", "", "", "", "OAR"]),
    (Action::Ban, ["", "", "", "OAR", "", ""]),
];

/// Whether the table lets an actor do something in a group of a type.
pub fn allows(kind: GroupKind, action: Action, actor: Actor) -> bool {
    let column = kind as usize - 1;
    TABLE.iter().find(|(row, _)| *row == action).is_some_and(|(_, columns)| columns[column].contains(actor.letter()))
}

/// The same as an error: 10007, or the code that the wire has for a case of its own.
pub fn check(kind: GroupKind, action: Action, actor: Actor) -> Result<(), Error> {
    if allows(kind, action, actor) {
        return Ok(());
    }
    let nobody = Actor::ALL.iter().all(|actor| !allows(kind, action, *actor));
    let code = match action {
        Action::Quit if actor == Actor::Member(Role::Owner) => Code::OwnerCannotQuit,
        Action::KickMember | Action::KickAdmin if nobody => Code::GroupParameterInvalid,
        Action::RecallOwn | Action::RecallAny if !kind.is_stored() => Code::GroupTypeCannotRecall,
        _ => Code::GroupNoPermission,
    };
    let who =
        if nobody { format!("a group of type {} does not support this", kind.name()) } else { code.text().into() };
    Err(Error::new(code).detail(who))
}

/// Every row: an action with who may do it, by type in the order of [`GroupKind::ALL`].
pub fn table() -> impl Iterator<Item = (Action, [&'static str; 6])> {
    TABLE.into_iter()
}

#[cfg(test)]
mod tests {
    use super::{Action, Actor, TABLE, allows, check, table};
    use crate::{
        Code,
        group::{GroupKind, Role},
    };

    #[test]
    fn each_action_has_one_row() {
        for (number, (action, _)) in TABLE.iter().enumerate() {
            assert_eq!(TABLE.iter().position(|(other, _)| other == action), Some(number), "{action:?}");
        }
        assert_eq!(TABLE[31].0, Action::Ban);
    }

    #[test]
    fn whoever_may_as_a_member_may_as_the_owner() {
        for (action, columns) in TABLE.iter().filter(|(action, _)| *action != Action::Quit) {
            for (kind, letters) in GroupKind::ALL.iter().zip(columns) {
                assert!(!letters.contains('M') || letters.contains('O'), "{action:?} in {}", kind.name());
            }
        }
    }

    /// The table as `docs/groups.md` shows it.
    fn shown() -> String {
        let names = GroupKind::ALL.map(GroupKind::name).join(" | ");
        let head = format!("| | {names} |\n|---|---|---|---|---|---|---|\n");
        let row = |(action, columns): (Action, [&str; 6])| {
            let cells = columns.map(|letters| if letters.is_empty() { "–" } else { letters }).join(" | ");
            format!("| {action:?} | {cells} |\n")
        };
        table().map(row).fold(head, |text, row| text + &row)
    }

    #[test]
    fn the_manual_shows_this_table() {
        let manual = include_str!("../../../docs/groups.md");
        assert!(manual.contains(&shown()), "docs/groups.md should contain:\n{}", shown());
    }

    #[test]
    fn refusals_have_their_codes() {
        let code = |kind, action, actor| check(kind, action, actor).map_err(|error| error.code);
        let owner = Actor::Member(Role::Owner);
        assert_eq!(code(GroupKind::Public, Action::Quit, owner), Err(Code::OwnerCannotQuit));
        assert_eq!(code(GroupKind::Private, Action::Quit, owner), Ok(()));
        assert_eq!(code(GroupKind::AvChatRoom, Action::KickMember, Actor::App), Err(Code::GroupParameterInvalid));
        assert_eq!(code(GroupKind::AvChatRoom, Action::RecallAny, Actor::App), Err(Code::GroupTypeCannotRecall));
        assert_eq!(code(GroupKind::Private, Action::Dismiss, owner), Err(Code::GroupNoPermission));
        assert!(allows(GroupKind::Private, Action::Dismiss, Actor::App));
    }
}
