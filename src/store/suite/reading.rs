//! The log's questions.

use model::flags::{NO_LAST, NO_UNREAD, NOTICE, RECALLED};

use super::{Stage, append, message, queue};
use crate::{Append, Change, Entry, Overview, View};

const T: i64 = 1_700_000_000_000;

fn sequences(entries: &[Entry]) -> Vec<i64> {
    entries.iter().map(|entry| entry.sequence).collect()
}

pub async fn ranges_are_windows_in_the_asked_order(stage: Stage) {
    let log = stage.log();
    for n in 1..=9 {
        let flags = if n % 3 == 0 { NOTICE } else { 0 };
        append(log, Append { flags, ..message(1, i64::from(n), n, T + i64::from(n)) }).await;
        append(log, message(2, 1, n, T)).await;
    }
    let range = |above, below, newest_first, limit, without| async move {
        sequences(&log.range(1, above, below, newest_first, limit, without).await.unwrap())
    };
    assert_eq!(range(0, i64::MAX, false, 100, 0).await, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(range(i64::MIN, 10, true, 4, 0).await, [9, 8, 7, 6]);
    assert_eq!(range(2, 7, false, 100, 0).await, [3, 4, 5, 6]);
    assert_eq!(range(2, 7, true, 100, NOTICE).await, [5, 4]);
    assert_eq!(range(0, i64::MAX, false, 4, NOTICE | RECALLED).await, [1, 2, 4, 5]);
    assert!(range(5, 5, false, 4, 0).await.is_empty());
    assert!(range(5, 6, true, 4, 0).await.is_empty());
    assert!(range(0, 10, true, 0, 0).await.is_empty());
    assert!(log.range(3, 0, 10, true, 5, 0).await.unwrap().is_empty());
    let entry = &log.range(1, 4, 6, false, 1, 0).await.unwrap()[0];
    assert_eq!((entry.conversation, entry.sequence, entry.time, entry.sender), (1, 5, T + 5, 5));
    assert_eq!((entry.client_sequence, entry.random, entry.client_time), (5, 5, 1_700_000_000));
    assert_eq!((entry.version, &entry.body[..]), (0, &b"1:5"[..]));
}

pub async fn time_ranges_order_imports(stage: Stage) {
    let log = stage.log();
    let times = [T, T - 3000, T - 1000, T - 3000, T - 2000];
    for (n, time) in (1..).zip(times) {
        let flags = if n == 5 { RECALLED } else { 0 };
        append(log, Append { dated: true, flags, ..message(1, 1, n, time) }).await;
    }
    let all = ((i64::MIN, 0), (i64::MAX, 0));
    let range = |(from, to), newest_first, limit, without| async move {
        sequences(&log.range_by_time(1, from, to, newest_first, limit, without).await.unwrap())
    };
    assert_eq!(range(all, false, 10, 0).await, [2, 4, 5, 3, 1]);
    assert_eq!(range(all, true, 3, 0).await, [1, 3, 5]);
    assert_eq!(range(all, true, 3, RECALLED).await, [1, 3, 4]);
    assert_eq!(range(((T - 3000, 2), (T - 1000, 3)), false, 10, 0).await, [4, 5]);
    assert_eq!(range(((T - 3000, 4), (T - 1000, 4)), true, 10, 0).await, [3, 5]);
    assert!(log.range_by_time(2, all.0, all.1, true, 10, 0).await.unwrap().is_empty());
}

pub async fn locating_finds_the_last_entry_not_later(stage: Stage) {
    let log = stage.log();
    for n in 1..=40_u32 {
        append(log, message(1, 1, n, T + i64::from(n / 2) * 10)).await;
    }
    assert_eq!(log.locate(1, T - 1).await.unwrap(), 0);
    assert_eq!(log.locate(1, T).await.unwrap(), 1);
    assert_eq!(log.locate(1, T + 19).await.unwrap(), 3);
    assert_eq!(log.locate(1, T + 20).await.unwrap(), 5);
    assert_eq!(log.locate(1, i64::MAX).await.unwrap(), 40);
    assert_eq!(log.locate(9, i64::MAX).await.unwrap(), 0);
    log.purge(1, 20).await.unwrap();
    assert_eq!(log.locate(1, T).await.unwrap(), 0);
    assert_eq!(log.locate(1, T + 105).await.unwrap(), 21);
}

pub async fn finding_by_name_and_second(stage: Stage) {
    let log = stage.log();
    for n in 1..=30_u32 {
        append(log, message(1, i64::from(n), n, T + i64::from(n) * 400)).await;
    }
    // The same name from another sender in the same second: the newer one is found, or the one whose sender is given.
    append(log, Append { client_sequence: 30, ..message(1, 99, 30, T + 30 * 400 + 1) }).await;
    let second = |n: i64| (T + n * 400) / 1000;
    for mixed in [false, true] {
        for n in [1, 2, 3, 17, 29] {
            let found = log.find(1, None, n, n, second(n.into()), mixed).await.unwrap();
            assert_eq!(found.map(|entry| entry.sequence), Some(n.into()), "mixed: {mixed}");
        }
        let found = log.find(1, None, 30, 30, second(30), mixed).await.unwrap();
        assert_eq!(found.map(|entry| entry.sequence), Some(31));
        for (sender, sequence) in [(30, Some(30)), (99, Some(31)), (98, None)] {
            let found = log.find(1, Some(sender), 30, 30, second(30), mixed).await.unwrap();
            assert_eq!(found.map(|entry| entry.sequence), sequence, "sender {sender}, mixed: {mixed}");
        }
        assert_eq!(log.find(1, None, 17, 17, second(17) + 1, mixed).await.unwrap(), None);
        assert_eq!(log.find(1, None, 17, 17, second(17) - 1, mixed).await.unwrap(), None);
        assert_eq!(log.find(1, None, 17, 18, second(17), mixed).await.unwrap(), None);
        assert_eq!(log.find(2, None, 17, 17, second(17), mixed).await.unwrap(), None);
    }
    append(log, Append { dated: true, ..message(1, 1, 77, T - 1_000_000) }).await;
    append(log, message(1, 1, 78, T + 20_000)).await;
    let found = log.find(1, None, 77, 77, (T - 1_000_000) / 1000, true).await.unwrap().unwrap();
    assert_eq!(found.sequence, 32);
}

pub async fn heads_of_what_exists(stage: Stage) {
    let log = stage.log();
    append(log, message(1, 1, 1, T)).await;
    let last = append(log, message(1, 1, 2, T + 1)).await;
    let only = append(log, message(5, 1, 1, T + 2)).await;
    for _ in 0..2 {
        let mut heads = stage.log().heads(&[5, 1, 2]).await.unwrap();
        heads.sort_by_key(|head| head.conversation);
        let heads: Vec<_> = heads.iter().map(|h| (h.conversation, h.sequence, h.time, h.position)).collect();
        assert_eq!(heads, [(1, 2, T + 1, last.position), (5, 1, T + 2, only.position)]);
    }
    assert!(log.heads(&[]).await.unwrap().is_empty());
    let stage = stage.reopen().await;
    assert_eq!(stage.log().heads(&[1, 2]).await.unwrap()[0].sequence, 2);
}

pub async fn overview_counts_what_the_user_may_see(stage: Stage) {
    let log = stage.log();
    // Sender, flags.
    let sent = [(2, 0), (1, 0), (2, NO_UNREAD), (2, 0), (2, RECALLED), (2, NO_LAST), (2, 0), (1, 128), (3, NOTICE)];
    let mut top = 0;
    for (n, (sender, flags)) in (1..).zip(sent) {
        top = append(log, Append { flags, ..message(1, sender, n, T) }).await.position;
    }
    let view = View { conversation: 1, user: 1, until: top, count_limit: 100, hide_own: 128, ..View::default() };
    let see = |view: View| async move {
        let overview = log.overview(vec![view]).await.unwrap().remove(0);
        (overview.last.map(|entry| entry.sequence), overview.unread)
    };
    assert_eq!(see(view.clone()).await, (Some(7), 4), "1, 4, 6, 7 are unread");
    assert_eq!(see(View { hide_own: 0, ..view.clone() }).await, (Some(8), 4));
    assert_eq!(see(View { read: 4, ..view.clone() }).await, (Some(7), 2));
    assert_eq!(see(View { count_limit: 3, ..view.clone() }).await, (Some(7), 3));
    assert_eq!(see(View { count_limit: 0, ..view.clone() }).await, (Some(7), 0));
    assert_eq!(see(View { hidden: vec![7, 4], ..view.clone() }).await, (Some(5), 2));
    assert_eq!(see(View { above: 7, ..view.clone() }).await, (None, 0));
    assert_eq!(see(View { above: 4, read: 1, ..view.clone() }).await, (Some(7), 2));
    assert_eq!(see(View { user: 2, ..view.clone() }).await, (Some(8), 2), "2 and 8 are of others");
    assert_eq!(see(View { conversation: 2, ..view.clone() }).await, (None, 0));
    let fifth = log.range(1, 4, 6, false, 1, 0).await.unwrap()[0].position;
    assert_eq!(see(View { until: fifth, ..view.clone() }).await, (Some(5), 2));

    let until = append(log, message(2, 9, 1, T)).await.position;
    let other = View { conversation: 2, until, ..view.clone() };
    let none = View { conversation: 3, ..view.clone() };
    let overviews = log.overview(vec![other, none, view]).await.unwrap();
    assert_eq!(overviews.iter().map(|overview| overview.unread).collect::<Vec<_>>(), [1, 0, 4]);
    assert_eq!(overviews[1], Overview::default());
    assert_eq!(overviews[0].last.as_ref().map(|entry| entry.conversation), Some(2));
}

pub async fn after_gives_everything_in_order(stage: Stage) {
    let log = stage.log();
    let mut positions = Vec::new();
    for random in 1..=6 {
        positions.push(append(log, message(i64::from(random % 3), 1, random, T)).await.position);
    }
    let read = async |after, limit| -> Vec<i64> {
        log.after(after, limit).await.unwrap().into_iter().map(|entry| entry.position).collect()
    };
    assert_eq!(read(0, 100).await, positions);
    assert_eq!(read(positions[1], 3).await, positions[2..5]);
    assert_eq!(read(positions[5], 3).await, [0_i64; 0]);
}

pub async fn since_gives_a_window_of_positions(stage: Stage) {
    let log = stage.log();
    let mut placed = Vec::new();
    for n in 0..60_u32 {
        placed.push((i64::from(n % 4), append(log, message(i64::from(n % 4), 1, n, T)).await.position));
    }
    let positions = |conversations: &'static [i64], after, until, limit| async move {
        let entries = log.since(conversations.to_vec(), after, until, limit).await.unwrap();
        entries.iter().map(|entry| entry.position).collect::<Vec<_>>()
    };
    let expected = |conversations: &[i64], after, until, limit| -> Vec<i64> {
        let wanted = placed.iter().filter(|(c, p)| conversations.contains(c) && *p > after && *p <= until);
        wanted.map(|(_, position)| *position).take(limit).collect()
    };
    let (tenth, fiftieth) = (placed[9].1, placed[49].1);
    for (after, until, limit) in [
        (0, i64::MAX, 1000),
        (tenth, fiftieth, 1000),
        (tenth, fiftieth, 7),
        (fiftieth, tenth, 10),
        (i64::MAX, i64::MAX, 1),
    ] {
        assert_eq!(positions(&[1, 3, 8], after, until, limit).await, expected(&[1, 3, 8], after, until, limit));
        assert_eq!(positions(&[2], after, until, limit).await, expected(&[2], after, until, limit));
    }
    assert!(positions(&[], 0, i64::MAX, 10).await.is_empty());
}

/// Long enough that the older entries are in the index and the newer ones are not.
pub async fn reading_crosses_what_is_indexed(stage: Stage) {
    const COUNT: u32 = 1_500;
    let log = stage.log();
    for chunk in (1..=COUNT).collect::<Vec<_>>().chunks(100) {
        let mut waiting = Vec::new();
        for n in chunk {
            waiting.push(queue(log, message(1, 1, *n, T + i64::from(*n) * 10)).await);
            waiting.push(queue(log, message(2 + i64::from(n % 50), 1, *n, T + i64::from(*n))).await);
        }
        for told in waiting {
            told.await.unwrap().unwrap();
        }
    }
    let stage = check_long(stage, COUNT.into()).await;
    let stage = check_long(stage.reopen().await, COUNT.into()).await;
    let log = stage.log();
    for sequence in [1, 700, i64::from(COUNT)] {
        log.amend(1, sequence, Change { set_flags: 512, ..Change::default() }).await.unwrap();
    }
    assert_eq!(log.range(1, 0, i64::MAX, false, 5000, 512).await.unwrap().len(), COUNT as usize - 3);
    log.purge(1, 1_499).await.unwrap();
    assert_eq!(sequences(&log.range(1, 0, i64::MAX, true, 10, 0).await.unwrap()), [1_500]);
    log.purge(1, 1_500).await.unwrap();
    assert!(log.range(1, 0, i64::MAX, true, 10, 0).await.unwrap().is_empty());
    assert_eq!(append(log, message(1, 1, 1, T)).await.sequence, 1_501, "what was purged is no longer repeated");
}

async fn check_long(stage: Stage, count: i64) -> Stage {
    let log = stage.log();
    let forwards = sequences(&log.range(1, 0, i64::MAX, false, 5000, 0).await.unwrap());
    assert_eq!(forwards, (1..=count).collect::<Vec<_>>());
    let backwards = sequences(&log.range(1, 100, 1400, true, 5000, 0).await.unwrap());
    assert_eq!(backwards, (101..1400).rev().collect::<Vec<_>>());
    for sequence in (1..=count).step_by(97) {
        let time = T + sequence * 10;
        assert_eq!(log.locate(1, time + 9).await.unwrap(), sequence);
        let name = u32::try_from(sequence).unwrap();
        let found = log.find(1, None, name % 1000, name, time / 1000, sequence % 2 == 0).await.unwrap();
        assert_eq!(found.map(|entry| entry.sequence), Some(sequence));
    }
    let view = View { conversation: 1, user: 2, read: 10, until: i64::MAX, count_limit: 10_000, ..View::default() };
    assert_eq!(i64::from(log.overview(vec![view]).await.unwrap()[0].unread), count - 10);
    let everything = log.since((1..60).collect(), 0, i64::MAX, 10_000).await.unwrap();
    assert_eq!(everything.len() as i64, count * 2);
    assert!(everything.is_sorted_by(|a, b| a.position < b.position));
    let middle = everything[1234].position;
    let rest = log.since((1..60).collect(), middle, i64::MAX, 100).await.unwrap();
    assert_eq!(rest, everything[1235..1335]);
    stage
}
