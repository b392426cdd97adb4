//! Nobody reads or writes anything without an address that was given out.

use serde_json::json;

use super::{Stage, changed, path};

#[tokio::test]
async fn forged_addresses_are_refused() {
    let stage = Stage::new().await;
    let (upload, download) = stage.allowed(1, "a.png").await;
    let (_, other) = stage.allowed(1, "b.png").await;
    let token = |path: &str| path.split('/').nth(3).unwrap().to_owned();
    let (given, others) = (token(&download), token(&other));
    let next = |text: &str| if text.ends_with('0') { "1" } else { "0" };
    let last = format!("{}{}", &given[..given.len() - 1], next(&given));
    let sign = &upload[upload.len() - 64..];
    for forged in [
        changed(&upload, "kind=1", "kind=2"),
        changed(&upload, "account=", "account=1"),
        changed(&upload, "expires=", "expires=9"),
        changed(&upload, "a.png", "a.html"),
        changed(&upload, &given, &others),
        changed(&upload, &given, &last),
        changed(&upload, &given, &given[..40]),
        changed(&upload, sign, &"0".repeat(64)),
        changed(&upload, sign, ""),
        changed(&upload, sign, "é"),
        changed(&upload, sign, &sign[..32]),
        // The signature of one purpose does not serve another.
        changed(&upload, sign, &given[40..]),
    ] {
        assert_eq!(stage.put(&forged, b"x").await, 403, "{forged}");
    }
    assert_eq!(stage.put(&download, b"x").await, 400, "an address to read from is none to write to");
    assert_eq!(stage.put(&upload, b"x").await, 200);
    for forged in [
        changed(&download, "a.png", "a.html"),
        changed(&download, "a.png", "A.png"),
        changed(&download, &given, &last),
        changed(&download, &given, &given[..40]),
        changed(&download, &given, &given.to_uppercase()[..39]),
        changed(&download, &given, &format!("{}{}", "0".repeat(40), &given[40..])),
    ] {
        assert_eq!(stage.get(&forged, &[]).await.status, 404, "{forged}");
    }
    assert_eq!(stage.get(&download, &[]).await.status, 200);
}

#[tokio::test]
async fn an_address_to_write_to_ends() {
    let stage = Stage::new().await;
    let (upload, _) = stage.allowed(1, "a.png").await;
    stage.server.world().advance(15 * 60_000 - 1);
    assert_eq!(stage.put(&upload, b"x").await, 200);
    let (upload, download) = stage.allowed(1, "a.png").await;
    stage.server.world().advance(15 * 60_000);
    assert_eq!(stage.put(&upload, b"x").await, 403);
    assert_eq!(stage.get(&download, &[]).await.status, 404);
}

#[tokio::test]
async fn apps_do_not_see_each_others_files() {
    let stage = Stage::new().await;
    let other = stage.server.app().await;
    other.import(&["eve"]).await;
    let (upload, download) = stage.allowed(1, "a.png").await;
    let (here, there) = (format!("/{}/", stage.app.sdkappid), format!("/{}/", other.sdkappid));
    assert_eq!(stage.put(&changed(&upload, &here, &there), b"x").await, 403);
    assert_eq!(stage.put(&upload, b"x").await, 200);
    assert_eq!(stage.get(&changed(&download, &here, &there), &[]).await.status, 404);
    let eve = other.user("eve").connect().await;
    let asked = json!({"str_image_url": format!("http://{}{download}", stage.server.wire().0)});
    assert_eq!(eve.code("im_cos_msg.get_imageinfo", asked).await, 10004);
}

#[tokio::test]
async fn names_lead_nowhere_else() {
    let stage = Stage::new().await;
    for (said, kept) in [("../../../etc/passwd", "passwd"), ("..\\..\\boot.ini", "boot.ini"), ("a/b/c.png", "c.png")] {
        let download = stage.upload(255, said, b"mine").await;
        assert!(download.ends_with(&format!("/{kept}")), "{download}");
        assert_eq!(stage.get(&download, &[]).await.body, b"mine");
    }
    for refused in ["", "..", ".", "a/..", "a\u{0}b", "a\nb", &"x".repeat(256)] {
        let body = json!({"file_type": 1, "file_name": refused});
        assert_eq!(stage.alice.code("im_cos_msg.pre_sig", body).await, 10004, "{refused:?}");
    }
    let kept = stage.server.uploads();
    assert!(kept.iter().all(|name| name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())), "{kept:?}");
    let app = stage.app.sdkappid;
    for path in [
        "/files/../data/book.db".to_owned(),
        "/files/..%2f..%2fdata/book.db/x".into(),
        format!("/files/{app}/..%2f..%2f..%2fdata%2fbook.db/x"),
        format!("/files/{app}/{}/x", "../".repeat(24)),
        format!("/files/{app}/{}/..%2fx", "0".repeat(72)),
        format!("/files/{app}/%00/x"),
        format!("/files/{app}/{}/x", "é".repeat(40)),
        format!("/files/-1/{}/x", "0".repeat(72)),
        format!("/files/{app}//x"),
    ] {
        let status = stage.get(&path, &[]).await.status;
        assert!(matches!(status, 400 | 404), "{path}: {status}");
        let status = stage.put(&format!("{path}?account=1&kind=1&expires=9999999999999&sign=00"), b"x").await;
        assert!(matches!(status, 400 | 403 | 404 | 405), "{path}: {status}");
    }
}

#[tokio::test]
async fn apps_may_refuse_types() {
    let stage = Stage::new().await;
    stage.app.set("refused_file_types", "exe,7z").await;
    for (name, code) in [("a.exe", 10004), ("a.EXE", 10004), ("b.tar.7Z", 10004), ("exe", 0), ("a.exe.png", 0)] {
        let body = json!({"file_type": 255, "file_name": name});
        assert_eq!(stage.alice.code("im_cos_msg.pre_sig", body).await, code, "{name}");
    }
    let several = json!({"rpt_upload_object": [
        {"uint32_file_id": 1, "uint32_file_type": 255, "str_file_name": "a.zip"},
        {"uint32_file_id": 2, "uint32_file_type": 255, "str_file_name": "a.7z"}]});
    assert_eq!(stage.alice.code("im_cos_msg.simple_sig", several).await, 10004);
}

#[tokio::test]
async fn several_files_are_allowed_at_once() {
    let stage = Stage::new().await;
    let asked = json!({"rpt_upload_object": [
        {"uint32_file_id": 1, "uint32_file_type": 1, "str_file_name": "a.png"},
        {"uint32_file_id": 2, "uint32_file_type": 255, "str_file_name": "b.zip"}]});
    let signed = stage.alice.ok("im_cos_msg.simple_sig", asked).await;
    for (one, id) in signed["rpt_pre_sig"].as_array().unwrap().iter().zip([1, 2]) {
        assert_eq!((&one["uint32_file_id"], &one["uint32_exist_flag"]), (&json!(id), &json!(0)));
        assert_eq!(stage.put(path(one["str_upload_url"].as_str().unwrap()), &[id; 9]).await, 200);
        let download = path(one["str_download_url"].as_str().unwrap());
        assert_eq!(stage.get(download, &[]).await.body, [id; 9]);
        assert!(one["str_file_key"].as_str().is_some_and(|key| !key.is_empty()));
    }
}

#[tokio::test]
async fn a_withheld_file_is_read_through_a_pass_alone() {
    let stage = Stage::new().await;
    let shown = stage.upload(1, "shown.png", b"x").await;
    let hidden = stage.upload(1, "hidden.png", b"y").await;
    let admin = stage.app.admin();
    let url = |path: &str| format!("http://somewhere{path}?imageView2/3/w/198/h/198");
    admin.ok("im_cos_msg/forbid_illegal_object", json!({"RawURL": url(&hidden)})).await;
    assert_eq!(stage.get(&hidden, &[]).await.status, 404);
    assert_eq!(stage.get(&shown, &[]).await.status, 200);
    let asked = json!([{"ResourceID": 1, "RawURL": url(&shown)}, {"ResourceID": 2, "RawURL": url(&hidden)}]);
    let signed = admin.ok("im_cos_msg/get_cos_sig", json!({"RawURLs": asked})).await["PreSigURLs"].clone();
    assert_eq!((&signed[0]["Status"], &signed[1]["Status"]), (&json!(0), &json!(1)), "{signed}");
    let passes = [0, 1].map(|at| path(signed[at]["PreSigURL"].as_str().unwrap()).to_owned());
    assert_eq!(stage.get(&passes[0], &[]).await.body, b"x");
    assert_eq!(stage.get(&passes[1], &[]).await.body, b"y");
    let pass = passes[0].split_once('?').unwrap().1;
    assert_eq!(stage.get(&format!("{hidden}?{pass}"), &[]).await.status, 404, "another file's pass");
    let later = changed(&passes[1], "until=", "until=9");
    assert_eq!(stage.get(&later, &[]).await.status, 404, "a pass that was made longer");
    stage.server.world().advance(15 * 60_000);
    assert_eq!(stage.get(&passes[1], &[]).await.status, 404, "a pass that ended");
    admin.ok("im_cos_msg/allow_banned_object", json!({"RawURL": url(&hidden)})).await;
    assert_eq!(stage.get(&hidden, &[]).await.body, b"y");
    // Another app's backend reaches none of it.
    let other = stage.server.app().await;
    let asked = json!({"RawURLs": [{"ResourceID": 1, "RawURL": url(&hidden)}]});
    assert_eq!(other.admin().ok("im_cos_msg/get_cos_sig", asked).await["PreSigURLs"][0]["Status"], 2);
}
