//! The log's writing side: order, density, repeats, imports, amendments, purges.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::{Stage, append, message, queue};
use crate::{Append, Appended, Change, Entry, Log, MAX_BODY, REPEAT_WINDOW, Store, StoreError};

const T: i64 = 1_700_000_000_000;

async fn all(log: &Log, conversation: i64) -> Vec<Entry> {
    log.range(conversation, 0, i64::MAX, false, 100_000, 0).await.unwrap()
}

fn dense(entries: &[Entry]) {
    for (entry, expected) in entries.iter().zip(1..) {
        assert_eq!(entry.sequence, expected);
    }
    assert!(entries.is_sorted_by(|a, b| a.position < b.position), "positions grow with sequences");
}

pub async fn sequences_are_dense_and_positions_grow(stage: Stage) {
    const TASKS: u32 = 8;
    const EACH: u32 = 150;
    let stage = Arc::new(stage);
    let handed_on = Arc::new(Mutex::new(Vec::new()));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (stage, handed_on) = (Arc::clone(&stage), Arc::clone(&handed_on));
            tokio::spawn(async move {
                let mut waiting = Vec::new();
                for n in 0..EACH {
                    // Every third message is sent twice.
                    for _ in 0..=u32::from(n % 3 == 0) {
                        let (tell, told) = tokio::sync::oneshot::channel();
                        let mut one = message(i64::from(n % 5), i64::from(task), n, T);
                        let handed_on = Arc::clone(&handed_on);
                        one.done = Box::new(move |result| {
                            handed_on.lock().unwrap().push(result.clone().unwrap());
                            drop(tell.send(result));
                        });
                        stage.log().append(one).await.unwrap();
                        waiting.push(told);
                    }
                }
                for told in waiting {
                    told.await.unwrap().unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut total = 0;
    for conversation in 0..5 {
        let entries = all(stage.log(), conversation).await;
        dense(&entries);
        total += entries.len();
    }
    assert_eq!(total, (TASKS * EACH) as usize);
    let handed_on = std::mem::take(&mut *handed_on.lock().unwrap());
    let first: Vec<i64> = handed_on.iter().filter(|a| !a.repeated).map(|a| a.position).collect();
    assert!(first.is_sorted(), "closures run in the order of positions");
    assert_eq!(first.len(), total);
    assert_eq!(handed_on.iter().filter(|a| a.repeated).count(), (TASKS * EACH / 3) as usize);
    let last = *first.last().unwrap();
    while stage.log().position() < last {
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.log().position(), last);
}

pub async fn order_of_calls_is_kept(stage: Stage) {
    let mut waiting = Vec::new();
    for n in 0..500 {
        waiting.push(queue(stage.log(), message(1, 1, n, T)).await);
    }
    for (told, expected) in waiting.into_iter().zip(1..) {
        assert_eq!(told.await.unwrap().unwrap().sequence, expected);
    }
}

pub async fn repeats_are_answered_with_the_first_answer(stage: Stage) {
    let log = stage.log();
    let first = append(log, message(1, 1, 7, T)).await;
    append(log, message(1, 1, 8, T)).await;
    let again = append(log, message(1, 1, 7, T + 5)).await;
    assert_eq!(again, Appended { repeated: true, ..first });

    let other_sender = append(log, message(1, 2, 7, T)).await;
    let other_conversation = append(log, message(2, 1, 7, T)).await;
    let other_sequence = append(log, Append { client_sequence: 999, ..message(1, 1, 7, T) }).await;
    assert!(!other_sender.repeated && !other_conversation.repeated && !other_sequence.repeated);

    let together = [queue(log, message(1, 1, 9, T)).await, queue(log, message(1, 1, 9, T)).await];
    let [one, two] = together;
    let (one, two) = (one.await.unwrap().unwrap(), two.await.unwrap().unwrap());
    assert_eq!(two, Appended { repeated: true, ..one });
    dense(&all(log, 1).await);
}

pub async fn repeats_end_with_the_window(stage: Stage) {
    let log = stage.log();
    let first = append(log, message(1, 1, 7, T)).await;
    let within = append(log, message(1, 1, 7, T + REPEAT_WINDOW - 1)).await;
    assert!(within.repeated);
    let after = append(log, message(1, 1, 7, T + REPEAT_WINDOW)).await;
    assert_eq!((after.repeated, after.sequence), (false, first.sequence + 1));
    let again = append(log, message(1, 1, 7, T + REPEAT_WINDOW + 1)).await;
    assert_eq!(again, Appended { repeated: true, ..after });
}

pub async fn repeats_are_known_after_reopening(stage: Stage) {
    let first = append(stage.log(), message(1, 1, 7, T)).await;
    let dated = append(stage.log(), Append { dated: true, ..message(1, 1, 8, T - 5000) }).await;
    let stage = stage.reopen().await;
    assert_eq!(stage.log().position(), dated.position);
    assert_eq!(append(stage.log(), message(1, 1, 7, T)).await, Appended { repeated: true, ..first });
    let again = append(stage.log(), Append { dated: true, ..message(1, 1, 8, T - 5000) }).await;
    assert_eq!(again, Appended { repeated: true, ..dated });
    assert!(!append(stage.log(), message(1, 1, 8, T - 5000)).await.repeated, "only imports repeat imports");
    dense(&all(stage.log(), 1).await);
}

pub async fn time_never_goes_back(stage: Stage) {
    let log = stage.log();
    append(log, message(1, 1, 1, T)).await;
    assert_eq!(append(log, message(1, 1, 2, T - 10)).await.time, T);
    assert_eq!(append(log, message(1, 1, 3, T + 10)).await.time, T + 10);
    assert_eq!(append(log, message(2, 1, 4, T - 10)).await.time, T - 10, "each conversation has its own time");
    let stage = stage.reopen().await;
    assert_eq!(append(stage.log(), message(1, 1, 5, T)).await.time, T + 10);
    let times: Vec<i64> = all(stage.log(), 1).await.iter().map(|entry| entry.time).collect();
    assert_eq!(times, [T, T, T + 10, T + 10]);
}

pub async fn imports_keep_their_time_and_repeat_anything(stage: Stage) {
    let log = stage.log();
    let dated = |random, time| Append { dated: true, ..message(1, 1, random, time) };
    append(log, message(1, 1, 1, T)).await;
    let old = append(log, dated(2, T - 1_000_000)).await;
    assert_eq!((old.sequence, old.time), (2, T - 1_000_000));
    let repeated = append(log, Append { sender: 99, ..dated(2, T - 1_000_000 + 999) }).await;
    assert_eq!(repeated, Appended { repeated: true, ..old }, "whoever sent it, within that second");
    assert!(!append(log, dated(2, T - 999_000)).await.repeated, "another second");
    let live = append(log, dated(1, T)).await;
    assert_eq!((live.repeated, live.sequence), (true, 1), "an import repeats what was sent live");
    let both = [queue(log, dated(5, T - 7000)).await, queue(log, dated(5, T - 7000)).await];
    let [one, two] = both;
    let (one, two) = (one.await.unwrap().unwrap(), two.await.unwrap().unwrap());
    assert_eq!(two, Appended { repeated: true, ..one });
    assert!(!append(log, Append { conversation: 2, ..dated(2, T - 1_000_000) }).await.repeated);
    let later = append(log, message(1, 1, 6, T + 1)).await;
    assert_eq!(append(log, dated(6, T + 1)).await, Appended { repeated: true, ..later });
    let entries = all(log, 1).await;
    dense(&entries);
    assert_eq!(entries[1].flags, model::flags::IMPORTED);
}

pub async fn amending_checks_and_stores(stage: Stage) {
    let log = stage.log();
    append(log, Append { flags: 1 | 2, ..message(1, 1, 1, T) }).await;
    let change = Change {
        set_flags: 4,
        clear_flags: 2,
        body: Some(Bytes::from_static(b"changed")),
        bump_version: true,
        ..Change::default()
    };
    let changed = log.amend(1, 1, change.clone()).await.unwrap();
    assert_eq!((changed.flags, changed.version, &changed.body[..]), (1 | 4, 1, &b"changed"[..]));
    assert_eq!(all(log, 1).await, std::slice::from_ref(&changed));

    let refused = log.amend(1, 1, Change { unless_flags: 4 | 8, ..change.clone() }).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    let refused = log.amend(1, 1, Change { expect_version: Some(0), ..change.clone() }).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    for (conversation, sequence) in [(1, 2), (1, 0), (2, 1)] {
        let missing = log.amend(conversation, sequence, change.clone()).await;
        assert!(matches!(missing, Err(StoreError::Missing)), "{missing:?}");
    }
    let flagged = Change { set_flags: 16, expect_version: Some(1), ..Change::default() };
    let flagged = log.amend(1, 1, flagged).await.unwrap();
    assert_eq!((flagged.flags, flagged.version, &flagged.body), (1 | 4 | 16, 1, &changed.body));
    let stage = stage.reopen().await;
    assert_eq!(all(stage.log(), 1).await, [flagged]);

    // Of many that expect the same version, one wins.
    let mut tasks = tokio::task::JoinSet::new();
    let stage = Arc::new(stage);
    for _ in 0..8 {
        let stage = Arc::clone(&stage);
        let change = Change { bump_version: true, expect_version: Some(1), ..Change::default() };
        tasks.spawn(async move { stage.log().amend(1, 1, change).await.is_ok() });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|won| *won).count(), 1);
}

pub async fn purging_deletes_and_never_reuses(stage: Stage) {
    let log = stage.log();
    for n in 1..=10 {
        append(log, message(1, 1, n, T)).await;
        append(log, message(2, 1, n, T)).await;
    }
    log.purge(1, 4).await.unwrap();
    log.purge(1, 4).await.unwrap();
    let sequences: Vec<i64> = all(log, 1).await.iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, [5, 6, 7, 8, 9, 10]);
    assert_eq!(log.locate(1, T).await.unwrap(), 10);
    assert!(matches!(log.amend(1, 4, Change::default()).await, Err(StoreError::Missing)));
    assert_eq!(all(log, 2).await.len(), 10);

    let before = append(log, message(1, 1, 11, T + 1)).await;
    log.purge(1, i64::MAX).await.unwrap();
    log.purge(3, i64::MAX).await.unwrap();
    assert!(all(log, 1).await.is_empty());
    assert_eq!(log.locate(1, T).await.unwrap(), 0);
    let head = log.heads(&[1, 3]).await.unwrap();
    assert_eq!((head.len(), head[0].sequence, head[0].position), (1, 11, before.position));

    let stage = stage.reopen().await;
    assert_eq!(stage.log().position(), before.position);
    let after = append(stage.log(), message(1, 1, 12, T)).await;
    assert_eq!((after.sequence, after.time), (12, T + 1));
    assert!(after.position > before.position);
    assert_eq!(all(stage.log(), 1).await.len(), 1);
    stage.log().purge(2, 10).await.unwrap();
    assert!(all(stage.log(), 2).await.is_empty());
}

pub async fn closing_drains(stage: Stage) {
    let mut waiting = Vec::new();
    for n in 0..300 {
        waiting.push(queue(stage.log(), message(1, 1, n, T)).await);
    }
    let stage = stage.reopen().await;
    for told in waiting {
        told.await.unwrap().unwrap();
    }
    assert_eq!(all(stage.log(), 1).await.len(), 300);
    stage.log().close().await;
    let late = stage.log().append(message(1, 1, 300, T)).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    let late = stage.log().amend(1, 1, Change::default()).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
}

pub async fn two_nodes_share_one_sequence(stage: Stage) {
    let Some(other) = stage.another_node().await else { return };
    let stage = Arc::new(stage);
    let other = Arc::new(other);
    let mut tasks = tokio::task::JoinSet::new();
    for sender in 0..4 {
        let (stage, other) = (Arc::clone(&stage), Arc::clone(&other));
        tasks.spawn(async move {
            for n in 0..60 {
                // Both nodes get every message: one of them is told that it is a repeat.
                let (here, there) = tokio::join!(
                    append(stage.log(), message(i64::from(n) % 3, sender, n, T)),
                    append(&other.log, message(i64::from(n) % 3, sender, n, T)),
                );
                assert_eq!((here.position, here.sequence), (there.position, there.sequence));
                assert_ne!(here.repeated, there.repeated);
            }
        });
    }
    tasks.join_all().await;
    for conversation in 0..3 {
        let entries = all(stage.log(), conversation).await;
        assert_eq!(entries.len(), 80);
        dense(&entries);
    }
}

pub async fn large_bodies_are_refused(stage: Stage) {
    let large = Append { body: Bytes::from(vec![0; MAX_BODY + 1]), ..message(1, 1, 1, T) };
    assert!(matches!(stage.log().append(large).await, Err(StoreError::Other(_))));
    let body = Bytes::from(vec![7; 1 << 20]);
    append(stage.log(), Append { body: body.clone(), ..message(1, 1, 1, T) }).await;
    assert_eq!(all(stage.log(), 1).await[0].body, body);
}

pub async fn a_panicking_closure_stops_nobody(stage: Stage) {
    let log = stage.log();
    log.append(Append { done: Box::new(|_| panic!("this panic belongs to the test")), ..message(1, 1, 1, T) })
        .await
        .unwrap();
    assert_eq!(append(log, message(1, 1, 2, T)).await.sequence, 2);
}

pub async fn a_backup_can_be_opened(stage: Stage) {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy");
    for n in 0..700 {
        queue(stage.log(), message(i64::from(n % 3), 1, n, T)).await;
    }
    let last = append(stage.log(), message(1, 1, 700, T)).await;
    if stage.another_node().await.is_some() {
        let refused = stage.store.backup(&copy).await.unwrap_err();
        assert!(refused.to_string().contains("pg_dump"), "{refused}");
        return;
    }
    // Messages that come while the copy is made are in it or not, without gaps.
    for n in 701..900 {
        stage.log().append(message(1, 1, n, T)).await.unwrap();
    }
    stage.store.backup(&copy).await.unwrap();
    assert!(stage.store.backup(&copy).await.is_err(), "never over another backup");
    let restored = Store::in_dir(&copy).await.unwrap();
    let entries = all(&restored.log, 1).await;
    dense(&entries);
    assert!(entries.iter().any(|entry| entry.position == last.position));
    let again = append(&restored.log, message(1, 1, 700, T)).await;
    assert_eq!(again, Appended { repeated: true, ..last });
    assert!(matches!(Store::in_dir(&copy).await, Err(StoreError::Unavailable(_))), "one process at a time");
}
