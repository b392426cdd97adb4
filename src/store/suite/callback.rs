//! Callbacks: in the order they were added, gone when taken, kept apart when given up.

use super::Stage;
use crate::tables::callback::{NewCallback, Settlement};

fn new(app: i64, lane: i64, body: &str) -> NewCallback {
    NewCallback {
        app,
        lane,
        command: "State.StateChange".into(),
        query: "ClientIP=192.0.2.1&OptPlatform=Web".into(),
        body: body.into(),
        created: 1000,
        failure: None,
    }
}

pub async fn callbacks_wait_in_order_until_they_are_taken_or_given_up(stage: Stage) {
    let book = &stage.store.book;
    let numbers = book.add_callbacks(&[new(1, 7, "a"), new(2, 7, "b"), new(1, 8, "c")]).await.unwrap();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    let dead = NewCallback { failure: Some("status 500".into()), ..new(1, 7, "d") };
    let settlement = Settlement {
        new: vec![dead, new(1, 7, "e")],
        done: vec![numbers[0]],
        failed: vec![(numbers[2], "no answer in time".into())],
        position: Some(5),
    };
    let later = book.settle_callbacks(&settlement).await.unwrap();
    let bodies = |rows: Vec<crate::tables::callback::CallbackRow>| {
        rows.into_iter().map(|row| (row.number, String::from_utf8(row.body).unwrap(), row.failure)).collect::<Vec<_>>()
    };
    assert_eq!(bodies(book.waiting_callbacks(1, 0, 9).await.unwrap()), [(later[1], "e".into(), String::new())]);
    assert_eq!(
        bodies(book.kept_callbacks(1, true, i64::MAX, 9).await.unwrap()),
        [(later[0], "d".into(), "status 500".into()), (numbers[2], "c".into(), "no answer in time".into())]
    );
    assert_eq!(
        bodies(book.kept_callbacks(1, false, i64::MAX, 9).await.unwrap()),
        [(later[1], "e".into(), String::new())]
    );
    assert_eq!(book.kept_callbacks(1, true, later[0], 9).await.unwrap().len(), 1);
    assert_eq!(book.callback_counts(1).await.unwrap(), (1, 2));
    let mut apps = book.apps_with_callbacks().await.unwrap();
    apps.sort_unstable();
    assert_eq!(apps, [1, 2]);
    book.replay_callbacks(1, Some(&[numbers[2], numbers[1], 99])).await.unwrap();
    assert_eq!(book.waiting_callbacks(1, numbers[2], 9).await.unwrap().len(), 1);
    assert_eq!(book.waiting_callbacks(1, 0, 9).await.unwrap().len(), 2, "it keeps its number");
    book.discard_callbacks(1, None).await.unwrap();
    assert_eq!(book.callback_counts(1).await.unwrap(), (2, 0));
}

pub async fn the_position_of_callbacks_only_grows(stage: Stage) {
    let book = &stage.store.book;
    assert_eq!(book.callback_position().await.unwrap(), -1);
    for (set, then) in [(0, 0), (9, 9), (4, 9)] {
        book.settle_callbacks(&Settlement { position: Some(set), ..Settlement::default() }).await.unwrap();
        assert_eq!(book.callback_position().await.unwrap(), then);
    }
}
