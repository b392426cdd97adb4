//! The book: batches, conflicts, returned rows, concurrency.

use std::sync::Arc;

use super::Stage;
use crate::{Batch, Expect, Store, StoreError, Value, params, tables::word::WordRow};

const CREATE: &str = "CREATE TABLE suite (name TEXT PRIMARY KEY, number BIGINT NOT NULL, content TEXT)";
const INSERT: &str = "INSERT INTO suite (name, number) VALUES ($1, $2)";
const ADD: &str = "UPDATE suite SET number = number + $1 WHERE name = $2 RETURNING number";
const NUMBER: &str = "SELECT number FROM suite WHERE name = $1";
const COUNT: &str = "SELECT COUNT(*) FROM suite";

async fn write(
    store: &Store,
    steps: &[(&'static str, Vec<Value>, Option<Expect>)],
) -> Result<Vec<Vec<crate::Row>>, StoreError> {
    let mut batch = Batch::new();
    for (sql, params, expect) in steps {
        match expect {
            Some(expect) => batch.must(sql, params.clone(), *expect),
            None => batch.run(sql, params.clone()),
        };
    }
    store.book.write(batch).await
}

async fn number(store: &Store, name: &str) -> Option<i64> {
    store.book.first(NUMBER, params![name]).await.unwrap().map(|row| row.int(0).unwrap())
}

async fn prepared(stage: &Stage) {
    write(&stage.store, &[(CREATE, params![], None)]).await.unwrap();
}

pub async fn writes_and_reads_every_kind_of_value(stage: Stage) {
    const KINDS: &str = "CREATE TABLE kinds (id BIGINT PRIMARY KEY, number BIGINT, words TEXT)";
    const PUT: &str = "INSERT INTO kinds (id, number, words) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET number = excluded.number, words = excluded.words RETURNING id, number, words";
    const GET: &str = "SELECT id, number, words, $1, id = 1 FROM kinds ORDER BY words, id";
    let store = &stage.store;
    write(store, &[(KINDS, params![], None)]).await.unwrap();
    let rows = write(
        store,
        &[
            (PUT, params![1, i64::MIN, "飞鸿 \u{10FFFF}"], Some(Expect::Rows(1))),
            (PUT, params![2, i64::MAX, "Zebra"], Some(Expect::Rows(1))),
            (PUT, params![3, None::<i64>, "apple"], Some(Expect::AtLeast(1))),
            (PUT, params![3, true, ""], Some(Expect::AtLeast(1))),
        ],
    )
    .await
    .unwrap();
    assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1, 1]);
    assert_eq!(rows[2][0].opt_int(1).unwrap(), None);
    assert!(rows[2][0].int(1).unwrap_err().to_string().contains("column 1"));
    assert!(rows[3][0].bool(1).unwrap());

    let rows = store.book.read(GET, params![vec![0_u8, 255]]).await.unwrap();
    let words: Vec<_> = rows.iter().map(|row| row.text(2).unwrap()).collect();
    assert_eq!(words, ["", "Zebra", "飞鸿 \u{10FFFF}"], "bytewise order");
    assert_eq!(rows[1].int(1).unwrap(), i64::MAX);
    assert_eq!(rows[2].int(1).unwrap(), i64::MIN);
    assert_eq!(rows[2].blob(3).unwrap(), [0, 255]);
    assert_eq!(rows.iter().map(|row| row.bool(4).unwrap()).collect::<Vec<_>>(), [false, false, true]);
    let wrong = store.book.read(NUMBER, params![]).await.unwrap_err();
    assert!(matches!(wrong, StoreError::Other(_)), "{wrong}");
}

pub async fn a_batch_is_written_together_or_not_at_all(stage: Stage) {
    let store = &stage.store;
    prepared(&stage).await;
    let rows = write(store, &[(INSERT, params!["a", 1], Some(Expect::Rows(1))), (ADD, params![5, "a"], None)]).await;
    assert_eq!(rows.unwrap()[1][0].int(0).unwrap(), 6);

    let refused = write(
        store,
        &[
            (ADD, params![100, "a"], Some(Expect::Rows(1))),
            (INSERT, params!["b", 1], None),
            (ADD, params![1, "nobody"], Some(Expect::Rows(1))),
            (INSERT, params!["c", 1], None),
        ],
    )
    .await;
    assert!(matches!(refused, Err(StoreError::Conflict { step: 2 })), "{refused:?}");
    assert_eq!((number(store, "a").await, number(store, "b").await, number(store, "c").await), (Some(6), None, None));
    assert!(store.book.write(Batch::new()).await.unwrap().is_empty());
}

pub async fn a_taken_key_is_a_conflict_at_its_step(stage: Stage) {
    let store = &stage.store;
    prepared(&stage).await;
    let twice = write(store, &[(INSERT, params!["a", 1], None), (INSERT, params!["a", 2], None)]).await;
    assert!(matches!(twice, Err(StoreError::Conflict { step: 1 })), "{twice:?}");
    assert_eq!(store.book.read(COUNT, params![]).await.unwrap()[0].int(0).unwrap(), 0);
    let null = write(store, &[(INSERT, params!["a", None::<i64>], None)]).await;
    assert!(matches!(null, Err(StoreError::Other(_))), "{null:?}");
    write(store, &[(INSERT, params!["a", 1], Some(Expect::Rows(1)))]).await.unwrap();
}

pub async fn later_steps_see_earlier_ones(stage: Stage) {
    const COPY: &str = "INSERT INTO suite (name, number) SELECT $1, number + 1 FROM suite WHERE name = $2";
    const FEW: &str = "SELECT name FROM suite WHERE number > $1 ORDER BY name";
    let store = &stage.store;
    prepared(&stage).await;
    let rows = write(
        store,
        &[
            (INSERT, params!["a", 41], None),
            (COPY, params!["b", "a"], Some(Expect::Rows(1))),
            (FEW, params![41], Some(Expect::Rows(1))),
        ],
    )
    .await
    .unwrap();
    assert_eq!(rows[2][0].text(0).unwrap(), "b");
}

pub async fn concurrent_counters_lose_nothing(stage: Stage) {
    const TASKS: i64 = 16;
    const ROUNDS: i64 = 10;
    prepared(&stage).await;
    write(&stage.store, &[(INSERT, params!["n", 0], None), (INSERT, params!["m", 0], None)]).await.unwrap();
    let stage = Arc::new(stage);
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move {
                // Two rows in both orders: deadlocks unless writers take turns or are retried.
                let (one, two) = if task % 2 == 0 { ("n", "m") } else { ("m", "n") };
                for _ in 0..ROUNDS {
                    let add = |name| (ADD, params![1, name], Some(Expect::Rows(1)));
                    write(&stage.store, &[add(one), add(two)]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(number(&stage.store, "n").await, Some(TASKS * ROUNDS));
    assert_eq!(number(&stage.store, "m").await, Some(TASKS * ROUNDS));
}

pub async fn concurrent_assertions_admit_one(stage: Stage) {
    // Whoever counts fewer than three rows may add one: wrong unless batches are serial.
    const JOIN: &str = "INSERT INTO suite (name, number) SELECT $1, $2 WHERE (SELECT COUNT(*) FROM suite) < 3";
    prepared(&stage).await;
    let stage = Arc::new(stage);
    let tasks: Vec<_> = (0..12)
        .map(|task| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move {
                let step = (JOIN, params![format!("member {task}"), task], Some(Expect::Rows(1)));
                write(&stage.store, &[step]).await.is_ok()
            })
        })
        .collect();
    let mut admitted = 0;
    for task in tasks {
        admitted += u32::from(task.await.unwrap());
    }
    assert_eq!(admitted, 3);
    assert_eq!(stage.store.book.read(COUNT, params![]).await.unwrap()[0].int(0).unwrap(), 3);
}

pub async fn an_abandoned_write_is_still_carried_out(stage: Stage) {
    let store = &stage.store;
    prepared(&stage).await;
    {
        let mut batch = Batch::new();
        batch.run(INSERT, params!["left", 1]);
        let mut writing = Box::pin(store.book.write(batch));
        // Asked once it is handed over, whether or not it is done by then.
        drop(futures_util::FutureExt::now_or_never(&mut writing));
    }
    while number(store, "left").await.is_none() {
        tokio::task::yield_now().await;
    }
    write(store, &[(INSERT, params!["next", 1], None)]).await.unwrap();
}

pub async fn survives_reopening(stage: Stage) {
    prepared(&stage).await;
    write(&stage.store, &[(INSERT, params!["a", 7], None)]).await.unwrap();
    let stage = stage.reopen().await;
    assert_eq!(number(&stage.store, "a").await, Some(7));
}

pub async fn refuses_after_closing(stage: Stage) {
    prepared(&stage).await;
    stage.store.close().await;
    let late = write(&stage.store, &[(INSERT, params!["a", 7], None)]).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    let late = stage.store.book.read(COUNT, params![]).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
}

pub async fn words_are_added_changed_and_removed(stage: Stage) {
    let book = &stage.store.book;
    let word = |app: i64, word: &str, pattern: bool, replacement: Option<&str>| WordRow {
        app,
        number: 0,
        word: word.into(),
        pattern,
        replacement: replacement.map(Into::into),
        updated: 9,
    };
    let rows = [word(1, "a", false, None), word(1, "a", true, Some("")), word(2, "a", false, Some("*"))];
    book.add_words(&rows).await.unwrap();
    book.add_words(&[WordRow { updated: 10, ..word(1, "a", false, Some("b")) }]).await.unwrap();
    let stored = book.words().await.unwrap();
    let shown: Vec<_> =
        stored.iter().map(|row| (row.app, row.pattern, row.replacement.as_deref(), row.updated)).collect();
    assert_eq!(shown, [(1, false, Some("b"), 10), (1, true, Some(""), 9), (2, false, Some("*"), 9)]);
    assert!(stored.windows(2).all(|two| two[0].number < two[1].number), "{stored:?}");
    book.remove_words(1, &[(true, "a".into()), (false, "none".into())]).await.unwrap();
    book.remove_words(2, &[(true, "a".into())]).await.unwrap();
    let left: Vec<_> = book.words().await.unwrap().into_iter().map(|row| (row.app, row.pattern)).collect();
    assert_eq!(left, [(1, false), (2, false)]);
}

pub async fn accounts_are_read_from_the_newest_on(stage: Stage) {
    let book = &stage.store.book;
    for (app, name) in [(1, "b"), (2, "x"), (1, "a"), (1, "c")] {
        book.add_accounts(app, false, 0, vec![(name.into(), b"{}".to_vec())]).await.unwrap();
    }
    let read = async |before, limit| {
        let rows = book.accounts_before(1, before, limit).await.unwrap();
        (rows.last().map_or(0, |row| row.0), rows.into_iter().map(|row| row.1).collect::<Vec<_>>())
    };
    let (last, names) = read(i64::MAX, 2).await;
    assert_eq!(names, ["c", "a"]);
    assert_eq!(read(last, 2).await.1, ["b"]);
}
