//! What a commit costs. `make bench-parts` runs it.

#![expect(clippy::disallowed_methods, reason = "measures real time")]

use std::{fs, path::Path, time::Instant};

use super::{Stage, append, message};
use crate::Append;

const T: i64 = 1_700_000_000_000;
const CONVERSATIONS: u64 = 5_000;

/// User and system time of this process, in microseconds.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) * 10_000.0
}

/// Bytes this process caused to be written to disk.
fn written() -> f64 {
    let io = fs::read_to_string("/proc/self/io").unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap();
    line.parse().unwrap()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}

/// Senders that each have `group / 16` messages under way, to skewed conversations.
async fn load(stage: &Stage, first: u32, messages: u32, group: u32, label: &str) {
    let body = bytes::Bytes::from(vec![b'x'; 300]);
    let (tell, mut told) = tokio::sync::mpsc::channel(group as usize);
    let (cpu_before, written_before, started) = (cpu(), written(), Instant::now());
    let mut random = 88_172_645_463_325_252_u64 + u64::from(first);
    let (mut sent, mut acknowledged, mut waits) = (0, 0, Vec::with_capacity(messages as usize));
    while acknowledged < messages {
        while sent < messages && sent - acknowledged < group {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let skewed = (random % CONVERSATIONS).min(random >> 20 & 0xfff).max(1);
            let tell = tell.clone();
            let queued = Instant::now();
            let one = Append {
                body: body.clone(),
                done: Box::new(move |result| {
                    result.unwrap();
                    tell.try_send(queued.elapsed().as_micros() as u32).unwrap();
                }),
                ..message(skewed as i64, (random >> 32) as i64 % 10_000, first + sent, T + i64::from(first + sent))
            };
            stage.log().append(one).await.unwrap();
            sent += 1;
        }
        waits.push(told.recv().await.unwrap());
        acknowledged += 1;
        while let Ok(wait) = told.try_recv() {
            waits.push(wait);
            acknowledged += 1;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    waits.sort_unstable();
    let count = f64::from(messages);
    println!(
        "{label}, {group} under way: {:.0} messages/s, {:.1} us CPU, {:.0} bytes written a message, wait p50 {} us, p99 {} us",
        count / seconds,
        (cpu() - cpu_before) / count,
        (written() - written_before) / count,
        waits[waits.len() / 2],
        waits[waits.len() * 99 / 100],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a test"]
async fn bench_embedded() {
    let stage = Stage::embedded().await;
    let mut first = 0;
    for (messages, group) in [(2_000, 1), (40_000, 32), (200_000, 128), (400_000, 512), (400_000, 4096)] {
        load(&stage, first, messages, group, "embedded").await;
        first += messages;
    }
    let last = append(stage.log(), message(1, 1, 1, T * 2)).await;
    let started = Instant::now();
    for _ in 0..1000 {
        stage.log().range(1, 0, i64::MAX, true, 20, 0).await.unwrap();
    }
    println!("latest 20 of a busy conversation: {:?}", started.elapsed() / 1000);
    let started = Instant::now();
    for n in 0..1000 {
        stage.log().range(1, 0, n * last.sequence / 1000, true, 20, 0).await.unwrap();
    }
    println!("20 from its middle: {:?}", started.elapsed() / 1000);
    let started = Instant::now();
    let stage = stage.reopen().await;
    println!("reopening {} messages: {:?}", last.position, started.elapsed());
    if let crate::Backend::Sqlite { dir } = &stage.config.backend {
        println!("file: {} bytes a message", size(&dir.join("messages.db")) / last.position as u64);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a test"]
async fn bench_clustered() {
    let Some(stage) = Stage::clustered().await else { return };
    let mut first = 0;
    for (messages, group) in [(2_000, 1), (20_000, 32), (50_000, 128), (100_000, 512), (200_000, 4096)] {
        load(&stage, first, messages, group, "clustered, client only").await;
        first += messages;
    }
}
