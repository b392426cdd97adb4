//! The way of the bytes: whole, in part, too many, as a form, again.

use serde_json::json;
use support::Wire;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Stage, content, path};

#[tokio::test]
async fn what_was_put_is_read_by_whoever_has_the_address() {
    let stage = Stage::new().await;
    for bytes in [0, 1, 70_000, (3 << 20) + 5] {
        let whole = content(bytes);
        let download = stage.upload(255, "ünïcödé 文.bin", &whole).await;
        let answer = stage.get(&download, &[]).await;
        assert_eq!((answer.status, answer.body.len()), (200, bytes));
        assert_eq!(answer.body, whole);
        let header = |name| answer.header(name).unwrap_or_default();
        assert_eq!(header("content-type"), "application/octet-stream");
        assert_eq!(
            header("content-disposition"),
            "attachment; filename*=UTF-8''%C3%BCn%C3%AFc%C3%B6d%C3%A9%20%E6%96%87.bin"
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(header("cache-control"), "private, max-age=604800, immutable");
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_put_and_read() {
    let stage = Stage::new().await;
    let (upload, download) = stage.allowed(255, "a.bin").await;
    let asked = [
        ("origin", "https://app.example"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "content-type"),
    ];
    let answer = stage.server.wire().ask("OPTIONS", &upload, &asked, b"").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.header("access-control-allow-methods").unwrap().contains("PUT"));
    let origin = [("origin", "https://app.example")];
    let answer = stage.server.wire().ask("PUT", &upload, &origin, b"x").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
    let answer = stage.get(&download, &origin).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn ranges_and_versions() {
    let stage = Stage::new().await;
    let whole = content(3_000_000);
    let download = stage.upload(2, "v.mp4", &whole).await;
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=1000-1999", 1000, 2000),
        ("bytes=2999990-", 2_999_990, 3_000_000),
        ("bytes=-7", 2_999_993, 3_000_000),
        ("bytes=1048570-2097160", 1_048_570, 2_097_161),
    ] {
        let answer = stage.get(&download, &[("range", range)]).await;
        assert_eq!((answer.status, &answer.body[..]), (206, &whole[from..to]), "{range}");
        assert_eq!(answer.header("content-range").unwrap(), format!("bytes {from}-{}/3000000", to - 1));
    }
    let answer = stage.get(&download, &[("range", "bytes=3000000-")]).await;
    assert_eq!((answer.status, answer.header("content-range")), (416, Some("bytes */3000000")));
    for several in ["bytes=0-1,4-5", "lines=1-2", "bytes=9-2"] {
        assert_eq!(stage.get(&download, &[("range", several)]).await.status, 200, "{several}");
    }
    let tag = stage.get(&download, &[]).await.header("etag").unwrap().to_owned();
    assert_eq!(stage.get(&download, &[("if-none-match", &tag)]).await.status, 304);
    assert_eq!(stage.get(&download, &[("range", "bytes=0-9"), ("if-range", &tag)]).await.status, 206);
    assert_eq!(stage.get(&download, &[("range", "bytes=0-9"), ("if-range", "\"other\"")]).await.status, 200);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let stage = Stage::new().await;
    stage.app.set("image_megabytes", "1").await;
    stage.app.set("upload_megabytes", "2").await;
    for (kind, most) in [(1, 1 << 20), (3, 1 << 20), (2, 2 << 20), (255, 2 << 20)] {
        let (upload, download) = stage.allowed(kind, "a.bin").await;
        // Said beforehand, it is refused before a byte of it is sent.
        let head = format!("PUT {upload} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", most + 1);
        assert_eq!(status(stage.server.wire(), head.as_bytes()).await, 413, "{kind}");
        let mut chunked =
            format!("PUT {upload} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes();
        chunked.extend(format!("{:x}\r\n", most + 1).into_bytes());
        chunked.extend(content(most + 1));
        chunked.extend(b"\r\n0\r\n\r\n");
        assert_eq!(status(stage.server.wire(), &chunked).await, 413, "{kind}");
        assert_eq!(stage.get(&download, &[]).await.status, 404, "{kind}");
        assert_eq!(stage.put(&upload, &content(most)).await, 200, "{kind}");
    }
    assert_eq!(stage.server.uploads().len(), 4, "nothing is left of what was refused");
}

/// Sends a request as it is, and returns the status of the answer.
async fn status(wire: Wire, request: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(wire.0).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut line = [0; 12];
    support::within("the answer", stream.read_exact(&mut line)).await.unwrap();
    std::str::from_utf8(&line[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_address_takes_one_file() {
    let stage = Stage::new().await;
    let (upload, download) = stage.allowed(255, "a.txt").await;
    assert_eq!(stage.put(&upload, b"first").await, 200);
    // A client that did not get the answer repeats the same.
    assert_eq!(stage.put(&upload, b"first").await, 200);
    assert_eq!(stage.put(&upload, b"another").await, 409);
    assert_eq!(stage.get(&download, &[]).await.body, b"first");
}

#[tokio::test]
async fn forms_are_understood() {
    let stage = Stage::new().await;
    let whole = content(2_000_000);
    let (upload, download) = stage.allowed(1, "a.png").await;
    let mut form = b"--edge\r\ncontent-disposition: form-data; name=\"key\"\r\n\r\na/b.png\r\n\
        --edge\r\ncontent-disposition: form-data; name=\"success_action_status\"\r\n\r\n200\r\n\
        --edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"../../x\"\r\n\
        content-type: text/html\r\n\r\n"
        .to_vec();
    form.extend(&whole);
    form.extend(b"\r\n--edge--\r\n");
    let kind = [("content-type", "multipart/form-data; boundary=edge")];
    let wire = stage.server.wire();
    assert_eq!(wire.ask("POST", &upload, &kind, &form[..1_000_000]).await.status, 400, "cut off");
    assert_eq!(stage.get(&download, &[]).await.status, 404);
    assert_eq!(wire.ask("POST", &upload, &kind, b"--edge--\r\n").await.status, 400, "no file");
    assert_eq!(wire.ask("POST", &upload, &[], &form).await.status, 400, "no form");
    assert_eq!(wire.ask("POST", &upload, &kind, &form).await.status, 200);
    assert_eq!(stage.get(&download, &[]).await.body, whole);
}

#[tokio::test]
async fn slow_files_of_one_user_keep_nobody_else_waiting() {
    let stage = Stage::new().await;
    let mut slow = Vec::new();
    for number in 0..4 {
        let (upload, _) = stage.allowed(255, &format!("{number}.bin")).await;
        let mut stream = TcpStream::connect(stage.server.wire().0).await.unwrap();
        let head = format!("PUT {upload} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", 4 << 20);
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&content(3 << 20)).await.unwrap();
        slow.push(stream);
    }
    support::eventually("their pieces", || stage.server.uploads().len() == 4).await;
    let bob = stage.app.user("bob").connect().await;
    let body = json!({"file_type": 1, "file_name": "b.png", "upload_method": 0, "Duration": 900});
    let signed = bob.ok("im_cos_msg.pre_sig", body).await;
    assert_eq!(stage.put(path(signed["upload_url"].as_str().unwrap()), b"bob's").await, 200);
    // A fifth of the same user waits until one of the four has ended.
    let (upload, download) = stage.allowed(255, "fifth.bin").await;
    let (status, ()) = tokio::join!(stage.put(&upload, b"fifth"), async {
        assert_eq!(stage.get(&download, &[]).await.status, 404);
        slow.pop();
    });
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_file_that_was_cut_off_leaves_nothing_and_may_be_put_again() {
    let stage = Stage::new().await;
    let (upload, download) = stage.allowed(255, "a.bin").await;
    let whole = content(4 << 20);
    let mut stream = TcpStream::connect(stage.server.wire().0).await.unwrap();
    let head = format!("PUT {upload} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", whole.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&whole[..3 << 20]).await.unwrap();
    support::eventually("a piece of it", || !stage.server.uploads().is_empty()).await;
    assert_eq!(stage.get(&download, &[]).await.status, 404, "a part of a file is not a file");
    assert_eq!(stage.put(&upload, b"other").await, 409, "while it arrives there is no second one");
    drop(stream);
    support::eventually("its end", || stage.server.uploads().is_empty()).await;
    assert_eq!(stage.put(&upload, &whole).await, 200);
    assert_eq!(stage.get(&download, &[]).await.body, whole);
}
