//! The end of files: at the end of their life, and of those that never became whole.

use service::file::{Bucket, Place};
use support::Server;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{Stage, content};

const DAY: i64 = 24 * 3_600_000;

impl Stage {
    async fn purged(&self) -> usize {
        self.server.services().purge_files().await.unwrap()
    }
}

fn photo() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(500, 500).write_to(&mut bytes, image::ImageFormat::Bmp).unwrap();
    bytes.into_inner()
}

async fn files_live_as_long_as_history(stage: Stage) {
    let old = stage.upload(1, "old.bmp", &photo()).await;
    assert!(stage.get(&format!("{old}?imageView2/3/w/198/h/198"), &[]).await.body.len() < photo().len());
    stage.server.world().advance(DAY);
    let young = stage.upload(255, "young.bin", &content(6 << 20)).await;
    stage.server.world().advance(6 * DAY - 1);
    assert_eq!(stage.get(&old, &[]).await.header("cache-control"), Some("private, max-age=0, immutable"));
    assert_eq!(stage.purged().await, 0);
    stage.server.world().advance(1);
    assert_eq!(stage.get(&old, &[]).await.status, 404, "even before it is removed");
    assert_eq!(stage.get(&young, &[]).await.status, 200);
    // Raised in time, a life goes on.
    stage.app.set("roaming_days", "30").await;
    assert_eq!(stage.get(&old, &[]).await.status, 200);
    assert_eq!(stage.purged().await, 0);
    stage.app.set("file_days", "7").await;
    assert_eq!((stage.purged().await, stage.purged().await), (1, 0));
    stage.app.set("file_days", "30").await;
    assert_eq!(stage.get(&old, &[]).await.status, 404, "what was removed does not come back");
    assert_eq!(stage.get(&young, &[]).await.body, content(6 << 20));
    stage.server.world().advance(30 * DAY);
    assert_eq!(stage.purged().await, 1);
    assert_eq!(stage.server.uploads(), [""; 0]);
}

#[tokio::test]
async fn files_on_disk_live_as_long_as_history() {
    files_live_as_long_as_history(Stage::new().await).await;
}

#[tokio::test]
async fn files_in_a_bucket_live_as_long_as_history() {
    let Ok(place) = std::env::var("FEIHONG_TEST_S3") else {
        eprintln!("skipped: FEIHONG_TEST_S3 names no bucket, as in http://ACCESS:SECRET@HOST:PORT/BUCKET");
        return;
    };
    let parts: Vec<&str> = place.strip_prefix("http://").unwrap().split([':', '@', '/']).collect();
    let [access, secret, host, port, name] = parts[..] else { panic!("FEIHONG_TEST_S3 is not understood") };
    let bucket = Bucket {
        endpoint: Some(format!("http://{host}:{port}")),
        region: "us-east-1".into(),
        name: name.into(),
        prefix: format!("suite/{}", std::process::id()),
        access_key: access.into(),
        secret_key: secret.into(),
        in_host: false,
    };
    let server = Server::start_fixed_with(Place::Bucket(bucket)).await;
    files_live_as_long_as_history(Stage::on(server).await).await;
}

#[tokio::test]
async fn a_file_that_a_restart_cut_off_is_cleared_away() {
    let stage = Stage::new().await;
    let kept = stage.upload(255, "kept.bin", b"kept").await;
    let (upload, download) = stage.allowed(255, "half.bin").await;
    let mut stream = TcpStream::connect(stage.server.wire().0).await.unwrap();
    let head = format!("PUT {upload} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", 8 << 20);
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&content(3 << 20)).await.unwrap();
    support::eventually("a piece of it", || stage.server.uploads().len() == 2).await;
    let pieces = stage.server.uploads();
    drop(stream);
    stage.server.restart().await;
    // A process that is killed clears nothing away: this is what it leaves.
    let piece = pieces.iter().find(|name| name.contains('#')).unwrap();
    stage.server.leave_upload(stage.app.sdkappid, piece).await;
    assert_eq!(stage.get(&download, &[]).await.status, 404);
    assert_eq!(stage.purged().await, 0, "it might still be arriving somewhere");
    stage.server.world().advance(DAY + 1);
    assert_eq!(stage.purged().await, 1);
    assert_eq!(stage.server.uploads().len(), 1);
    assert_eq!(stage.get(&kept, &[]).await.body, b"kept");
}
