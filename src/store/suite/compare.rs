//! Random operations on both databases, step by step: every answer must be the same.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};

use super::{Stage, message, queue};
use crate::{Append, Appended, Batch, Change, Entry, Expect, Log, StoreError, Value, View, params};

const T: i64 = 1_700_000_000_000;
const CASES: u32 = 16;
/// Clear of every position, which both databases give in the same order.
const EVERYTHING: i64 = i64::MAX;

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<Draft>),
    Amend { conversation: i64, sequence: i64, change: Change },
    Purge { conversation: i64, up_to: i64 },
    Range { conversation: i64, above: i64, below: i64, newest_first: bool, limit: usize, without: u32 },
    ByTime { conversation: i64, from: (i64, i64), to: (i64, i64), newest_first: bool, limit: usize },
    Find { conversation: i64, random: u32, second: i64 },
    Locate { conversation: i64, time: i64 },
    Overview(Vec<View>),
    Since { conversations: Vec<i64>, after: i64, limit: usize },
    Book(Vec<BookStep>),
    Reopen,
}

#[derive(Clone, Debug)]
struct Draft {
    conversation: i64,
    sender: i64,
    random: u32,
    time: i64,
    dated: bool,
    flags: u32,
}

#[derive(Clone, Debug)]
enum BookStep {
    Insert(i64, i64),
    Upsert(i64, i64),
    Add(i64, i64, Option<Expect>),
    Delete(i64),
    List,
}

fn flags() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(0), 1 => any::<u8>().prop_map(u32::from)]
}

fn draft() -> impl Strategy<Value = Draft> {
    (1..4_i64, 1..3_i64, 0..12_u32, 0..4_000_i64, prop::bool::weighted(0.2), flags()).prop_map(
        |(conversation, sender, random, time, dated, flags)| Draft {
            conversation,
            sender,
            random,
            time: T + time,
            dated,
            flags,
        },
    )
}

fn change() -> impl Strategy<Value = Change> {
    let body = prop::option::of("[a-z]{0,8}".prop_map(|text| Bytes::from(text.into_bytes())));
    let version = prop::option::weighted(0.3, 0..2_u32);
    (flags(), flags(), body, any::<bool>(), version, flags()).prop_map(
        |(set_flags, clear_flags, body, bump_version, expect_version, unless_flags)| Change {
            set_flags,
            clear_flags,
            body,
            bump_version,
            expect_version,
            unless_flags,
        },
    )
}

fn view() -> impl Strategy<Value = View> {
    ((1..5_i64, 1..3_i64, 0..20_i64, 0..10_i64), (0..60_i64, vec(0..20_i64, 0..3), 0..10_u32, flags())).prop_map(
        |((conversation, user, read, above), (until, hidden, count_limit, hide_own))| {
            let until = if until > 50 { EVERYTHING } else { until };
            View { conversation, user, read, above, until, hidden, count_limit, hide_own }
        },
    )
}

fn book_step() -> impl Strategy<Value = BookStep> {
    let expect = prop::option::of(prop_oneof![(0..2_u64).prop_map(Expect::Rows), (0..2_u64).prop_map(Expect::AtLeast)]);
    prop_oneof![
        (0..6_i64, 0..9_i64).prop_map(|(key, number)| BookStep::Insert(key, number)),
        (0..6_i64, 0..9_i64).prop_map(|(key, number)| BookStep::Upsert(key, number)),
        (0..6_i64, 0..9_i64, expect).prop_map(|(key, number, expect)| BookStep::Add(key, number, expect)),
        (0..6_i64).prop_map(BookStep::Delete),
        Just(BookStep::List),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let place = || (0..4_000_i64).prop_map(|time| T + time);
    prop_oneof![
        6 => vec(draft(), 1..8).prop_map(Step::Append),
        2 => (1..5_i64, 0..15_i64, change())
            .prop_map(|(conversation, sequence, change)| Step::Amend { conversation, sequence, change }),
        1 => (1..4_i64, 0..12_i64).prop_map(|(conversation, up_to)| Step::Purge { conversation, up_to }),
        2 => (1..5_i64, 0..15_i64, 0..30_i64, any::<bool>(), 0..10_usize, flags()).prop_map(
            |(conversation, above, below, newest_first, limit, without)| Step::Range {
                conversation, above, below, newest_first, limit, without,
            }
        ),
        1 => (1..5_i64, place(), place(), 0..9_i64, any::<bool>(), 0..10_usize).prop_map(
            |(conversation, from, to, sequence, newest_first, limit)| Step::ByTime {
                conversation, from: (from, sequence), to: (to, sequence), newest_first, limit,
            }
        ),
        1 => (1..5_i64, 0..12_u32, 0..4_i64)
            .prop_map(|(conversation, random, second)| Step::Find { conversation, random, second: T / 1000 + second }),
        1 => (1..5_i64, place()).prop_map(|(conversation, time)| Step::Locate { conversation, time }),
        2 => vec(view(), 0..4).prop_map(Step::Overview),
        1 => (vec(1..5_i64, 0..4), 0..60_i64, 0..20_usize).prop_map(|(mut conversations, after, limit)| {
            conversations.sort_unstable();
            conversations.dedup();
            Step::Since { conversations, after, limit }
        }),
        3 => vec(book_step(), 1..5).prop_map(Step::Book),
        1 => Just(Step::Reopen),
    ]
}

/// What a step answered, comparable between databases.
#[derive(Debug, PartialEq)]
enum Answer {
    Appended(Vec<Appended>),
    Entries(Result<Vec<Entry>, &'static str>),
    Number(i64),
    Overviews(Vec<(Option<Entry>, u32)>),
    Rows(Result<String, String>),
    Nothing,
}

async fn perform(stage: Stage, step: &Step) -> (Stage, Answer) {
    let log = stage.log();
    let answer = match step {
        Step::Append(drafts) => Answer::Appended(append(log, drafts).await),
        Step::Amend { conversation, sequence, change } => {
            Answer::Entries(match log.amend(*conversation, *sequence, change.clone()).await {
                Ok(entry) => Ok(vec![entry]),
                Err(StoreError::Missing) => Err("missing"),
                Err(StoreError::Conflict { .. }) => Err("conflict"),
                Err(error) => panic!("{error}"),
            })
        }
        Step::Purge { conversation, up_to } => {
            log.purge(*conversation, *up_to).await.unwrap();
            let mut heads = log.heads(&[1, 2, 3, 4]).await.unwrap();
            heads.sort_by_key(|head| head.conversation);
            Answer::Rows(Ok(format!("{heads:?}")))
        }
        Step::Range { conversation, above, below, newest_first, limit, without } => Answer::Entries(Ok(log
            .range(*conversation, *above, *below, *newest_first, *limit, *without)
            .await
            .unwrap())),
        Step::ByTime { conversation, from, to, newest_first, limit } => {
            Answer::Entries(Ok(log.range_by_time(*conversation, *from, *to, *newest_first, *limit, 0).await.unwrap()))
        }
        Step::Find { conversation, random, second } => {
            let found = log.find(*conversation, None, random % 1000, *random, *second, true).await.unwrap();
            Answer::Entries(Ok(found.into_iter().collect()))
        }
        Step::Locate { conversation, time } => Answer::Number(log.locate(*conversation, *time).await.unwrap()),
        Step::Overview(views) => {
            let overviews = log.overview(views.clone()).await.unwrap();
            Answer::Overviews(overviews.into_iter().map(|overview| (overview.last, overview.unread)).collect())
        }
        Step::Since { conversations, after, limit } => {
            Answer::Entries(Ok(log.since(conversations.clone(), *after, EVERYTHING, *limit).await.unwrap()))
        }
        Step::Book(steps) => Answer::Rows(book(&stage, steps).await),
        Step::Reopen => return (stage.reopen().await, Answer::Nothing),
    };
    (stage, answer)
}

async fn append(log: &Log, drafts: &[Draft]) -> Vec<Appended> {
    let mut waiting = Vec::new();
    for draft in drafts {
        let one = message(draft.conversation, draft.sender, draft.random, draft.time);
        waiting.push(queue(log, Append { dated: draft.dated, flags: draft.flags, ..one }).await);
    }
    let mut appended = Vec::new();
    for told in waiting {
        appended.push(told.await.unwrap().unwrap());
    }
    appended
}

async fn book(stage: &Stage, steps: &[BookStep]) -> Result<String, String> {
    let mut batch = Batch::new();
    for step in steps {
        let (sql, params, expect): (&'static str, Vec<Value>, _) = match step {
            BookStep::Insert(key, number) => {
                ("INSERT INTO compared (id, number) VALUES ($1, $2)", params![*key, *number], None)
            }
            BookStep::Upsert(key, number) => (
                "INSERT INTO compared (id, number) VALUES ($1, $2)
                 ON CONFLICT (id) DO UPDATE SET number = excluded.number + compared.number RETURNING number",
                params![*key, *number],
                Some(Expect::Rows(1)),
            ),
            BookStep::Add(key, number, expect) => (
                "UPDATE compared SET number = number + $1 WHERE id >= $2 RETURNING number",
                params![*number, *key],
                *expect,
            ),
            BookStep::Delete(key) => ("DELETE FROM compared WHERE id = $1", params![*key], None),
            BookStep::List => ("SELECT id, number FROM compared ORDER BY id", params![], None),
        };
        match expect {
            Some(expect) => batch.must(sql, params, expect),
            None => batch.run(sql, params),
        };
    }
    let mut rows = stage.store.book.write(batch).await.map_err(|error| error.to_string())?;
    // The order in which an update returns its rows is nobody's promise.
    for returned in &mut rows {
        returned.sort_by_key(|row| format!("{row:?}"));
    }
    Ok(format!("{rows:?}"))
}

#[test]
fn both_databases_answer_alike() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // Keeps the server running from one case to the next.
    let Some(_server) = runtime.block_on(Stage::clustered()) else { return };
    let config = ProptestConfig { cases: CASES, max_shrink_iters: 40, failure_persistence: None, ..Default::default() };
    TestRunner::new(config)
        .run(&vec(step(), 10..50), |steps| {
            runtime.block_on(async {
                let Some(mut clustered) = Stage::clustered().await else { return Ok(()) };
                let mut embedded = Stage::embedded().await;
                for stage in [&embedded, &clustered] {
                    let mut batch = Batch::new();
                    batch.run("CREATE TABLE compared (id BIGINT PRIMARY KEY, number BIGINT NOT NULL)", params![]);
                    stage.store.book.write(batch).await.unwrap();
                }
                for step in &steps {
                    let (here, there);
                    (embedded, here) = perform(embedded, step).await;
                    (clustered, there) = perform(clustered, step).await;
                    prop_assert_eq!(here, there, "{:?}", step);
                }
                Ok(())
            })
        })
        .unwrap();
}
