//! Mutes, bans, applications, receipts, recalls, mentions.

use super::{
    Stage,
    group::{T, accounts, group},
};
use crate::{
    StoreError,
    tables::{contact::ContactChange, group_state::ApplicationRow},
};

pub fn application(conversation: i64, applicant: i64, subject: i64) -> ApplicationRow {
    ApplicationRow {
        number: 0,
        conversation,
        kind: 1,
        applicant,
        subject,
        created: T,
        message: "let me in".to_owned(),
        verdict: 0,
        handler: 0,
        answer: String::new(),
    }
}

pub async fn mutes_and_bans_last_until_they_end(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b"]).await;
    let [a, b] = numbers[..] else { unreachable!() };
    let number = group(book, "g", &[(a, 400)]).await;
    book.set_mutes(number, &[b, a], 10).await.unwrap();
    book.set_mutes(number, &[b], 20).await.unwrap();
    let (muted, banned) = ((a, "a".to_owned(), 10), (b, "b".to_owned(), 20));
    assert_eq!(book.mutes(number).await.unwrap(), [muted.clone(), banned.clone()]);
    assert!(book.mutes(number + 1).await.unwrap().is_empty());
    book.set_mutes(number, &[b], 0).await.unwrap();
    assert_eq!(book.mutes(number).await.unwrap(), [muted]);
    book.set_bans(number, &[b], 10, "why").await.unwrap();
    book.set_bans(number, &[b], 20, "why not").await.unwrap();
    assert_eq!(book.bans(number).await.unwrap(), [banned]);
    book.set_bans(number, &[a, b], 0, "").await.unwrap();
    assert!(book.bans(number).await.unwrap().is_empty());
}

pub async fn an_application_is_decided_once(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b"]).await;
    let [a, b] = numbers[..] else { unreachable!() };
    let number = group(book, "g", &[(a, 400)]).await;
    let first = book.add_application(&application(number, b, b)).await.unwrap();
    let again = ApplicationRow { message: "please".to_owned(), ..application(number, b, b) };
    let second = book.add_application(&again).await.unwrap();
    assert!(second > first);
    let expected = ApplicationRow { number: second, ..again };
    assert_eq!(book.open_application(number, 1, b, b).await.unwrap(), Some(expected.clone()));
    assert_eq!(book.open_application(number, 2, b, b).await.unwrap(), None);
    let replaced = book.close_application(first, 1, a, "").await;
    assert!(matches!(replaced, Err(StoreError::Conflict { .. })), "{replaced:?}");
    book.close_application(second, 2, a, "no").await.unwrap();
    let decided = book.close_application(second, 1, a, "yes").await;
    assert!(matches!(decided, Err(StoreError::Conflict { .. })), "{decided:?}");
    assert_eq!(book.open_application(number, 1, b, b).await.unwrap(), None);
    let third = book.add_application(&application(number, b, b)).await.unwrap();
    let all = book.applications_for(a, 300, T + 1, 10).await.unwrap();
    let closed = ApplicationRow { verdict: 2, handler: a, answer: "no".to_owned(), ..expected };
    assert_eq!(all, [ApplicationRow { number: third, ..application(number, b, b) }, closed], "a decided one stays");
}

pub async fn approvers_see_the_applications_to_their_groups(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b", "c"]).await;
    let [a, b, c] = numbers[..] else { unreachable!() };
    let one = group(book, "one", &[(a, 400), (b, 200)]).await;
    let two = group(book, "two", &[(b, 400), (a, 300)]).await;
    for (number, created) in [(one, T), (two, T + 1), (one, T + 2)] {
        let row = ApplicationRow { created, kind: created, ..application(number, c, c) };
        book.add_application(&row).await.unwrap();
    }
    let seen = async |approver, before, limit| {
        let rows = book.applications_for(approver, 300, before, limit).await.unwrap();
        rows.into_iter().map(|row| (row.conversation, row.created)).collect::<Vec<_>>()
    };
    assert_eq!(seen(a, T + 9, 9).await, [(one, T + 2), (two, T + 1), (one, T)]);
    assert_eq!(seen(a, T + 2, 1).await, [(two, T + 1)]);
    assert_eq!(seen(b, T + 9, 9).await, [(two, T + 1)], "an ordinary member approves nothing");
    assert_eq!(seen(c, T + 9, 9).await, []);
}

pub async fn extras_are_kept_by_name(stage: Stage) {
    let book = &stage.store.book;
    book.set_extra(1, "x", vec![0, 255]).await.unwrap();
    book.set_extra(1, "y", vec![1]).await.unwrap();
    book.set_extra(1, "x", vec![2]).await.unwrap();
    assert_eq!(book.extra(1, "x").await.unwrap(), Some(vec![2]));
    assert_eq!(book.extra(1, "y").await.unwrap(), Some(vec![1]));
    assert_eq!(book.extra(2, "x").await.unwrap(), None);
}

pub async fn receipts_are_new_once(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b"]).await;
    let [a, b] = numbers[..] else { unreachable!() };
    assert_eq!(book.add_receipts(1, b, T, &[3, 4, 3]).await.unwrap(), [3, 4]);
    assert_eq!(book.add_receipts(1, b, T + 5, &[4, 5]).await.unwrap(), [5]);
    assert_eq!(book.add_receipts(1, a, T + 1, &[4]).await.unwrap(), [4]);
    assert_eq!(book.add_receipts(2, a, T, &[4]).await.unwrap(), [4]);
    assert!(book.add_receipts(2, a, T, &[]).await.unwrap().is_empty());
    assert_eq!(book.receipts(1, 4).await.unwrap(), [(b, "b".to_owned(), T), (a, "a".to_owned(), T + 1)]);
    assert_eq!(book.receipt_counts(1, &[9, 4, 5]).await.unwrap(), [(9, 0), (4, 2), (5, 1)]);
}

pub async fn recalls_are_found_by_time(stage: Stage) {
    let book = &stage.store.book;
    book.add_recalls(1, &[5, 2], 100).await.unwrap();
    book.add_recalls(1, &[5, 1], 200).await.unwrap();
    book.add_recalls(2, &[9], 150).await.unwrap();
    assert_eq!(book.recalls(1, 100, 200, 10).await.unwrap(), [(2, 100), (5, 100), (1, 200)]);
    assert_eq!(book.recalls(1, 101, 200, 10).await.unwrap(), [(1, 200)]);
    assert_eq!(book.recalls(1, 0, 199, 1).await.unwrap(), [(2, 100)]);
}

pub async fn mentions_are_those_above_the_read_mark(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b"]).await;
    let [a, b] = numbers[..] else { unreachable!() };
    // Members begin with 4 messages read.
    let one = group(book, "one", &[(a, 400), (b, 200)]).await;
    let two = group(book, "two", &[(a, 400)]).await;
    let strange = group(book, "strange", &[(b, 400)]).await;
    book.add_mentions(two, 6, &[a], T).await.unwrap();
    book.add_mentions(two, 6, &[a], T).await.unwrap();
    book.add_mentions(one, 4, &[a, 0], T).await.unwrap();
    book.add_mentions(one, 7, &[b, a, 0], T).await.unwrap();
    book.add_mentions(one, 5, &[b, 0], T).await.unwrap();
    book.add_mentions(strange, 5, &[a, 0], T).await.unwrap();
    let expected = [(one, 5, true), (one, 7, true), (one, 7, false), (two, 6, false)];
    assert_eq!(book.mentions(a).await.unwrap(), expected);
    book.forget_mentions(a, one, 7).await.unwrap();
    assert_eq!(book.mentions(a).await.unwrap(), [(one, 5, true), (one, 7, true), (two, 6, false)]);
    book.change_contacts(a, vec![(one, ContactChange::Read(5, T))]).await.unwrap();
    assert_eq!(book.mentions(a).await.unwrap(), [(one, 7, true), (two, 6, false)]);
    assert_eq!(book.mentions(b).await.unwrap().len(), 5, "another's are untouched");
}

pub async fn removing_an_account_removes_its_traces(stage: Stage) {
    let book = &stage.store.book;
    let numbers = accounts(book, &["a", "b", "c"]).await;
    let [a, b, c] = numbers[..] else { unreachable!() };
    let number = group(book, "g", &[(a, 400), (b, 200)]).await;
    book.set_mutes(number, &[b, a], 10).await.unwrap();
    book.set_bans(number, &[b, a], 10, "").await.unwrap();
    for (applicant, subject) in [(b, c), (c, b), (c, c)] {
        book.add_application(&application(number, applicant, subject)).await.unwrap();
    }
    book.add_receipts(number, b, T, &[1]).await.unwrap();
    book.add_receipts(number, a, T, &[1]).await.unwrap();
    book.add_mentions(number, 8, &[b, a, 0], T).await.unwrap();
    book.remove_account(b, 0).await.unwrap();
    assert!(book.groups_of(b).await.unwrap().is_empty());
    assert_eq!(book.members(number).await.unwrap().len(), 1);
    assert_eq!(book.mutes(number).await.unwrap(), [(a, "a".to_owned(), 10)]);
    assert_eq!(book.bans(number).await.unwrap(), [(a, "a".to_owned(), 10)]);
    let left = book.applications_for(a, 300, T + 1, 10).await.unwrap();
    assert_eq!(left.iter().map(|row| (row.applicant, row.subject)).collect::<Vec<_>>(), [(c, c)]);
    assert_eq!(book.receipt_counts(number, &[1]).await.unwrap(), [(1, 1)], "counted without names");
    assert_eq!(book.mentions(a).await.unwrap(), [(number, 8, true), (number, 8, false)]);
    book.ensure_contacts(number, 0, &[b]).await.unwrap();
    assert_eq!(book.mentions(b).await.unwrap(), [(number, 8, true)]);
}
