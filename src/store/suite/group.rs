//! Groups, members, topics, and the contacts that go with them.

use super::Stage;
use crate::{
    Book, StoreError, params,
    tables::{
        contact::{ContactChange, GROUP_PEER, SYSTEM_PEER},
        group::{NewGroup, NewMember},
    },
};

pub const APP: i64 = 1_400_000_001;
pub const T: i64 = 1_700_000_000_000;

/// Makes accounts and returns their numbers in the order of the names.
pub async fn accounts(book: &Book, names: &[&str]) -> Vec<i64> {
    let new = names.iter().map(|name| ((*name).to_owned(), b"{}".to_vec())).collect();
    book.add_accounts(APP, false, T, new).await.unwrap();
    let mut numbers = Vec::new();
    for name in names {
        numbers.push(book.account(APP, name).await.unwrap().unwrap().number);
    }
    numbers
}

pub fn member(account: i64, role: i64) -> NewMember {
    NewMember {
        account,
        role,
        joined: T / 1000 + account,
        join_sequence: 3,
        read_sequence: 4,
        mute: 2,
        fields: b"[]".to_vec(),
    }
}

fn new(group_id: &str, kind: i64, owner: i64) -> NewGroup<'_> {
    NewGroup { app: APP, group_id, kind, owner, created: T, body: b"{}".to_vec() }
}

pub async fn group(book: &Book, name: &str, members: &[(i64, i64)]) -> i64 {
    let members: Vec<_> = members.iter().map(|(account, role)| member(*account, *role)).collect();
    book.add_group(new(name, 1, members[0].account), &members, T).await.unwrap()
}

async fn roles(book: &Book, group: i64) -> Vec<(String, i64)> {
    let members = book.members(group).await.unwrap();
    members.into_iter().map(|member| (member.user_id, member.role)).collect()
}

fn is_conflict<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict { .. }))
}

pub async fn a_group_is_made_found_and_changed(stage: Stage) {
    let book = &stage.store.book;
    let owner = accounts(book, &["owner"]).await[0];
    let first = book.add_group(new("first", 1, owner), &[member(owner, 400)], T).await.unwrap();
    let second = book.add_group(NewGroup { created: T + 1, ..new("second", 2, 0) }, &[], T).await.unwrap();
    let third = book.add_group(NewGroup { app: APP + 1, ..new("first", 1, 0) }, &[], T).await.unwrap();
    let pair = book.add_conversation(APP, owner, owner).await.unwrap().number;
    assert_eq!([second, third, pair], [first + 1, first + 2, first + 3], "one counter for all conversations");

    let found = book.group(APP, "first").await.unwrap().unwrap();
    assert_eq!((found.number, found.app, found.kind, found.owner, found.created), (first, APP, 1, owner, T));
    assert_eq!(found.body, b"{}");
    assert_eq!(book.group_by_number(third).await.unwrap().unwrap().app, APP + 1);
    assert!(book.group(APP, "third").await.unwrap().is_none());

    let both = [(first, "first".to_owned()), (second, "second".to_owned())];
    assert_eq!(book.group_ids(APP, None, 0, 10).await.unwrap(), both);
    assert_eq!(book.group_ids(APP, None, 0, 1).await.unwrap(), both[..1]);
    assert_eq!(book.group_ids(APP, None, first, 10).await.unwrap(), both[1..]);
    assert_eq!(book.group_ids(APP, Some(1), 0, usize::MAX).await.unwrap(), both[..1]);
    assert_eq!(book.group_count(APP, None).await.unwrap(), 2);
    assert_eq!(book.group_count(APP, Some(2)).await.unwrap(), 1);
    assert_eq!(book.groups_made_since(APP, T).await.unwrap(), 2);
    assert_eq!(book.groups_made_since(APP, T + 1).await.unwrap(), 1);

    book.change_group(second, owner, b"{1}".to_vec()).await.unwrap();
    let changed = book.group_by_number(second).await.unwrap().unwrap();
    assert_eq!((changed.owner, changed.body), (owner, b"{1}".to_vec()));
    assert!(is_conflict(&book.change_group(pair, owner, Vec::new()).await));
}

pub async fn a_taken_group_name_leaves_nothing(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b"]).await;
    let number = group(book, "taken", &[(numbers[0], 400)]).await;
    assert!(is_conflict(&book.add_group(new("taken", 1, numbers[1]), &[member(numbers[1], 400)], T).await));
    assert!(book.groups_of(numbers[1]).await.unwrap().is_empty());
    assert!(book.contacts(numbers[1]).await.unwrap().is_empty());
    assert_eq!(book.group(APP, "taken").await.unwrap().unwrap().owner, numbers[0]);
    assert_eq!(group(book, "free", &[(numbers[1], 400)]).await, number + 1, "the refused one took no number");
}

pub async fn members_come_and_go_with_their_contacts(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b", "c"]).await;
    let [a, b, c] = numbers[..] else { unreachable!() };
    let number = group(book, "g", &[(b, 400), (b, 200)]).await;
    book.add_members(number, &[member(b, 300), NewMember { joined: T, ..member(a, 200) }, member(c, 200)], None)
        .await
        .unwrap();
    let members = book.members(number).await.unwrap();
    let listed: Vec<_> = members.iter().map(|m| (m.user_id.as_str(), m.account, m.role)).collect();
    assert_eq!(listed, [("b", b, 400), ("c", c, 200), ("a", a, 200)], "by the time they joined");
    let first = &members[0];
    assert_eq!((first.joined, first.join_sequence, first.read_sequence, first.mute), (T / 1000 + b, 3, 4, 2));
    assert_eq!((first.name_card.as_str(), &*first.fields), ("", &b"[]"[..]));

    book.change_member(number, c, 300, "card", b"[1]").await.unwrap();
    book.change_contacts(c, vec![(number, ContactChange::Mute(1, 5)), (number, ContactChange::Read(9, 5))])
        .await
        .unwrap();
    assert_eq!(book.contact(c, number).await.unwrap().unwrap().changed, 5);
    book.change_contacts(c, vec![(number, ContactChange::Pin(T, 7))]).await.unwrap();
    let pinned = book.contact(c, number).await.unwrap().unwrap();
    assert_eq!((pinned.pinned, pinned.changed), (T, 7), "lists of what changed since have it");
    let changed = book.members(number).await.unwrap().swap_remove(1);
    assert_eq!((changed.role, changed.name_card.as_str(), &*changed.fields), (300, "card", &b"[1]"[..]));
    assert_eq!((changed.read_sequence, changed.mute), (9, 1));
    book.change_contacts(c, vec![(number, ContactChange::Read(8, 6))]).await.unwrap();
    assert_eq!(book.contact(c, number).await.unwrap().unwrap().read_sequence, 9, "forward only");
    book.change_contacts(c, vec![(number, ContactChange::MoveRead(2, 1))]).await.unwrap();
    let contact = book.contact(c, number).await.unwrap().unwrap();
    assert_eq!((contact.read_sequence, contact.read_time), (2, 1));

    let other = group(book, "other", &[(c, 400)]).await;
    assert_eq!(book.groups_of(c).await.unwrap(), [number, other]);
    assert_eq!(book.group_count_of(c).await.unwrap(), 2);
    let folder = book.add_contact_group(c, "folder").await.unwrap();
    book.change_contact_group(c, folder, &[number, other], &[], T / 1000).await.unwrap();
    let hide = ContactChange::Hide(vec![1, 2]);
    book.change_contacts(c, vec![(number, hide.clone()), (other, hide)]).await.unwrap();
    let topic = book.add_topic(APP, number, "t", T, Vec::new()).await.unwrap();
    book.ensure_contacts(topic, GROUP_PEER, &[a, c]).await.unwrap();

    book.remove_members(number, &[b, c], None).await.unwrap();
    assert_eq!(roles(book, number).await, [("a".to_owned(), 200)]);
    assert_eq!(book.groups_of(c).await.unwrap(), [other]);
    let left: Vec<_> = book.contacts(c).await.unwrap().iter().map(|contact| contact.conversation).collect();
    assert_eq!(left, [other], "neither the group nor its topic");
    assert!(book.contact(a, topic).await.unwrap().is_some());
    assert_eq!(book.hidden(c, None).await.unwrap(), [(other, 1), (other, 2)]);
    assert_eq!(book.contact_group_members(c).await.unwrap(), [(other, folder)]);
    assert!(is_conflict(&book.change_member(number, c, 200, "", b"").await));
}

pub async fn handing_over_sets_roles_and_owner_together(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b", "c"]).await;
    let [a, b, c] = numbers[..] else { unreachable!() };
    let number = group(book, "g", &[(a, 400), (b, 200)]).await;
    assert!(is_conflict(&book.change_roles(number, &[(a, 200), (c, 400)], c).await));
    assert_eq!(roles(book, number).await, [("a".to_owned(), 400), ("b".to_owned(), 200)]);
    assert_eq!(book.group_by_number(number).await.unwrap().unwrap().owner, a);
    book.change_roles(number, &[(b, 400), (a, 200)], b).await.unwrap();
    assert_eq!(roles(book, number).await, [("a".to_owned(), 200), ("b".to_owned(), 400)]);
    assert_eq!(book.group_by_number(number).await.unwrap().unwrap().owner, b);
}

pub async fn searches_read_groups_from_the_newest_on_and_members_by_account(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b", "c"]).await;
    let first = group(book, "first", &[(numbers[0], 400), (numbers[1], 200), (numbers[2], 200)]).await;
    let second = group(book, "second", &[(numbers[0], 400)]).await;
    let kind = book.group_by_number(first).await.unwrap().unwrap().kind;
    let read = async |app, kind, before, limit| {
        let rows = book.groups_before(app, kind, before, limit).await.unwrap();
        rows.into_iter().map(|row| row.number).collect::<Vec<_>>()
    };
    assert_eq!(read(APP, kind, i64::MAX, 5).await, [second, first]);
    assert_eq!(read(APP, kind, second, 5).await, [first]);
    assert_eq!(read(APP, kind, i64::MAX, 1).await, [second]);
    assert!(read(APP + 1, kind, i64::MAX, 5).await.is_empty() && read(APP, kind + 1, i64::MAX, 5).await.is_empty());
    let page = book.member_profiles(first, 0, 2).await.unwrap();
    let shown: Vec<_> = page.iter().map(|member| (member.account, member.user_id.as_str())).collect();
    assert_eq!(shown, [(numbers[0], "a"), (numbers[1], "b")]);
    let rest = book.member_profiles(first, numbers[1], 2).await.unwrap();
    assert_eq!((rest.len(), rest[0].account, rest[0].name_card.as_str()), (1, numbers[2], ""));
}

pub async fn topics_live_and_die_with_their_community(stage: Stage) {
    let book = &stage.store.book;
    let a = accounts(book, &["a"]).await[0];
    let community = group(book, "community", &[(a, 400)]).await;
    let other = group(book, "other", &[(a, 400)]).await;
    let first = book.add_topic(APP, community, "t", T, b"1".to_vec()).await.unwrap();
    let second = book.add_topic(APP, community, "u", T - 1, b"2".to_vec()).await.unwrap();
    let elsewhere = book.add_topic(APP, other, "t", T, b"3".to_vec()).await.unwrap();
    assert_eq!([first, second, elsewhere], [other + 1, other + 2, other + 3]);
    assert!(is_conflict(&book.add_topic(APP, community, "t", T, Vec::new()).await));
    for (app, group) in [(APP + 1, community), (APP, first)] {
        let missing = book.add_topic(app, group, "v", T, Vec::new()).await;
        assert!(matches!(missing, Err(StoreError::Missing)), "{missing:?}");
    }
    book.change_topic(first, b"4".to_vec()).await.unwrap();
    assert!(is_conflict(&book.change_topic(community, Vec::new()).await));
    let topics = book.topics(community).await.unwrap();
    let listed = topics.iter().map(|t| (t.number, t.community, t.topic_id.as_str(), t.created, &*t.body));
    assert_eq!(
        listed.collect::<Vec<_>>(),
        [(second, community, "u", T - 1, &b"2"[..]), (first, community, "t", T, &b"4"[..])]
    );

    book.ensure_contacts(first, GROUP_PEER, &[a]).await.unwrap();
    book.add_mentions(first, 1, &[a], T).await.unwrap();
    book.add_mentions(community, 5, &[a], T).await.unwrap();
    book.react((first, 1), "+", a, T).await.unwrap();
    for topic in [first, second, elsewhere] {
        book.set_mutes(topic, &[a], topic).await.unwrap();
        book.ensure_contacts(topic, GROUP_PEER, &[a]).await.unwrap();
        book.change_contacts(a, vec![(topic, ContactChange::Mute(2, 5))]).await.unwrap();
    }
    let muted = |topic| (topic, a, "a".to_owned(), topic);
    assert_eq!(book.topic_mutes(community).await.unwrap(), [muted(first), muted(second)]);
    assert_eq!(book.topic_receive_options(community).await.unwrap(), [(first, a, 2), (second, a, 2)]);
    book.remove_topic(first).await.unwrap();
    assert_eq!(book.topic_mutes(community).await.unwrap(), [muted(second)]);
    assert_eq!(book.topic_receive_options(community).await.unwrap(), [(second, a, 2)]);
    assert!(book.topic_by_number(first).await.unwrap().is_none());
    assert!(book.contact(a, first).await.unwrap().is_none());
    assert!(book.reactions(first, 1).await.unwrap().is_empty());
    assert_eq!(book.mentions(a).await.unwrap(), [(community, 5, false)]);
    // In a topic without a contact it is what was said since the account came in.
    let joined = member(a, 400).joined * 1000;
    let fresh = book.add_topic(APP, community, "w", T, Vec::new()).await.unwrap();
    book.add_mentions(fresh, 1, &[a, 0], joined - 1).await.unwrap();
    book.add_mentions(fresh, 2, &[a, 0], joined).await.unwrap();
    book.add_mentions(fresh, 3, &[a, 0], joined + 1000).await.unwrap();
    let told = [(community, 5, false), (fresh, 2, false), (fresh, 3, true), (fresh, 3, false)];
    assert_eq!(book.mentions(a).await.unwrap(), told);
    book.ensure_contacts(fresh, GROUP_PEER, &[a]).await.unwrap();
    book.change_contacts(a, vec![(fresh, ContactChange::Read(3, 0))]).await.unwrap();
    assert_eq!(book.mentions(a).await.unwrap(), [(community, 5, false)]);
    assert_eq!(book.members(community).await.unwrap().len(), 1);

    book.remove_group(community, 0).await.unwrap();
    assert!(book.topics(community).await.unwrap().is_empty());
    assert_eq!(book.topic_by_number(elsewhere).await.unwrap().unwrap().body, b"3");
}

pub async fn removing_a_group_leaves_nothing_of_it(stage: Stage) {
    const LEFT: &str = "SELECT (SELECT COUNT(*) FROM contact) + (SELECT COUNT(*) FROM hidden_message)
        + (SELECT COUNT(*) FROM contact_group_member) + (SELECT COUNT(*) FROM group_member)
        + (SELECT COUNT(*) FROM group_mute) + (SELECT COUNT(*) FROM group_ban)
        + (SELECT COUNT(*) FROM group_application) + (SELECT COUNT(*) FROM group_extra)
        + (SELECT COUNT(*) FROM group_receipt) + (SELECT COUNT(*) FROM group_recall)
        + (SELECT COUNT(*) FROM mention) + (SELECT COUNT(*) FROM extension)
        + (SELECT COUNT(*) FROM extension_state) + (SELECT COUNT(*) FROM reaction)
        + (SELECT COUNT(*) FROM topic) + (SELECT COUNT(*) FROM chat_group)";
    async fn left(book: &Book) -> i64 {
        book.first(LEFT, params![]).await.unwrap().unwrap().int(0).unwrap()
    }
    let book = &stage.store.book;
    let a = accounts(book, &["a"]).await[0];
    let kept = group(book, "kept", &[(a, 400)]).await;
    let folder = book.add_contact_group(a, "folder").await.unwrap();
    fill(book, kept, a, folder).await;
    let before = left(book).await;
    let number = group(book, "gone", &[(a, 400)]).await;
    fill(book, number, a, folder).await;
    let topic = book.add_topic(APP, number, "t", T, Vec::new()).await.unwrap();
    book.ensure_contacts(topic, GROUP_PEER, &[a]).await.unwrap();
    fill(book, topic, a, folder).await;
    assert_eq!(before, 15, "every table but that of topics");
    assert!(left(book).await > 2 * before);
    book.remove_group(number, 0).await.unwrap();
    assert_eq!(left(book).await, before);
    assert!(book.group(APP, "gone").await.unwrap().is_none());
    assert_eq!(book.members(kept).await.unwrap().len(), 1);
}

/// Puts one row about a conversation into every table.
async fn fill(book: &Book, conversation: i64, account: i64, folder: i64) {
    book.change_contact_group(account, folder, &[conversation], &[], T / 1000).await.unwrap();
    book.change_contacts(account, vec![(conversation, ContactChange::Hide(vec![1]))]).await.unwrap();
    book.set_mutes(conversation, &[account], 9).await.unwrap();
    book.set_bans(conversation, &[account], 9, "").await.unwrap();
    book.add_application(&super::group_state::application(conversation, account, account)).await.unwrap();
    book.set_extra(conversation, "x", Vec::new()).await.unwrap();
    book.add_receipts(conversation, account, T, &[1]).await.unwrap();
    book.add_recalls(conversation, &[1], T).await.unwrap();
    book.add_mentions(conversation, 1, &[0], T).await.unwrap();
    let extension = crate::tables::extension::ExtensionRow { name: "k".to_owned(), value: "v".to_owned(), version: 1 };
    book.change_extensions((conversation, 1), &[extension], &[], false, (1, 0)).await.unwrap();
    book.react((conversation, 1), "+", account, T).await.unwrap();
}

pub async fn contacts_of_groups_and_of_the_system_have_no_account(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b"]).await;
    let [a, b] = numbers[..] else { unreachable!() };
    let pair = book.add_conversation(APP, a, b).await.unwrap().number;
    let system = book.add_system_conversation(APP, a).await.unwrap().number;
    assert_eq!(book.add_system_conversation(APP, a).await.unwrap().number, system);
    let number = group(book, "g", &[(a, 400), (b, 200)]).await;
    let contacts = book.contacts(a).await.unwrap();
    let listed: Vec<_> =
        contacts.iter().map(|c| (c.conversation, c.peer, c.peer_user.as_str(), c.is_group())).collect();
    let expected = [(pair, b, "b", false), (system, SYSTEM_PEER, "", false), (number, GROUP_PEER, "g", true)];
    assert_eq!(listed, expected);
    assert_eq!(book.contacts(b).await.unwrap().len(), 2, "notices are for one account");
    assert!(book.contact(a, system).await.unwrap().is_some());

    book.change_contacts(b, vec![(pair, ContactChange::Read(1, 7)), (number, ContactChange::Read(9, 8))])
        .await
        .unwrap();
    assert_eq!(book.peer_read_times(a).await.unwrap(), [(pair, 7)]);
    book.ensure_contacts(number, GROUP_PEER, &[b]).await.unwrap();
    assert_eq!(book.contact(b, number).await.unwrap().unwrap().read_sequence, 9, "what exists stays");
    book.remove_account(b, 0).await.unwrap();
    let left: Vec<_> = book.contacts(a).await.unwrap().iter().map(|contact| contact.conversation).collect();
    assert_eq!(left, [system, number], "not the one with the removed account");
    assert!(book.contact(a, pair).await.unwrap().is_none());
    assert_eq!(roles(book, number).await, [("a".to_owned(), 400)]);
}
