//! Relations: friends, their groups, applications, blocks, and the sequences that count their changes.

use super::{
    Stage,
    group::{APP, T, accounts},
};
use crate::{
    Book, StoreError, params,
    tables::relation::{GroupingChange, RelationBatch, RelationChange, RelationState},
};

fn put(created: i64) -> RelationChange {
    RelationChange::Put { created, body: b"{}".to_vec(), custom: false }
}

fn applied(sent: bool, created: i64) -> RelationChange {
    RelationChange::Apply { sent, created, body: b"{}".to_vec() }
}

async fn change(book: &Book, account: i64, changes: Vec<(i64, RelationChange)>) -> Result<(), StoreError> {
    let mut relations = RelationBatch::default();
    for (peer, change) in changes {
        relations.change(account, peer, change);
    }
    book.change_relations(&relations, 0).await
}

async fn group(book: &Book, account: i64, change: GroupingChange) -> Result<(), StoreError> {
    let mut relations = RelationBatch::default();
    relations.group(account, change);
    book.change_relations(&relations, 0).await
}

async fn page(book: &Book, account: i64, start: i64, limit: i64) -> Vec<(String, i64)> {
    let rows = book.friends(account, start, limit).await.unwrap();
    rows.into_iter().map(|row| (row.user, row.created)).collect()
}

async fn groups(book: &Book, account: i64) -> Vec<(String, i64)> {
    book.friend_groups(account).await.unwrap().into_iter().map(|row| (row.name, row.count)).collect()
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

pub async fn friends_are_listed_in_the_order_they_were_added(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b", "c", "d"]).await;
    let [a, b, c, d] = numbers[..] else { unreachable!() };
    change(book, a, vec![(d, put(T)), (b, put(T + 1)), (c, put(T + 1))]).await.unwrap();
    let all = [("d".to_owned(), T), ("b".to_owned(), T + 1), ("c".to_owned(), T + 1)];
    assert_eq!(page(book, a, 0, 100).await, all);
    assert_eq!(page(book, a, 1, 1).await, all[1..2]);
    assert!(page(book, a, 3, 100).await.is_empty());
    assert_eq!(book.friend_numbers(a).await.unwrap(), [b, c, d]);
    assert_eq!(book.friend_holders(b).await.unwrap(), [a]);
    assert!(book.friend_numbers(b).await.unwrap().is_empty(), "one direction");

    let again = RelationChange::Put { created: T + 9, body: b"{1}".to_vec(), custom: true };
    change(book, a, vec![(d, again)]).await.unwrap();
    let row = book.friend(a, d).await.unwrap().unwrap();
    assert_eq!((row.peer, row.user.as_str(), row.created, &*row.body), (d, "d", T + 9, &b"{1}"[..]));
    assert!(book.friend(d, a).await.unwrap().is_none());
    let state = book.relation_state(a).await.unwrap();
    assert_eq!(state, RelationState { standard: 4, custom: 1, ..RelationState::default() });

    change(book, a, vec![(b, RelationChange::Remove), (d, RelationChange::Remove)]).await.unwrap();
    assert_eq!(book.friend_numbers(a).await.unwrap(), [c]);
    assert_eq!(book.relation_state(b).await.unwrap(), RelationState::default());
}

pub async fn friends_are_in_groups(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b", "c"]).await;
    let [a, b, c] = numbers[..] else { unreachable!() };
    let mut relations = RelationBatch::default();
    for name in ["work", "home", "work"] {
        relations.group(a, GroupingChange::Add(name.to_owned()));
    }
    relations.change(a, b, put(T)).change(a, c, put(T));
    for (peer, name) in [(b, "home"), (b, "work"), (c, "work"), (c, "none")] {
        relations.change(a, peer, RelationChange::Join(name.to_owned()));
    }
    book.change_relations(&relations, 0).await.unwrap();
    assert_eq!(groups(book, a).await, [("work".to_owned(), 2), ("home".to_owned(), 1)]);
    let members = [("work", "b"), ("work", "c"), ("home", "b")].map(|(g, u)| (g.to_owned(), u.to_owned()));
    assert_eq!(book.friend_group_members(a).await.unwrap(), members);
    let rows = book.friends(a, 0, 10).await.unwrap();
    assert_eq!((&rows[0].groups, &rows[1].groups), (&texts(&["work", "home"]), &texts(&["work"])));
    assert_eq!(book.friend(a, b).await.unwrap().unwrap().groups, ["work", "home"]);
    let second = book.friends(a, 1, 1).await.unwrap();
    assert_eq!(second[0].groups, ["work"], "a page has the groups of its own friends");

    change(book, b, vec![(a, RelationChange::Join("work".to_owned()))]).await.unwrap();
    assert!(book.friend_group_members(b).await.unwrap().is_empty(), "neither a friend nor a group");
    group(book, a, GroupingChange::Rename("work".to_owned(), "job".to_owned())).await.unwrap();
    for (old, new) in [("work", "x"), ("job", "home")] {
        let renamed = group(book, a, GroupingChange::Rename(old.to_owned(), new.to_owned())).await;
        assert!(matches!(renamed, Err(StoreError::Conflict { .. })), "{old}: {renamed:?}");
    }
    change(book, a, vec![(b, RelationChange::Leave("job".to_owned())), (c, RelationChange::LeaveAll)]).await.unwrap();
    assert_eq!(groups(book, a).await, [("job".to_owned(), 0), ("home".to_owned(), 1)]);
    group(book, a, GroupingChange::Remove("home".to_owned())).await.unwrap();
    assert_eq!(groups(book, a).await, [("job".to_owned(), 0)]);
    assert_eq!(book.friend_numbers(a).await.unwrap(), [b, c], "they stay friends");
    change(book, a, vec![(b, RelationChange::Join("job".to_owned())), (b, RelationChange::Remove)]).await.unwrap();
    assert_eq!(groups(book, a).await, [("job".to_owned(), 0)], "who is no friend is in no group");
}

pub async fn applications_stand_in_both_lists(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b", "c"]).await;
    let [a, b, c] = numbers[..] else { unreachable!() };
    change(book, a, vec![(b, applied(false, T)), (c, applied(false, T + 2)), (b, applied(true, T + 1))]).await.unwrap();
    let of = async |account| {
        let rows = book.friend_applications(account).await.unwrap();
        rows.into_iter().map(|row| (row.user, row.sent, row.created)).collect::<Vec<_>>()
    };
    let all = [("c", false, T + 2), ("b", true, T + 1), ("b", false, T)].map(|(u, s, t)| (u.to_owned(), s, t));
    assert_eq!(of(a).await, all);
    assert!(of(b).await.is_empty());
    assert_eq!(book.friend_applications_about(b).await.unwrap(), [(a, b, false), (a, b, true)]);
    change(book, a, vec![(b, applied(false, T + 5))]).await.unwrap();
    assert_eq!(book.friend_application(a, b, false).await.unwrap().unwrap().created, T + 5);
    assert_eq!(book.friend_application_count(a, false).await.unwrap(), 2, "a new one takes the place of the old");
    assert_eq!(book.friend_application_count(a, true).await.unwrap(), 1);
    change(book, a, vec![(b, RelationChange::Withdraw { sent: true })]).await.unwrap();
    assert!(book.friend_application(a, b, true).await.unwrap().is_none());
    assert!(book.friend_application(a, b, false).await.unwrap().is_some());

    book.report_applications(a, T + 2).await.unwrap();
    book.report_applications(a, T).await.unwrap();
    let state = book.relation_state(a).await.unwrap();
    assert_eq!((state.applied, state.reported), (7, T + 2), "never back");
    book.report_applications(b, T).await.unwrap();
    assert_eq!(book.relation_state(b).await.unwrap().reported, T);
}

pub async fn blocks_are_paged(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b", "c", "d"]).await;
    let [a, b, c, d] = numbers[..] else { unreachable!() };
    let block = RelationChange::Block;
    change(book, a, vec![(d, block(T)), (c, block(T + 1)), (b, block(T + 1)), (d, block(T + 5))]).await.unwrap();
    let all = [("d", T), ("b", T + 1), ("c", T + 1)].map(|(user, since)| (user.to_owned(), since));
    assert_eq!(book.blocked(a, 0, 10).await.unwrap(), all);
    assert_eq!(book.blocked(a, 1, 1).await.unwrap(), all[1..2]);
    change(book, a, vec![(c, RelationChange::Unblock)]).await.unwrap();
    assert_eq!(book.blocked_numbers(a).await.unwrap(), [b, d]);
    assert_eq!(book.relation_state(a).await.unwrap().blocked, 5);
}

pub async fn nobody_relates_to_who_is_gone(stage: Stage) {
    const LEFT: &str = "SELECT (SELECT COUNT(*) FROM friend) + (SELECT COUNT(*) FROM friend_group)
        + (SELECT COUNT(*) FROM friend_group_member) + (SELECT COUNT(*) FROM friend_application)
        + (SELECT COUNT(*) FROM blocked) + (SELECT COUNT(*) FROM relation_state)";
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b"]).await;
    let [a, b] = numbers[..] else { unreachable!() };
    for (one, other) in [(a, b), (b, a)] {
        let mut relations = RelationBatch::default();
        relations.group(one, GroupingChange::Add("g".to_owned())).change(one, other, put(T));
        relations.change(one, other, RelationChange::Join("g".to_owned()));
        relations.change(one, other, applied(true, T)).change(one, other, RelationChange::Block(T));
        book.change_relations(&relations, 0).await.unwrap();
    }
    let before = book.relation_state(a).await.unwrap();
    book.remove_account(b, 0).await.unwrap();
    assert!(book.friend_numbers(a).await.unwrap().is_empty());
    let after = book.relation_state(a).await.unwrap();
    assert_eq!((after.standard, after.blocked), (before.standard + 1, before.blocked + 1), "clients notice");
    assert!(after.applied > before.applied && after.grouped > before.grouped && after.custom > before.custom);
    let left = book.first(LEFT, params![]).await.unwrap().unwrap().int(0).unwrap();
    assert_eq!(left, 2, "the other's group and sequences");
    for late in [put(T), applied(true, T), RelationChange::Block(T)] {
        let refused = change(book, a, vec![(b, late)]).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    }
    assert!(change(book, b, vec![(a, put(T))]).await.is_err());
    assert!(book.report_applications(b, T).await.is_err());
    assert_eq!(book.relation_state(a).await.unwrap(), after, "a refused change counts nothing");
    assert!(book.account(APP, "a").await.unwrap().is_some());
}
