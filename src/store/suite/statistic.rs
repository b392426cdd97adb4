//! What is counted: with the event itself, or once by the position of the log.

use model::statistic::Metric;

use super::{Stage, append, message};
use crate::{
    Append, StoreError,
    tables::{
        account::SessionRow,
        group::{NewGroup, NewMember},
        relation::{RelationBatch, RelationChange},
        statistic::{SetKey, SetRow, StatisticState, StatisticWrite},
    },
};

const APP: i64 = 1_400_000_001;
const HOUR: i64 = 3_600_000;
const T: i64 = 500_000 * HOUR;

/// The sums of an app and an hour by metric.
async fn sums(stage: &Stage, app: i64, hour: i64) -> Vec<(Metric, i64)> {
    let mut found = stage.store.book.statistic_sums(app, hour, hour + 1).await.unwrap();
    found.retain(|(_, _, value)| *value != 0);
    found.sort_unstable();
    found.into_iter().map(|(at, metric, value)| (metric, value + at - hour)).collect()
}

fn member(account: i64) -> NewMember {
    NewMember { account, role: 200, joined: 1, join_sequence: 0, read_sequence: 0, mute: 0, fields: Vec::new() }
}

pub async fn events_are_counted_with_what_they_change(stage: Stage) {
    let book = &stage.store.book;
    let names = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), b"{}".to_vec())).collect::<Vec<_>>();
    book.add_accounts(APP, false, T, names(&["a", "b", "c", "a"])).await.unwrap();
    book.add_accounts(APP, false, T + HOUR, names(&["b", "d"])).await.unwrap();
    book.add_accounts(APP + 1, false, T, names(&["a"])).await.unwrap();
    assert_eq!(sums(&stage, APP, 500_000).await, [(Metric::NewAccounts, 3)]);
    assert_eq!(sums(&stage, APP, 500_001).await, [(Metric::NewAccounts, 1)], "b was there");
    assert_eq!(sums(&stage, APP + 1, 500_000).await, [(Metric::NewAccounts, 1)]);
    assert_eq!(sums(&stage, 0, 500_000).await, [(Metric::NewAccounts, 4)]);

    let mut numbers = Vec::new();
    for name in ["a", "b", "c"] {
        numbers.push(book.account(APP, name).await.unwrap().unwrap().number);
    }
    let [a, b, c] = numbers[..] else { panic!() };
    let at = T + 2 * HOUR;
    for instance in [1, 2] {
        let row = SessionRow { account: a, instance, platform: 1, created: at };
        book.add_session(&row, &format!("ticket{instance}"), &[]).await.unwrap();
    }
    let new = |group_id| NewGroup { app: APP, group_id, kind: 2, owner: a, created: 5, body: Vec::new() };
    let group = book.add_group(new("g"), &[member(a)], at).await.unwrap();
    assert!(matches!(book.add_group(new("g"), &[], at).await, Err(StoreError::Conflict { .. })));
    book.add_members(group, &[member(b), member(c)], Some(at)).await.unwrap();
    book.remove_members(group, &[c], Some(at)).await.unwrap();
    book.add_members(group, &[member(c)], None).await.unwrap();
    book.remove_group(group, at).await.unwrap();
    book.remove_group(group, at).await.unwrap();
    let expected = [
        (Metric::SignIns, 2),
        (Metric::Joins, 2),
        (Metric::Leaves, 1),
        (Metric::NewGroups, 1),
        (Metric::DismissedGroups, 1),
    ];
    let mut found = sums(&stage, APP, 500_002).await;
    for one in expected {
        assert!(found.contains(&one), "{one:?} in {found:?}");
        found.retain(|other| *other != one);
    }
    assert_eq!(found, []);

    let at = T + 3 * HOUR;
    let put = |body: &[u8]| RelationChange::Put { created: 1, body: body.to_vec(), custom: false };
    let mut relations = RelationBatch::default();
    relations.change(a, b, put(b"{}")).change(b, a, put(b"{}")).change(a, c, put(b"{}")).change(a, b, put(b"[]"));
    book.change_relations(&relations, at).await.unwrap();
    let mut relations = RelationBatch::default();
    relations.change(b, a, RelationChange::Remove).change(c, a, RelationChange::Remove);
    book.change_relations(&relations, at).await.unwrap();
    assert_eq!(sums(&stage, APP, 500_003).await, [(Metric::FriendsMade, 2)], "one side still has the other");
    let mut relations = RelationBatch::default();
    relations.change(a, b, RelationChange::Remove).change(a, b, RelationChange::Remove);
    book.change_relations(&relations, at).await.unwrap();
    book.remove_account(c, at).await.unwrap();
    let expected = [(Metric::RemovedAccounts, 1), (Metric::FriendsMade, 2), (Metric::FriendsLost, 2)];
    let found = sums(&stage, APP, 500_003).await;
    assert!(expected.iter().all(|one| found.contains(one)) && found.len() == 3, "{found:?}");
}

pub async fn a_writing_counts_once(stage: Stage) {
    let book = &stage.store.book;
    let start = book.statistic_state().await.unwrap();
    assert_eq!(start, StatisticState { version: 0, position: -1, closed: 0 });
    book.begin_statistics(&StatisticState { position: 7, closed: 499_992, ..start }).await.unwrap();
    assert!(matches!(book.begin_statistics(&start).await, Err(StoreError::Conflict { .. })));
    let key = SetKey { app: APP, hour: 499_992, span: 24, metric: Metric::ActiveUsers, chunk: 3 };
    let write = StatisticWrite {
        sums: vec![(APP, 500_000, Metric::SingleUp, 5), (APP, 500_001, Metric::SingleUp, 2)],
        peaks: vec![(APP, 500_000, 9), (0, 500_000, 12)],
        sets: vec![SetRow { key, size: 4, members: vec![1, 2] }],
    };
    book.add_statistics(1, 20, &write).await.unwrap();
    assert!(matches!(book.add_statistics(1, 20, &write).await, Err(StoreError::Conflict { .. })));
    let more = StatisticWrite {
        sums: vec![(APP, 500_000, Metric::SingleUp, 1)],
        peaks: vec![(APP, 500_000, 8), (0, 500_000, 13)],
        sets: vec![
            SetRow { key, size: 6, members: vec![3] },
            SetRow { key: SetKey { chunk: 4, ..key }, size: 1, members: vec![4] },
            SetRow { key: SetKey { app: APP + 1, ..key }, size: 2, members: vec![5] },
            SetRow { key: SetKey { span: 1, ..key }, size: 3, members: vec![6] },
        ],
    };
    book.add_statistics(2, 21, &more).await.unwrap();
    let state = book.statistic_state().await.unwrap();
    assert_eq!(state, StatisticState { version: 3, position: 21, closed: 499_992 });
    assert_eq!(sums(&stage, APP, 500_000).await, [(Metric::SingleUp, 6)]);
    assert_eq!(book.statistic_peaks(APP, 500_000, 500_001).await.unwrap(), [(500_000, 9)]);
    assert_eq!(book.statistic_peaks(0, 499_999, 500_001).await.unwrap(), [(500_000, 13)]);
    assert_eq!(book.statistic_set(key).await.unwrap(), Some(vec![3]));
    assert_eq!(book.statistic_set(SetKey { chunk: 5, ..key }).await.unwrap(), None);
    let sizes = |app, span| book.statistic_sizes(app, 499_992, 500_016, span);
    assert_eq!(sizes(APP, 24).await.unwrap(), [(499_992, Metric::ActiveUsers, 7)]);
    assert_eq!(sizes(0, 24).await.unwrap(), [(499_992, Metric::ActiveUsers, 9)]);
    assert_eq!(sizes(APP, 1).await.unwrap(), [(499_992, Metric::ActiveUsers, 3)]);
    let mut chunks = book.statistic_sets(APP, 499_992, Metric::ActiveUsers).await.unwrap();
    chunks.sort_unstable();
    assert_eq!(chunks, [(3, vec![3]), (4, vec![4])]);

    assert_eq!(book.statistic_apps(499_992, 500_016).await.unwrap().len(), 3, "two apps and the platform");
    let values = [(APP, Metric::SingleUp, 8), (APP, Metric::AllAccounts, 4), (0, Metric::SingleUp, 8)];
    assert!(book.close_statistics(2, (499_992, 500_016, 0), &values).await.is_err());
    book.close_statistics(3, (499_992, 500_016, 500_001), &values).await.unwrap();
    assert_eq!(book.statistic_state().await.unwrap().closed, 500_016);
    let days = book.statistic_days(APP, 0, 600_000).await.unwrap();
    let kept = [(499_992, Metric::SingleUp, 8), (499_992, Metric::AllAccounts, 4)];
    assert!(kept.iter().all(|one| days.contains(one)) && days.len() == 2, "{days:?}");
    assert_eq!(book.statistic_before(APP, Metric::AllAccounts, 499_993).await.unwrap(), 4);
    assert_eq!(book.statistic_before(APP, Metric::AllAccounts, 499_992).await.unwrap(), 0);
    assert_eq!(sums(&stage, APP, 500_000).await, [], "hours of long ago are forgotten");
    assert_eq!(sums(&stage, APP, 500_001).await, [(Metric::SingleUp, 2)]);
}

pub async fn stored_messages_say_what_they_count_for(stage: Stage) {
    let log = stage.log();
    let mut expected = Vec::new();
    for random in 0..50 {
        let tally = if random % 3 == 0 { 0 } else { i64::MAX - i64::from(random) };
        let conversation = 1 + i64::from(random) % 4;
        let one = Append { tally, ..message(conversation, 7, random, T + i64::from(random)) };
        expected.push((append(log, one).await.position, conversation, tally));
    }
    // The first of it counts, whatever a repeat says.
    append(log, Append { tally: 99, ..message(1, 7, 0, T + 60) }).await;
    let stage = stage.reopen().await;
    let log = stage.log();
    let (mut found, mut position) = (Vec::new(), 0);
    loop {
        let page = log.counted(position, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        position = last.position;
        assert!(page.iter().all(|row| row.sender == 7 && row.time >= T));
        found.extend(page.iter().map(|row| (row.position, row.conversation, row.tally)));
    }
    assert_eq!(found, expected);
}
