//! A process that appends is killed at random moments; nothing it had acknowledged may be lost.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

use super::{append, message};
use crate::{Append, Backend, Batch, Config, Durability, Store, params};

const T: i64 = 1_700_000_000_000;
const DIR: &str = "FEIHONG_TEST_CRASH_DIR";
const ROUNDS: u32 = 6;
const CONVERSATIONS: u32 = 40;

fn config(dir: &str) -> Config {
    Config { backend: Backend::Sqlite { dir: dir.into() }, durability: Durability::Full }
}

/// Not a test by itself: what the killed process does. Prints every acknowledgement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the test below as a process of its own"]
async fn victim() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let store = Store::open(&config(&dir)).await.unwrap();
    let mut create = Batch::new();
    create.run("CREATE TABLE IF NOT EXISTS written (number BIGINT PRIMARY KEY)", params![]);
    store.book.write(create).await.unwrap();
    let start = u32::try_from(store.log.position()).unwrap();
    for n in start.. {
        let conversation = i64::from(n.wrapping_mul(2_654_435_761) % CONVERSATIONS);
        let line = move |appended: crate::Appended| {
            // A line is written at once or not at all; locking keeps closures and the loop apart.
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "M {conversation} {} {} {n}", appended.sequence, appended.position);
        };
        let one = message(conversation, 1, n, T + i64::from(n));
        let done = Box::new(move |result: Result<crate::Appended, _>| line(result.unwrap()));
        store.log.append(Append { done, ..one }).await.unwrap();
        if n % 50 == 0 {
            let mut batch = Batch::new();
            batch.run("INSERT INTO written (number) VALUES ($1)", params![n]);
            if store.book.write(batch).await.is_ok() {
                let _ = writeln!(std::io::stdout().lock(), "B {n}");
            }
        }
    }
}

fn start(dir: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["suite::crash::victim", "--exact", "--ignored", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_killed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().to_str().unwrap();
    let mut messages = HashMap::new();
    let mut written = Vec::new();
    for round in 0..ROUNDS {
        let mut child = start(dir);
        // Killed after so many acknowledgements: at another moment of the writing each time.
        let lines = 400 + 1_237 * round as usize;
        let mut read = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let Ok(line) = line else { break };
            let fields: Vec<&str> = line.split(' ').collect();
            match fields[..] {
                ["M", conversation, sequence, position, random] => {
                    let place = (conversation.parse::<i64>().unwrap(), sequence.parse::<i64>().unwrap());
                    let content = (position.parse::<i64>().unwrap(), random.parse::<u32>().unwrap());
                    let before = messages.insert(place, content);
                    assert!(before.is_none_or(|before| before == content), "{place:?} was given twice");
                }
                ["B", number] => written.push(number.parse::<i64>().unwrap()),
                _ => continue,
            }
            read += 1;
            if read == lines {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(read >= lines, "the victim ended by itself after {read} lines");
        verify(dir, &messages, &written).await;
    }
}

async fn verify(dir: &str, messages: &HashMap<(i64, i64), (i64, u32)>, written: &[i64]) {
    let store = Store::open(&config(dir)).await.unwrap();
    let mut found = HashMap::new();
    for conversation in 0..i64::from(CONVERSATIONS) {
        let entries = store.log.range(conversation, 0, i64::MAX, false, usize::MAX >> 1, 0).await.unwrap();
        for (entry, expected) in entries.iter().zip(1..) {
            assert_eq!(entry.sequence, expected, "conversation {conversation} has a gap");
            found.insert((conversation, entry.sequence), (entry.position, entry.random));
        }
        // A repeat of the last message is still recognised.
        if let Some(last) = entries.last() {
            let again = append(&store.log, message(conversation, 1, last.random, last.time)).await;
            assert_eq!((again.repeated, again.sequence), (true, last.sequence));
        }
    }
    for (place, content) in messages {
        assert_eq!(found.get(place), Some(content), "{place:?} was acknowledged and is lost");
    }
    for number in written {
        let row = store.book.first("SELECT number FROM written WHERE number = $1", params![*number]).await.unwrap();
        assert!(row.is_some(), "{number} was acknowledged and is lost");
    }
    store.close().await;
}
