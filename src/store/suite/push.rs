//! Pushes to all users, tags, attributes.

use super::{
    Stage,
    group::{APP, T, accounts},
};
use crate::{
    Book, StoreError,
    tables::{
        contact::SYSTEM_PEER,
        push::{NewPush, PushRow},
    },
};

async fn add(book: &Book, random: i64, created: i64) -> PushRow {
    let number = book.next_push().await.unwrap();
    let new = NewPush {
        number,
        app: APP,
        task: format!("task-{number}"),
        kind: 0,
        sender: 0,
        sender_id: "notice".to_owned(),
        random,
        created,
        lifetime: 60,
        audience: b"\"everybody\"".to_vec(),
        body: b"\"MsgBody\":[]".to_vec(),
        state: 0,
    };
    book.add_push(new, T - 1000).await.unwrap();
    book.push(number).await.unwrap().unwrap()
}

pub async fn a_push_goes_on_where_it_was(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b", "c"]).await;
    let made = add(book, 7, T).await;
    assert_eq!((made.state, made.until, made.reached, made.total), (0, numbers[2], 0, 0));
    assert_eq!((made.sender_id.as_str(), made.random, made.lifetime), ("notice", 7, 60));
    accounts(book, &["late"]).await;
    assert_eq!(book.receiver_count(APP, made.until).await.unwrap(), 3);
    book.begin_push(made.number, 3, T + 1).await.unwrap();
    assert!(matches!(book.begin_push(made.number, 3, T + 1).await, Err(StoreError::Conflict { .. })));
    let first = book.receivers(APP, 0, made.until, 2).await.unwrap();
    assert_eq!(first, [(numbers[0], "a".to_owned()), (numbers[1], "b".to_owned())]);
    book.advance_push(made.number, numbers[1], 2).await.unwrap();
    book.advance_push(made.number, numbers[0], 1).await.unwrap();

    let stage = stage.reopen().await;
    let book = &stage.store.book;
    assert_eq!(book.open_pushes().await.unwrap(), [made.number]);
    let now = book.push_named(APP, &made.task).await.unwrap().unwrap();
    assert_eq!((now.state, now.reached, now.finished, now.total, now.started), (1, numbers[1], 2, 3, T + 1));
    assert_eq!(book.receivers(APP, now.reached, now.until, 2).await.unwrap(), [(numbers[2], "c".to_owned())]);
    assert!(book.push_named(APP + 1, &made.task).await.unwrap().is_none());
}

pub async fn a_push_changes_state_once(stage: Stage) {
    let book = &stage.store.book;
    let made = add(book, 7, T).await;
    book.change_push(made.number, (0, 3), 0, false).await.unwrap();
    assert!(book.open_pushes().await.unwrap().is_empty(), "a paused one waits for nobody");
    assert!(matches!(book.change_push(made.number, (0, 4), T, false).await, Err(StoreError::Conflict { .. })));
    book.change_push(made.number, (3, 5), T + 5, true).await.unwrap();
    let now = book.push(made.number).await.unwrap().unwrap();
    assert_eq!((now.state, now.ended, now.body.len()), (5, T + 5, 0));
}

pub async fn pushes_are_counted_and_forgotten_by_time(stage: Stage) {
    let book = &stage.store.book;
    let old = add(book, 7, T - 2000).await;
    book.change_push(old.number, (0, 2), T, false).await.unwrap();
    assert_eq!(book.repeated_push(APP, 0, 7, T - 3000).await.unwrap(), Some(old.task.clone()));
    assert_eq!(book.repeated_push(APP, 0, 7, T - 2000).await.unwrap(), None);
    assert_eq!(book.repeated_push(APP, 1, 7, 0).await.unwrap(), None);
    assert_eq!(book.pushes_since(APP, 0, T - 2000).await.unwrap(), (1, T - 2000));
    let new = add(book, 8, T).await;
    assert!(book.push(old.number).await.unwrap().is_none(), "it ended long ago");
    assert_eq!(book.pushes_since(APP, 0, 0).await.unwrap(), (1, T));
    assert_eq!(book.pushes_since(APP + 1, 0, 0).await.unwrap(), (0, 0));
    book.forget_pushes(T + 1).await.unwrap();
    assert!(book.push(new.number).await.unwrap().is_some(), "it goes on");
    let newest = add(book, 9, T + 1).await;
    let listed = |rows: Vec<PushRow>| rows.into_iter().map(|row| row.number).collect::<Vec<_>>();
    assert_eq!(listed(book.pushes(APP, i64::MAX, 5).await.unwrap()), [newest.number, new.number]);
    assert_eq!(listed(book.pushes(APP, newest.number, 5).await.unwrap()), [new.number]);
}

pub async fn conversations_with_the_system_are_made_together(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b", "c"]).await;
    let known = book.add_system_conversation(APP, numbers[1]).await.unwrap().number;
    let all = book.system_conversations(APP, &numbers).await.unwrap();
    assert_eq!(all.iter().map(|(account, _)| *account).collect::<Vec<_>>(), numbers);
    assert_eq!(all[1], (numbers[1], known));
    assert_eq!(book.system_conversations(APP, &numbers).await.unwrap(), all);
    assert_eq!(book.systems_after(0, 2).await.unwrap(), all[..2]);
    assert_eq!(book.systems_after(numbers[1], 5).await.unwrap(), all[2..]);
    let contact = book.contact(numbers[2], all[2].1).await.unwrap().unwrap();
    assert_eq!((contact.peer, contact.read_sequence), (SYSTEM_PEER, 0));
    book.mark_read(&[(numbers[2], all[2].1, 4, T / 1000)]).await.unwrap();
    book.mark_read(&[(numbers[2], all[2].1, 3, T / 1000)]).await.unwrap();
    let contact = book.contact(numbers[2], all[2].1).await.unwrap().unwrap();
    assert_eq!((contact.read_sequence, contact.read_time), (4, T / 1000));
}

pub async fn ended_pushes_of_all_apps_are_forgotten(stage: Stage) {
    let book = &stage.store.book;
    let made = add(book, 7, T).await;
    book.change_push(made.number, (0, 2), T, false).await.unwrap();
    book.forget_pushes(T).await.unwrap();
    assert!(book.push(made.number).await.unwrap().is_some());
    book.forget_pushes(T + 1).await.unwrap();
    assert!(book.push(made.number).await.unwrap().is_none());
}

pub async fn tags_and_attributes_go_with_their_account(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b"]).await;
    let [a, b] = numbers[..] else { unreachable!() };
    book.change_tags(&[(a, "x", true), (a, "y", true), (a, "x", true), (b, "x", true), (a, "y", false)]).await.unwrap();
    assert_eq!(book.push_tags(a).await.unwrap(), ["x"]);
    let mut between = book.tags_between(a, b).await.unwrap();
    between.sort();
    assert_eq!(between, [(a, "x".to_owned()), (b, "x".to_owned())]);
    book.clear_tags(&[b]).await.unwrap();
    assert!(book.push_tags(b).await.unwrap().is_empty());

    book.set_attribute_names(APP, &[(0, "city".to_owned()), (9, "level".to_owned())]).await.unwrap();
    book.set_attribute_names(APP, &[(9, "rank".to_owned())]).await.unwrap();
    let names = [(0, "city".to_owned()), (9, "rank".to_owned())];
    assert_eq!(book.attribute_names(APP).await.unwrap(), names);
    book.change_attributes(&[(a, 0, Some("Ghent")), (a, 0, Some("Bruges")), (b, 9, Some("1"))]).await.unwrap();
    book.change_attributes(&[(b, 9, None)]).await.unwrap();
    assert_eq!(book.attributes(a).await.unwrap(), [(0, "Bruges".to_owned())]);
    assert_eq!(book.attributes_between(a, b).await.unwrap(), [(a, 0, "Bruges".to_owned())]);
    book.remove_account(a, 0).await.unwrap();
    assert!(book.attributes(a).await.unwrap().is_empty() && book.push_tags(a).await.unwrap().is_empty());
}
